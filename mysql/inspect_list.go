package mysql

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// object is something that SHOW CREATE shows.
type object struct {
	kind     string // as SHOW CREATE wants it: "TABLE", "VIEW", "PACKAGE BODY" …
	database string
	name     string
	table    string            // of a trigger
	shown    map[string]string // the columns of SHOW CREATE
	text     string            // the definition among them
}

// readDatabases reads the defaults of the databases and of character sets.
// Checked on MySQL 9.7 and MariaDB 10.11; SCHEMA_COMMENT and
// DEFAULT_ENCRYPTION are only in one of the two.
func (s *inspection) readDatabases() error {
	own := "default_encryption"
	if s.srv.Flavor == flavorMariaDB {
		own = "schema_comment"
	}
	list, err := s.rows("SELECT schema_name, default_collation_name, " + own + " FROM information_schema.schemata WHERE " + s.in("schema_name"))
	if err != nil {
		return fmt.Errorf("read databases: %w", err)
	}
	for _, r := range list {
		s.collation[r[0]] = r[1]
		id := s.id(schema.KindSchema, "", r[0])
		if s.namespace(r[0]) == "" {
			id = schema.ID{Kind: schema.KindDatabase}
		}
		s.add(schema.NewFact(id, schema.AttrCollation, r[1], schema.AttrComment, commentOf(own, r[2]), "encryption", encryptionOf(own, r[2])))
	}
	for _, name := range s.databases {
		if s.collation[name] == "" {
			return fmt.Errorf("there is no database %s, or the user may not see it", name)
		}
	}
	list, err = s.rows("SELECT character_set_name, default_collate_name FROM information_schema.character_sets")
	for _, r := range list {
		s.defaults[r[0]] = r[1]
	}
	return err
}

func commentOf(column, value string) string {
	if column == "schema_comment" {
		return value
	}
	return ""
}

func encryptionOf(column, value string) string {
	if column == "default_encryption" && value == "YES" {
		return schema.Yes
	}
	return ""
}

// list lists the objects: a query for each kind, none with a join. Checked on
// MySQL 9.7 and MariaDB 10.11.
func (s *inspection) list() error {
	for _, step := range []func() error{s.listTables, s.listRoutines, s.listTriggers, s.listEvents, s.listLibraries} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (s *inspection) listTables() error {
	list, err := s.rows("SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE " + s.in("table_schema"))
	if err != nil {
		return fmt.Errorf("list tables: %w", err)
	}
	for _, r := range list {
		o := object{database: r[0], name: r[1]}
		switch r[2] {
		case "BASE TABLE", "SYSTEM VERSIONED":
			o.kind = "TABLE"
		case "VIEW", "SEQUENCE":
			o.kind = r[2]
		case "SYSTEM VIEW", "TEMPORARY", "TEMPORARY SEQUENCE", "LOCAL TEMPORARY":
			continue
		default:
			o.kind = "TABLE"
			s.doNotKnow("kind of table", r[2])
		}
		if !s.scope.Leaves(o.name) {
			s.objects = append(s.objects, o)
		}
	}
	return nil
}

func (s *inspection) listRoutines() error {
	list, err := s.rows("SELECT routine_schema, routine_name, routine_type FROM information_schema.routines WHERE " + s.in("routine_schema"))
	if err != nil {
		return fmt.Errorf("list routines: %w", err)
	}
	for _, r := range list {
		s.objects = append(s.objects, object{kind: r[2], database: r[0], name: r[1]})
		switch r[2] {
		case "FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY":
		default:
			s.doNotKnow("kind of routine", r[2])
		}
	}
	return nil
}

func (s *inspection) listTriggers() error {
	list, err := s.rows("SELECT trigger_schema, trigger_name, event_object_table, action_order FROM information_schema.triggers WHERE " +
		s.in("trigger_schema"))
	if err != nil {
		return fmt.Errorf("list triggers: %w", err)
	}
	for _, r := range list {
		if s.scope.Leaves(r[2]) {
			continue
		}
		position, err := strconv.Atoi(r[3])
		if err != nil {
			return fmt.Errorf("list triggers: %w", err)
		}
		s.positions[r[0]+"\x00"+r[1]] = position
		s.objects = append(s.objects, object{kind: "TRIGGER", database: r[0], name: r[1], table: r[2]})
	}
	return nil
}

// listEvents also asks whether the time at which an event starts is that at
// which it was made or altered: then nobody gave it, and it differs from one
// database to the next.
func (s *inspection) listEvents() error {
	at := func(column string) string {
		return "ABS(TIMESTAMPDIFF(SECOND, starts, COALESCE(CONVERT_TZ(" + column + ", @@session.time_zone, time_zone), " + column + "))) <= 1"
	}
	list, err := s.rows("SELECT event_schema, event_name, COALESCE(" + at("created") + " OR " + at("last_altered") + ", 0) " +
		"FROM information_schema.events WHERE " + s.in("event_schema"))
	if err != nil {
		return fmt.Errorf("list events: %w", err)
	}
	for _, r := range list {
		s.starts[r[0]+"\x00"+r[1]] = r[2] == "1"
		s.objects = append(s.objects, object{kind: "EVENT", database: r[0], name: r[1]})
	}
	return nil
}

// librariesSince is the first MySQL with CREATE LIBRARY.
const librariesSince = 90200

func (s *inspection) listLibraries() error {
	if s.srv.Flavor == flavorMariaDB || s.srv.Number < librariesSince {
		return nil
	}
	list, err := s.rows("SELECT library_schema, library_name FROM information_schema.libraries WHERE " + s.in("library_schema"))
	if err != nil {
		return fmt.Errorf("list libraries: %w", err)
	}
	for _, r := range list {
		s.objects = append(s.objects, object{kind: "LIBRARY", database: r[0], name: r[1]})
	}
	return nil
}

// batchSize is how many definitions are asked for in one round trip.
const batchSize = 200

// define reads the definitions of all objects and makes facts of them.
func (s *inspection) define() error {
	slices.SortFunc(s.objects, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.database, b.database), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	const factsEach = 20 // a guess
	s.facts = slices.Grow(s.facts, factsEach*len(s.objects))
	show, rest := s.showBatch, s.objects
	for len(rest) > 0 {
		n := min(batchSize, len(rest))
		err := show(rest[:n])
		if isSyntaxError(err) { // the connection takes one statement at a time
			show = s.showEach
			continue
		}
		if err != nil {
			return err
		}
		for i := range rest[:n] {
			if err := s.understand(&rest[i]); err != nil {
				return err
			}
			rest[i].shown, rest[i].text = nil, "" // may be large
		}
		rest = rest[n:]
	}
	return nil
}

func isSyntaxError(err error) bool {
	const parseError = 1064
	return err != nil && numberOf(err) == parseError
}

func (o *object) showCreate() string {
	return "SHOW CREATE " + o.kind + " " + quote(o.database) + "." + quote(o.name)
}

func (s *inspection) showEach(list []object) error {
	for i := range list {
		if err := s.showOne(&list[i]); err != nil {
			return s.showError(&list[i], err)
		}
	}
	return nil
}

func (s *inspection) showOne(o *object) error {
	rows, err := s.q.QueryContext(s.ctx, o.showCreate())
	if err != nil {
		return err
	}
	defer rows.Close() // read to the end below, where errors are seen
	return s.take(rows, o)
}

// showBatch reads many definitions in one round trip: as a compound statement
// on MariaDB, as many statements on MySQL, where the connection must allow it.
func (s *inspection) showBatch(list []object) error {
	var b strings.Builder
	if s.srv.Flavor == flavorMariaDB {
		b.WriteString("BEGIN NOT ATOMIC ")
	}
	for i := range list {
		b.WriteString(list[i].showCreate() + ";")
	}
	if s.srv.Flavor == flavorMariaDB {
		b.WriteString(" END")
	}
	rows, err := s.q.QueryContext(s.ctx, b.String())
	if err != nil {
		if isSyntaxError(err) {
			return err
		}
		return s.showError(&list[0], err)
	}
	defer rows.Close() // all results are read below, where errors are seen
	for i := range list {
		if err := s.take(rows, &list[i]); err != nil {
			return s.showError(&list[i], err)
		}
		if i+1 < len(list) && !rows.NextResultSet() {
			return s.showError(&list[i+1], cmp.Or(rows.Err(), sql.ErrNoRows))
		}
	}
	return nil
}

// take reads the one row that SHOW CREATE gives.
func (s *inspection) take(rows *sql.Rows, o *object) error {
	columns, list, err := scanTexts(rows)
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return sql.ErrNoRows
	}
	o.shown = make(map[string]string, len(columns))
	for i, c := range columns {
		o.shown[strings.ToLower(c)] = list[0][i]
		if strings.HasPrefix(c, "Create ") || c == "SQL Original Statement" || c == "Package" || c == "Package body" {
			o.text = cmp.Or(list[0][i], o.text)
		}
	}
	if o.text == "" {
		return errHidden
	}
	return nil
}

