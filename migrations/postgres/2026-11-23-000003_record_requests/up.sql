-- The requests with an idempotency key, and the posts that they created.
CREATE TABLE idempotency_keys (
    key text COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    post_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);

-- For finding expired records.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (recorded_at);
