package mysql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/schema"
)

// rich returns a script that makes something of every kind, and one that makes
// another version of it.
func rich(k testdb.Kind) (one, other string) {
	one = "CREATE TABLE customers (id bigint unsigned NOT NULL AUTO_INCREMENT, email varchar(190) NOT NULL, `full name` varchar(80) DEFAULT 'it''s \\\\ \"x\"', " +
		"born date, created timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), kind enum('a','b,c','d''e') NOT NULL DEFAULT 'a', " +
		"data json, ratio decimal(12,4) DEFAULT 1.5, flag bit(1) DEFAULT b'1', raw varbinary(20), PRIMARY KEY (id), UNIQUE KEY by_email (email), " +
		"KEY by_name (`full name`(10), born DESC), FULLTEXT KEY ft (`full name`), CONSTRAINT positive CHECK (ratio > 0)) COMMENT='who buys; \"quoted\"';\n" +
		"CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT, customer bigint unsigned NOT NULL, parent int, total decimal(10,2) NOT NULL DEFAULT 0, " +
		"net decimal(10,2) GENERATED ALWAYS AS (total / 1.2) STORED, note text, PRIMARY KEY (id), KEY customer (customer, total), " +
		"CONSTRAINT to_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE, " +
		"CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES orders (id) ON DELETE SET NULL);\n" +
		"CREATE TABLE log (id int NOT NULL, y int NOT NULL, msg varchar(20) CHARACTER SET latin1 COLLATE latin1_bin, PRIMARY KEY (id, y)) " +
		"PARTITION BY RANGE (y) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20));\n" +
		"CREATE VIEW b_totals AS SELECT c.email, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer = c.id GROUP BY c.email;\n" +
		"CREATE VIEW a_big AS SELECT * FROM b_totals WHERE total > 100;\n" +
		"CREATE FUNCTION twice (x int) RETURNS int DETERMINISTIC COMMENT 'doubles' RETURN x * 2;\n" +
		"CREATE VIEW uses_function AS SELECT id, twice(id) AS double_id FROM orders WITH CHECK OPTION;\n" +
		"CREATE PROCEDURE add_order (IN c bigint, OUT n int) MODIFIES SQL DATA BEGIN INSERT INTO orders (customer) VALUES (c); SET n = last_insert_id(); END;\n" +
		"CREATE TRIGGER first BEFORE INSERT ON orders FOR EACH ROW SET NEW.note = coalesce(NEW.note, 'x;y');\n" +
		"CREATE TRIGGER a_second BEFORE INSERT ON orders FOR EACH ROW BEGIN IF NEW.total < 0 THEN SET NEW.total = 0; END IF; END;\n" +
		"CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'c' DO DELETE FROM log WHERE y < 5;\n"
	other = strings.NewReplacer(
		"email varchar(190)", "email varchar(200)", "born date,", "", ", born DESC", "", "'b,c'", "'b,c','new'", "data json, ", "data json, nick varchar(9) NOT NULL, ",
		"KEY customer (customer, total)", "KEY customer (customer), KEY total (total)", "ON DELETE CASCADE ON UPDATE CASCADE", "", "(total / 1.2)", "(total / 1.19)",
		", PRIMARY KEY (id, y)) ", ", extra int, PRIMARY KEY (id, y)) ", "THAN (20)", "THAN (30)", "total > 100", "total > 200", "x * 2", "2 * x", "TRIGGER first", "TRIGGER third",
		"'x;y'", "'z'", "EVERY 1 DAY", "EVERY 2 DAY", "ratio > 0", "ratio >= 0",
	).Replace(one)
	if k.Flavor == "mariadb" {
		one += "CREATE SEQUENCE numbers START WITH 5;\nCREATE TABLE kept (id int DEFAULT nextval(numbers), a int CHECK (a > 0)) WITH SYSTEM VERSIONING;\n"
		other += "CREATE SEQUENCE numbers START WITH 5 CACHE 7;\nCREATE TABLE kept (id int DEFAULT nextval(numbers), a int CHECK (a > 1), b int) WITH SYSTEM VERSIONING;\n"
	} else {
		one += "CREATE TABLE extras (j json, n varchar(9) INVISIBLE, g geometry NOT NULL SRID 4326, KEY f ((lower(n))), SPATIAL KEY g (g), " +
			"KEY m ((CAST(j->'$.x' AS UNSIGNED ARRAY))), CONSTRAINT lax CHECK (n <> 'x') NOT ENFORCED);\n"
	}
	return one, other
}

