-- The counters of drafts and of published posts. A counter is the sum of its slots: with a single row,
-- concurrent writers would wait for each other.
CREATE TABLE post_counts (
    published boolean NOT NULL,
    slot integer NOT NULL CHECK (slot BETWEEN 0 AND 63),
    posts bigint NOT NULL,
    PRIMARY KEY (published, slot)
);

-- No row is ever added or removed later. Existing posts are counted in the first slot.
INSERT INTO post_counts (published, slot, posts)
SELECT kind, slot, 0 FROM generate_series(0, 63) AS slot CROSS JOIN (VALUES (FALSE), (TRUE)) AS kinds (kind);

UPDATE post_counts
SET posts = (SELECT COUNT(*) FROM posts WHERE posts.published = post_counts.published)
WHERE slot = 0;
