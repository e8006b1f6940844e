package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// The attributes that only SQLite's facts have, and the forms. Names, types and
// expressions are texts that do not depend on how they were written, see normal.
const (
	attrName            = "name"              // of a constraint that has one; the ID of others is made of what they say
	attrStrict          = "strict"            // a flag of a table
	attrWithoutRowid    = "without rowid"     // a flag of a table
	attrRowid           = "rowid"             // a flag of a primary key whose column is the rowid
	attrConflict        = "on conflict"       // of a key: what happens instead of ABORT
	attrNotNullConflict = "not null conflict" // of a column
	attrNotNullName     = "not null name"     // of a column: the constraint's name
	attrOnDelete        = "on delete"         // of a foreign key; absent if nothing happens
	attrOnUpdate        = "on update"
	attrDeferred        = "deferred"  // a flag of a foreign key
	attrPredicate       = "predicate" // of an index
	attrTiming          = "timing"    // of a trigger: BEFORE, AFTER, INSTEAD OF
	attrEvent           = "event"     // of a trigger: INSERT, DELETE, UPDATE
	attrWhen            = "when"      // of a trigger: expression
	attrUserVersion     = "user_version"
	attrApplicationID   = "application_id"
	attrEncoding        = "encoding" // of the database; absent if it is UTF-8

	formVirtual = "virtual" // of a table: its definition is what USING says
	formUnread  = "unread"  // of anything whose text could not be read: its definition is all that follows its name
)

// Inspect reads the main database: not what is temporary or attached, nor
// SQLite's own tables and those in which virtual tables keep what they hold.
// It is one query, and so one snapshot, however many tables there are. Scope's
// namespaces do not matter: there is one.
//
// SQLite keeps the text of CREATE statements, as they were written and as ALTER
// TABLE has edited them. They are read here, and the columns compared with those
// that SQLite says there are. What cannot be read is told as unknown, and its
// text is the definition.
func (dialect) Inspect(ctx context.Context, q lockstep.Querier, _ lockstep.Server, scope schema.Scope) (*schema.Schema, error) {
	c := &catalog{scope: scope, relations: names{}, tables: map[string]*table{}, views: map[string]*view{}}
	err := patiently(ctx, func() error { return c.read(ctx, q) })
	if err != nil {
		return nil, fmt.Errorf("inspect schema: %w", err)
	}
	c.parse()
	for _, o := range c.objects {
		c.describe(o)
	}
	s, err := schema.New(c.facts, c.unknown...)
	if err != nil {
		return nil, fmt.Errorf("inspect schema: %w", err)
	}
	return s, nil
}

// catalogQuery selects kind, name, table and text of whatever there is. Views
// are not asked for their columns: a broken one would fail it all, as would a
// virtual table whose module this connection lacks. The list of tables tells
// which of them belong to a virtual one, and is asked for only if there is one:
// it takes the square of the number of views. Checked on 3.40.
const catalogQuery = `SELECT 'setting' AS kind, 'user_version' AS name, '' AS tbl, CAST(user_version AS TEXT) AS text FROM pragma_user_version
UNION ALL SELECT 'setting', 'application_id', '', CAST(application_id AS TEXT) FROM pragma_application_id
UNION ALL SELECT 'setting', 'encoding', '', encoding FROM pragma_encoding
UNION ALL SELECT 'listed', l.name, l.type, ''
FROM (SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND rootpage = 0 LIMIT 1) CROSS JOIN pragma_table_list l WHERE l.schema = 'main' AND l.type = 'shadow'
UNION ALL SELECT 'columns', m.name, '', (SELECT group_concat(x.name, char(31)) FROM pragma_table_xinfo(m.name, 'main') x)
FROM main.sqlite_master m WHERE m.type = 'table' AND m.rootpage > 0
UNION ALL SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_master`

// row is one of its rows.
type row struct{ kind, name, table, text string }

// catalog is what was read, and the facts made of it.
type catalog struct {
	scope     schema.Scope
	settings  []string // name, value, name, value …
	listed    map[string]string
	columns   map[string]string // of each table, as SQLite names them
	objects   []row
	relations names             // tables and views
	tables    map[string]*table // those that could be read, by their names in lower case
	views     map[string]*view
	facts     []schema.Fact
	unknown   []schema.Unknown
}

func (c *catalog) read(ctx context.Context, q lockstep.Querier) error {
	c.settings, c.objects = nil, nil
	c.listed, c.columns = map[string]string{}, map[string]string{}
	rows, err := q.QueryContext(ctx, catalogQuery)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.kind, &r.name, &r.table, &r.text); err != nil {
			return err
		}
		c.sort(r)
	}
	return rows.Err()
}

