-- Each row is a request with an idempotency key, and the id of the post that the request created.
-- `recorded_at` is in microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE idempotency_keys (
    key TEXT NOT NULL PRIMARY KEY CHECK (typeof(key) = 'text'),
    fingerprint BLOB NOT NULL CHECK (typeof(fingerprint) = 'blob' AND length(fingerprint) = 32),
    post_id BLOB NOT NULL CHECK (typeof(post_id) = 'blob' AND length(post_id) = 16),
    recorded_at BIGINT NOT NULL CHECK (typeof(recorded_at) = 'integer')
) WITHOUT ROWID;

-- The program finds expired records with this index.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (recorded_at);
