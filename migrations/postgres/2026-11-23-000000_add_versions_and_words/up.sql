-- Titles are compared by their bytes, whatever the locale of the database.
ALTER TABLE posts ALTER COLUMN title TYPE text COLLATE "C";

ALTER TABLE posts ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE posts ALTER COLUMN version DROP DEFAULT;

-- The search tokens of title and content. SQL cannot tokenize, so the program fills them in for existing
-- rows before the next migration. That one creates the indexes, so that they are built once.
ALTER TABLE posts ADD COLUMN words tsvector NOT NULL DEFAULT '';
ALTER TABLE posts ALTER COLUMN words DROP DEFAULT;
DROP INDEX posts_by_age;
DROP INDEX posts_by_kind_and_age;
