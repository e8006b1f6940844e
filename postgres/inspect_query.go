package postgres

import (
	"fmt"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// block is one SELECT of the bulk query: what it reads of one catalog, and what
// becomes of its rows.
type block struct {
	class oid         // catalog that the rows' ids are of
	kind  schema.Kind // of the facts that the rows become
	// SQL of the fields of row; "" is NULL.
	oid, column, relation, schema, name string

	fields []attribute
	from   string // SQL from FROM on
	// take uses one row. Default: it becomes a fact.
	take func(a *assembly, b *block, r row)
}

// attribute is one of a fact with the SQL of its value.
type attribute struct {
	name   string
	sql    string
	decode func(a *assembly, r row, value string) string // nil: the value is taken as it is
}

// The catalogs' ids, which are the same on every server (pg_class.h and so on).
const (
	classType           oid = 1247
	classProc           oid = 1255
	classClass          oid = 1259
	classDatabase       oid = 1262
	classServer         oid = 1417
	classUserMapping    oid = 1418
	classWrapper        oid = 2328
	classAm             oid = 2601
	classAmop           oid = 2602
	classAmproc         oid = 2603
	classAttrdef        oid = 2604
	classCast           oid = 2605
	classConstraint     oid = 2606
	classConversion     oid = 2607
	classLanguage       oid = 2612
	classNamespace      oid = 2615
	classOpclass        oid = 2616
	classOperator       oid = 2617
	classRewrite        oid = 2618
	classTrigger        oid = 2620
	classOpfamily       oid = 2753
	classExtension      oid = 3079
	classPolicy         oid = 3256
	classStatistics     oid = 3381
	classCollation      oid = 3456
	classEventTrigger   oid = 3466
	classTransform      oid = 3576
	classDict           oid = 3600
	classParser         oid = 3601
	classConfig         oid = 3602
	classTemplate       oid = 3764
	classDefaultACL     oid = 826
	classSubscription   oid = 6100
	classPublication    oid = 6104
	classPublished      oid = 6106
	classPublishedIn    oid = 6237
	firstUserOID            = "16384" // FirstNormalObjectId: what is below came with the server
	ownerOfDatabase         = "(SELECT owner FROM db)"
	publicSchemaName        = "public"
	publicSchemaComment     = "standard public schema"
)

// bulkQuery joins all blocks into one query, which reads everything of
// one snapshot in one round trip. Checked on PostgreSQL 15 and 18; what 14, 16
// and 17 lack stands at the blocks.
func bulkQuery(blocks []block, scope schema.Scope) string {
	var b strings.Builder
	b.WriteString(scopeCTEs(scope))
	for i := range blocks {
		if i > 0 {
			b.WriteString("\nUNION ALL\n")
		}
		blocks[i].write(&b, i)
	}
	return b.String()
}

func (b *block) write(out *strings.Builder, number int) {
	fmt.Fprintf(out, "SELECT CAST(ARRAY['%d'", number)
	for _, e := range []string{b.oid, b.column, b.relation, b.schema, b.name} {
		writeText(out, e)
	}
	for _, f := range b.fields {
		writeText(out, f.sql)
	}
	out.WriteString("] AS text)\n")
	out.WriteString(b.from)
}

func writeText(out *strings.Builder, expression string) {
	if expression == "" {
		out.WriteString(", NULL")
		return
	}
	out.WriteString(", CAST(" + expression + " AS text)")
}

// scopeCTEs names what is looked at: db is the database, nsp the namespaces, rel
// the tables and views, taken what belongs to an extension or was made along
// with something else (the constructors of range types).
func scopeCTEs(scope schema.Scope) string {
	names := ""
	if len(scope.Schemas) > 0 {
		names = " AND nspname IN (" + nameList(scope.Schemas) + ")"
	}
	except := ""
	if len(scope.Except) > 0 {
		except = " AND c.relname NOT IN (" + nameList(scope.Except) + ")"
	}
	return `WITH db AS MATERIALIZED (
  SELECT oid, datdba, CAST(pg_get_userbyid(datdba) AS text) AS owner FROM pg_database WHERE datname = current_database()),
taken AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e' OR deptype = 'i' AND classid IN ('pg_proc'::regclass, 'pg_cast'::regclass)),
nsp AS MATERIALIZED (
  SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'` + names + `),
rel AS MATERIALIZED (
  SELECT c.oid, c.relkind, c.relowner, c.relname, n.nspname FROM pg_class c JOIN nsp n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND ` + free("pg_class", "c.oid") + except + `)
`
}

// free is true for what is not taken.
func free(class, oid string) string {
	return "NOT EXISTS (SELECT FROM taken x WHERE x.classid = '" + class + "'::regclass AND x.objid = " + oid + ")"
}

func nameList(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = nameLiteral(n)
	}
	return strings.Join(list, ", ")
}

// flag is an SQL expression that gives schema.Yes or NULL.
func flag(condition string) string { return "CASE WHEN " + condition + " THEN 'yes' END" }

// ownerField is the role that owns an object.
func ownerField(column string) attribute {
	return attribute{name: schema.AttrOwner, sql: "NULLIF(CAST(pg_get_userbyid(" + column + ") AS text), " + ownerOfDatabase + ")"}
}

// grantsField reads an access control list. kind is acldefault's letter.
func grantsField(column, kind, owner string) attribute {
	return grantsBeside(column, "acldefault('"+kind+"', "+owner+")", owner)
}

// grantsBeside is grantsField with another default.
func grantsBeside(column, usual, owner string) attribute {
	return attribute{
		schema.AttrGrants,
		"CASE WHEN " + column + " IS NOT NULL THEN ARRAY[CAST(" + column + " AS text), CAST(" + usual + " AS text), CAST(pg_get_userbyid(" + owner + ") AS text)] END",
		decodeGrants,
	}
}

// qualified is the SQL name of an object in a schema.
func qualified(schema, name string) string {
	return "quote_ident(" + schema + ") || '.' || quote_ident(" + name + ")"
}

// since chooses by the server's version.
func since(srv lockstep.Server, version int, yes, no string) string {
	if srv.Number >= version {
		return yes
	}
	return no
}

// list is the members of a list of SQL conditions and texts that are not NULL.
func list(separator string, items ...string) string {
	return "array_to_string(ARRAY[" + strings.Join(items, ", ") + "], '" + separator + "')"
}
