-- For lists in every order, of all posts and of drafts or published posts alone.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
CREATE INDEX posts_by_change ON posts (updated_at, id);
CREATE INDEX posts_by_kind_and_change ON posts (published, updated_at, id);
CREATE INDEX posts_by_title ON posts (title, id);
CREATE INDEX posts_by_kind_and_title ON posts (published, title, id);

-- The full-text index. Each write adds its own tokens at once. With `fastupdate`, one write of many would
-- add the pending tokens of all of them, which takes longer than a caller waits.
CREATE INDEX post_words ON posts USING gin (words) WITH (fastupdate = off);
