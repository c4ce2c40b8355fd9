-- Each row is an API key. `hash` is the SHA-256 hash of its secret. Times are in microseconds since
-- 1970-01-01T00:00:00Z.
CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY CHECK (typeof(id) = 'blob' AND length(id) = 16),
    name TEXT NOT NULL CHECK (typeof(name) = 'text'),
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    hash BLOB NOT NULL CHECK (typeof(hash) = 'blob' AND length(hash) = 32),
    created_at BIGINT NOT NULL CHECK (typeof(created_at) = 'integer'),
    expires_at BIGINT CHECK (typeof(expires_at) IN ('integer', 'null')),
    revoked_at BIGINT CHECK (typeof(revoked_at) IN ('integer', 'null')),
    last_used_at BIGINT CHECK (typeof(last_used_at) IN ('integer', 'null'))
) WITHOUT ROWID;

-- The secrets of the blog itself. The secret `preview` signs preview links.
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY CHECK (typeof(name) = 'text'),
    value BLOB NOT NULL CHECK (typeof(value) = 'blob' AND length(value) = 32)
) WITHOUT ROWID;

-- The key of a record is now `owner:key`. The owner is the id of an API key. Existing records have
-- no owner. The first statement prevents a conflict between the new key of a record and the old key
-- of another: no key contains a space.
UPDATE idempotency_keys SET key = ' ' || key;
UPDATE idempotency_keys SET key = ':' || substr(key, 2);
