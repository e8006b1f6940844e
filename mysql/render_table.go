package mysql

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// createTable writes CREATE TABLE with the parts it can hold, and what has to
// follow it.
func (w writer) createTable(table schema.Fact, parts []schema.Fact) []string {
	lines := w.elements(table, parts)
	statements := []string{words(
		"CREATE TABLE "+objectName(table.ID)+" (\n  "+strings.Join(lines, ",\n  ")+"\n)",
		strings.Join(w.options(table), " "), with("\n", partitioning(table)))}
	for _, f := range parts {
		if f.ID.Kind == schema.KindColumn {
			statements = append(statements, w.afterColumn(f)...)
		}
	}
	return append(statements, w.apart(parts)...)
}

// apart writes the parts that CREATE TABLE does not hold, if they were given
// nevertheless.
func (w writer) apart(parts []schema.Fact) []string {
	var statements []string
	for _, f := range parts {
		switch {
		case f.Form() == schema.ForeignKey && f.ID.Kind == schema.KindConstraint:
			statements = append(statements, alter(f.ID, []string{"ADD " + w.constraint(f)})...)
		case f.ID.Kind == schema.KindTrigger:
			statements = append(statements, w.createTrigger(f)...)
		}
	}
	return statements
}

// elements are what stands between the parentheses of CREATE TABLE.
func (w writer) elements(table schema.Fact, parts []schema.Fact) []string {
	var lines []string
	for _, f := range inOrder(parts) {
		lines = append(lines, w.column(f))
	}
	for _, f := range parts {
		if f.Form() == schema.PrimaryKey {
			lines = append(lines, w.constraint(f))
		}
	}
	for _, f := range indexesInOrder(parts) {
		lines = append(lines, w.index(f))
	}
	for _, f := range parts {
		if f.Form() == schema.Check {
			lines = append(lines, w.constraint(f))
		}
	}
	for _, period := range periodsOf(table) {
		lines = append(lines, "PERIOD FOR "+period)
	}
	return append(lines, slices.DeleteFunc([]string{table.Attr(AttrMore)}, func(s string) bool { return s == "" })...)
}

func periodsOf(table schema.Fact) []string {
	return slices.DeleteFunc(strings.Split(table.Attr(AttrPeriods), "\n"), func(s string) bool { return s == "" })
}

// inOrder returns the columns among the parts of a table in their order.
func inOrder(parts []schema.Fact) []schema.Fact {
	var columns []schema.Fact
	var order []string
	for _, f := range parts {
		switch f.ID.Kind {
		case schema.KindColumn:
			columns = append(columns, f)
		case schema.KindColumnOrder:
			if f.ID.Name != "" {
				continue
			}
			order = schema.SplitNames(f.Attr(schema.AttrColumns))
		}
	}
	sortByName(columns, order)
	return columns
}

// sortByName sorts facts by their names' places in a list; those that are not
// in it come last.
func sortByName(facts []schema.Fact, names []string) {
	place := func(f schema.Fact) int {
		if i := slices.Index(names, f.ID.Name); i >= 0 {
			return i
		}
		return len(names)
	}
	slices.SortStableFunc(facts, func(a, b schema.Fact) int { return place(a) - place(b) })
}

// indexesInOrder returns the indexes among the parts in the table's order of
// indexes.
func indexesInOrder(parts []schema.Fact) []schema.Fact {
	var order []string
	for _, f := range parts {
		if f.ID.Kind == schema.KindColumnOrder && f.ID.Name == schema.IndexOrder {
			order = schema.SplitNames(f.Attr(schema.AttrColumns))
		}
	}
	var all []schema.Fact
	for _, class := range indexClasses() {
		var list []schema.Fact
		for _, f := range parts {
			if f.ID.Kind == schema.KindIndex && indexClass(f) == class {
				list = append(list, f)
			}
		}
		sortByName(list, order)
		all = append(all, list...)
	}
	return all
}

// usualIndexes is the group of those that are neither unique nor full-text.
const usualIndexes = "indexes"

// indexClasses are the groups in which a server keeps a table's indexes, in
// their order.
func indexClasses() []string {
	return []string{AttrUniqueIndexes, usualIndexes, AttrFulltextIndexes}
}

func indexClass(f schema.Fact) string {
	switch {
	case f.Is(schema.AttrUnique):
		return AttrUniqueIndexes
	case f.Form() == formFulltext:
		return AttrFulltextIndexes
	}
	return usualIndexes
}

// namesOf are the indexes of a group in their order.
func namesOf(class string, order schema.Fact) []string {
	return slices.DeleteFunc(schema.SplitNames(order.Attr(schema.AttrColumns)), func(name string) bool {
		in := usualIndexes
		for _, attr := range []string{AttrUniqueIndexes, AttrFulltextIndexes} {
			if slices.Contains(schema.SplitNames(order.Attr(attr)), name) {
				in = attr
			}
		}
		return in != class
	})
}

// isOption reports whether an attribute of a table is an option as the server
// prints it.
func isOption(name string) bool {
	switch name {
	case schema.AttrCollation, schema.AttrComment, AttrPartitionBy, AttrPartitions, AttrSystemVersioning, AttrPeriods, AttrMore, AttrEngine:
		return false
	}
	return true
}

