package postgres

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// field is one value of a row of COPY data.
type field struct {
	value     string
	null      bool
	isDefault bool
}

// copyRows reads the rows of COPY data as the server does (copyfromparse.c of
// PostgreSQL 14 to 18; tests compare the two).
type copyRows struct {
	*copyIn
	data   string
	off    int    // of the next row
	eol    string // the first line break, which all others must equal
	width  int    // how many fields a row has
	fields []field
}

func (c *copyIn) rows(data string) *copyRows {
	return &copyRows{copyIn: c, data: data, width: len(c.columns)}
}

// next returns the fields of the next row, valid until the next call; nil when
// there is none left.
func (r *copyRows) next() ([]field, error) {
	if r.off >= len(r.data) {
		return nil, nil
	}
	line, err := r.line()
	if err != nil {
		return nil, err
	}
	r.fields = r.fields[:0]
	if r.csv {
		err = r.csvFields(line)
	} else {
		err = r.textFields(line)
	}
	if err != nil {
		return nil, err
	}
	return r.fields, r.checkWidth()
}

// checkWidth makes sure that all rows have as many fields as the column list,
// or as the first row where there is none.
func (r *copyRows) checkWidth() error {
	switch n := len(r.fields); {
	case r.width == 0:
		r.width = n
	case n < r.width:
		return fmt.Errorf("missing data: %d of %d columns", n, r.width)
	case n > r.width:
		return fmt.Errorf("extra data after the last of %d columns", r.width)
	}
	return nil
}

// line returns the next row without its line break.
func (r *copyRows) line() (string, error) {
	rest := r.data[r.off:]
	end := textEnd(rest)
	if r.csv {
		end = r.csvEnd(rest)
	}
	eol := lineBreak(rest[end:])
	if r.eol == "" {
		r.eol = eol
	}
	if eol != "" && eol != r.eol {
		return "", errors.New(`a line break of another kind than the first; write it as \n or \r`)
	}
	r.off += end + len(eol)
	return rest[:end], nil
}

// lineBreak returns the line break at the start of s, "" at the end of data.
func lineBreak(s string) string {
	if strings.HasPrefix(s, "\r\n") {
		return s[:2]
	}
	return s[:min(1, len(s))]
}

// textEnd returns where the first row of s ends. A line break behind a
// backslash belongs to the row.
func textEnd(s string) int {
	for i := 0; ; i += 2 {
		n := strings.IndexAny(s[min(i, len(s)):], "\\\n\r")
		if n < 0 {
			return len(s)
		}
		if i += n; s[i] != '\\' {
			return i
		}
	}
}

// csvEnd returns where the first row of s ends. A line break between quotes
// belongs to the row.
func (r *copyRows) csvEnd(s string) int {
	quoted, escaped := false, false // escaped: by the byte before
	for i := range len(s) {
		c := s[i]
		switch {
		case c == r.quote && !escaped:
			quoted, escaped = !quoted, false
		case quoted && c == r.escape:
			escaped = !escaped
		default:
			escaped = false
		}
		if !quoted && (c == '\n' || c == '\r') {
			return i
		}
	}
	return len(s)
}

// textFields splits a row of the text format.
func (r *copyRows) textFields(line string) error {
	for start := 0; ; {
		end, plain := r.textField(line[start:])
		raw := line[start : start+end]
		f := field{value: raw}
		if !plain {
			f.value = unescapeText(raw)
		}
		if err := r.add(f, raw, false); err != nil {
			return err
		}
		if start += end + 1; start > len(line) {
			return nil
		}
	}
}

// textField returns the length of the first field of s, and whether it holds
// no backslash.
func (r *copyRows) textField(s string) (end int, plain bool) {
	plain = true
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case r.delimiter:
			return i, plain
		case '\\':
			plain = false
			i++
		}
	}
	return len(s), plain
}

// unescapeText resolves the backslash escapes of the text format. A backslash
// at the very end is dropped, as the server does.
func unescapeText(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b.WriteByte(raw[i])
			continue
		}
		if i+1 < len(raw) {
			c, n := escape(raw[i+1:])
			b.WriteByte(c)
			i += n
		}
	}
	return b.String()
}

// csvFields splits a row of the CSV format.
func (r *copyRows) csvFields(line string) error {
	for start := 0; ; {
		value, end, quoted, err := r.csvField(line[start:])
		if err != nil {
			return err
		}
		if err := r.add(field{value: value}, line[start:start+end], quoted); err != nil {
			return err
		}
		if start += end + 1; start > len(line) {
			return nil
		}
	}
}

// csvField returns value and length of the first field of s. Quotes may begin
// and end anywhere in it.
func (r *copyRows) csvField(s string) (value string, end int, quoted bool, err error) {
	var b strings.Builder
	inside := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case !inside && c == r.delimiter:
			return b.String(), i, quoted, nil
		case !inside && c == r.quote:
			inside, quoted = true, true
		case inside && c == r.escape && i+1 < len(s) && (s[i+1] == r.escape || s[i+1] == r.quote):
			i++
			b.WriteByte(s[i])
		case inside && c == r.quote:
			inside = false
		default:
			b.WriteByte(c)
		}
	}
	if inside {
		return "", 0, false, errors.New("unterminated CSV quoted field")
	}
	return b.String(), len(s), quoted, nil
}

// add appends a field. The markers of NULL and of the default are compared
// with what is written, not with what it means.
func (r *copyRows) add(f field, raw string, quoted bool) error {
	switch {
	case !r.csv && strings.Contains(raw, `\.`) && hasEndMarker(raw):
		return errors.New(`the end-of-data marker \. stands inside a row`)
	case !quoted && raw == r.null:
		f = field{null: true}
	case !quoted && r.defaults != nil && raw == *r.defaults:
		f = field{isDefault: true}
	case !utf8.ValidString(f.value):
		return errors.New("a value that is not valid UTF-8")
	case strings.IndexByte(f.value, 0) >= 0:
		return errors.New("a value with a NUL byte")
	}
	r.fields = append(r.fields, f)
	return nil
}

// hasEndMarker tells that raw holds \. with a backslash that is not itself
// escaped.
func hasEndMarker(raw string) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] == '\\' {
			if i++; raw[i] == '.' {
				return true
			}
		}
	}
	return false
}
