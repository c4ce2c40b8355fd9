CREATE TABLE old_posts (
    id BLOB NOT NULL PRIMARY KEY CHECK (typeof(id) = 'blob' AND length(id) = 16),
    title TEXT NOT NULL CHECK (typeof(title) = 'text'),
    content TEXT NOT NULL CHECK (typeof(content) = 'text'),
    published BOOLEAN NOT NULL CHECK (published IN (0, 1)),
    created_at BIGINT NOT NULL CHECK (typeof(created_at) = 'integer'),
    updated_at BIGINT NOT NULL CHECK (typeof(updated_at) = 'integer')
);
INSERT INTO old_posts (id, title, content, published, created_at, updated_at)
SELECT id, title, content, published, created_at, updated_at FROM posts;
DROP TABLE posts;
ALTER TABLE old_posts RENAME TO posts;
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
