-- Ids are the 16 bytes of a UUID; times are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE posts (
    id BLOB NOT NULL PRIMARY KEY CHECK (typeof(id) = 'blob' AND length(id) = 16),
    title TEXT NOT NULL CHECK (typeof(title) = 'text'),
    content TEXT NOT NULL CHECK (typeof(content) = 'text'),
    published BOOLEAN NOT NULL CHECK (published IN (0, 1)),
    created_at BIGINT NOT NULL CHECK (typeof(created_at) = 'integer'),
    updated_at BIGINT NOT NULL CHECK (typeof(updated_at) = 'integer')
);

-- Lists of all posts by creation time use the first index. Lists of only drafts or only published
-- posts use the second.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
