package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// foreignKeysOff keeps DROP TABLE from deleting what refers to the table's rows.
// SQLite ignores it within a transaction.
const foreignKeysOff = "PRAGMA foreign_keys = OFF"

// rebuildTable makes a table anew under another name, copies the rows, drops the
// old table and gives the new one its name, as
// https://www.sqlite.org/lang_altertable.html tells to. What refers to the table
// (foreign keys, views, triggers of other tables) goes by its name and is not
// touched; legacy_alter_table keeps the RENAME from looking at it while the name
// is missing.
//
// Rows keep their rowid. A column that becomes NOT NULL and has a default gets it
// in place of NULL; without a default the copy fails at the first NULL, as it does
// for a new column that must not be NULL and has no default. No row is left out
// because of an ON CONFLICT of the new table.
func rebuildTable(before, after []schema.Fact) ([]string, error) {
	was, will := sortParts(before[0], before[1:]), sortParts(after[0], after[1:])
	if was.table.Form() != "" || will.table.Form() != "" {
		return nil, fmt.Errorf("what a virtual table holds cannot be copied, and neither can what is not understood: drop it and make it anew")
	}
	name := will.table.ID.Name
	temporary := temporaryName(name)
	create, err := createTable(will.table, after[1:], temporary)
	if err != nil {
		return nil, err
	}
	statements := []string{foreignKeysOff, create}
	if copied := copyRows(&was, &will, temporary); copied != "" {
		statements = append(statements, copied)
	}
	statements = append(statements, keepSequence(&was, &will, temporary)...)
	statements = append(statements,
		"DROP TABLE "+ident(was.table.ID.Name),
		"PRAGMA legacy_alter_table = ON",
		"ALTER TABLE "+ident(temporary)+" RENAME TO "+ident(name),
		"PRAGMA legacy_alter_table = OFF")
	others, err := createOthers(will)
	return append(statements, others...), err
}

// temporaryName is what a table is called while its name is not free.
func temporaryName(table string) string { return "lockstep_new_" + table }

// copyRows returns "" if the tables have nothing in common, not even a rowid.
func copyRows(was, will *tableParts, temporary string) string {
	var to, from []string
	for _, f := range will.columns {
		old, kept := was.column(f.ID.Name)
		if !kept || f.Is(schema.AttrGenerated) {
			continue
		}
		to, from = append(to, ident(f.ID.Name)), append(from, copied(old, f))
	}
	if source, target := was.hiddenRowid(), will.rowid(was); source != "" && target != "" {
		to, from = append([]string{target}, to...), append([]string{source}, from...)
	}
	if len(to) == 0 {
		return ""
	}
	return will.insert() + ident(temporary) + " (" + strings.Join(to, ", ") + ")\nSELECT " + strings.Join(from, ", ") +
		"\nFROM " + ident(was.table.ID.Name)
}

// insert begins the statement that copies rows. None may be left out silently,
// whatever the table does ON CONFLICT.
func (p *tableParts) insert() string {
	tolerant := func(f schema.Fact) bool { return f.Attr(attrConflict) != "" || f.Attr(attrNotNullConflict) != "" }
	if slices.ContainsFunc(p.keys, tolerant) || slices.ContainsFunc(p.columns, tolerant) {
		return "INSERT OR ABORT INTO "
	}
	return "INSERT INTO "
}

// copied returns what a column takes from its old self.
func copied(before, after schema.Fact) string {
	value := after.Attr(schema.AttrDefault)
	if after.Is(schema.AttrNotNull) && !before.Is(schema.AttrNotNull) && value != "" {
		return "coalesce(" + ident(before.ID.Name) + ", " + value + ")"
	}
	return ident(before.ID.Name)
}

func (p *tableParts) column(name string) (schema.Fact, bool) {
	i := slices.IndexFunc(p.columns, func(f schema.Fact) bool { return strings.EqualFold(f.ID.Name, name) })
	if i < 0 {
		return schema.Fact{}, false
	}
	return p.columns[i], true
}

// rowidColumn returns the name of the column that is the rowid, if one is.
func (p *tableParts) rowidColumn() (name string, ok bool) {
	for _, k := range p.keys {
		if names := schema.SplitNames(k.Attr(schema.AttrColumns)); k.Is(attrRowid) && len(names) == 1 {
			return names[0], true
		}
	}
	return "", false
}

// hiddenRowid returns a name by which the rowid can be asked for, "" if the table
// has none or all its names are those of columns.
func (p *tableParts) hiddenRowid() string {
	if p.table.Is(attrWithoutRowid) {
		return ""
	}
	for _, name := range rowidNames() {
		if _, taken := p.column(name); !taken {
			return name
		}
	}
	return ""
}

// rowid returns what takes the rowid of the old table, "" if a column that is
// copied does or the table has none.
func (p *tableParts) rowid(was *tableParts) string {
	name, ok := p.rowidColumn()
	if !ok {
		return p.hiddenRowid()
	}
	if _, kept := was.column(name); kept {
		return ""
	}
	return ident(name)
}

// keepSequence lets AUTOINCREMENT go on behind rows that were deleted.
func keepSequence(was, will *tableParts, temporary string) []string {
	if !slices.ContainsFunc(was.columns, counts) || !slices.ContainsFunc(will.columns, counts) {
		return nil
	}
	return []string{
		"DELETE FROM sqlite_sequence WHERE name = " + literal(temporary),
		"INSERT INTO sqlite_sequence (name, seq)\nSELECT " + literal(temporary) + ", seq FROM sqlite_sequence WHERE name = " + literal(was.table.ID.Name),
	}
}
