package codegen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

// builder makes schemas by hand, as inspectors would read them.
type builder struct {
	facts []schema.Fact
	order map[schema.ID][]string
}

func newBuilder() *builder { return &builder{order: map[schema.ID][]string{}} }

func (b *builder) add(kind schema.Kind, space, table, name string, attrs ...string) {
	b.facts = append(b.facts, schema.NewFact(schema.ID{Kind: kind, Schema: space, Table: table, Name: name}, attrs...))
}

// table adds a relation with columns written as "name|type|flag value|…".
func (b *builder) table(kind schema.Kind, space, name, comment string, columns ...string) {
	b.add(kind, space, "", name, schema.AttrComment, comment)
	id := schema.ID{Kind: kind, Schema: space, Name: name}
	for _, line := range columns {
		parts := strings.Split(line, "|")
		attrs := []string{schema.AttrType, parts[1]}
		for _, p := range parts[2:] {
			key, value, found := strings.Cut(p, "=")
			if !found {
				value = schema.Yes
			}
			attrs = append(attrs, key, value)
		}
		b.add(schema.KindColumn, space, name, parts[0], attrs...)
		b.order[id] = append(b.order[id], parts[0])
	}
}

func (b *builder) key(space, table, name, form string, columns ...string) {
	b.add(schema.KindConstraint, space, table, name, schema.AttrForm, form, schema.AttrColumns, schema.JoinNames(columns...),
		schema.AttrDefinition, strings.ToUpper(form)+" ("+strings.Join(columns, ", ")+")")
}

// foreign adds a foreign key: "a, b -> table(x, y)", with what follows.
func (b *builder) foreign(space, table, name, columns, target, refs, actions string) {
	b.add(schema.KindConstraint, space, table, name, schema.AttrForm, schema.ForeignKey, schema.AttrColumns, columns, schema.AttrReferences, target,
		schema.AttrRefColumns, refs, schema.AttrDefinition, "FOREIGN KEY ("+columns+") REFERENCES "+strings.ReplaceAll(target, ", ", ".")+"("+refs+")"+actions)
}

func (b *builder) index(space, table, name, columns, definition string, unique bool) {
	b.add(schema.KindIndex, space, table, name, schema.AttrColumns, columns, schema.AttrDefinition, definition, schema.AttrUnique, schema.Flag(unique))
}

