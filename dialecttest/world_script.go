package dialecttest

import (
	"slices"
	"strings"
)

// script returns the statements that make the world, with two rows in each table
// that is not fresh.
func (w *world) script() []string {
	var all []string
	if w.g.Begin != "" {
		all = append(all, w.g.Begin)
	}
	for _, o := range w.bases {
		all = append(all, w.object(o, nil))
	}
	for _, t := range w.tables {
		all = append(all, w.create(t))
	}
	for _, t := range w.tables {
		all = append(all, w.rows(t)...)
	}
	for _, t := range w.tables {
		all = append(all, w.behind(t)...)
	}
	for _, o := range w.others {
		all = append(all, w.object(o, w.table(o.table)))
	}
	return all
}

// object is the statement that makes an object.
func (w *world) object(o *object, t *worldTable) string {
	values := map[byte]string{'n': w.quote(o.name), 'c': w.list(o.columns)}
	for i, c := range o.columns {
		values["123456789"[min(i, 8)]] = w.quote(c)
	}
	w.based(values, o.base)
	if t != nil {
		values['t'], values['k'] = w.quote(t.name), w.list(t.keys)
	}
	return fill(o.sql, values)
}

func (w *world) based(values map[byte]string, base string) {
	if base != "" {
		values['h'], values['q'] = w.quote(base), literal(w.quote(base))
	}
}

func (w *world) list(names []string) string {
	var quoted []string
	for _, n := range names {
		quoted = append(quoted, w.quote(n))
	}
	return strings.Join(quoted, ", ")
}

// keyType is what is written before a slash: the part of a key's definition that
// a column which refers to it has too.
func keyType(definition string) string { return strings.Split(definition, "/")[0] }

func (w *world) create(t *worldTable) string {
	var lines []string
	for _, k := range t.keys {
		lines = append(lines, w.quote(k)+" "+strings.ReplaceAll(t.key, "/", " "))
	}
	for _, c := range t.columns {
		lines = append(lines, w.column(c))
	}
	lines = append(lines, "PRIMARY KEY ("+w.list(t.keys)+")")
	for _, p := range t.parts {
		if p.kind.Inline {
			lines = append(lines, w.object(p, t))
		}
	}
	for _, f := range t.references {
		if w.g.InlineKeys {
			lines = append(lines, w.foreignKey(f))
		}
	}
	return "CREATE TABLE " + w.quote(t.name) + " (\n\t" + strings.Join(lines, ",\n\t") + ")" + t.options
}

func (w *world) column(c *worldColumn) string {
	if c.to != "" {
		return w.quote(c.name) + " " + keyType(w.table(c.to).key)
	}
	values := map[byte]string{'n': w.quote(c.name), '1': w.quote(c.from)}
	w.based(values, c.base)
	return w.quote(c.name) + " " + fill(c.definition, values)
}

func (w *world) foreignKey(f *reference) string {
	to := w.table(f.to)
	return fill(f.sql, map[byte]string{'n': w.quote(f.name), 'c': w.list(f.columns), 'u': w.quote(to.name), 'j': w.list(to.keys)})
}

// behind is what follows a table and its rows.
func (w *world) behind(t *worldTable) []string {
	var all []string
	for _, c := range t.columns {
		if c.comment != "" {
			all = append(all, fill(c.comment, map[byte]string{'t': w.quote(t.name), '1': w.quote(c.name)}))
		}
	}
	for _, p := range t.parts {
		if !p.kind.Inline {
			all = append(all, w.object(p, t))
		}
	}
	for _, f := range t.references {
		if !w.g.InlineKeys {
			all = append(all, "ALTER TABLE "+w.quote(t.name)+" ADD "+w.foreignKey(f))
		}
	}
	return all
}

// written are the columns of a table that rows are written to.
func (t *worldTable) written() []string {
	names := slices.Clone(t.keys)
	for _, c := range t.columns {
		if c.from == "" {
			names = append(names, c.name)
		}
	}
	return names
}

func (w *world) rows(t *worldTable) []string {
	var all []string
	for i := 1; i <= 2 && !t.fresh; i++ {
		var values []string
		for _, n := range t.written() {
			value := "%i"
			if c := t.column(n); c.kind != nil {
				value = c.kind.Value
			}
			values = append(values, fill(value, map[byte]string{'i': number(i)}))
		}
		all = append(all, fill(w.g.Insert, map[byte]string{'t': w.quote(t.name), 'c': w.list(t.written())})+" ("+strings.Join(values, ", ")+")")
	}
	return all
}
