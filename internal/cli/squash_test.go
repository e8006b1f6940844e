package cli_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/cli"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqlite"
)

// lockstepIn runs the command with a folder of migrations.
func lockstepIn(t *testing.T, db *testdb.Database, dir string, args ...string) (code int, out string) {
	t.Helper()
	var b bytes.Buffer
	code = cli.Main(t.Context(), append(args, "--db", db.URL, "--dir", dir), cli.Stdio{In: strings.NewReader(""), Out: &b, Err: &b})
	return code, b.String()
}

func mustLockstep(t *testing.T, db *testdb.Database, dir string, args ...string) string {
	t.Helper()
	code, out := lockstepIn(t, db, dir, args...)
	if code != 0 {
		t.Fatalf("lockstep %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// richSchema is a schema with much of what the server knows.
func richSchema(t *testing.T, kind testdb.Kind) string {
	t.Helper()
	file := map[string]string{
		testdb.Postgres: "../../postgres/testdata/rich.sql", testdb.SQLite: "../../sqlite/testdata/rich.sql",
	}[kind.Dialect]
	if file == "" {
		return mysqlSchema
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Roles that every server has; and a subscription would outlive its database.
	text := strings.NewReplacer("mx_r1", "pg_monitor", "mx_r2", "pg_read_all_data").Replace(string(b))
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "SUBSCRIPTION") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

const mysqlSchema = `CREATE TABLE users (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, name VARCHAR(100) CHARACTER SET latin1 NOT NULL DEFAULT '', email VARCHAR(200) COMMENT 'it''s; secret',
  kind ENUM('a', 'b;c') DEFAULT 'a', flags SET('x', 'y'), price DECIMAL(10, 2) UNSIGNED, doc JSON, at DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  twice INT AS (LENGTH(name) * 2) VIRTUAL, PRIMARY KEY (id), UNIQUE KEY users_email (email(50)), KEY users_name (name DESC, kind), FULLTEXT KEY users_text (name),
  CONSTRAINT users_price CHECK (price > 0)
) COMMENT='people' ROW_FORMAT=DYNAMIC;
CREATE TABLE orders (
  id INT NOT NULL PRIMARY KEY, user_id BIGINT UNSIGNED NOT NULL, day DATE NOT NULL,
  CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT
);
CREATE TABLE days (d DATE NOT NULL, n INT, PRIMARY KEY (d)) PARTITION BY RANGE (YEAR(d)) (PARTITION p1 VALUES LESS THAN (2026), PARTITION p2 VALUES LESS THAN MAXVALUE);
CREATE VIEW names AS SELECT id, name FROM users;
CREATE VIEW more_names AS SELECT n.name, o.id FROM names n JOIN orders o ON o.user_id = n.id;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE PROCEDURE clean_up(IN before_day DATE)
BEGIN
  -- a comment; with a semicolon
  DELETE FROM orders WHERE day < before_day;
  IF ROW_COUNT() > 0 THEN INSERT INTO days (d, n) VALUES (before_day, 1); END IF;
END;
CREATE TRIGGER orders_days AFTER INSERT ON orders FOR EACH ROW
BEGIN
  INSERT INTO days (d, n) VALUES (NEW.day, 1) ON DUPLICATE KEY UPDATE n = n + 1;
END;
INSERT INTO users (name, email, kind, price, at) VALUES ('Ann', 'a@x', 'b;c', 1, '2026-01-02 03:04:05.000006'), ('Bob', NULL, 'a', 2.50, NULL);
INSERT INTO orders VALUES (1, 1, '2025-01-02'), (2, 1, '2026-01-02'), (3, 2, '2026-01-02');
`

// TestSquashMakesWhatThereWas compares a database that all migrations were
// applied to with one that began with the baseline, as the servers' own tools
// see them. SQLite keeps statements as they were written, so there it is the
// facts, and the rows.
func TestSquashMakesWhatThereWas(t *testing.T) {
	testdb.RunOnAll(t, func(t *testing.T, old *testdb.Database) {
		dir := t.TempDir()
		write(t, dir, "1_create_all.sql", richSchema(t, old.Kind))
		write(t, dir, "2_create_last.sql", "CREATE TABLE last_one (id INTEGER NOT NULL PRIMARY KEY);\nINSERT INTO last_one VALUES (1), (3), (2);\n")
		write(t, dir, "3_create_later.up.sql", "CREATE TABLE later (id INTEGER NOT NULL PRIMARY KEY);\n")
		mustLockstep(t, old, dir, "up", "--quiet")
		mustLockstep(t, old, dir, "squash", "--to", "2")
		if files := names(t, dir); !slices.Equal(files, []string{"2_baseline.sql", "3_create_later.up.sql"}) {
			t.Errorf("the folder holds %q", files)
		}
		fresh := testdb.New(t, old.Kind)
		mustLockstep(t, old, dir, "up")
		mustLockstep(t, fresh, dir, "up")
		mustLockstep(t, fresh, dir, "compare", old.URL)
		one, two := described(t, old), described(t, fresh)
		if one != two {
			t.Errorf("the migrations made\n%s\nthe baseline makes\n%s", one, two)
		}
	})
}

func described(t *testing.T, db *testdb.Database) string {
	t.Helper()
	const ledger, lock = "lockstep_ledger", "lockstep_ledger_lock"
	all := db.Describe(t, ledger, lock)
	if db.Kind.Dialect == testdb.SQLite {
		all = strings.TrimPrefix(all, db.Schema(t, ledger, lock))
	}
	// The names that PostgreSQL 18 gives to NOT NULL mean nothing.
	return regexp.MustCompile(`CONSTRAINT \S+_not_null NOT NULL`).ReplaceAllString(all, "NOT NULL")
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestSquashRefusesGo holds that migrations which only a program can run are
// not lost.
func TestSquashRefusesGo(t *testing.T) {
	db := testdb.New(t, testdb.KindNamed(t, testdb.SQLite))
	dir := t.TempDir()
	write(t, dir, "1_create_users.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);")
	write(t, dir, "3_create_orders.sql", "CREATE TABLE orders (id INTEGER PRIMARY KEY);")
	set, err := lockstep.Load(lockstep.Dir(dir))
	if err == nil {
		set, err = set.With(lockstep.GoMigration{Version: "2", Name: "fill_users", UpTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO users VALUES (1)")
			return err
		}})
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := lockstep.New(db.Open(t), sqlite.Dialect(), set, lockstep.Options{})
	if err == nil {
		_, err = m.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	code, out := lockstepIn(t, db, dir, "squash", "--to", "3")
	if code != 1 || !strings.Contains(out, "2_fill_users is a migration in Go") || !strings.Contains(out, "hint: squash up to the version before it") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if files := names(t, dir); len(files) != 2 {
		t.Errorf("the folder holds %q", files)
	}
	mustLockstep(t, db, dir, "squash", "--to", "1")
}
