-- Titles are compared by their bytes, and not as the database's language has it.
ALTER TABLE posts ALTER COLUMN title TYPE text COLLATE "C";

ALTER TABLE posts ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE posts ALTER COLUMN version DROP DEFAULT;

-- Those of the title and the content as the domain parts them. The program fills them in for the rows
-- that are there, before the next migration: which makes the indexes then, once.
ALTER TABLE posts ADD COLUMN words tsvector NOT NULL DEFAULT '';
ALTER TABLE posts ALTER COLUMN words DROP DEFAULT;
DROP INDEX posts_by_age;
DROP INDEX posts_by_kind_and_age;
