-- The number of drafts and the number of published posts. Each number is the sum of 64 rows, the
-- slots. If each number were one row, concurrent writers on PostgreSQL would wait for each other.
CREATE TABLE post_counts (
    published boolean NOT NULL,
    slot integer NOT NULL CHECK (slot BETWEEN 0 AND 63),
    posts bigint NOT NULL,
    PRIMARY KEY (published, slot)
);

-- Creates all rows. The program only updates them. The first slot counts the existing posts.
INSERT INTO post_counts (published, slot, posts)
SELECT kind, slot, 0 FROM generate_series(0, 63) AS slot CROSS JOIN (VALUES (FALSE), (TRUE)) AS kinds (kind);

UPDATE post_counts
SET posts = (SELECT COUNT(*) FROM posts WHERE posts.published = post_counts.published)
WHERE slot = 0;
