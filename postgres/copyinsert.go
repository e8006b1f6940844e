package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// The bounds of one INSERT: enough that its cost is that of its rows, little
// enough that 50 MB of data need no more memory than a page.
const (
	maxInsertRows  = 500
	maxInsertBytes = 256 << 10
)

// inserts yields the INSERT statements that store the rows of st.
func (c *copyIn) inserts(st sqltext.Statement, yield func(string, error) bool) {
	rows := c.rows(st.Data)
	fail := func(at int, err error) { yield("", dataError(st, at, err)) }
	if c.header {
		if err := c.skipHeader(rows); err != nil {
			fail(0, err)
			return
		}
	}
	var values []string
	size := 0
	for {
		at := rows.off
		fields, err := rows.next()
		if err != nil {
			fail(at, err)
			return
		}
		row := ""
		if fields != nil {
			row = tuple(fields)
		}
		full := len(values) == maxInsertRows || size+len(row) > maxInsertBytes
		if len(values) > 0 && (full || fields == nil) {
			if !yield(c.insert(strings.Join(values, ",\n")), nil) {
				return
			}
			values, size = values[:0], 0
		}
		if fields == nil {
			return
		}
		values, size = append(values, row), size+len(row)
	}
}

// dataError is err with the position of the row it is about.
func dataError(st sqltext.Statement, at int, err error) error {
	p := sqltext.PosAt(st.Data, at)
	p.Line += st.DataPos.Line - 1
	p.Offset += st.DataPos.Offset
	return &sqltext.SyntaxError{Pos: p, Msg: "COPY data: " + err.Error()}
}

// skipHeader reads the line of names. HEADER MATCH asks that they are those of
// the column list, in its order.
func (c *copyIn) skipHeader(rows *copyRows) error {
	if !c.match {
		_, err := rows.line()
		return err
	}
	if c.columns == nil {
		return errors.New("HEADER MATCH needs a column list")
	}
	fields, err := rows.next()
	if err != nil {
		return err
	}
	same := slices.EqualFunc(c.columns, fields, func(column string, f field) bool { return fold(column) == f.value })
	if !same {
		return errors.New("the header does not match the column list")
	}
	return nil
}

// tuple renders one row. The values have no type of their own, so that each
// becomes what the column's input function makes of it, as in COPY.
func tuple(fields []field) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, f := range fields {
		if i > 0 {
			b.WriteString(", ")
		}
		switch {
		case f.null:
			b.WriteString("NULL")
		case f.isDefault:
			b.WriteString("DEFAULT")
		default:
			untyped(&b, f.value)
		}
	}
	b.WriteByte(')')
	return b.String()
}

// insert is the statement that stores rows. COPY writes identity columns even
// if they are GENERATED ALWAYS.
func (c *copyIn) insert(rows string) string {
	if c.columns == nil {
		return c.insertAll(rows)
	}
	return "INSERT INTO " + c.table + " (" + strings.Join(c.columns, ", ") + ") OVERRIDING SYSTEM VALUE VALUES\n" + rows
}

// insertAll stores rows in all columns but generated ones, which is what COPY
// means without a column list and INSERT does not. Only the server knows them.
func (c *copyIn) insertAll(rows string) string {
	block := "BEGIN EXECUTE " + dollarQuoted("INSERT INTO "+c.table+" (") +
		" || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(attname), ', ' ORDER BY attnum) FROM pg_catalog.pg_attribute" +
		" WHERE attrelid = CAST(" + dollarQuoted(c.table) + " AS pg_catalog.regclass)" +
		" AND attnum > 0 AND NOT attisdropped AND attgenerated = '') || " +
		dollarQuoted(") OVERRIDING SYSTEM VALUE VALUES\n"+rows) + "; END"
	return "DO " + dollarQuoted(block)
}

// dollarQuoted returns a string constant whose value is s, under a tag that
// does not occur in s.
func dollarQuoted(s string) string {
	tag := "$lockstep$"
	for n := 1; strings.Contains(s, strings.TrimSuffix(tag, "$")); n++ {
		tag = fmt.Sprintf("$lockstep%d$", n)
	}
	return tag + s + tag
}