// options writes the options of a table.
func (w writer) options(f schema.Fact) []string {
	list := []string{with("ENGINE=", f.Attr(AttrEngine)), with("COLLATE=", f.Attr(schema.AttrCollation))}
	for _, a := range f.Attrs {
		if isOption(a.Name) {
			list = append(list, option(a.Name, a.Value))
		}
	}
	list = append(list, text("COMMENT=", f.Attr(schema.AttrComment)), when(f.Is(AttrSystemVersioning), "WITH SYSTEM VERSIONING"))
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func option(name, value string) string {
	if !strings.HasPrefix(name, "`") {
		name = strings.ToUpper(name)
	}
	return name + "=" + value
}

// unset is the value that takes an option away.
func unset(name string) string {
	switch name {
	case "comment", "compression", "connection", "engine_attribute", "secondary_engine_attribute", "data directory", "index directory":
		return "''"
	case "key_block_size", "max_rows", "min_rows", "avg_row_length", "checksum", "table_checksum", "delay_key_write", "autoextend_size":
		return "0"
	case "encryption":
		return "'N'"
	case "insert_method":
		return "NO"
	case "secondary_engine":
		return "NULL"
	case "union":
		return "()"
	}
	return "DEFAULT"
}

// partitioning writes PARTITION BY … (…), "" for a table that has none.
func partitioning(f schema.Fact) string {
	by := f.Attr(AttrPartitionBy)
	if by == "" {
		return ""
	}
	text := "PARTITION BY " + by
	if list := f.Attr(AttrPartitions); list != "" {
		text += " (\n  " + strings.ReplaceAll(list, "\n", ",\n  ") + "\n)"
	}
	return text
}

// alterTable changes options, then partitions, which must be alone.
func (w writer) alterTable(before, after schema.Fact) []string {
	part := after.ID.In(schema.KindColumn, "")
	clauses := append(w.periodClauses(before, after), w.optionClauses(before, after)...)
	partitions, alone := repartition(before, after)
	if alone || len(clauses) == 0 {
		return slices.Concat(alterWith(part, clauses, ""), alterWith(part, nil, partitions))
	}
	return alterWith(part, clauses, partitions)
}

// alterWith writes one ALTER TABLE with what must stand at its end, nothing if
// there is nothing to do.
func alterWith(part schema.ID, clauses []string, end string) []string {
	if len(clauses) == 0 && end == "" {
		return nil
	}
	return []string{words("ALTER TABLE "+tableOf(part), strings.Join(clauses, ", "), end)}
}

// optionClauses are the changed options.
func (w writer) optionClauses(before, after schema.Fact) []string {
	var clauses []string
	for _, name := range before.Differing(after) {
		value := after.Attr(name)
		switch {
		case name == AttrEngine:
			clauses = append(clauses, "ENGINE="+value)
		case name == schema.AttrCollation:
			clauses = append(clauses, "COLLATE="+value)
		case name == schema.AttrComment:
			clauses = append(clauses, "COMMENT="+stringLiteral(value))
		case isOption(name) && value == "":
			clauses = append(clauses, option(name, unset(name)))
		case isOption(name):
			clauses = append(clauses, option(name, value))
		}
	}
	return clauses
}

// periodClauses changes periods and system versioning.
func (w writer) periodClauses(before, after schema.Fact) []string {
	var clauses []string
	had, has := periodsOf(before), periodsOf(after)
	if before.Is(AttrSystemVersioning) && !after.Is(AttrSystemVersioning) {
		clauses = append(clauses, "DROP SYSTEM VERSIONING")
	}
	for _, p := range had {
		if !slices.Contains(has, p) {
			name, _, _ := strings.Cut(p, " (")
			clauses = append(clauses, "DROP PERIOD FOR "+name)
		}
	}
	for _, p := range has {
		if !slices.Contains(had, p) {
			clauses = append(clauses, "ADD PERIOD FOR "+p)
		}
	}
	if !before.Is(AttrSystemVersioning) && after.Is(AttrSystemVersioning) {
		clauses = append(clauses, "ADD SYSTEM VERSIONING")
	}
	return clauses
}

// repartition changes partitions. New ones at the end are added, by a statement
// that must be alone; everything else is made anew, which fails where rows have
// no place rather than losing them, and may end a statement that does more.
func repartition(before, after schema.Fact) (clause string, alone bool) {
	sameBy := before.Attr(AttrPartitionBy) == after.Attr(AttrPartitionBy)
	had, has := before.Attr(AttrPartitions), after.Attr(AttrPartitions)
	switch {
	case sameBy && had == has:
		return "", false
	case !after.Is(AttrPartitionBy):
		return "REMOVE PARTITIONING", false
	case sameBy && strings.HasPrefix(has, had+"\n") && !strings.Contains(had, " DEFAULT") && !strings.HasPrefix(after.Attr(AttrPartitionBy), "SYSTEM_TIME"):
		added := strings.TrimPrefix(has, had+"\n")
		return "ADD PARTITION (\n  " + strings.ReplaceAll(added, "\n", ",\n  ") + "\n)", true
	}
	return partitioning(after), false
}