// TestRich makes a rich schema of nothing, of another one, and back.
func TestRich(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		one, other := rich(d.Kind)
		empty, shownEmpty := inspect(t, d), d.Schema(t)
		d.Open(t).SetMaxOpenConns(1)
		d.Exec(t, other)
		second, shownSecond := inspect(t, d), d.Schema(t)
		renew(t, d)
		d.Exec(t, one)
		first, shownFirst := inspect(t, d), d.Schema(t)
		turn(t, d, first, second, shownSecond)
		turn(t, d, second, first, shownFirst)
		turn(t, d, first, empty, shownEmpty)
		turn(t, d, empty, first, shownFirst)
	})
}

// TestSameMigrations makes one schema in two databases of one server.
func TestSameMigrations(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		one, _ := rich(d.Kind)
		d.Exec(t, one)
		other := testdb.New(t, d.Kind)
		other.Exec(t, one)
		twin := inspect(t, other)
		here := inspect(t, d)
		if found := schema.Compare(here, twin); len(found) > 0 || here.Fingerprint() != twin.Fingerprint() {
			t.Errorf("the same scripts made different schemas:\n%s", dialecttest.Differences(found))
		}
		if lines, err := here.Lines(); err != nil || strings.Contains(strings.Join(lines, "\n"), d.Name) {
			t.Errorf("the name of the database is in the facts (%v)", err)
		}
	})
}

// TestSessionSettings inspects in sessions that print definitions in other ways.
func TestSessionSettings(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		one, _ := rich(s.Kind)
		s.Exec(t, one)
		want := inspect(t, s.Database)
		conn := session(t, s.pool(t)) // without many statements at once
		srv := probe(t, conn)
		for _, set := range []string{
			"SET sql_mode = 'ANSI_QUOTES'", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", "SET sql_quote_show_create = 0", "SET sql_mode = ''",
		} {
			run(t, conn, "SET sql_mode = DEFAULT, sql_quote_show_create = 1", set)
			before := value(t, conn, "SELECT CONCAT(@@sql_mode, @@sql_quote_show_create)")
			got, err := dialect{}.Inspect(t.Context(), conn, srv, schema.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			if found := schema.Compare(want, got); len(found) > 0 {
				t.Errorf("after %s:\n%s", set, dialecttest.Differences(found))
			}
			if after := value(t, conn, "SELECT CONCAT(@@sql_mode, @@sql_quote_show_create)"); after != before {
				t.Errorf("the session had %s, now %s", before, after)
			}
		}
	})
}

// TestNames uses names that need care.
func TestNames(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		names := []string{"a b", "a`b", "SELECT", "Ünïcödé", strings.Repeat("x", 64), "UPPER", "1a", "a,b", `a"b`, "a'b", "a.b", "a(b", "日本"}
		for i, name := range names {
			table, q := quote(fmt.Sprint(name[:min(len(name), 40)], i)), quote(name)
			if strings.ContainsFunc(name, func(r rune) bool { return r > 127 }) {
				table = quote(name)
			}
			d.Exec(t, "CREATE TABLE "+table+" ("+q+" int NOT NULL, c int, PRIMARY KEY ("+q+"), KEY "+q+" (c, "+q+"))")
			if name != "a`b" || majorOf(d.Kind) != 10 { // MariaDB 10.11 does not double the backtick when it shows a foreign key
				foreign := quote("f" + name[:min(len(name), 40)])
				d.Exec(t, "ALTER TABLE "+table+" ADD CONSTRAINT "+foreign+" FOREIGN KEY (c) REFERENCES "+table+" ("+q+")")
			}
			d.Exec(t, "CREATE VIEW "+quote(fmt.Sprint("v", i, strings.TrimRight(table, "`")[1:]))+" AS SELECT "+q+" FROM "+table)
		}
		before, shown := inspect(t, d), d.Schema(t)
		empty := must(schema.New([]schema.Fact{before.OfKind(schema.KindDatabase)[0]}))
		d.Open(t).SetMaxOpenConns(1)
		renew(t, d)
		turn(t, d, empty, before, shown)
		turn(t, d, before, empty, "")
	})
}

