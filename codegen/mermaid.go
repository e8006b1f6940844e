package codegen

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// Mermaid writes the tables and their foreign keys as a Mermaid erDiagram.
// Views and partitions are left out: nothing links them. What Mermaid's grammar has no way to
// quote (a space or comma in a type or column) becomes "_", and then the true
// name of a column stands in its comment. With its default settings Mermaid (11)
// draws no more than 50,000 characters and 500 edges; a thousand tables are more.
func Mermaid(w io.Writer, s *schema.Schema) error {
	m := newModel(s)
	e := &mermaid{taken: map[string]bool{}, names: map[*relation]string{}, strangers: map[schema.ID]string{}}
	fmt.Fprintf(&e.b, "%%%% fingerprint: %s\nerDiagram\n", s.Fingerprint())
	for _, r := range m.relations {
		if r.inDiagrams() {
			e.table(r)
		}
	}
	for _, r := range m.relations {
		if r.inDiagrams() {
			e.links(m, r)
		}
	}
	return write(w, "Mermaid", e.b.String())
}

type mermaid struct {
	b     strings.Builder
	names map[*relation]string
	taken map[string]bool
	// strangers are named by what refers to them.
	strangers map[schema.ID]string
}

func (e *mermaid) table(r *relation) {
	e.names[r] = e.entity(r.label)
	fmt.Fprintf(&e.b, "    %s", e.names[r])
	if len(r.columns) == 0 {
		e.b.WriteString("\n")
		return
	}
	e.b.WriteString(" {\n")
	for _, c := range r.columns {
		fmt.Fprintf(&e.b, "        %s %s%s%s\n", mermaidWord(c.Attr(schema.AttrType), "()[]"), mermaidWord(c.ID.Name, ""), mermaidKeys(c), mermaidComment(c))
	}
	e.b.WriteString("    }\n")
}

// entity quotes a name. Two that become one by what cannot be quoted are told
// apart by a number.
func (e *mermaid) entity(name string) string {
	name = mermaidPlain(oneLine(name))
	if name == "" {
		name = "_"
	}
	unique := name
	for i := 2; e.taken[unique]; i++ {
		unique = name + " " + strconv.Itoa(i)
	}
	e.taken[unique] = true
	return `"` + unique + `"`
}

func (e *mermaid) links(m *model, r *relation) {
	for _, l := range r.out {
		e.link(m, l)
	}
}

// stranger names a table that has no box of its own: Mermaid draws an empty one.
func (e *mermaid) stranger(m *model, id schema.ID) string {
	if e.strangers[id] == "" {
		e.strangers[id] = e.entity(m.name(id))
	}
	return e.strangers[id]
}

// link writes a foreign key from the table referred to, as the crow's foot
// reads: "one user has zero or more orders".
func (e *mermaid) link(m *model, l *link) {
	target := e.names[l.to]
	if target == "" {
		target = e.stranger(m, l.target)
	}
	left, right := "||", "o{"
	if l.optional {
		left = "|o"
	}
	if l.one {
		right = "o|"
	}
	fmt.Fprintf(&e.b, "    %s %s--%s %s : %s\n", target, left, right, e.names[l.from], mermaidText(strings.Join(l.columns, ", ")))
}

func mermaidKeys(c *column) string {
	var keys []string
	if c.primary {
		keys = append(keys, "PK")
	}
	if c.foreign {
		keys = append(keys, "FK")
	}
	if c.unique && !c.primary {
		keys = append(keys, "UK")
	}
	if len(keys) == 0 {
		return ""
	}
	return " " + strings.Join(keys, ", ")
}

func mermaidComment(c *column) string {
	var parts []string
	if name := mermaidWord(c.ID.Name, ""); name != c.ID.Name {
		parts = append(parts, "named "+c.ID.Name)
	}
	if c.nullable {
		parts = append(parts, "null")
	}
	if comment := c.Attr(schema.AttrComment); comment != "" {
		parts = append(parts, comment)
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + mermaidText(strings.Join(parts, "; "))
}

// mermaidText quotes a text that is shown. There is no escape for a quote.
func mermaidText(s string) string {
	return `"` + mermaidPlain(flow(s)) + `"`
}

// mermaidPlain replaces what a quoted text cannot hold.
func mermaidPlain(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '"':
			return '\''
		case '\\':
			return '/'
		case '%':
			return '_'
		}
		return r
	}, s)
}

// mermaidWord writes a name as an unquoted word: letters, digits, "_" and the
// extra characters. It must not begin with a digit, nor be a key's mark.
func mermaidWord(s, extra string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r >= 0xc0 && r <= 0x1fff, r >= 0x3040 && r <= 0xd7ff, strings.ContainsRune(extra, r):
			return r
		}
		return '_'
	}, s)
	if word == "" || word[0] >= '0' && word[0] <= '9' || strings.ContainsRune("()[]", rune(word[0])) {
		word = "_" + word
	}
	switch start, _, _ := strings.Cut(word, "("); strings.ToUpper(start) {
	case "PK", "FK", "UK":
		return "_" + word
	}
	return word
}
