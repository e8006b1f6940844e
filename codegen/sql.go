package codegen

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// Object is one object of a schema as SQL.
type Object struct {
	ID         schema.ID
	Statements []string // in order, without terminators
	Title      string   // of its section. Default the ID's
}

// SQLOptions tells how SQL prints. The zero value is fine.
type SQLOptions struct {
	// Head is what the file begins with, lines of comments. Default: that
	// lockstep schema wrote it.
	Head string
	// Note is a sentence for the head, for people. Default left out.
	Note string
	// Dialect is named in the head. Default left out.
	Dialect string
	// Fingerprint of the schema, for the head. Default left out.
	Fingerprint string
	// Terminate returns a statement with what ends it in a script, such as a
	// semicolon, or DELIMITER lines around it. Default Terminate.
	Terminate func(statement string) string
}

// SQL writes statements as one file for people and shells: a head, then a
// section for each table or view with its parts, and for each other object. Order
// is the caller's; a section begins where the object changes. An object without
// statements is left out.
func SQL(w io.Writer, objects []Object, o SQLOptions) error {
	if o.Terminate == nil {
		o.Terminate = Terminate
	}
	var b strings.Builder
	b.WriteString(cmp.Or(o.Head, "-- Schema of a database, written by lockstep schema. Do not edit.\n"))
	if o.Note != "" {
		b.WriteString("-- " + oneLine(o.Note) + "\n")
	}
	for _, line := range [][2]string{{"dialect", o.Dialect}, {"fingerprint", o.Fingerprint}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "-- %s: %s\n", line[0], oneLine(line[1]))
		}
	}
	section, relations := "", map[schema.ID]schema.ID{}
	for _, obj := range objects {
		if obj.ID.Kind.IsRelation() {
			relations[schema.ID{Schema: obj.ID.Schema, Name: obj.ID.Name}] = obj.ID
		}
		if len(obj.Statements) == 0 {
			continue
		}
		if title := cmp.Or(obj.Title, sectionOf(obj.ID, relations).String()); title != section {
			section = title
			fmt.Fprintf(&b, "\n-- %s\n\n", oneLine(title))
		}
		for _, st := range obj.Statements {
			b.WriteString(o.Terminate(strings.TrimRight(st, " \t\r\n")) + "\n")
		}
	}
	return write(w, "SQL", b.String())
}

// sectionOf is the object whose section holds another: a part's relation, of
// those that came, else its table.
func sectionOf(id schema.ID, relations map[schema.ID]schema.ID) schema.ID {
	if id.Table == "" {
		return id
	}
	if relation, ok := relations[schema.ID{Schema: id.Schema, Name: id.Table}]; ok {
		return relation
	}
	return schema.ID{Kind: schema.KindTable, Schema: id.Schema, Name: id.Table}
}

// Terminate ends a statement by a semicolon, on a line of its own if the
// statement's last line may end in a comment.
func Terminate(statement string) string {
	last := statement[strings.LastIndexByte(statement, '\n')+1:]
	if strings.Contains(last, "--") || strings.Contains(last, "#") {
		return statement + "\n;"
	}
	return statement + ";"
}

// write writes a whole document; what names it in the error.
func write(w io.Writer, what, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}