func must(s *schema.Schema, err error) *schema.Schema {
	if err != nil {
		panic(err)
	}
	return s
}

// TestOtherDatabases reads databases that are not the current one.
func TestOtherDatabases(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		other := testdb.New(t, d.Kind)
		other.Exec(t, "CREATE TABLE p (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM p; CREATE TABLE c (id int, CONSTRAINT f FOREIGN KEY (id) REFERENCES p (id))")
		db := d.Open(t)
		s, err := dialect{}.Inspect(t.Context(), db, probe(t, db), schema.Scope{Schemas: []string{other.Name}})
		if err != nil {
			t.Fatal(err)
		}
		view, ok := s.Fact(schema.ID{Kind: schema.KindView, Schema: other.Name, Name: "v"})
		if !ok || strings.Contains(view.Attr(schema.AttrDefinition), other.Name) {
			t.Errorf("the view is %v", view)
		}
		fk, _ := s.Fact(schema.ID{Kind: schema.KindConstraint, Schema: other.Name, Table: "c", Name: "f"})
		if want := schema.JoinNames(other.Name, "p"); fk.Attr(schema.AttrReferences) != want {
			t.Errorf("the foreign key refers to %q, want %q", fk.Attr(schema.AttrReferences), want)
		}
		if _, err := (dialect{}).Inspect(t.Context(), db, probe(t, db), schema.Scope{Schemas: []string{"no_such_db"}}); err == nil {
			t.Error("a database that is not there was read")
		}
	})
}

// TestScopeLeavesTables leaves out the ledger with its triggers.
func TestScopeLeavesTables(t *testing.T) {
	testdb.RunOn(t, testdb.MySQL, func(t *testing.T, d *testdb.Database) {
		d.Exec(t, "CREATE TABLE a (id int); CREATE TABLE lockstep_ledger (id int); CREATE TRIGGER tr BEFORE INSERT ON lockstep_ledger FOR EACH ROW SET @a = 1")
		db := d.Open(t)
		s, err := dialect{}.Inspect(t.Context(), db, probe(t, db), schema.Scope{Except: []string{"lockstep_ledger"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.OfKind(schema.KindTable)) != 1 || len(s.OfKind(schema.KindTrigger)) != 0 {
			t.Errorf("tables %v, triggers %v", s.OfKind(schema.KindTable), s.OfKind(schema.KindTrigger))
		}
	})
}

// TestRights reads with users who may not see everything.
func TestRights(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		s.Exec(t, "CREATE TABLE t (id int); CREATE VIEW v AS SELECT id FROM t")
		on := " ON " + s.Name + ".* TO %s"
		for _, test := range []struct {
			name   string
			create string
			grants []string
			hint   string
		}{
			{"view", "SET @a = 1", []string{"GRANT SELECT, EXECUTE" + on}, "SHOW VIEW"},
			{"routine", "CREATE FUNCTION f () RETURNS int DETERMINISTIC RETURN 1", []string{"GRANT SELECT, SHOW VIEW, EXECUTE, TRIGGER, EVENT" + on}, "ROUTINE|mysql.proc"},
		} {
			t.Run(test.name, func(t *testing.T) {
				s.Exec(t, test.create)
				db := s.user(t, test.grants...)
				_, err := dialect{}.Inspect(t.Context(), db, probe(t, db), schema.Scope{})
				hint := lockstep.HintOf(err)
				if err == nil || !slices.ContainsFunc(strings.Split(test.hint, "|"), func(h string) bool { return strings.Contains(hint, h) }) {
					t.Errorf("error %v, hint %q, want one with %s", err, hint, test.hint)
				}
			})
		}
	})
}

