-- Every order, of all posts and of one kind.
CREATE INDEX posts_by_age ON posts (created_at, id);
CREATE INDEX posts_by_kind_and_age ON posts (published, created_at, id);
CREATE INDEX posts_by_change ON posts (updated_at, id);
CREATE INDEX posts_by_kind_and_change ON posts (published, updated_at, id);
CREATE INDEX posts_by_title ON posts (title, id);
CREATE INDEX posts_by_kind_and_title ON posts (published, title, id);

-- Which rows have which words. The texts stay where they are, and where in them a word stands is not
-- asked. No word has in it what this tokenizer parts words at.
CREATE VIRTUAL TABLE post_words USING fts5 (
    words,
    content = 'posts',
    content_rowid = 'number',
    detail = 'none',
    columnsize = 0,
    tokenize = 'ascii'
);
INSERT INTO post_words (post_words) VALUES ('rebuild');
-- Every write makes a piece of the index, and to put pieces together is most of what a write costs:
-- it is done when there are 16 of a size, and not with every fourth.
INSERT INTO post_words (post_words, rank) VALUES ('automerge', 16);

-- What the index holds of a row has to be told to it once more before that changes.
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
