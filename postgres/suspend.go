package postgres

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// Suspend implements package diff's Suspender. While a sequence or routine is
// made anew, columns do without the default that needs it; while an enum, a
// domain or a range is, they hold their values as text. A value that the new
// type does not have makes the way back fail, so that nobody loses it unseen.
func (dialect) Suspend(column, needed schema.Fact) (bare schema.Fact, ok bool) {
	if column.Is(schema.AttrGenerated) {
		return column, false
	}
	switch needed.ID.Kind {
	case schema.KindSequence, schema.KindRoutine:
		ok = column.Is(schema.AttrDefault)
	case schema.KindType:
		column, ok = asText(column, needed)
	}
	if !ok {
		return column, false
	}
	bare = column.Without(schema.AttrDefault)
	bare.Needs = slices.DeleteFunc(slices.Clone(column.Needs), func(id schema.ID) bool { return id == needed.ID })
	return bare, true
}

// asText is a column of a type, or of an array of it, as text.
func asText(column, of schema.Fact) (schema.Fact, bool) {
	switch of.Form() {
	case "enum", "domain", "range":
	default:
		return column, false
	}
	dimensions, ok := strings.CutPrefix(column.Attr(schema.AttrType), fullName(of.ID))
	if !ok || strings.Trim(dimensions, "[]") != "" { // only its default may need the type
		return column, column.Is(schema.AttrDefault)
	}
	return column.With(schema.AttrType, "text"+dimensions).Without(schema.AttrCollation), true
}
