package view

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// SchemaDifferences writes in which objects two schemas differ, grouped by
// table, the first schema being before.
func SchemaDifferences(w io.Writer, style Style, all []schema.Difference) error {
	var b strings.Builder
	for i := 0; i < len(all); {
		n := groupLength(all[i:])
		writeGroup(&b, style, all[i:i+n])
		i += n
	}
	return write(w, b.String())
}

// CountDifferences counts differences as SchemaDifferences writes them: a table
// that came or went is one, with all its columns.
func CountDifferences(all []schema.Difference) string {
	count := 0
	for i := 0; i < len(all); {
		n := groupLength(all[i:])
		if isWhole(all[i]) {
			count++
		} else {
			count += n
		}
		i += n
	}
	return Count(count, "difference")
}

// isWhole tells that a table or view came or went.
func isWhole(d schema.Difference) bool {
	return d.ID.Kind.IsRelation() && (d.Before == nil || d.After == nil)
}

// groupLength counts the leading differences that belong to one table, view or
// other object.
func groupLength(all []schema.Difference) int {
	n := 1
	for n < len(all) && sameTable(all[0].ID, all[n].ID) {
		n++
	}
	return n
}

func sameTable(a, b schema.ID) bool {
	return tableOf(a) != "" && a.Schema == b.Schema && tableOf(a) == tableOf(b)
}

// tableOf names the table or view that an object is or is part of, "" if
// neither.
func tableOf(id schema.ID) string {
	if id.Kind.IsRelation() {
		return id.Name
	}
	return id.Table
}

func writeGroup(b *strings.Builder, style Style, group []schema.Difference) {
	first := group[0]
	whole := isWhole(first)
	if whole || tableOf(first.ID) == "" {
		writeObject(b, style, "", first, clean(first.ID.String()))
		if whole {
			b.WriteString(style.Dim(contents(group[1:])))
		}
		b.WriteString("\n")
		writeAttrs(b, style, "    ", first)
		return
	}
	kind := schema.KindTable
	if first.ID.Kind.IsRelation() {
		kind = first.ID.Kind
	}
	b.WriteString("  " + style.Bold(clean(schema.ID{Kind: kind, Schema: first.ID.Schema, Name: tableOf(first.ID)}.String())) + "\n")
	for _, d := range group {
		if d.ID.Kind.IsRelation() {
			writeAttrs(b, style, "    ", d)
			continue
		}
		writeObject(b, style, "  ", d, clean(partName(d.ID)))
		b.WriteString("\n")
		writeAttrs(b, style, "      ", d)
	}
}

func partName(id schema.ID) string {
	switch {
	case id.Kind == schema.KindColumnOrder && id.Name == schema.IndexOrder:
		return "index order"
	case id.Kind == schema.KindColumnOrder:
		return "column order"
	}
	return string(id.Kind) + " " + id.Name
}

// writeObject begins a line about an object with the mark of what happened.
func writeObject(b *strings.Builder, style Style, indent string, d schema.Difference, name string) {
	switch {
	case d.Before == nil:
		b.WriteString(indent + style.paint("+ "+name, green) + style.Dim(gist(*d.After)))
	case d.After == nil:
		b.WriteString(indent + style.paint("- "+name, red) + style.Dim(gist(*d.Before)))
	default:
		b.WriteString(indent + style.paint("~ ", yellow) + name)
	}
}

// gist is what a person wants to know at once of an object that is new or gone.
func gist(f schema.Fact) string {
	var words []string
	switch f.ID.Kind {
	case schema.KindColumn:
		words = append(words, f.Attr(schema.AttrType))
		if f.Is(schema.AttrNotNull) {
			words = append(words, "not null")
		}
		if d := f.Attr(schema.AttrDefault); d != "" {
			words = append(words, "default "+d)
		}
	case schema.KindConstraint:
		words = append(words, f.Form())
		fallthrough
	case schema.KindIndex:
		if f.Is(schema.AttrUnique) {
			words = append(words, "unique")
		}
		if c := f.Attr(schema.AttrColumns); c != "" {
			words = append(words, "("+c+")")
		}
	default:
		words = append(words, f.Form())
	}
	text := strings.Join(strings.Fields(clean(strings.Join(words, " "))), " ")
	if text == "" {
		return ""
	}
	return "  " + fit(text, gistWidth)
}

