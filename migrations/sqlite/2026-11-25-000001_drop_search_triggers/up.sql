-- The program now updates the full-text index. At each statement that fires a trigger, FTS5 writes
-- its changes to the database. Without triggers, it writes them once for each transaction.
DROP TRIGGER posts_insert_words;
DROP TRIGGER posts_delete_words;
DROP TRIGGER posts_update_words;
