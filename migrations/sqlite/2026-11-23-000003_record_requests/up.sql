-- What the requests that came with a key have done. `recorded_at` is in microseconds since
-- 1970-01-01T00:00:00Z.
CREATE TABLE idempotency_keys (
    key TEXT NOT NULL PRIMARY KEY CHECK (typeof(key) = 'text'),
    fingerprint BLOB NOT NULL CHECK (typeof(fingerprint) = 'blob' AND length(fingerprint) = 32),
    post_id BLOB NOT NULL CHECK (typeof(post_id) = 'blob' AND length(post_id) = 16),
    recorded_at BIGINT NOT NULL CHECK (typeof(recorded_at) = 'integer')
) WITHOUT ROWID;

-- To find those that can be forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (recorded_at);
