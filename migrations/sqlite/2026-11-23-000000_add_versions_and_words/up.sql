-- A new table, because SQLite cannot add `number` to the old one. The full-text index refers to rows by
-- `number`; VACUUM may change a rowid that is no declared column. `words` has the search tokens of title
-- and content, separated by spaces. SQL cannot tokenize, so the program fills them in for existing rows
-- before the next migration. That one creates the indexes, so that they are built once.
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
