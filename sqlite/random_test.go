package sqlite_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/schema/diff"
)

// generator writes random schemas of a small world, so that two of them have
// much in common. Rows of one can always become rows of another: what must not be
// NULL has a default, and what must be unique is there from the beginning or may
// be NULL.
type generator struct {
	*rand.Rand
	columns map[string][]string // of the tables that were written
	script  strings.Builder
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g *generator) maybe(text string) string {
	if g.IntN(3) > 0 {
		return ""
	}
	return text
}

func (g *generator) subset(names []string) []string {
	var some []string
	for _, n := range names {
		if g.IntN(2) == 0 {
			some = append(some, n)
		}
	}
	if some == nil {
		some = []string{names[g.IntN(len(names))]}
	}
	return some
}

func randomSchema(seed uint64) string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 7)), columns: map[string][]string{}}
	tables := g.subset([]string{"a", "b c", "order", "d"})
	g.Shuffle(len(tables), func(i, j int) { tables[i], tables[j] = tables[j], tables[i] })
	for _, t := range tables {
		g.table(t, tables)
	}
	for _, t := range tables {
		g.parts(t)
	}
	for _, v := range g.subset([]string{"v1", "v 2"}) {
		g.view(v, tables)
	}
	fmt.Fprintf(&g.script, "PRAGMA user_version = %d;\n", g.IntN(3))
	return g.script.String()
}

func (g *generator) table(name string, tables []string) {
	strict := g.IntN(4) == 0
	columns := append([]string{"id"}, g.subset([]string{"x", "Y y", "select", "z", "é"})...)
	g.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	g.columns[name] = columns
	var lines []string
	for _, c := range columns {
		lines = append(lines, g.column(c, columns, strict))
	}
	rowid := g.IntN(4) > 0
	lines = append(lines, g.pick("PRIMARY KEY (id)", "CONSTRAINT pk PRIMARY KEY (id)"))
	for range g.IntN(3) {
		lines = append(lines, g.constraint(columns, tables))
	}
	fmt.Fprintf(&g.script, "CREATE TABLE %s (%s)", quoted(name), strings.Join(lines, ", "))
	switch {
	case strict && !rowid:
		g.script.WriteString(" STRICT, WITHOUT ROWID")
	case strict:
		g.script.WriteString(" STRICT")
	case !rowid:
		g.script.WriteString(" WITHOUT ROWID")
	}
	g.script.WriteString(";\n")
}

func (g *generator) column(name string, columns []string, strict bool) string {
	types := []string{"INT", "INTEGER", "TEXT", "REAL"}
	if !strict {
		types = append(types, "VARCHAR(10)", "", "DECIMAL(10, 2)", "DATE TIME")
	}
	text := quoted(name) + " " + g.pick(types...)
	if name == "id" {
		return text
	}
	if g.IntN(6) == 0 {
		return text + " AS (" + quoted("id") + g.pick(" + 1", " + 2", " * 2") + ") " + g.pick("STORED", "VIRTUAL")
	}
	switch g.IntN(4) {
	case 0:
		text += g.pick(" NOT NULL", " CONSTRAINT nn NOT NULL ON CONFLICT IGNORE") + " DEFAULT " + g.pick("1", "'7'", "(2 + 3)", "-4")
	case 1:
		text += " DEFAULT " + g.pick("NULL", "5", "(abs(-6))", "0x10")
	}
	text += g.maybe(" COLLATE " + g.pick("NOCASE", "RTRIM", "BINARY"))
	return text + g.maybe(g.pick(" CHECK ("+quoted(name)+" <> 99)", " CHECK ("+quoted(name)+" IS NOT 'it''s')"))
}

func (g *generator) constraint(columns, tables []string) string {
	some := g.subset(columns)
	name := g.maybe(g.pick("CONSTRAINT c1 ", `CONSTRAINT "c 2" `))
	switch g.IntN(3) {
	case 0:
		return name + "UNIQUE (id, " + quoted(some...) + ")" + g.maybe(" ON CONFLICT IGNORE")
	case 1:
		return name + "CHECK (" + quoted(some[0]) + g.pick(" IS NOT ", " <> ") + g.pick("99", "'no'") + ")"
	}
	return name + "FOREIGN KEY (" + quoted(some[0]) + ") REFERENCES " + quoted(g.pick(tables...)) + g.pick("", " (id)") +
		g.maybe(" ON DELETE "+g.pick("CASCADE", "SET NULL")) + g.maybe(" ON UPDATE CASCADE") + g.maybe(" DEFERRABLE INITIALLY DEFERRED")
}

