-- Everything that a schema of SQLite can hold, written in many ways.
PRAGMA user_version = 3;
PRAGMA application_id = -7;
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT COLLATE NOCASE NOT NULL UNIQUE ON CONFLICT IGNORE, -- how we write to them
  "order" INT DEFAULT -5,
  created TEXT DEFAULT (datetime('now', 'localtime')),
  j TEXT CHECK (json_valid(j) and j->>'$.a' is not null),
  "end" INT check("end" > 0 or case when "end" then 1 else - 2 end),
  g TEXT AS (lower(email)||'x') STORED,
  v generated always as (length(g)),
  manager INT REFERENCES users ON UPDATE CASCADE,
  state DEFAULT new,
  CONSTRAINT "or" CHECK (length(email) between 3 and 300 and email like '%@%' escape '\'
    and email not in ('a''b', 'b') and email collate nocase <> 'x')
);
CREATE TABLE posts(a INT, b INT, u INT REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  s TEXT CONSTRAINT nn NOT NULL ON CONFLICT REPLACE DEFAULT 'a;b', any_thing ANY, PRIMARY KEY(a, b DESC)) WITHOUT ROWID, STRICT;
CREATE TABLE comments(post_a, post_b, body VARCHAR(10) DEFAULT 'it''s', x DEFAULT x'00ff', CONSTRAINT fk FOREIGN KEY(post_a, post_b) REFERENCES posts(a, b) ON DELETE SET NULL ON UPDATE SET DEFAULT);
CREATE TABLE k(id INTEGER PRIMARY KEY DESC, n);
CREATE TABLE k2(id INTEGER, n, PRIMARY KEY(id DESC), UNIQUE(n COLLATE NOCASE, id DESC));
CREATE TABLE "Odd ""name"""("a b" INT, [c[d] INT, `e``f` INT, '' INT, "select" INT, "größe" INT, "a""b" INT, UNIQUE("a b", "a""b"));
CREATE TABLE a_copy AS SELECT id, email FROM users;
CREATE INDEX i ON users(lower(email), "order" desc) where "order" is not null;
CREATE UNIQUE INDEX "i 2" ON posts(u collate nocase, b);
CREATE INDEX "odd" ON "Odd ""name"""("a b", "größe");
CREATE VIEW v(x, y) AS WITH r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r WHERE n < 10)
  SELECT u.id, count(*) filter (where n>1) over (partition by u.id order by n desc rows between unbounded preceding and current row) "Total"
  from users u left join r on r.n = u.id where exists(select 1 from posts) and cast(n as varchar(10)) <> '' order by 1 limit 10 offset 2;
CREATE VIEW "v 2" AS SELECT x, y as "Y y", 'lit' as c, replace(x, 'a', 'b') d, -x AS e, - -x AS f, x'00' "g h", +1.5e-3 AS h FROM v, main.users WHERE v.x = users.id;
CREATE TRIGGER g INSTEAD OF UPDATE OF x ON v WHEN new.x IS NOT old.x BEGIN
  INSERT OR REPLACE INTO posts(a,b) VALUES(new.x, 'a;b
c') ON CONFLICT(a,b) DO UPDATE SET u=excluded.u;
  SELECT CASE WHEN 1 THEN raise(ABORT,'x') END; -- no
  DELETE FROM users WHERE id=-1;
END;
CREATE TRIGGER "g 2" UPDATE ON users BEGIN UPDATE posts SET u = NEW.id, s = s || '-' WHERE u = OLD.id; END;
CREATE VIRTUAL TABLE f USING rtree(id, a, b);
