package dialecttest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

func (p place) identities(t *testing.T) map[schema.ID]string {
	t.Helper()
	if p.Identities == nil {
		return nil
	}
	return p.Identities(t)
}

// rows are the values of the columns that are in both worlds, by table and column.
func (trip *trip) rows(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	trip.reads++ // makes it another query: a driver may keep the old plan of one
	found := map[string][]string{}
	for _, one := range trip.one.tables {
		two := trip.two.table(one.name)
		for _, name := range one.written() {
			if slices.Contains(two.written(), name) {
				q := trip.cfg.Dialect.Quote
				found[one.name+"."+name] = column(t, db, "SELECT /* "+number(trip.reads)+" */ "+q(name)+" FROM "+q(one.name)+" ORDER BY "+q(one.keys[0]))
			}
		}
	}
	return found
}

func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
		values = append(values, fmt.Sprintf("%t %s", v.Valid, v.String))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return values
}

func sameRows(t *testing.T, got, want map[string][]string) {
	t.Helper()
	for name, values := range want {
		if !slices.Equal(got[name], values) {
			t.Errorf("%s holds %q, want %q", name, got[name], values)
		}
	}
}

// same are the objects that are equal in two schemas, with their tables and all
// that they need.
func same(from, to *schema.Schema) map[schema.ID]bool {
	differ := map[string]bool{}
	for _, d := range schema.Compare(from, to) {
		differ[holder(d.ID)] = true
	}
	equal := map[schema.ID]bool{}
	for again := true; again; {
		again = false
		clear(equal)
		for _, f := range from.Facts() {
			lost := func(id schema.ID) bool { return differ[holder(id)] }
			refers := strings.Join(schema.SplitNames(f.Attr(schema.AttrReferences)), ".")
			switch {
			case differ[holder(f.ID)]:
			case slices.ContainsFunc(f.Needs, lost), refers != "" && (differ[refers] || differ["."+refers]):
				differ[holder(f.ID)], again = true, true
			default:
				equal[f.ID] = true
			}
		}
	}
	return equal
}

// holder is the schema and table that an object belongs to.
func holder(id schema.ID) string {
	if id.Table != "" {
		return id.Schema + "." + id.Table
	}
	return id.Schema + "." + id.Name
}

// needless reports changes of what is equal in both schemas.
func needless(t *testing.T, changes []schema.Change, from, to *schema.Schema) {
	t.Helper()
	equal := same(from, to)
	for _, c := range changes {
		if equal[c.Subject()] {
			t.Errorf("without need: %s", c)
		}
	}
}

// untouched reports objects that were made anew though they are equal.
func untouched(t *testing.T, from, to *schema.Schema, before, after map[schema.ID]string) {
	t.Helper()
	for id := range same(from, to) {
		if before[id] != after[id] {
			t.Errorf("%s was made anew: %s, now %s", id, before[id], after[id])
		}
	}
}