// parts writes indexes and triggers; they may be of another table in another
// schema.
func (g *generator) parts(table string) {
	columns := g.columns[table]
	if g.IntN(2) == 0 {
		fmt.Fprintf(&g.script, "CREATE %sINDEX %s ON %s (%s%s)%s;\n", g.maybe("UNIQUE "), quoted(table+" "+g.pick("i", "j")), quoted(table),
			g.maybe("lower("+quoted(g.pick(columns...))+"), "), quoted("id")+g.maybe(" DESC"), g.maybe(" WHERE "+quoted(g.pick(columns...))+" > 0"))
	}
	if g.IntN(3) == 0 {
		other := table
		for t := range g.columns {
			other = max(other, t)
		}
		fmt.Fprintf(&g.script, "CREATE TRIGGER %s AFTER %s ON %s %sBEGIN DELETE FROM %s WHERE id = OLD.%s; END;\n", quoted("g "+g.pick(table, "shared"+table)),
			g.pick("DELETE", "UPDATE", "UPDATE OF id"), quoted(table), g.maybe("WHEN OLD.id > 100 "), quoted(other), quoted(g.pick(columns...)))
	}
}

func (g *generator) view(name string, tables []string) {
	t := g.pick(tables...)
	from := quoted(t)
	if name != "v1" && strings.Contains(g.script.String(), `VIEW "v1"`) && g.IntN(2) == 0 {
		fmt.Fprintf(&g.script, "CREATE VIEW %s AS SELECT * FROM v1;\n", quoted(name))
		return
	}
	fmt.Fprintf(&g.script, "CREATE VIEW %s AS SELECT %s FROM %s%s;\n", quoted(name), quoted(g.subset(g.columns[t])...), from, g.maybe(" WHERE id > 1"))
	if g.IntN(3) == 0 {
		fmt.Fprintf(&g.script, "CREATE TRIGGER %s INSTEAD OF INSERT ON %s BEGIN DELETE FROM %s; END;\n", quoted("on "+name), quoted(name), from)
	}
}

// TestRenderRandom goes from random schemas to others and back.
func TestRenderRandom(t *testing.T) {
	const pairs = 40
	for seed := range uint64(pairs) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			from, to := randomSchema(2*seed), randomSchema(2*seed+1)
			roundTrip(t, from, to, false)
			if t.Failed() {
				t.Logf("from\n%s\nto\n%s", from, to)
			}
		})
	}
}

// TestRenderInverse undoes changes one by one. Triggers of views are left out:
// the change that drops a view does not tell them.
func TestRenderInverse(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			one, two := withoutInsteadOf(randomSchema(5000+seed)), withoutInsteadOf(randomSchema(6000+seed))
			db, wanted := memory(t, modernc, one), memory(t, modernc, two)
			before, after := inspect(t, db), inspect(t, wanted)
			r, err := diff.Diff(before, after, lite(t), diff.Options{StrictOrder: true})
			if err != nil {
				t.Fatal(err)
			}
			steps := []struct {
				changes []schema.Change
				want    *schema.Schema
				like    *sql.DB
			}{{r.Changes, after, wanted}, {schema.Inverse(r.Changes), before, memory(t, modernc, one)}}
			for _, step := range steps {
				statements, err := script(t, step.changes)
				if err != nil {
					t.Fatal(err)
				}
				if err := apply(t, db, statements); err != nil {
					t.Fatal(err)
				}
				checkSchema(t, db, step.want, step.like, statements)
			}
		})
	}
}

func withoutInsteadOf(script string) string {
	var lines []string
	for line := range strings.Lines(script) {
		if !strings.Contains(line, "INSTEAD OF") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// TestInspectRandom compares with what SQLite says of random schemas.
func TestInspectRandom(t *testing.T) {
	for seed := range uint64(50) {
		script := randomSchema(1000 + seed)
		db := memory(t, modernc, script)
		s := inspect(t, db)
		if len(s.Unknown()) > 0 {
			t.Errorf("seed %d: unknown %v in\n%s", seed, s.Unknown(), script)
		}
		db.Close()
	}
}
