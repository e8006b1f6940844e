DROP INDEX notes_author;
ALTER TABLE notes DROP COLUMN author;
