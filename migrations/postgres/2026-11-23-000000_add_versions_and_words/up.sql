-- Titles are compared by their bytes, whatever locale the database has.
ALTER TABLE posts ALTER COLUMN title TYPE text COLLATE "C";

ALTER TABLE posts ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE posts ALTER COLUMN version DROP DEFAULT;

-- `words` has the search tokens of title and content. SQL cannot tokenize, so the program stores
-- the tokens of existing rows between this migration and the next one.
ALTER TABLE posts ADD COLUMN words tsvector NOT NULL DEFAULT '';
ALTER TABLE posts ALTER COLUMN words DROP DEFAULT;

-- The next migration creates all indexes, so that they are built once, after all rows are updated.
DROP INDEX posts_by_age;
DROP INDEX posts_by_kind_and_age;