func (c *catalog) sort(r row) {
	switch r.kind {
	case "setting":
		c.settings = append(c.settings, r.name, r.text)
	case "listed":
		c.listed[r.name] = r.table
	case "columns":
		c.columns[r.name] = r.text
	default:
		c.objects = append(c.objects, r)
	}
}

// parse reads tables and views first: what else is read refers to them.
func (c *catalog) parse() {
	c.database()
	c.hideShadows()
	for _, o := range c.objects {
		if o.kind != "table" && o.kind != "view" || c.leaves(o) {
			continue
		}
		c.relations.add(o.name)
		if o.kind == "view" {
			if v, err := parseView(o.text); err == nil {
				c.views[lower(o.name)] = v
			}
			continue
		}
		// Parts of a table without a name could not be told from objects that
		// are no parts.
		if t, err := parseTable(o.text); err == nil && o.name != "" && t.columnNames() == c.columns[o.name] {
			c.tables[lower(o.name)] = t
		}
	}
}

func (t *table) columnNames() string {
	var list []string
	for _, col := range t.columns {
		list = append(list, col.name)
	}
	return strings.Join(list, "\x1f")
}

// database adds the fact about the database itself.
func (c *catalog) database() {
	f := schema.NewFact(schema.ID{Kind: schema.KindDatabase}, c.settings...)
	for _, usual := range [][2]string{{attrUserVersion, "0"}, {attrApplicationID, "0"}, {attrEncoding, "UTF-8"}} {
		if f.Attr(usual[0]) == usual[1] {
			f = f.Without(usual[0])
		}
	}
	c.facts = append(c.facts, f)
}

// leaves reports whether an object is no part of the schema.
func (c *catalog) leaves(o row) bool {
	internal := strings.HasPrefix(lower(o.name), "sqlite_") || strings.HasPrefix(lower(o.table), "sqlite_")
	hidden := o.kind == "table" && c.listed[o.name] == "shadow"
	automatic := o.kind == "index" && o.text == ""
	return internal || hidden || automatic || c.scope.Leaves(o.table)
}

// hideShadows marks the tables of known modules that are not there to name
// them: which those are must not depend on the connection.
func (c *catalog) hideShadows() {
	for _, o := range c.objects {
		v, err := parseVirtual(o.text)
		if o.kind != "table" || err != nil {
			continue
		}
		for _, suffix := range shadowSuffixes(lower(v.module)) {
			c.listed[o.name+"_"+suffix] = "shadow"
		}
	}
}

// shadowSuffixes are the tables in which the modules that come with SQLite keep
// what they hold.
func shadowSuffixes(module string) []string {
	switch module {
	case "fts5":
		return []string{"data", "idx", "content", "docsize", "config"}
	case "fts3", "fts4":
		return []string{"content", "segments", "segdir", "docsize", "stat"}
	case "rtree", "rtree_i32", "geopoly":
		return []string{"node", "rowid", "parent"}
	}
	return nil
}

// describe adds the facts about an object.
func (c *catalog) describe(o row) {
	if c.leaves(o) {
		return
	}
	known := true
	switch o.kind {
	case "table":
		known = c.virtual(o) || c.table(o)
	case "view":
		known = c.view(o)
	case "index":
		known = c.index(o)
	case "trigger":
		known = c.trigger(o)
	default:
		c.facts = append(c.facts, schema.NewFact(schema.ID{Kind: schema.KindObject, Name: o.name}, schema.AttrForm, o.kind, schema.AttrDefinition, o.text))
		c.unknown = append(c.unknown, schema.Unknown{What: "kind of object", Name: o.kind, Count: 1})
	}
	if !known {
		c.unread(o)
	}
}

// unread carries what could not be read as it stands.
func (c *catalog) unread(o row) {
	id := schema.ID{Kind: schema.Kind(o.kind), Name: o.name}
	if id.Kind.IsPart() {
		id.Table = c.relation(o.table)
	}
	c.facts = append(c.facts, schema.NewFact(id, schema.AttrForm, formUnread, schema.AttrDefinition, behindName(o)))
	c.unknown = append(c.unknown, schema.Unknown{What: "definition of", Name: id.String(), Count: 1})
}

// behindName returns the definition behind the object's name, or all of it.
func behindName(o row) string {
	all := tokens(o.text)
	for i, t := range all {
		if t.isNamed() && t.name() == o.name {
			all = all[i+1:]
			break
		}
	}
	var b strings.Builder
	for i, t := range all {
		if i > 0 && !t.isOneOf(",", ".", ")") && !all[i-1].isOneOf("(", ".") {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// relation returns the name of a table or view as it is declared.
func (c *catalog) relation(name string) string {
	if declared, ok := c.relations[lower(name)]; ok {
		return declared
	}
	return name
}
