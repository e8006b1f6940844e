package mysql

import (
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// createObject makes what is no table and no part of one that ALTER TABLE
// makes.
func (w writer) createObject(f schema.Fact) ([]string, error) {
	switch f.ID.Kind {
	case schema.KindView:
		return w.inSession(f, w.view("CREATE", f)), nil
	case schema.KindRoutine:
		return w.inSession(f, w.routine(f)), nil
	case schema.KindTrigger:
		return w.createTrigger(f), nil
	case schema.KindEvent:
		return w.inSession(f, w.event(f)), nil
	case schema.KindSequence:
		return []string{words("CREATE SEQUENCE "+objectName(f.ID), sequenceType(f), sequenceOptions(f), with("ENGINE=", f.Attr(AttrEngine)))}, nil
	case schema.KindSchema:
		return []string{words("CREATE DATABASE "+ident(f.ID.Name), w.databaseOptions(schema.Fact{}, f))}, nil
	case schema.KindObject:
		return w.inSession(f, f.Attr(schema.AttrDefinition)), nil
	}
	return nil, errNoRender("a " + string(f.ID.Kind))
}

func (w writer) dropObject(f schema.Fact) ([]string, error) {
	name := objectName(f.ID)
	if own := f.Attr(AttrName); own != "" {
		name = objectName(schema.ID{Schema: f.ID.Schema, Name: own})
	}
	switch f.ID.Kind {
	case schema.KindView, schema.KindEvent, schema.KindSequence:
		return []string{"DROP " + strings.ToUpper(string(f.ID.Kind)) + " " + name}, nil
	case schema.KindSchema:
		return []string{"DROP DATABASE " + name}, nil
	case schema.KindTrigger:
		return []string{"DROP TRIGGER " + name}, nil
	case schema.KindRoutine:
		return []string{"DROP " + routineKind(f) + " " + name}, nil
	case schema.KindObject:
		return w.inSession(f, "DROP "+strings.ToUpper(f.Form())+" "+name), nil
	}
	return nil, errNoRender("a " + string(f.ID.Kind))
}

// alterObject changes an object in place, where CanAlter said so.
func (w writer) alterObject(before, after schema.Fact) ([]string, error) {
	switch after.ID.Kind {
	case schema.KindView:
		return w.inSession(after, w.view("CREATE OR REPLACE", after)), nil
	case schema.KindSequence:
		return []string{words("ALTER SEQUENCE "+objectName(after.ID), sequenceOptions(after))}, nil
	case schema.KindDatabase, schema.KindSchema:
		return []string{words("ALTER DATABASE", identOrNone(after.ID.Name), w.databaseOptions(before, after))}, nil
	case schema.KindRoutine:
		return []string{w.alterRoutine(before, after)}, nil
	}
	dropped, err := w.dropObject(before)
	if err != nil {
		return nil, err
	}
	created, err := w.createObject(after)
	return append(dropped, created...), err
}

func (w writer) alterRoutine(before, after schema.Fact) string {
	statement := "ALTER " + routineKind(after) + " " + objectName(nameOf(after))
	for _, name := range before.Differing(after) {
		switch name {
		case AttrSecurity:
			statement += " SQL SECURITY " + orElse(after.Attr(name), "DEFINER")
		case schema.AttrComment:
			statement += " COMMENT " + stringLiteral(after.Attr(name))
		}
	}
	return statement
}

func (w writer) renameObject(from, to schema.ID) ([]string, error) {
	switch to.Kind {
	case schema.KindView, schema.KindSequence:
		return []string{"RENAME TABLE " + objectName(from) + " TO " + objectName(to)}, nil
	case schema.KindEvent:
		return []string{"ALTER EVENT " + objectName(from) + " RENAME TO " + objectName(to)}, nil
	}
	return nil, errNoRender("the rename of a " + string(to.Kind))
}

// nameOf is the ID with the object's own name.
func nameOf(f schema.Fact) schema.ID {
	id := f.ID
	if own := f.Attr(AttrName); own != "" {
		id.Name = own
	}
	return id
}

// inSession puts around a statement what its object keeps of the session that
// makes it, and sets the session back.
func (w writer) inSession(f schema.Fact, statement string) []string {
	var before, after []string
	if mode := f.Attr(AttrSQLMode); mode != "" {
		if mode == emptyMode {
			mode = ""
		}
		before, after = append(before, "SET sql_mode = "+stringLiteral(mode)), append(after, "SET sql_mode = DEFAULT")
	}
	charset, collation := f.Attr(AttrCharset), f.Attr(AttrConnCollation)
	if charset != "" || collation != "" {
		before = append(before, words("SET NAMES", orElse(charset, utf8mb4), with("COLLATE ", collation)))
		after = append(after, "SET NAMES utf8mb4 COLLATE "+connectionCollation(w.srv))
	}
	if zone := f.Attr(AttrTimeZone); zone != "" {
		before, after = append(before, "SET time_zone = "+stringLiteral(zone)), append(after, "SET time_zone = DEFAULT")
	}
	return slices.Concat(before, []string{statement}, after)
}

func orElse(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

func definer(f schema.Fact) string { return with("DEFINER=", f.Attr(AttrDefiner)) }

func (w writer) view(verb string, f schema.Fact) string {
	option, columns := "", ""
	if names := schema.SplitNames(f.Attr(schema.AttrColumns)); len(names) > 0 {
		columns = "(" + idents(names) + ")"
	}
	if kind := f.Attr(AttrCheckOption); kind != "" {
		option = "WITH " + kind + " CHECK OPTION"
	}
	return words(verb, with("ALGORITHM=", f.Attr(AttrAlgorithm)), definer(f), with("SQL SECURITY ", f.Attr(AttrSecurity)),
		"VIEW", objectName(f.ID), columns, "AS", f.Attr(schema.AttrDefinition), option)
}

func routineKind(f schema.Fact) string {
	if f.Form() == formProcedure {
		return "PROCEDURE"
	}
	return "FUNCTION"
}

func (w writer) routine(f schema.Fact) string {
	head := words("CREATE", definer(f), when(f.Form() == formAggregate, "AGGREGATE"), routineKind(f),
		objectName(nameOf(f))+f.Attr(AttrParameters), with("RETURNS ", f.Attr(AttrReturns)))
	lines := []string{
		head, with("LANGUAGE ", f.Attr(AttrLanguage)), when(f.Is(AttrDeterministic), "DETERMINISTIC"), f.Attr(AttrDataAccess),
		with("SQL SECURITY ", f.Attr(AttrSecurity)), text("COMMENT ", f.Attr(schema.AttrComment)), f.Attr(schema.AttrDefinition),
	}
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

func (w writer) createTrigger(f schema.Fact) []string {
	name := objectName(schema.ID{Schema: f.ID.Schema, Name: f.ID.Name})
	return w.inSession(f, words("CREATE", definer(f), "TRIGGER", name, f.Attr(AttrTiming), "ON", tableOf(f.ID), "FOR EACH ROW",
		with("FOLLOWS ", identOrNone(f.Attr(AttrFollows))))+"\n"+f.Attr(schema.AttrDefinition))
}

func (w writer) event(f schema.Fact) string {
	return words("CREATE", definer(f), "EVENT", objectName(f.ID), "ON SCHEDULE", f.Attr(AttrSchedule),
		when(f.Is(AttrPreserve), "ON COMPLETION PRESERVE"), f.Attr(AttrStatus), text("COMMENT ", f.Attr(schema.AttrComment)),
		"DO") + "\n" + f.Attr(schema.AttrDefinition)
}

func sequenceType(f schema.Fact) string {
	if t := f.Attr(schema.AttrType); t != "" && t != "bigint" {
		return "AS " + t
	}
	return ""
}

func sequenceOptions(f schema.Fact) string {
	cycle := "NOCYCLE"
	if f.Is("cycle") {
		cycle = "CYCLE"
	}
	return words(with("START WITH ", f.Attr("start")), with("MINVALUE ", f.Attr("minvalue")), with("MAXVALUE ", f.Attr("maxvalue")),
		with("INCREMENT BY ", f.Attr("increment")), with("CACHE ", f.Attr("cache")), cycle)
}

// databaseOptions are those in which two databases differ.
func (w writer) databaseOptions(before, after schema.Fact) string {
	var options []string
	for _, name := range before.Differing(after) {
		switch name {
		case schema.AttrCollation:
			options = append(options, "COLLATE "+after.Attr(name))
		case schema.AttrComment:
			options = append(options, "COMMENT "+stringLiteral(after.Attr(name)))
		case "encryption":
			options = append(options, "ENCRYPTION "+map[bool]string{true: "'Y'", false: "'N'"}[after.Is(name)])
		}
	}
	return strings.Join(options, " ")
}
