package mysql

import (
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// column writes the definition of a column with its name.
func (w writer) column(f schema.Fact) string {
	return ident(f.ID.Name) + " " + words(
		f.Attr(schema.AttrType),
		w.compressed(f),
		when(w.maria(), with("REF_SYSTEM_ID=", f.Attr(AttrSRID))),
		with("COLLATE ", f.Attr(schema.AttrCollation)),
		w.value(f),
		when(!w.maria(), with("SRID ", f.Attr(AttrSRID))),
		when(f.Is(AttrInvisible), "INVISIBLE"),
		systemVersioning(f),
		with("COLUMN_FORMAT ", f.Attr(AttrColumnFormat)),
		with("STORAGE ", f.Attr(AttrStorage)),
		when(f.Is(AttrNotSecondary), "NOT SECONDARY"),
		text("ENGINE_ATTRIBUTE ", f.Attr(AttrEngineAttribute)),
		text("SECONDARY_ENGINE_ATTRIBUTE ", f.Attr(AttrSecondAttribute)),
		text("COMMENT ", f.Attr(schema.AttrComment)),
		f.Attr(AttrOptions),
		w.columnCheck(f),
	)
}

// columnCheck writes the check of a column, which other servers than MariaDB
// keep as one of the table.
func (w writer) columnCheck(f schema.Fact) string {
	if f.Is(AttrCheck) {
		return "CHECK " + inParentheses(f.Attr(AttrCheck))
	}
	return ""
}

func (w writer) compressed(f schema.Fact) string {
	switch method := f.Attr(AttrCompressed); method {
	case "":
		return ""
	case schema.Yes:
		return "COMPRESSED"
	default:
		return "COMPRESSED=" + method
	}
}

func systemVersioning(f schema.Fact) string {
	if how := f.Attr(AttrSystemVersioning); how != "" {
		return strings.ToUpper(how) + " SYSTEM VERSIONING"
	}
	return ""
}

// value writes where a column's values come from, and whether they may be NULL.
func (w writer) value(f schema.Fact) string {
	notNull := when(f.Is(schema.AttrNotNull), "NOT NULL")
	switch {
	case f.Is(AttrRow):
		return "GENERATED ALWAYS AS ROW " + strings.ToUpper(f.Attr(AttrRow))
	case f.Is(schema.AttrGenerated):
		how := "VIRTUAL"
		if f.Is(schema.AttrStored) {
			how = "STORED"
		}
		return words("GENERATED ALWAYS AS "+inParentheses(f.Attr(schema.AttrGenerated))+" "+how, notNull)
	case notNull == "" && strings.HasPrefix(f.Attr(schema.AttrType), "timestamp"):
		notNull = "NULL" // else old servers make it NOT NULL
	}
	return words(notNull, with("DEFAULT ", f.Attr(schema.AttrDefault)), with("ON UPDATE ", f.Attr(AttrOnUpdate)),
		when(f.Is(schema.AttrIdentity), "AUTO_INCREMENT"))
}

// afterColumn writes what no definition of a column can say.
func (w writer) afterColumn(f schema.Fact) []string {
	if !f.Is(AttrNoDefault) {
		return nil
	}
	return alter(f.ID, []string{"ALTER COLUMN " + ident(f.ID.Name) + " DROP DEFAULT"})
}

// inParentheses puts an expression in parentheses, unless it is.
func inParentheses(expression string) string {
	o := dialect{}.Lexer()
	r := &reader{tokens: definitionTokens(expression, o)}
	if r.group() != nil && r.done() {
		return expression
	}
	return "(" + expression + ")"
}
