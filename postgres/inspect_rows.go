package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// oid is an object's id in one catalog.
type oid uint32

// address is how pg_depend names an object: catalog, id, column (0 = none).
type address struct {
	class, object oid
	column        int
}

// row is one row of a block: who it is about, and a value for each field.
type row struct {
	oid      oid
	column   int // 0 unless it is about a column
	relation oid // that it is a part of
	schema   oid
	name     string
	values   []string // "" for NULL
}

// rowHead is how many elements stand before the values.
const rowHead = 6

// readBlocks runs the bulk query. Each of its rows is the text of one array: the
// block's number, the fields of row, and the values.
func readBlocks(ctx context.Context, q lockstep.Querier, blocks []block, query string) (_ [][]row, err error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make([][]row, len(blocks))
	var raw sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		elements, err := splitArray(string(raw))
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(elements[0])
		if err != nil || n >= len(all) || len(elements) != rowHead+len(blocks[n].fields) {
			return nil, fmt.Errorf("read %q: not a row of the query", string(raw))
		}
		all[n] = append(all[n], newRow(elements))
	}
	return all, rows.Err()
}

func newRow(e []string) row {
	return row{oid: toOID(e[1]), column: toInt(e[2]), relation: toOID(e[3]), schema: toOID(e[4]), name: e[5], values: e[rowHead:]}
}

// toOID reads what the server printed as oid; "" is 0.
func toOID(s string) oid {
	n, _ := strconv.ParseUint(s, 10, 32) // the server printed it
	return oid(n)
}

// toInt reads what the server printed as a small number; "" is 0.
func toInt(s string) int {
	n, _ := strconv.Atoi(s) // the server printed it
	return n
}

// splitArray reads the text form of a one-dimensional text array. NULL is "".
func splitArray(s string) ([]string, error) {
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, fmt.Errorf("read %q: not an array", s)
	}
	var out []string
	if n := strings.Count(s, ","); n > 0 {
		out = make([]string, 0, min(n+1, 32))
	}
	for s = s[1:]; s != "}" && s != ""; {
		var e string
		e, s = cutElement(s)
		out = append(out, e)
		s = strings.TrimPrefix(s, ",")
	}
	return out, nil
}

// elements is splitArray for a text that is an array or "".
func elements(s string) []string {
	if s == "" {
		return nil
	}
	e, err := splitArray(s)
	if err != nil {
		return []string{s}
	}
	return e
}

// cutElement reads one element of an array and returns what follows it.
func cutElement(s string) (element, rest string) {
	if s[0] != '"' {
		i := strings.IndexAny(s, ",}")
		if i < 0 {
			i = len(s)
		}
		if s[:i] == "NULL" {
			return "", s[i:]
		}
		return s[:i], s[i:]
	}
	end := 1
	escaped := false
	for ; end < len(s) && s[end] != '"'; end++ {
		if s[end] == '\\' {
			escaped = true
			end++
		}
	}
	element, rest = s[1:min(end, len(s))], s[min(end+1, len(s)):]
	if escaped {
		element = unescapeElement(element)
	}
	return element, rest
}

func unescapeElement(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