func (b *builder) schema(t testing.TB) *schema.Schema {
	t.Helper()
	for id, columns := range b.order {
		b.facts = append(b.facts, schema.NewFact(id.In(schema.KindColumnOrder, ""), schema.AttrColumns, schema.JoinNames(columns...)))
	}
	s, err := schema.New(b.facts, schema.Unknown{What: "catalog column", Name: "pg_class.relnew"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shop is a database on PostgreSQL with two namespaces and most kinds of objects.
func shop(t testing.TB) *schema.Schema {
	b := newBuilder()
	b.add(schema.KindDatabase, "", "", "", "encoding", "UTF8")
	b.add(schema.KindSchema, "", "", "app", schema.AttrComment, "What the shop sells and to whom")
	b.add(schema.KindExtension, "", "", "citext", "version", "1.6")
	b.add(schema.KindType, "app", "", "order_status", schema.AttrForm, "enum", schema.AttrValues, schema.JoinNames("new", "paid", "on hold", "n/a"),
		schema.AttrComment, "How far an order is")
	b.add(schema.KindType, "app", "", "email", schema.AttrForm, "domain", schema.AttrType, "public.citext", "checks", "CONSTRAINT at CHECK (VALUE ~ '@')")
	b.add(schema.KindType, "app", "", "point3", schema.AttrForm, "composite", schema.AttrDefinition, "(x integer, y integer, z integer)")
	b.add(schema.KindSequence, "app", "", "invoice_number", schema.AttrType, "bigint", "increment", "1")
	b.table(schema.KindTable, "app", "customers", "Who buys.\nOne row a person or company.",
		"id|bigint|not null|identity=always", "email|app.email|not null|comment=Also the login", "name|character varying(200)|not null",
		"vat_id|text", "born|date", "balance|numeric(12,2)|not null|default=0", "tags|text[]|not null|default='{}'::text[]",
		"settings|jsonb", "created_at|timestamp with time zone|not null|default=now()", "referred_by|bigint|comment=Customer who brought this one")
	b.key("app", "customers", "customers_pkey", schema.PrimaryKey, "id")
	b.key("app", "customers", "customers_email_key", schema.Unique, "email")
	b.foreign("app", "customers", "customers_referred_by_fkey", "referred_by", "app, customers", "id", " ON DELETE SET NULL")
	b.add(schema.KindConstraint, "app", "customers", "balance_positive", schema.AttrForm, schema.Check, schema.AttrColumns, "balance", schema.AttrDefinition, "CHECK ((balance >= (0)::numeric))")
	b.index("app", "customers", "customers_lower_name", "(lower((name)::text))", "USING btree (lower((name)::text))", false)
	b.table(schema.KindTable, "app", "customer_photos", "", "customer_id|bigint|not null", "photo|bytea|not null", "thumbnail|bytea")
	b.key("app", "customer_photos", "customer_photos_pkey", schema.PrimaryKey, "customer_id")
	b.foreign("app", "customer_photos", "customer_photos_customer_id_fkey", "customer_id", "app, customers", "id", " ON DELETE CASCADE")
	b.table(schema.KindTable, "app", "orders", "What a customer ordered",
		"id|uuid|not null|default=gen_random_uuid()", "customer_id|bigint|not null", "status|app.order_status|not null|default='new'::app.order_status",
		"previous|app.order_status[]", "placed_at|timestamp(3) with time zone|not null", "note|text", "total|numeric(12,2)|generated=(net + tax)|stored", "weight|real", "place|app.point3")
	b.key("app", "orders", "orders_pkey", schema.PrimaryKey, "id")
	b.foreign("app", "orders", "orders_customer_id_fkey", "customer_id", "app, customers", "id", " ON UPDATE CASCADE ON DELETE RESTRICT")
	b.index("app", "orders", "orders_open", "customer_id, placed_at", "USING btree (customer_id, placed_at DESC) WHERE (status = 'new'::app.order_status)", true)
	b.add(schema.KindTrigger, "app", "orders", "orders_touch", schema.AttrDefinition, "BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch()")
	b.add(schema.KindPolicy, "app", "orders", "own", schema.AttrForm, "permissive", "command", "SELECT", "using", "(customer_id = current_customer())")
	b.table(schema.KindTable, "app", "order_lines", "",
		"order_id|uuid|not null", "line|smallint|not null", "product_id|integer", "quantity|integer|not null|default=1", "price|money")
	b.key("app", "order_lines", "order_lines_pkey", schema.PrimaryKey, "order_id", "line")
	b.foreign("app", "order_lines", "order_lines_order_id_fkey", "order_id", "app, orders", "id", " ON DELETE CASCADE")
	b.foreign("app", "order_lines", "order_lines_product_id_fkey", "product_id", "app, products", "id", "")
	b.table(schema.KindTable, "app", "products", "", "id|integer|not null|identity=by default", "title|text|not null", "in_stock|boolean|not null|default=true", "took|interval", "dimensions|public.cube")
	b.key("app", "products", "products_pkey", schema.PrimaryKey, "id")
	b.table(schema.KindTable, "billing", "orders", "The same order, for the accountants", "id|uuid|not null", "booked|timestamp without time zone")
	b.key("billing", "orders", "orders_pkey", schema.PrimaryKey, "id")
	b.foreign("billing", "orders", "orders_id_fkey", "id", "app, orders", "id", "")
	b.add(schema.KindView, "billing", "", "open_orders", schema.AttrDefinition, " SELECT o.id,\n    o.placed_at\n   FROM app.orders o\n  WHERE (o.status = 'new'::app.order_status);", schema.AttrComment, "Not yet paid")
	b.add(schema.KindColumn, "billing", "open_orders", "id", schema.AttrType, "uuid")
	b.add(schema.KindColumn, "billing", "open_orders", "placed_at", schema.AttrType, "timestamp(3) with time zone")
	b.table(schema.KindTable, "app", "visits", "", "at|date|not null", "customer_id|bigint|not null")
	b.foreign("app", "visits", "visits_customer_id_fkey", "customer_id", "app, customers", "id", "")
	b.table(schema.KindTable, "app", "visits_2026", "", "at|date|not null|inherited=yes", "customer_id|bigint|not null|inherited=yes")
	b.facts[len(b.facts)-3] = b.facts[len(b.facts)-3].With(attrPartitionOf, "app, visits")
	b.foreign("app", "visits_2026", "visits_customer_id_fkey", "customer_id", "app, customers", "id", "")
	b.add(schema.KindRoutine, "app", "", "touch()", schema.AttrForm, "function", "language", "plpgsql",
		schema.AttrDefinition, "CREATE OR REPLACE FUNCTION app.touch()\n RETURNS trigger\n LANGUAGE plpgsql\nAS $function$\nBEGIN\n  NEW.changed_at := now();\n  RETURN NEW;\nEND\n$function$\n")
	return b.schema(t)
}

// odd is a schema of names and comments that mean something to each format.
func odd(t testing.TB) *schema.Schema {
	b := newBuilder()
	b.add(schema.KindType, "p", "", `mood "x"`, schema.AttrForm, "enum", schema.AttrValues, schema.JoinNames("a", "A", "+", "-", "", `q"u,o`, "naïve", "%s"))
	b.table(schema.KindTable, "p", `we"ird <script>alert(1)</script> \ 100%`, "*/ --> ]]> </script> ''' ``` \" \\ \u202e",
		`a|b|text`[:1]+"\x7f|text|comment=line one\nline two\rgo:embed x", "a b|text", "a_b|text", "A-B|text", "1st|integer|not null", "PK|text", "type|text",
		"名前|text", "größe|numeric(10,2)", "`tick`|text|default='`'", `quo"te|text`, "<b>|text|comment=<img src=x onerror=alert(1)> & 'single'", "user_id|bigint", "userID|bigint",
		`feel|p."mood ""x"""`, "direction TB|text", "#|text")
	b.table(schema.KindTable, "p", "user", "", "id|bigint|not null", "httpURLs|text", "self|bigint")
	b.key("p", "user", `pk "user"`, schema.PrimaryKey, "id")
	b.foreign("p", "user", "self", "self", "p, user", "id", "")
	b.foreign("p", "user", "gone", "self", "elsewhere, some|table", "id", "")
	b.foreign("p", "user", "gone too", "self", "elsewhere, some|table", "id", "")
	b.foreign("p", `we"ird <script>alert(1)</script> \ 100%`, `fk "1" </script>`, "user_id", "p, user", "id", "")
	b.table(schema.KindTable, "p", "User", "", "x|integer")
	b.table(schema.KindTable, "p", "user_", "", "x|integer")
	b.table(schema.KindTable, "p", "nothing", "")
	b.add(schema.KindView, "p", "", "v</pre><script>", schema.AttrDefinition, "select '</pre><script>alert(1)</script>'")
	return b.schema(t)
}

// shopMySQL is a database on MySQL or MariaDB.
func shopMySQL(t testing.TB) *schema.Schema {
	b := newBuilder()
	b.table(schema.KindTable, "", "users", "People",
		"id|bigint unsigned|not null|identity=auto_increment", "name|varchar(50)|not null", "active|tinyint(1)|not null|default=1", "level|tinyint", "points|mediumint unsigned",
		"born|year", "kind|enum('guest','it''s me','a,b')|not null", "perks|set('x','y')", "price|decimal(10,2)", "height|double", "width|float", "doc|json|not null", "more|json",
		"raw|varbinary(16)", "flag|bit(1)|not null", "seen|datetime(6)", "made|timestamp|not null|default=CURRENT_TIMESTAMP", "clock|time", "place|geometry", "guid|uuid", "odd|futuretype(3)")
	b.key("", "users", "PRIMARY", schema.PrimaryKey, "id")
	b.table(schema.KindTable, "", "posts", "", "id|int|not null", "author|bigint unsigned", "body|longtext")
	b.key("", "posts", "PRIMARY", schema.PrimaryKey, "id")
	b.foreign("", "posts", "posts_ibfk_1", "author", "users", "id", " ON DELETE SET NULL")
	b.add(schema.KindIndex, "", "posts", "body", schema.AttrForm, "fulltext", schema.AttrColumns, "body")
	return b.schema(t)
}

// shopSQLite is a database of SQLite's looser types.
func shopSQLite(t testing.TB) *schema.Schema {
	b := newBuilder()
	b.table(schema.KindTable, "", "notes", "", "id|INTEGER", "body|TEXT|not null", "size|INT", "ratio|DOUBLE PRECISION", "data|BLOB", "done|BOOLEAN|not null", "at|DATETIME", "price|DECIMAL(10,2)", "free|", "any|ANY", "code|VARCHAR(20)")
	b.key("", "notes", "primary key", schema.PrimaryKey, "id")
	b.table(schema.KindTable, "", "tags", "", "note|INTEGER|not null", "tag|TEXT|not null")
	b.key("", "tags", "primary key", schema.PrimaryKey, "note", "tag")
	b.foreign("", "tags", "foreign key 1", "note", "notes", "", " ON DELETE CASCADE")
	return b.schema(t)
}

// generated is a schema of n tables as a program makes them: twelve columns, four
// indexes, foreign keys to earlier tables, some of which are hubs.
func generated(t testing.TB, n int) *schema.Schema {
	b := newBuilder()
	nouns := []string{"account", "invoice", "session", "device", "payment", "message", "channel", "product", "warehouse", "shipment", "address", "contract"}
	name := func(i int) string { return fmt.Sprintf("%s_%03d", nouns[i%len(nouns)], i) }
	for i := range n {
		b.table(schema.KindTable, "public", name(i), "Generated table "+fmt.Sprint(i),
			"id|bigint|not null|identity=always", "parent_id|bigint", "owner_id|bigint|not null", "title|text|not null", "body|text|comment=Free text", "amount|numeric(12,2)|not null|default=0",
			"active|boolean|not null|default=true", "tags|text[]", "payload|jsonb|not null|default='{}'::jsonb", "created_at|timestamp with time zone|not null|default=now()",
			"updated_at|timestamp with time zone", "version|integer|not null|default=1")
		b.key("public", name(i), name(i)+"_pkey", schema.PrimaryKey, "id")
		b.index("public", name(i), name(i)+"_created", "created_at", "USING btree (created_at)", false)
		b.index("public", name(i), name(i)+"_title", "(lower(title))", "USING btree (lower(title))", false)
		b.index("public", name(i), name(i)+"_tags", "tags", "USING gin (tags)", false)
		b.index("public", name(i), name(i)+"_owner", "owner_id", "USING btree (owner_id)", false)
		if i > 0 {
			b.foreign("public", name(i), name(i)+"_owner_fkey", "owner_id", "public, "+name((i-1)/7), "id", " ON DELETE CASCADE")
		}
		if i > 4 && i%3 == 0 {
			b.foreign("public", name(i), name(i)+"_parent_fkey", "parent_id", "public, "+name((i*5)%i), "id", "")
		}
	}
	return b.schema(t)
}
