CREATE TABLE posts (
    id uuid NOT NULL PRIMARY KEY,
    title text NOT NULL,
    content text NOT NULL,
    published boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Lists of all posts by creation time use the first index. Lists of only drafts or only published
-- posts use the second.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
