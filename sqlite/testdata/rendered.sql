PRAGMA foreign_keys = OFF;
PRAGMA user_version = 2;
CREATE TABLE lockstep_new_users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL DEFAULT '' COLLATE NOCASE UNIQUE,
  age INT CHECK (age > 0),
  "order" REAL
);
INSERT INTO lockstep_new_users (id, email, age)
SELECT id, coalesce(email, ''), age
FROM users;
DELETE FROM sqlite_sequence WHERE name = 'lockstep_new_users';
INSERT INTO sqlite_sequence (name, seq)
SELECT 'lockstep_new_users', seq FROM sqlite_sequence WHERE name = 'users';
DROP TABLE users;
PRAGMA legacy_alter_table = ON;
ALTER TABLE lockstep_new_users RENAME TO users;
PRAGMA legacy_alter_table = OFF;
CREATE INDEX by_age ON users (age DESC) WHERE age IS NOT NULL;
CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  user_id INT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title TEXT,
  body TEXT
);
CREATE UNIQUE INDEX titles ON posts (user_id, lower(title));
CREATE VIEW authors AS
SELECT u.id, count(*) AS posts
FROM users u JOIN posts p ON p.user_id = u.id
GROUP BY u.id
ORDER BY (SELECT 1 FROM posts LIMIT 1);
CREATE TRIGGER trim AFTER INSERT ON posts
WHEN NEW.title <> ''
BEGIN
  UPDATE posts SET title = trim(title) WHERE id = NEW.id;
  DELETE FROM posts WHERE title = '';
END;