const gistWidth = 60

// contents counts what comes or goes with a table.
func contents(parts []schema.Difference) string {
	var kinds []schema.Kind
	count := map[schema.Kind]int{}
	for _, d := range parts {
		if d.ID.Kind == schema.KindColumnOrder {
			continue
		}
		if count[d.ID.Kind] == 0 {
			kinds = append(kinds, d.ID.Kind)
		}
		count[d.ID.Kind]++
	}
	var texts []string
	for _, k := range kinds {
		word := string(k)
		if count[k] != 1 && strings.HasSuffix(word, "x") {
			texts = append(texts, fmt.Sprintf("%d indexes", count[k]))
			continue
		}
		if count[k] != 1 && strings.HasSuffix(word, "y") {
			texts = append(texts, fmt.Sprintf("%d policies", count[k]))
			continue
		}
		texts = append(texts, Count(count[k], word))
	}
	if len(texts) == 0 {
		return ""
	}
	return "  (" + strings.Join(texts, ", ") + ")"
}

// writeAttrs writes the attributes in which an object differs.
func writeAttrs(b *strings.Builder, style Style, indent string, d schema.Difference) {
	if d.Before == nil || d.After == nil {
		return
	}
	names := d.Before.Differing(*d.After)
	longest := 0
	for _, n := range names {
		longest = max(longest, width(n))
	}
	for _, n := range names {
		before, after := d.Before.Attr(n), d.After.Attr(n)
		if strings.Contains(before+after, "\n") || len(before)+len(after) > longValue {
			b.WriteString(indent + style.Dim(n) + "\n")
			writeLines(b, style, indent+"  ", before, after)
			continue
		}
		b.WriteString(indent + style.Dim(pad(n, longest)) + "  " + orNone(style, before) + style.Dim(" → ") + orNone(style, after) + "\n")
	}
}

// longValue is the length from which two values stand below each other.
const longValue = 120

func orNone(style Style, s string) string {
	if s == "" {
		return style.Dim("(none)")
	}
	return clean(s)
}

// writeLines shows two long values as a difference of lines.
func writeLines(b *strings.Builder, style Style, indent, before, after string) {
	for _, h := range hunks(diffLines(splitLines(before), splitLines(after))) {
		for _, e := range h.edits {
			text := indent + string(e.op) + " " + cleanBlock(e.text)
			switch e.op {
			case '-':
				text = style.paint(text, red)
			case '+':
				text = style.paint(text, green)
			}
			b.WriteString(strings.TrimRight(text, "\n") + "\n")
		}
	}
}

// SchemaSQL writes statements, which have their ends, for people and for
// copying: nothing is put before a line, because bodies and strings may have
// many and are the same only as they are.
func SchemaSQL(w io.Writer, statements []string) error {
	var b strings.Builder
	for _, s := range statements {
		b.WriteString(cleanBlock(s) + "\n")
	}
	return write(w, b.String())
}

// SchemaUnknown tells what an inspector did not know or may not see.
func SchemaUnknown(style Style, unknown []schema.Unknown) string {
	var news, hidden, notes []string
	for _, u := range unknown {
		switch text := u.String(); {
		case u.What != schema.Hidden:
			news = appendNew(news, text)
		default:
			hidden = appendNew(hidden, strings.TrimPrefix(text, schema.Hidden+" "))
		}
	}
	if len(hidden) > 0 {
		notes = append(notes, style.Note("not compared, because this user may not see it: "+strings.Join(hidden, "; ")))
	}
	if len(news) > 0 {
		notes = append(notes, style.Note("not compared, because this version does not know it: "+strings.Join(news, "; ")))
	}
	return strings.Join(notes, "\n")
}

// appendNew appends a text that is not in the list.
func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
