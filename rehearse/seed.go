package rehearse

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// seedRows is how many rows each table gets.
const seedRows = 3

// seeds are rows that stand in tables while a down runs, to see whether it
// keeps them.
type seeds struct {
	quote  func(string) string
	q      lockstep.Querier
	labels map[string]string // of types that are enums: the first
	tables []seeded          // in the order in which they were filled
}

// seeded is a table that was empty and has been filled.
type seeded struct {
	id      schema.ID
	columns []string // those that were there before the up
	counts  []int64  // rows, then values that are not NULL in each of the columns
}

// Loss is what a down threw away though it was there before the up.
type Loss struct {
	Table  schema.ID `json:"table"`
	Column string    `json:"column,omitempty"` // whose values are gone; "" if the rows are
	Before int64     `json:"before"`           // rows, or values, before the down
	After  int64     `json:"after"`
	// Changed says that as many are there, but others.
	Changed bool `json:"changed,omitempty"`
}

// plant fills those tables that a migration changes and that have been there
// before it. A table that cannot be filled with made-up values, or has rows
// already, is left as it is.
func (r *rehearsal) plant(ctx context.Context, before, after *schema.Schema) *seeds {
	s := &seeds{quote: r.dialect.Quote, q: r.scratch.DB, labels: map[string]string{}}
	if r.o.Rows != nil {
		return s
	}
	for _, t := range after.OfKind(schema.KindType) {
		if labels := schema.SplitNames(t.Attr(schema.AttrValues)); len(labels) > 0 {
			label := "'" + strings.ReplaceAll(labels[0], "'", "''") + "'"
			s.labels[t.ID.Name], s.labels[t.ID.Schema+"."+t.ID.Name] = label, label
		}
	}
	waiting := touched(before, after)
	for progress := true; progress && len(waiting) > 0; { // what refers to others gets its rows after them
		progress = false
		for i, id := range slices.Backward(waiting) {
			if s.fill(ctx, id, before, after) {
				waiting, progress = slices.Delete(waiting, i, i+1), true
			}
		}
	}
	return s
}

// touched lists tables that both schemas have and that differ, with those that
// they refer to.
func touched(before, after *schema.Schema) []schema.ID {
	var found []schema.ID
	add := func(namespace, name string) {
		id := schema.ID{Kind: schema.KindTable, Schema: namespace, Name: name}
		f, was := before.Fact(id)
		g, is := after.Fact(id)
		if was && is && f.Form() == "" && g.Form() == "" && !slices.Contains(found, id) {
			found = append(found, id)
		}
	}
	for _, d := range schema.Compare(before, after) {
		add(d.ID.Schema, d.ID.Table)
		add(d.ID.Schema, d.ID.Name)
	}
	for seen := 0; seen < len(found); seen++ { //nolint:intrange // it grows on the way
		for _, part := range after.Parts(found[seen]) {
			if ref := schema.SplitNames(part.Attr(schema.AttrReferences)); len(ref) > 0 {
				add(strings.Join(ref[:len(ref)-1], ""), ref[len(ref)-1])
			}
		}
	}
	return found
}

// fill puts rows into a table. It reports whether the table is done with.
func (s *seeds) fill(ctx context.Context, id schema.ID, before, after *schema.Schema) bool {
	t := seeded{id: id}
	if n, err := s.count(ctx, id, nil); err != nil || n[0] > 0 {
		return true
	}
	columns := after.Columns(id)
	for row := range seedRows {
		if s.insert(ctx, id, columns, row) != nil && row == 0 {
			return false
		}
	}
	for _, c := range before.Columns(id) {
		if _, still := after.Fact(c.ID); still {
			t.columns = append(t.columns, c.ID.Name)
		}
	}
	var err error
	if t.counts, err = s.count(ctx, id, t.columns); err == nil {
		s.tables = append(s.tables, t)
	}
	return true
}

func (s *seeds) name(id schema.ID) string {
	if id.Schema == "" {
		return s.quote(id.Name)
	}
	return s.quote(id.Schema) + "." + s.quote(id.Name)
}

// errNoValue is a column for which no value can be made up.
var errNoValue = errors.New("no value for a column")

