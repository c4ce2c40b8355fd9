-- The number of drafts and the number of published posts. Each number is the sum of 64 rows, the
-- slots. If each number were one row, concurrent writers on PostgreSQL would wait for each other.
CREATE TABLE post_counts (
    published BOOLEAN NOT NULL CHECK (published IN (0, 1)),
    slot INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 63),
    posts BIGINT NOT NULL CHECK (typeof(posts) = 'integer'),
    PRIMARY KEY (published, slot)
) WITHOUT ROWID;

-- Creates all rows. The program only updates them. The first slot counts the existing posts.
WITH RECURSIVE slots (slot) AS (VALUES (0) UNION ALL SELECT slot + 1 FROM slots WHERE slot < 63)
INSERT INTO post_counts (published, slot, posts)
SELECT kind.column1, slot, 0 FROM slots CROSS JOIN (VALUES (FALSE), (TRUE)) AS kind;

UPDATE post_counts
SET posts = (SELECT COUNT(*) FROM posts WHERE posts.published = post_counts.published)
WHERE slot = 0;
