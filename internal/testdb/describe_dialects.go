package testdb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// postgresSchema is pg_dump's answer without what differs between two dumps,
// and the invalid indexes, which pg_dump leaves out.
func (d *Database) postgresSchema(t testing.TB, except []string) string {
	t.Helper()
	args := []string{"--schema-only", "--no-sync", "--dbname=" + d.URL}
	for _, name := range except {
		args = append(args, "--exclude-table=*."+name, "--exclude-table=*."+name+"_*_seq")
	}
	out, err := pipe(t.Context(), "", cache(t).Client(d.Kind, "pg_dump"), args...)
	if err != nil {
		t.Fatalf("testdb: describe %s: %v", d.Kind.Name, err)
	}
	var b strings.Builder
	for line := range strings.Lines(out) {
		text := strings.TrimSpace(line)
		if text != "" && !strings.HasPrefix(text, "--") && !strings.HasPrefix(text, `\`) {
			b.WriteString(line)
		}
	}
	for _, r := range d.query(t, `SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1`) {
		fmt.Fprintf(&b, "INVALID INDEX %s\n", r[0])
	}
	return b.String()
}

// mysqlObjects lists all that has a SHOW CREATE statement: kind and name.
const mysqlObjects = `
SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, table_name
FROM information_schema.tables WHERE table_schema = DATABASE()
UNION ALL SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()
UNION ALL SELECT 'TRIGGER', trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()
UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = DATABASE()
ORDER BY 1, 2`

// mysqlSchema is SHOW CREATE of everything, without the name of the database.
func (d *Database) mysqlSchema(t testing.TB, except []string) string {
	t.Helper()
	position := regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	var b strings.Builder
	for _, object := range d.query(t, mysqlObjects) {
		kind, name := object[0], object[1]
		if slices.Contains(except, name) {
			continue
		}
		definition := d.showCreate(t, kind, name)
		definition = position.ReplaceAllString(definition, "")
		definition = strings.ReplaceAll(definition, "`"+d.Name+"`.", "")
		fmt.Fprintf(&b, "%s %s:\n%s\n", kind, name, definition)
	}
	return b.String()
}

// showCreate returns what the server shows. The column that holds it has other
// names for other kinds of objects.
func (d *Database) showCreate(t testing.TB, kind, name string) string {
	t.Helper()
	columns, rows := d.queryColumns(t, "SHOW CREATE "+kind+" `"+strings.ReplaceAll(name, "`", "``")+"`")
	for i, c := range columns {
		if strings.HasPrefix(c, "Create ") || c == "SQL Original Statement" {
			return rows[0][i]
		}
	}
	t.Fatalf("testdb: describe %s: no definition among %q", d.Kind.Name, columns)
	return ""
}

// sqliteSchema is what the .schema command of sqlite3 prints, sorted, and the
// numbers that applications keep in the file's header.
func (d *Database) sqliteSchema(t testing.TB, except []string) string {
	t.Helper()
	var b strings.Builder
	for _, r := range d.query(t, `SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name`) {
		if !slices.Contains(except, r[2]) && !strings.HasPrefix(r[1], "sqlite_") {
			fmt.Fprintf(&b, "%s %s: %s\n", r[0], r[1], r[3])
		}
	}
	for _, pragma := range []string{"user_version", "application_id"} {
		fmt.Fprintf(&b, "%s = %s\n", pragma, d.query(t, "PRAGMA "+pragma)[0][0])
	}
	return b.String()
}
