-- Each order has two indexes. Lists of all posts use the first. Lists of only drafts or only
-- published posts use the second, which starts with `published`.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
CREATE INDEX posts_by_change ON posts (updated_at, id);
CREATE INDEX posts_by_kind_and_change ON posts (published, updated_at, id);
CREATE INDEX posts_by_title ON posts (title, id);
CREATE INDEX posts_by_kind_and_title ON posts (published, title, id);

-- The full-text index. It stores neither the text nor the positions of tokens. The `ascii`
-- tokenizer splits `words` only at the spaces between tokens, because no token contains another
-- separator.
CREATE VIRTUAL TABLE post_words USING fts5 (
    words,
    content = 'posts',
    content_rowid = 'number',
    detail = 'none',
    columnsize = 0,
    tokenize = 'ascii'
);
INSERT INTO post_words (post_words) VALUES ('rebuild');
-- Every write adds a segment to the index, and merging segments is most of the cost of a write.
-- FTS5 merges the segments of a level when it has 16 of them. The default is 4.
INSERT INTO post_words (post_words, rank) VALUES ('automerge', 16);

-- To remove a row from an external-content table, FTS5 needs the old tokens of the row.
CREATE TRIGGER posts_insert_words AFTER INSERT ON posts BEGIN
    INSERT INTO post_words (rowid, words) VALUES (new.number, new.words);
END;
CREATE TRIGGER posts_delete_words AFTER DELETE ON posts BEGIN
    INSERT INTO post_words (post_words, rowid, words) VALUES ('delete', old.number, old.words);
END;
CREATE TRIGGER posts_update_words AFTER UPDATE OF words ON posts WHEN old.words IS NOT new.words BEGIN
    INSERT INTO post_words (post_words, rowid, words) VALUES ('delete', old.number, old.words);
    INSERT INTO post_words (rowid, words) VALUES (new.number, new.words);
END;
