-- The program now updates the full-text index. At each statement that fires a trigger, FTS5 writes
-- its changes to the file. Without triggers, it writes them once for each transaction.
DROP TRIGGER posts_insert_words;
DROP TRIGGER posts_delete_words;
DROP TRIGGER posts_update_words;

-- When a level of the index has 16 segments (`automerge`), each write merges a small part of them.
-- When it has this many segments, a single write merges all of them, which can take many seconds.
-- The default, 16, leaves no time for the small merges.
INSERT INTO post_words (post_words, rank) VALUES ('crisismerge', 64);
