ALTER TABLE posts DROP COLUMN words;
ALTER TABLE posts DROP COLUMN version;
ALTER TABLE posts ALTER COLUMN title TYPE text COLLATE "default";
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
