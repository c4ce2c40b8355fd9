-- SQLite cannot add a primary key to a table, so this migration copies all rows to a new table.
--
-- The full-text index refers to a row by its `number`. It cannot use an undeclared rowid, because
-- VACUUM may change it.
--
-- `words` has the search tokens of title and content, separated by spaces. SQL cannot tokenize, so
-- the program stores the tokens of existing rows between this migration and the next one.
--
-- The next migration creates all indexes, so that they are built once, after all rows are updated.
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
