-- What the requests that came with a key have done.
CREATE TABLE idempotency_keys (
    key text COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    post_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);

-- To find those that can be forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (recorded_at);
