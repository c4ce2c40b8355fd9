-- The program updates the full-text index at the end of each transaction. At each statement that
-- fires a trigger, FTS5 would write its changes to the file.
DROP TRIGGER posts_insert_words;
DROP TRIGGER posts_delete_words;
DROP TRIGGER posts_update_words;

-- `automerge` is 16: when a level of the index has 16 segments, each write merges a part of them.
-- `crisismerge` must be greater. At that number, one write merges the whole level, which can take
-- many seconds. Its default is 16 too.
INSERT INTO post_words (post_words, rank) VALUES ('crisismerge', 64);