// errHidden says that the server shows an object but not its definition.
var errHidden = errors.New("the server does not show its definition to this user")

// showError tells which definition could not be read, and the privilege that
// is missing.
func (s *inspection) showError(o *object, err error) error {
	wrapped := fmt.Errorf("read %s %s: %w", strings.ToLower(o.kind), o.name, err)
	d := s.classify(err)
	if !errors.Is(err, errHidden) && d != lockstep.ErrorPermission {
		return wrapped
	}
	return lockstep.WithHint(wrapped, "GRANT "+s.privilege(o.kind, o.database)+" TO "+s.definer)
}

func (s *inspection) classify(err error) lockstep.ErrorClass {
	if d := (dialect{}).Classify(err); d != nil {
		return d.Class
	}
	return lockstep.ErrorOther
}

// showCreateRoutineSince is the first MariaDB with the privilege SHOW CREATE
// ROUTINE.
const showCreateRoutineSince = 110301

// privilege is what one needs to see a definition.
func (s *inspection) privilege(kind, database string) string {
	on := " ON " + quote(database) + ".*"
	switch kind {
	case "TABLE", "SEQUENCE":
		return "SELECT" + on
	case "VIEW":
		return "SELECT, SHOW VIEW" + on
	case "TRIGGER", "EVENT":
		return kind + on
	}
	switch {
	case s.srv.Flavor == flavorMySQL:
		return "SHOW_ROUTINE ON *.*"
	case s.srv.Number >= showCreateRoutineSince:
		return "SHOW CREATE ROUTINE" + on
	}
	return "SELECT ON mysql.proc"
}

// understand makes facts of a definition.
func (s *inspection) understand(o *object) error {
	var err error
	switch o.kind {
	case "TABLE":
		err = s.table(o)
	case "SEQUENCE":
		err = s.sequence(o)
	case "VIEW":
		err = s.view(o)
	case "FUNCTION", "PROCEDURE":
		err = s.routine(o)
	case "TRIGGER":
		err = s.trigger(o)
	case "EVENT":
		err = s.event(o)
	default:
		s.other(o)
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", strings.ToLower(o.kind), o.name, err)
	}
	return nil
}
