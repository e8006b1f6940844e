package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/dialecttest"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
	"github.com/lockstepdb/lockstep/sqlite"
)

// renderer is what consumers ask of the dialect.
type renderer interface {
	diff.Dialect
	Render(srv lockstep.Server, c schema.Change) ([]string, error)
	Arrange(statements []string) []string
}

func lite(t testing.TB) renderer {
	t.Helper()
	d, ok := sqlite.Dialect().(renderer)
	if !ok {
		t.Fatal("the dialect does not render")
	}
	return d
}

// migration returns the script that makes one schema of another.
func migration(t testing.TB, from, to *schema.Schema, renames ...diff.Rename) ([]string, error) {
	t.Helper()
	r, err := diff.Diff(from, to, lite(t), diff.Options{StrictOrder: true, Renames: renames})
	if err != nil {
		return nil, err
	}
	return script(t, r.Changes)
}

// script returns the statements that make changes.
func script(t testing.TB, changes []schema.Change) ([]string, error) {
	t.Helper()
	d := lite(t)
	var statements []string
	for _, c := range changes {
		more, err := d.Render(lockstep.Server{}, c)
		if err != nil {
			return nil, err
		}
		statements = append(statements, more...)
	}
	return d.Arrange(statements), nil
}

// apply runs a script as the runner does: settings that a transaction ignores
// before it, and a check of foreign keys.
func apply(t testing.TB, db *sql.DB, statements []string) error {
	t.Helper()
	ctx := t.Context()
	at := 0
	for at < len(statements) && strings.HasPrefix(statements[at], "PRAGMA foreign_keys") {
		at++
	}
	all := slices.Concat([]string{"PRAGMA foreign_keys = ON"}, statements[:at], []string{"BEGIN IMMEDIATE"}, statements[at:], []string{"COMMIT"})
	for _, s := range all {
		if _, err := db.ExecContext(ctx, s); err != nil {
			_, _ = db.ExecContext(ctx, "ROLLBACK") // there may be nothing to roll back
			return fmt.Errorf("%s: %w\nof\n%s", s, err, strings.Join(statements, ";\n"))
		}
	}
	return nil
}

// seed fills the tables with rows that have the same numbers in all columns;
// what a table refuses it does not get.
func seed(t testing.TB, db *sql.DB) {
	t.Helper()
	for table, columns := range columnsOf(t, db) {
		for i := 2; i <= 4; i++ {
			values := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%d, ", i), len(columns)), ", ")
			insert := "INSERT INTO " + quoted(table) + " (" + quoted(columns...) + ") VALUES (" + values + ")"
			_, _ = db.ExecContext(t.Context(), "PRAGMA foreign_keys = OFF") // cannot fail
			_, _ = db.ExecContext(t.Context(), insert)                      // a check may refuse it
		}
	}
}

func quoted(names ...string) string {
	var all []string
	for _, n := range names {
		all = append(all, sqlite.Dialect().Quote(n))
	}
	return strings.Join(all, ", ")
}

// columnsOf returns the columns of tables that can be written.
func columnsOf(t testing.TB, db *sql.DB) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, r := range table(t, db, `SELECT m.name, x.name FROM pragma_table_list m, pragma_table_xinfo(m.name) x
WHERE m.schema = 'main' AND m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND x.hidden = 0 ORDER BY 1, x.cid`) {
		found[r[0]] = append(found[r[0]], r[1])
	}
	return found
}

// table returns the rows of a query.
func table(t testing.TB, db *sql.DB, query string) [][]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for rows.Next() {
		values, row := make([]sql.NullString, len(columns)), make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			row[i] = v.String
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// contents returns what rows hold, in the columns that are wanted.
func contents(t testing.TB, db *sql.DB, of map[string][]string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, columns := range of {
		for _, column := range columns {
			for _, r := range table(t, db, "SELECT CAST("+quoted(column)+" AS INT) FROM "+quoted(name)+" ORDER BY 1") {
				key := name + "." + column
				found[key] = append(found[key], r[0])
			}
		}
	}
	return found
}

// common returns the columns that are in both.
func common(a, b map[string][]string) map[string][]string {
	both := map[string][]string{}
	for name, columns := range a {
		for _, c := range columns {
			if slices.Contains(b[name], c) {
				both[name] = append(both[name], c)
			}
		}
	}
	return both
}

// observe returns what SQLite's own pragmas tell of a schema: another observer
// than Inspect.
func observe(t testing.TB, db *sql.DB) []string {
	t.Helper()
	var all []string
	for _, query := range []string{
		`SELECT 'table', name, type, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
		`SELECT 'column', m.name, x.cid, x.name, upper(replace(x.type, ' ', '')), x.pk, x.hidden, upper(replace(trim(coalesce(x.dflt_value, 'NULL'), '()"'''), ' ', ''))
FROM pragma_table_list m, pragma_table_xinfo(m.name) x WHERE m.schema = 'main' AND m.type IN ('table', 'virtual') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
		`SELECT 'key', m.name, iif(l.origin = 'c', l.name, ''), l."unique", l.origin, l.partial, group_concat(x.cid || ' ' || x."desc" || ' ' || upper(x.coll) || ' ' || x."key")
FROM pragma_table_list m, pragma_index_list(m.name) l, pragma_index_xinfo(l.name) x WHERE m.schema = 'main' AND m.type <> 'shadow' GROUP BY m.name, l.name`,
		`SELECT 'foreign key', m.name, lower(l."table"), l.seq, l."from", l.on_update, l.on_delete
FROM pragma_table_list m, pragma_foreign_key_list(m.name) l WHERE m.schema = 'main'`,
		`SELECT type, name, lower(tbl_name) FROM sqlite_master WHERE type IN ('view', 'trigger')`,
		`SELECT 'numbers', user_version, application_id FROM pragma_user_version, pragma_application_id`,
	} {
		for _, r := range table(t, db, query) {
			all = append(all, strings.Join(r, "|"))
		}
	}
	slices.Sort(all)
	return all
}

// refused are probes that no script can make.
func refused(name string) bool {
	return slices.Contains([]string{"virtual.arguments", "virtual.module", "database.encoding"}, name)
}

// TestRenderProbes goes from each schema of a probe to the other one and back,
// with rows that must survive.
func TestRenderProbes(t *testing.T) {
	for _, p := range dialecttest.LoadProbes(t, "../testdata/probes/sqlite.jsonl") {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			roundTrip(t, p.Old, p.New, refused(p.Name))
			roundTrip(t, p.New, p.Old, refused(p.Name))
		})
	}
}