// TestHidden reads with users from whom the server hides objects without an
// error.
func TestHidden(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		s.Exec(t, "CREATE TABLE t (id int); CREATE TABLE u (id int); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1")
		on := " ON " + s.Name + ".* TO %s"
		for _, test := range []struct {
			name   string
			grants []string
			want   []string
		}{
			{"all", []string{"GRANT ALL" + on}, nil},
			{"what is needed", []string{"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE" + on}, nil},
			{"a pattern", []string{"GRANT SELECT, TRIGGER, EVENT, EXECUTE ON `ls\\_%%`.* TO %s"}, nil},
			{"rows only", []string{"GRANT SELECT" + on}, []string{"triggers (GRANT TRIGGER ON", "events (GRANT EVENT ON", "routines (GRANT S"}},
			{"of one table", []string{"GRANT SELECT, TRIGGER ON " + s.Name + ".t TO %s", "GRANT EVENT, EXECUTE" + on}, []string{"tables (GRANT SELECT ON", "triggers (GRANT TRIGGER ON"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				db := s.user(t, test.grants...)
				read, err := dialect{}.Inspect(t.Context(), db, probe(t, db), schema.Scope{})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, u := range read.Unknown() {
					got = append(got, u.Name)
				}
				if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
					t.Errorf("hidden: %q, want %q", got, test.want)
				}
			})
		}
	})
}

// TestPasswords reads tables whose options hold passwords of other servers.
func TestPasswords(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		s.Exec(t, "CREATE TABLE t (id int) CONNECTION='mysql://app:s3cret@far:3306/shop/t'")
		table, ok := inspect(t, s.Database).Fact(schema.ID{Kind: schema.KindTable, Name: "t"})
		if want := "'mysql://app:***@far:3306/shop/t'"; !ok || table.Attr("connection") != want {
			t.Errorf("connection %s, want %s", table.Attr("connection"), want)
		}
	})
}

func TestRedact(t *testing.T) {
	for _, c := range []struct{ name, engine, value, want string }{
		{"connection", "FEDERATED", "'mysql://u:s3:c/r@et@h:1/d/t'", "'mysql://u:***@h:1/d/t'"},
		{"connection", "FEDERATED", "'mysql://u@h:1/d/t'", "'mysql://u@h:1/d/t'"},
		{"connection", "FEDERATED", "'server/t'", "'server/t'"},
		{"password", "MyISAM", "'s3cret'", "'***'"},
		{"option_list", "CONNECT", "'user=u,password=s3cret,host=h'", "'user=u,password=***,host=h'"},
		{"connection", "CONNECT", "'DSN=x;UID=u;PWD=s3cret'", "'DSN=x;UID=u;PWD=***'"},
		{"comment", "SPIDER", `wrapper "mysql", password "s3 cret", host "h"`, `wrapper "mysql", password ***, host "h"`},
		{"partition", "SPIDER", `PARTITION a COMMENT = 'password "s3cret", srv "x"'`, `PARTITION a COMMENT = 'password ***, srv "x"'`},
		{"partition", "SPIDER", `PARTITION a COMMENT = 'password ''s3 cret'', srv "x"'`, `PARTITION a COMMENT = 'password ***, srv "x"'`},
		{"comment", "InnoDB", "holds the password hash", "holds the password hash"},
	} {
		if got := redact(c.name, c.value, c.engine); got != c.want {
			t.Errorf("redact(%s, %s) = %s, want %s", c.name, c.value, got, c.want)
		}
	}
}

// TestSessionCharset reads over a session that cannot show every character.
func TestSessionCharset(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		s.Exec(t, "CREATE TABLE `表` (id int COMMENT '\U0001F680')")
		want := inspect(t, s.Database).Fingerprint()
		db := s.pool(t)
		db.SetMaxOpenConns(1)
		for _, set := range []string{"SET NAMES latin1", "SET NAMES utf8mb3", "SET character_set_results = NULL"} {
			run(t, db, set)
			const settings = "SELECT CONCAT_WS(' ', @@character_set_client, @@character_set_results, @@collation_connection)"
			before := value(t, db, settings)
			read, err := dialect{}.Inspect(t.Context(), db, probe(t, db), schema.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			if read.Fingerprint() != want {
				t.Errorf("%s: the schema reads differently", set)
			}
			if after := value(t, db, settings); after != before {
				t.Errorf("%s: the session was %q, and is %q", set, before, after)
			}
		}
	})
}
