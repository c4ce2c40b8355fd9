-- Each row is a request with an idempotency key, and the id of the post that the request created.
CREATE TABLE idempotency_keys (
    key text COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    post_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);

-- The program finds expired records with this index.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (recorded_at);