func (s *seeds) insert(ctx context.Context, id schema.ID, columns []schema.Fact, row int) error {
	var names, values []string
	for _, c := range columns {
		if c.Is(schema.AttrGenerated) || c.Attr(schema.AttrIdentity) == "always" {
			continue
		}
		v, ok := s.value(c, row)
		switch {
		case ok:
			names, values = append(names, s.quote(c.ID.Name)), append(values, v)
		case c.Is(schema.AttrNotNull) && !c.Is(schema.AttrDefault):
			return errNoValue
		}
	}
	if len(names) == 0 {
		return errNoValue
	}
	_, err := s.q.ExecContext(ctx, "INSERT INTO "+s.name(id)+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")")
	return err
}

// value makes up a value for a column.
func (s *seeds) value(c schema.Fact, row int) (string, bool) {
	if label, ok := s.labels[c.Attr(schema.AttrType)]; ok {
		return label, true
	}
	return made(strings.ToLower(c.Attr(schema.AttrType)), row)
}

// firstSeed keeps away from what migrations insert, and fits every integer.
const firstSeed = 101

// made returns a value of a type as a constant. Rows get
// different values, and the same row the same ones in all tables, so that it
// can be referred to.
func made(kind string, row int) (string, bool) {
	n := strconv.Itoa(firstSeed + row)
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(kind, p) })
	}
	switch {
	case strings.HasPrefix(kind, "enum("):
		label, _, _ := strings.Cut(kind[len("enum("):], ",")
		return strings.TrimSuffix(label, ")"), true
	case has("[]", "interval", "point", "range", "vector", "xml", "set("):
		return "", false
	case has("bool"), kind == "tinyint(1)":
		return "'" + strconv.Itoa(row%2) + "'", true
	case kind == "", has("int", "serial", "numeric", "decimal", "real", "double", "float", "money"):
		return n, true
	case has("uuid"):
		return "'00000000-0000-0000-0000-000000000" + n + "'", true
	case has("json"):
		return "'{\"a\": " + n + "}'", true
	case has("timestamp", "datetime"):
		return "'2026-01-01 00:01:0" + strconv.Itoa(row) + "'", true
	case has("date"):
		return "'2026-01-0" + strconv.Itoa(row+1) + "'", true
	case has("time"):
		return "'00:01:0" + strconv.Itoa(row) + "'", true
	case has("char", "text", "clob", "string"):
		return "'" + text(kind, n) + "'", true
	}
	return "", false
}

// text fits a value into the length of a type.
func text(kind, n string) string {
	_, length, found := strings.Cut(kind, "(")
	length, _, _ = strings.Cut(length, ")")
	if most, err := strconv.Atoi(length); found && err == nil && most < len(n) {
		return n[len(n)-max(most, 0):]
	}
	return n
}

// count returns the number of rows, and of the values of columns.
func (s *seeds) count(ctx context.Context, id schema.ID, columns []string) ([]int64, error) {
	counts := make([]int64, 1+len(columns))
	into := []any{&counts[0]}
	query := "SELECT COUNT(*)"
	for i, c := range columns {
		query += ", COUNT(" + s.quote(c) + ")"
		into = append(into, &counts[i+1])
	}
	err := s.q.QueryRowContext(ctx, query+" FROM "+s.name(id)).Scan(into...)
	return counts, err
}

// losses compares what is there with what was planted. What the schema lacks
// altogether its differences tell.
func (s *seeds) losses(ctx context.Context) []Loss {
	var lost []Loss
	for _, t := range s.tables {
		now, err := s.count(ctx, t.id, t.columns)
		if err != nil {
			continue
		}
		if now[0] < t.counts[0] {
			lost = append(lost, Loss{Table: t.id, Before: t.counts[0], After: now[0]})
			continue
		}
		for i, c := range t.columns {
			if now[i+1] < t.counts[i+1] {
				lost = append(lost, Loss{Table: t.id, Column: c, Before: t.counts[i+1], After: now[i+1]})
			}
		}
	}
	return lost
}

// remove takes the rows out again. It reports whether none is left.
func (s *seeds) remove(ctx context.Context) bool {
	clean := true
	for _, t := range slices.Backward(s.tables) {
		_, err := s.q.ExecContext(ctx, "DELETE FROM "+s.name(t.id))
		n, counted := s.count(ctx, t.id, nil)
		clean = clean && err == nil && counted == nil && n[0] == 0
	}
	return clean
}
