package postgres

import (
	"maps"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// sequenceDefaults are the values of a sequence of which nothing was said.
func sequenceDefaults(typ, increment, minimum, maximum string) map[string]string {
	least, most := "-9223372036854775808", "9223372036854775807"
	switch typ {
	case "smallint":
		least, most = "-32768", "32767"
	case "integer":
		least, most = "-2147483648", "2147483647"
	}
	d := map[string]string{attrIncrement: "1", attrCache: "1"}
	if strings.HasPrefix(increment, "-") {
		d[attrMinimum], d[attrMaximum], d[attrStart] = least, "-1", maximum
	} else {
		d[attrMinimum], d[attrMaximum], d[attrStart] = "1", most, minimum
	}
	return d
}

// sequenceWords are the attributes of a sequence with their SQL.
func sequenceWords() [][2]string {
	return [][2]string{{attrIncrement, "INCREMENT BY"}, {attrMinimum, "MINVALUE"}, {attrMaximum, "MAXVALUE"}, {attrStart, "START WITH"}, {attrCache, "CACHE"}}
}

func (r *renderer) createSequence(f schema.Fact) {
	clauses := []string{either(f.Attr(attrPersistence) == "unlogged", "CREATE UNLOGGED SEQUENCE", "CREATE SEQUENCE"), fullName(f.ID)}
	typ := orElse(f.Attr(schema.AttrType), "bigint")
	if typ != "bigint" {
		clauses = append(clauses, "AS "+typ)
	}
	usual := sequenceDefaults(typ, f.Attr(attrIncrement), f.Attr(attrMinimum), f.Attr(attrMaximum))
	for _, w := range sequenceWords() {
		if v := f.Attr(w[0]); v != "" && v != usual[w[0]] {
			clauses = append(clauses, w[1]+" "+v)
		}
	}
	if f.Is(attrCycle) {
		clauses = append(clauses, "CYCLE")
	}
	r.add(clauses...)
}

// owns gives a column the sequences that it owns. The column does it, not the
// sequence, which is made first.
func (r *renderer) owns(before, after schema.Fact) {
	old, now := lines(before.Attr(attrOwns)), lines(after.Attr(attrOwns))
	for _, s := range now {
		if !slices.Contains(old, s) {
			r.add("ALTER SEQUENCE", joined(s), "OWNED BY", tableOf(after.ID)+"."+ident(after.ID.Name))
		}
	}
}

func (r *renderer) alterSequence(before, after schema.Fact) {
	var clauses []string
	if t := after.Attr(schema.AttrType); t != before.Attr(schema.AttrType) {
		clauses = append(clauses, "AS "+orElse(t, "bigint"))
	}
	for _, w := range sequenceWords() {
		if v := after.Attr(w[0]); v != before.Attr(w[0]) {
			clauses = append(clauses, w[1]+" "+v)
		}
	}
	if before.Is(attrCycle) != after.Is(attrCycle) {
		clauses = append(clauses, either(after.Is(attrCycle), "CYCLE", "NO CYCLE"))
	}
	if len(clauses) > 0 {
		r.add("ALTER SEQUENCE", fullName(after.ID), strings.Join(clauses, " "))
	}
	if p := after.Attr(attrPersistence); p != before.Attr(attrPersistence) {
		r.add("ALTER SEQUENCE", fullName(after.ID), "SET", strings.ToUpper(orElse(p, "logged")))
	}
	if before.Is(attrOwnedBy) && !after.Is(attrOwnedBy) {
		r.add("ALTER SEQUENCE", fullName(after.ID), "OWNED BY NONE")
	}
}

// identityOptions reads "START WITH 10 INCREMENT BY 2 MINVALUE 1 …" by the
// words of the options.
func identityOptions(value string) map[string]string {
	all := map[string]string{}
	words := &reader{words: scan(value, dialect{}.Lexer(), 0)}
	for !words.done() {
		switch {
		case words.accept("SEQUENCE", "NAME"):
			all["SEQUENCE NAME"] = words.name()
		case words.accept("CYCLE"):
			all["CYCLE"] = schema.Yes
		default:
			key := words.ident()
			if words.accept("WITH") {
				key += " WITH"
			} else if words.accept("BY") {
				key += " BY"
			}
			all[key] = words.number()
			if key == "" {
				words.at++ // what is not known must not stop the reading
			}
		}
	}
	return all
}

// number steps over a number with its sign.
func (r *reader) number() string {
	sign := ""
	if r.accept("-") {
		sign = "-"
	}
	n := r.peek(0).raw
	r.at++
	return sign + n
}

// identityOptionActions change the sequence of an identity column.
func identityOptionActions(before, after schema.Fact) []string {
	old, now := identityOptions(before.Attr(attrIdentityOptions)), identityOptions(after.Attr(attrIdentityOptions))
	usual := "1"
	if strings.HasPrefix(now["INCREMENT BY"], "-") {
		usual = orElse(now["MAXVALUE"], "-1")
	} else if m := now["MINVALUE"]; m != "" {
		usual = m
	}
	var actions []string
	for _, o := range []struct{ word, none string }{
		{"INCREMENT BY", "INCREMENT BY 1"},
		{"MINVALUE", "NO MINVALUE"},
		{"MAXVALUE", "NO MAXVALUE"},
		{"START WITH", "START WITH " + usual},
		{"CACHE", "CACHE 1"},
		{"CYCLE", "NO CYCLE"},
	} {
		v := now[o.word]
		switch {
		case v == old[o.word]:
		case v == "":
			actions = append(actions, "SET "+o.none)
		case o.word == "CYCLE":
			actions = append(actions, "SET CYCLE")
		default:
			actions = append(actions, "SET "+o.word+" "+v)
		}
	}
	return actions
}

// sortedKeys are the keys of two maps, sorted.
func sortedKeys(a, b map[string]string) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