func roundTrip(t *testing.T, from, to string, refuse bool) {
	t.Helper()
	db, wanted := memory(t, modernc, from), memory(t, modernc, to)
	before, after := inspect(t, db), inspect(t, wanted)
	up, err := migration(t, before, after)
	if refuse {
		if err == nil {
			t.Errorf("no refusal, but\n%s", strings.Join(up, ";\n"))
		}
		return
	}
	down, downErr := migration(t, after, before)
	if err != nil || downErr != nil {
		t.Fatalf("render: %v, %v", err, downErr)
	}
	seed(t, db)
	kept := common(columnsOf(t, db), columnsOf(t, wanted))
	rows := contents(t, db, kept)
	for _, step := range []struct {
		script []string
		want   *schema.Schema
		like   *sql.DB
	}{{up, after, wanted}, {down, before, memory(t, modernc, from)}} {
		if err := apply(t, db, step.script); err != nil {
			t.Fatal(err)
		}
		checkSchema(t, db, step.want, step.like, step.script)
		if got := contents(t, db, kept); fmt.Sprint(got) != fmt.Sprint(rows) {
			t.Errorf("rows became\n%v, they were\n%v, by\n%s", got, rows, strings.Join(step.script, ";\n"))
		}
	}
}

func checkSchema(t *testing.T, db *sql.DB, want *schema.Schema, like *sql.DB, script []string) {
	t.Helper()
	if found := schema.Compare(inspect(t, db), want); len(found) > 0 {
		t.Errorf("the script leaves\n%s\n%s", dialecttest.Differences(found), strings.Join(script, ";\n"))
	}
	if got, want := observe(t, db), observe(t, like); !slices.Equal(got, want) {
		t.Errorf("SQLite sees\n%s\nand should see\n%s\nafter\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), strings.Join(script, ";\n"))
	}
	if got := table(t, db, "PRAGMA integrity_check"); got[0][0] != "ok" {
		t.Errorf("integrity_check: %v", got)
	}
}

// TestRebuildLosesNoRow: what a table does ON CONFLICT does not count for the rows
// that are copied: the script fails, and nothing has changed.
func TestRebuildLosesNoRow(t *testing.T) {
	for _, after := range []string{
		"CREATE TABLE t (a INT UNIQUE ON CONFLICT IGNORE, b)", "CREATE TABLE t (a INT UNIQUE ON CONFLICT REPLACE, b)",
		"CREATE TABLE t (a INT, b NOT NULL ON CONFLICT IGNORE)", "CREATE TABLE t (a INT UNIQUE, b)", "CREATE TABLE t (a INT, b NOT NULL)",
	} {
		db := memory(t, modernc, "CREATE TABLE t (a INT, b); INSERT INTO t VALUES (1, 1), (1, 2), (2, NULL)")
		before := inspect(t, db)
		up, err := migration(t, before, inspect(t, memory(t, modernc, after)))
		if err != nil {
			t.Fatal(err)
		}
		if err := apply(t, db, up); err == nil {
			t.Errorf("%s: rows were left out by\n%s", after, strings.Join(up, ";\n"))
		}
		if got := text(t, db, "SELECT count(*) FROM t"); got != "3" || len(schema.Compare(inspect(t, db), before)) > 0 {
			t.Errorf("%s: %s rows, want 3 and the schema of before", after, got)
		}
	}
}

// TestRender shows what is written, as people will read it.
func TestRender(t *testing.T) {
	const before = `CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, age INT, old INT);
CREATE INDEX by_age ON users (age);`
	const after = `PRAGMA user_version = 2;
create table users (id integer primary key autoincrement, email text collate nocase not null default '' unique, age int check (age > 0), "order" real);
create index by_age on users (age desc) where age is not null;
create table posts (id integer primary key, user_id int not null references users on delete cascade, title text, body text);
create unique index titles on posts (user_id, lower(title));
create view authors as select u.id, count(*) as posts from users u join posts p on p.user_id = u.id group by u.id order by (select 1 from posts limit 1);
create trigger trim after insert on posts when new.title <> '' begin update posts set title = trim(title) where id = new.id; delete from posts where title = ''; end;`
	from, to := inspect(t, memory(t, modernc, before)), inspect(t, memory(t, modernc, after))
	up, err := migration(t, from, to)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/rendered.sql")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(up, ";\n") + ";\n"; got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
