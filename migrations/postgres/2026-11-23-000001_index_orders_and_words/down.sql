DROP INDEX post_words;
DROP INDEX posts_by_age;
DROP INDEX posts_by_kind_and_age;
DROP INDEX posts_by_change;
DROP INDEX posts_by_kind_and_change;
DROP INDEX posts_by_title;
DROP INDEX posts_by_kind_and_title;
