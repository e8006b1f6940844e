package rehearse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
	"github.com/lockstepdb/lockstep/synth"
)

// Filler is a dialect that can fill tables. Those of this module can.
type Filler interface {
	synth.Dialect
	// Digest returns an aggregate that is another one when a value of the
	// column, given quoted, is; the order of rows does not matter.
	Digest(column string) string
}

// Filled is what one table got.
type Filled = synth.Table

// Rows is what tables were filled with.
type Rows struct {
	Seed   uint64   `json:"seed"`
	Tables []Filled `json:"tables"` // in the order in which they first got rows
}

// errCannotFill says that the dialect makes no rows.
var errCannotFill = errors.New("rows cannot be made up for this kind of database")

// fill gives rows to the tables that are there before a migration.
func (r *rehearsal) fill(ctx context.Context, place int, s *schema.Schema) error {
	if r.o.Rows == nil {
		return nil
	}
	d, ok := r.dialect.(Filler)
	if !ok {
		return errCannotFill
	}
	if r.report.Rows == nil {
		r.report.Rows = &Rows{Seed: r.o.Seed, Tables: []synth.Table{}}
	}
	r.tell(StageFill, place)
	done, err := r.session(ctx, func(conn *sql.Conn) ([]synth.Table, error) {
		return synth.Fill(ctx, conn, d, r.server, s, synth.Options{
			Rows: r.o.Rows, Seed: r.o.Seed, Watch: func(table schema.ID, rows, all int64) { r.tellRows(place, table, rows, all) },
		})
	})
	r.took(done)
	return err
}

// session does something in one session of the scratch database.
func (r *rehearsal) session(ctx context.Context, do func(*sql.Conn) ([]synth.Table, error)) ([]synth.Table, error) {
	conn, err := r.scratch.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("fill the scratch database: %w", err)
	}
	defer func() { _ = conn.Close() }() // gives it back
	return do(conn)
}

func (r *rehearsal) tellRows(place int, table schema.ID, rows, all int64) {
	m := r.set.Migrations()
	r.o.Watch(Event{Stage: StageFill, Migration: m[place].ID(), Number: place + 1, Of: len(m), Table: strings.TrimPrefix(table.String(), "table "), Rows: rows, All: all})
}

// took notes what tables have got. Of one that was filled more than once, the
// report tells of the time at which most rows came.
func (r *rehearsal) took(done []synth.Table) {
	r.filled = map[schema.ID]int64{}
	for _, t := range done {
		if t.Rows > 0 {
			r.filled[t.ID] += t.Rows
			if t.Of != nil {
				r.filled[*t.Of] += t.Rows
			}
		}
		i := slices.IndexFunc(r.report.Rows.Tables, func(o synth.Table) bool { return o.ID == t.ID })
		switch {
		case i < 0:
			r.report.Rows.Tables = append(r.report.Rows.Tables, t)
		case t.Added > r.report.Rows.Tables[i].Added:
			r.report.Rows.Tables[i] = t
		}
	}
}

// rowsOf returns how many rows the largest filled table has that a statement names.
func (r *rehearsal) rowsOf(statement string) int64 {
	if len(r.filled) == 0 {
		return 0
	}
	words := map[string]bool{}
	for t := range sqltext.Tokens(statement, r.server.Lexer) {
		word := statement[t.Start:t.End]
		switch t.Kind {
		case sqltext.Ident:
			words[strings.ToLower(word)] = true
		case sqltext.QuotedIdent:
			words[strings.ToLower(strings.Trim(word, "\"`[]"))] = true
		}
	}
	var most int64
	for id, n := range r.filled {
		if words[strings.ToLower(id.Name)] {
			most = max(most, n)
		}
	}
	return most
}

const million = 1_000_000

// scale tells what a statement took for a million rows.
func (s *Statement) scale(rows int64) {
	if rows <= 0 {
		return
	}
	s.Rows, s.Extrapolated = rows, rows < million
	s.PerMillion = time.Duration(float64(s.Duration) / float64(rows) * million)
}

// digests are what tables hold: the number of rows and a digest of each column.
type digests struct {
	tables []schema.ID
	held   map[schema.ID]held
}

type held struct {
	columns []string
	rows    int64
	values  []string
}

// digest takes the digests of filled tables, of columns that were there before
// the up and are there after it.
func (r *rehearsal) digest(ctx context.Context, before, after *schema.Schema) *digests {
	d := &digests{held: map[schema.ID]held{}}
	for _, table := range after.OfKind(schema.KindTable) {
		if r.filled[table.ID] == 0 {
			continue
		}
		var columns []string
		for _, c := range after.Columns(table.ID) {
			if _, was := before.Fact(c.ID); was && !c.Is(schema.AttrGenerated) && !c.Is("on update") {
				columns = append(columns, c.ID.Name)
			}
		}
		if h, err := r.hold(ctx, table.ID, columns); err == nil {
			d.tables = append(d.tables, table.ID)
			d.held[table.ID] = h
		}
	}
	return d
}

// hold reads the digest of one table.
func (r *rehearsal) hold(ctx context.Context, id schema.ID, columns []string) (held, error) {
	filler, ok := r.dialect.(Filler)
	if !ok {
		return held{}, errCannotFill
	}
	h := held{columns: columns, values: make([]string, len(columns))}
	into := []any{&h.rows}
	query := "SELECT COUNT(*)"
	for i, c := range columns {
		query += ", " + filler.Digest(filler.Quote(c))
		into = append(into, &h.values[i])
	}
	name := filler.Quote(id.Name)
	if id.Schema != "" {
		name = filler.Quote(id.Schema) + "." + name
	}
	return h, r.scratch.DB.QueryRowContext(ctx, query+" FROM "+name).Scan(into...)
}

// survived compares what filled tables held after the first up with what they
// hold after down and second up. What the schema lacks its differences tell.
func (r *rehearsal) survived(ctx context.Context, d *digests) []Loss {
	var lost []Loss
	for _, id := range d.tables {
		was := d.held[id]
		is, err := r.hold(ctx, id, was.columns)
		switch {
		case err != nil:
			continue
		case is.rows < was.rows:
			lost = append(lost, Loss{Table: id, Before: was.rows, After: is.rows})
			continue
		}
		for i, c := range was.columns {
			if is.values[i] != was.values[i] {
				lost = append(lost, Loss{Table: id, Column: c, Before: was.rows, After: is.rows, Changed: true})
			}
		}
	}
	return lost
}
