-- The counters of drafts and of published posts. A counter is the sum of its slots: with a single row,
-- concurrent writers would wait for each other.
CREATE TABLE post_counts (
    published BOOLEAN NOT NULL CHECK (published IN (0, 1)),
    slot INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 63),
    posts BIGINT NOT NULL CHECK (typeof(posts) = 'integer'),
    PRIMARY KEY (published, slot)
) WITHOUT ROWID;

-- No row is ever added or removed later. Existing posts are counted in the first slot.
WITH RECURSIVE slots (slot) AS (VALUES (0) UNION ALL SELECT slot + 1 FROM slots WHERE slot < 63)
INSERT INTO post_counts (published, slot, posts)
SELECT kind.column1, slot, 0 FROM slots CROSS JOIN (VALUES (FALSE), (TRUE)) AS kind;

UPDATE post_counts
SET posts = (SELECT COUNT(*) FROM posts WHERE posts.published = post_counts.published)
WHERE slot = 0;
