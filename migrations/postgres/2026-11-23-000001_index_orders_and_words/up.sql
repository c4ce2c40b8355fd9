-- Every order, of all posts and of one kind.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
CREATE INDEX posts_by_change ON posts (updated_at, id);
CREATE INDEX posts_by_kind_and_change ON posts (published, updated_at, id);
CREATE INDEX posts_by_title ON posts (title, id);
CREATE INDEX posts_by_kind_and_title ON posts (published, title, id);

-- Which rows have which words. Each write puts its own words in: otherwise one of many puts in those of
-- all, and takes longer than a caller waits.
CREATE INDEX post_words ON posts USING gin (words) WITH (fastupdate = off);
