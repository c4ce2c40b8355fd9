INSERT INTO post_words (post_words, rank) VALUES ('crisismerge', 16);

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
