-- Each row is an API key. `hash` is the SHA-256 hash of its secret.
CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

-- The secrets of the blog itself. The secret `preview` signs preview links.
CREATE TABLE secrets (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    value bytea NOT NULL CHECK (length(value) = 32)
);

-- The key of a record is now `owner:key`. The owner is the id of an API key. Existing records have
-- no owner. The first statement prevents a conflict between the new key of a record and the old key
-- of another: no key contains a space.
UPDATE idempotency_keys SET key = ' ' || key;
UPDATE idempotency_keys SET key = ':' || substr(key, 2);
