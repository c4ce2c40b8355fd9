-- Each order has two indexes. Lists of all posts use the first. Lists of only drafts or only
-- published posts use the second, which starts with `published`.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
CREATE INDEX posts_by_change ON posts (updated_at, id);
CREATE INDEX posts_by_kind_and_change ON posts (published, updated_at, id);
CREATE INDEX posts_by_title ON posts (title, id);
CREATE INDEX posts_by_kind_and_title ON posts (published, title, id);

-- The full-text index. Without `fastupdate`, each write adds its own tokens to the index. With it,
-- PostgreSQL first adds tokens to a pending list. A write that fills the list moves all of its
-- tokens to the index, which can take longer than the caller of that write waits.
CREATE INDEX post_words ON posts USING gin (words) WITH (fastupdate = off);
