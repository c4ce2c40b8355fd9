-- A new table, for SQLite cannot add `number` to the old one: the index of words names a row by it, and
-- a number of SQLite's own may become another. `words` are those of the title and the content as the
-- domain parts them, with a space between. The program fills them in for the rows that are there,
-- before the next migration: which makes the indexes then, once.
CREATE TABLE new_posts (
    number INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (typeof(id) = 'blob' AND length(id) = 16),
    title TEXT NOT NULL CHECK (typeof(title) = 'text'),
    content TEXT NOT NULL CHECK (typeof(content) = 'text'),
    published BOOLEAN NOT NULL CHECK (published IN (0, 1)),
    created_at BIGINT NOT NULL CHECK (typeof(created_at) = 'integer'),
    updated_at BIGINT NOT NULL CHECK (typeof(updated_at) = 'integer'),
    version BIGINT NOT NULL CHECK (typeof(version) = 'integer' AND version >= 1),
    words TEXT NOT NULL CHECK (typeof(words) = 'text')
);
INSERT INTO new_posts (id, title, content, published, created_at, updated_at, version, words)
SELECT id, title, content, published, created_at, updated_at, 1, '' FROM posts ORDER BY id;
DROP TABLE posts;
ALTER TABLE new_posts RENAME TO posts;
