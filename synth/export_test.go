package synth

import (
	"strconv"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Accepted returns rows that the reader of checks takes for good: for each way
// of satisfying the check, expressions by column, some rows of each way. of
// returns numbers below n.
func Accepted(d Dialect, srv lockstep.Server, types map[string]string, check string, of func(n int64) int64) []map[string]string {
	s, err := schema.New(nil)
	if err != nil {
		return nil
	}
	f := &filler{d: d, srv: srv, s: s}
	reader := &checkReader{kinds: map[string]kind{}, columns: map[string]bool{}, lexer: srv.Lexer}
	for name, typ := range types {
		reader.columns[name], reader.kinds[name] = true, kindOf(s, typ)
	}
	var rows []map[string]string
	for _, way := range reader.read(check) {
		if way.whole {
			rows = append(rows, f.rowsOfWay(reader, way, of)...)
		}
	}
	return rows
}

func (f *filler) rowsOfWay(reader *checkReader, way choice, of func(n int64) int64) []map[string]string {
	var rows []map[string]string
	for try := range 4 {
		row := map[string]string{}
		for name, k := range reader.kinds {
			l := way.limits[name]
			fit, ok := k.fit(l)
			if !ok {
				return nil
			}
			c := &column{name: name, kind: fit}
			n := of(c.count())
			switch try {
			case 0:
				n = 0
			case 1:
				n = c.count() - 1
			}
			row[name] = f.value(c, strconv.FormatInt(n, 10))
			if l.null {
				row[name] = "NULL"
			}
		}
		rows = append(rows, row)
	}
	return rows
}
