package postgres

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Commands yields the SQL to send for st. COPY … FROM stdin, which would need
// the server's copy protocol, becomes INSERT statements of bounded size with
// the same rows; nothing is yielded for a COPY without rows. They differ from
// COPY in what INSERT does by itself: rules apply, and row security does where
// COPY would be refused. Errors are *sqltext.SyntaxError with the position in
// the script.
func (dialect) Commands(st sqltext.Statement) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if !st.CopyIn {
			yield(st.Text, nil)
			return
		}
		c, err := readCopy(st)
		if err != nil {
			yield("", err)
			return
		}
		c.inserts(st, yield)
	}
}

// copyIn is a COPY … FROM stdin statement.
type copyIn struct {
	table      string   // as written
	columns    []string // as written; nil if there is no list
	csv        bool
	delimiter  byte
	null       string
	quote      byte
	escape     byte
	header     bool
	match      bool    // header: its names must be those of the list
	defaults   *string // the marker of a column's default (PostgreSQL 16)
	nullIsSet  bool
	delimIsSet bool
}

// readCopy reads the statement with its options, in the current and in the old
// form (manual, "COPY", PostgreSQL 14 to 18).
func readCopy(st sqltext.Statement) (*copyIn, error) {
	c := &copyIn{}
	r := &reader{words: scan(st.Text, lexerAt(lockstep.Server{}, st), 0)}
	err := c.read(r)
	if err == nil {
		c.fill()
		err = c.check()
	}
	if err != nil {
		return nil, &sqltext.SyntaxError{
			Pos: st.Pos, Msg: "COPY … FROM stdin: " + err.Error(),
			Hint: "write the rows as INSERT statements, or COPY without that option",
		}
	}
	return c, nil
}

func (c *copyIn) read(r *reader) error {
	r.accept("COPY")
	if r.accept("BINARY") {
		return errors.New("the binary format cannot stand in a script")
	}
	c.table, c.columns = r.name(), r.columns()
	if !r.accept("FROM", "STDIN") || c.table == "" {
		return errors.New("table and columns are not understood")
	}
	r.accept("WITH")
	if !r.is("(") {
		return c.readOld(r)
	}
	for _, o := range r.options() {
		if err := c.set(o); err != nil {
			return err
		}
	}
	return c.end(r)
}

// columns steps over a list of columns and returns them as written, nil if
// none is next.
func (r *reader) columns() []string {
	if !r.accept("(") {
		return nil
	}
	var list []string
	for name := r.ident(); name != ""; name = r.ident() {
		list = append(list, name)
		r.accept(",")
	}
	r.accept(")")
	return list
}

// end refuses what may follow the options.
func (c *copyIn) end(r *reader) error {
	if r.done() {
		return nil
	}
	return fmt.Errorf("%s is not supported", strings.ToUpper(r.peek(0).raw))
}

// readOld reads the options as they were written before PostgreSQL 9.0, which
// the server still takes.
func (c *copyIn) readOld(r *reader) error {
	r.accept("USING")
	for !r.done() {
		w := r.peek(0)
		r.at++
		o := option{name: w.key}
		switch w.key {
		case "CSV":
			o = option{name: "FORMAT", value: []word{w}}
		case "DELIMITER", "DELIMITERS", "NULL", "QUOTE", "ESCAPE", "ENCODING":
			r.accept("AS")
			o.name = strings.TrimSuffix(w.key, "S")
			o.value = []word{r.peek(0)}
			r.at++
		case "HEADER", "FREEZE":
		default:
			r.at--
			return c.end(r)
		}
		if err := c.set(o); err != nil {
			return err
		}
	}
	return nil
}

// set takes one option.
func (c *copyIn) set(o option) (err error) {
	switch o.name {
	case "FORMAT":
		return c.setFormat(o.text())
	case "DELIMITER":
		c.delimIsSet = true
		c.delimiter, err = oneByte(o)
	case "QUOTE":
		c.quote, err = oneByte(o)
	case "ESCAPE":
		c.escape, err = oneByte(o)
	case "NULL":
		c.null, c.nullIsSet = o.text(), true
	case "DEFAULT":
		marker := o.text()
		c.defaults = &marker
	case "HEADER":
		c.header = o.on()
		c.match = strings.EqualFold(o.text(), "match")
	case "ENCODING":
		if e := strings.ToUpper(o.text()); e != "UTF8" && e != "UTF-8" {
			return errors.New("scripts are in UTF8, ENCODING " + e + " is not supported")
		}
	case "ON_ERROR":
		if !strings.EqualFold(o.text(), "stop") {
			return errors.New("ON_ERROR " + o.text() + " is not supported")
		}
	case "FREEZE", "LOG_VERBOSITY": // make no difference to what is stored
	default:
		return fmt.Errorf("option %s is not supported", o.name)
	}
	return err
}

func (c *copyIn) setFormat(format string) error {
	switch strings.ToLower(format) {
	case "text":
	case "csv":
		c.csv = true
	default:
		return fmt.Errorf("the format %s cannot stand in a script", format)
	}
	return nil
}

func oneByte(o option) (byte, error) {
	s := o.text()
	if len(s) != 1 {
		return 0, fmt.Errorf("%s must be a single one-byte character", o.name)
	}
	return s[0], nil
}

// fill sets what the statement leaves open, which depends on the format.
func (c *copyIn) fill() {
	if !c.delimIsSet {
		c.delimiter = '\t'
		if c.csv {
			c.delimiter = ','
		}
	}
	if !c.nullIsSet && !c.csv {
		c.null = `\N`
	}
	if c.quote == 0 {
		c.quote = '"'
	}
	if c.escape == 0 {
		c.escape = c.quote
	}
}

// check refuses what the server would: signs that could not be told apart.
func (c *copyIn) check() error {
	const never = "\\.abcdefghijklmnopqrstuvwxyz0123456789"
	switch {
	case c.delimiter == '\n' || c.delimiter == '\r' || !c.csv && strings.IndexByte(never, c.delimiter) >= 0:
		return fmt.Errorf("the delimiter cannot be %q", c.delimiter)
	case c.csv && c.delimiter == c.quote:
		return errors.New("delimiter and quote must be different")
	case strings.ContainsAny(c.null, "\n\r") || strings.IndexByte(c.null, c.delimiter) >= 0:
		return fmt.Errorf("the NULL marker cannot be %q", c.null)
	}
	return nil
}
