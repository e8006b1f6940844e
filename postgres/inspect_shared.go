package postgres

import (
	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// sharedBlocks read what has no namespace: the database itself, foreign
// servers, publications and so on. Checked on PostgreSQL 14's catalogs on.
func sharedBlocks(srv lockstep.Server) []block {
	return []block{
		databaseBlock(srv), extensionsBlock(), wrappersBlock(), serversBlock(), mappingsBlock(), eventTriggersBlock(),
		publicationsBlock(srv), defaultsBlock(), subscriptionsBlock(srv), languagesBlock(), foreignGrantsBlock(),
	}
}

func databaseBlock(srv lockstep.Server) block {
	locale := since(srv, 170000, "d.datlocale", since(srv, 150000, "d.daticulocale", "NULL"))
	return block{
		class: classDatabase, kind: schema.KindDatabase, oid: "d.oid",
		fields: []attribute{
			{attrEncoding, "pg_encoding_to_char(d.encoding)", nil},
			{attrLocale, "ARRAY['collate=' || d.datcollate, 'ctype=' || d.datctype, 'locale=' || " + locale + ", " +
				since(srv, 160000, "'rules=' || d.daticurules", "NULL") + ", 'provider=' || " +
				since(srv, 150000, "CASE d.datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END", "NULL") + "]", decodeLines},
			{attrConnectionLimit, "NULLIF(d.datconnlimit, -1)", nil},
			{attrSettings, `ARRAY(SELECT COALESCE(pg_get_userbyid(NULLIF(s.setrole, 0)) || ': ', '') || o
  FROM pg_db_role_setting s, unnest(s.setconfig) o WHERE s.setdatabase = d.oid)`, decodeLines},
			grantsField("d.datacl", "d", "d.datdba"),
		},
		from: "FROM db JOIN pg_database d ON d.oid = db.oid",
	}
}

func extensionsBlock() block {
	return block{
		class: classExtension, kind: schema.KindExtension, oid: "e.oid", name: "e.extname",
		fields: []attribute{{attrVersion, "e.extversion", nil}, {attrSchema, "n.nspname", nil}},
		from:   "FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace",
	}
}

// sqlOptions prints foreign options as in OPTIONS (…), sorted. show gives the
// value's SQL.
func sqlOptions(column, show string) string {
	return "(SELECT 'OPTIONS (' || string_agg(quote_ident(o.option_name) || ' ' || quote_literal(" + show + "), ', ' ORDER BY o.option_name COLLATE \"C\") || ')' FROM pg_options_to_table(" +
		column + ") o)"
}

func wrappersBlock() block {
	return block{
		class: classWrapper, kind: schema.KindServer, oid: "w.oid", name: "'foreign data wrapper ' || w.fdwname",
		fields: []attribute{
			{schema.AttrForm, "'foreign data wrapper'", nil},
			{schema.AttrDefinition, list(
				" ", "'HANDLER ' || NULLIF(CAST(CAST(w.fdwhandler AS regproc) AS text), '-')",
				"'VALIDATOR ' || NULLIF(CAST(CAST(w.fdwvalidator AS regproc) AS text), '-')", sqlOptions("w.fdwoptions", "o.option_value"),
			), nil},
			ownerField("w.fdwowner"), grantsField("w.fdwacl", "F", "w.fdwowner"),
		},
		from: "FROM pg_foreign_data_wrapper w WHERE " + free("pg_foreign_data_wrapper", "w.oid"),
	}
}

func serversBlock() block {
	return block{
		class: classServer, kind: schema.KindServer, oid: "s.oid", name: "'server ' || s.srvname",
		fields: []attribute{
			{schema.AttrForm, "'server'", nil},
			{schema.AttrDefinition, list(
				" ", "'TYPE ' || quote_literal(s.srvtype)", "'VERSION ' || quote_literal(s.srvversion)",
				"'FOREIGN DATA WRAPPER ' || quote_ident(w.fdwname)", sqlOptions("s.srvoptions", "o.option_value"),
			), nil},
			ownerField("s.srvowner"), grantsField("s.srvacl", "S", "s.srvowner"),
		},
		from: "FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE " + free("pg_foreign_server", "s.oid"),
	}
}

// mappingsBlock reads user mappings by the view that everybody may read. It
// hides options from those who may not see them. Values are not kept: any may
// be a secret, but who the user is on the other side.
func mappingsBlock() block {
	role := "COALESCE(NULLIF(NULLIF(m.usename, 'public'), " + ownerOfDatabase + "), CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE 'DATABASE OWNER' END)"
	return block{
		class: classUserMapping, kind: schema.KindServer, oid: "m.umid", name: "'user mapping for ' || " + role + " || ' on ' || m.srvname",
		fields: []attribute{
			{schema.AttrForm, "'user mapping'", nil},
			{attrServer, "m.srvname", nil},
			{attrRole, role, nil},
			{schema.AttrDefinition, sqlOptions("m.umoptions", "CASE WHEN o.option_name IN ('user', 'username') THEN o.option_value ELSE '(set)' END"), nil},
		},
		from: "FROM pg_user_mappings m WHERE " + free("pg_user_mapping", "m.umid"),
	}
}

func eventTriggersBlock() block {
	return block{
		class: classEventTrigger, kind: schema.KindEventTrigger, oid: "e.oid", name: "e.evtname",
		fields: []attribute{
			{schema.AttrDefinition, "'ON ' || e.evtevent || COALESCE((SELECT ' WHEN TAG IN (' || string_agg(quote_literal(t), ', ' ORDER BY t COLLATE \"C\") || ')' FROM unnest(e.evttags) t), '')" +
				" || ' EXECUTE FUNCTION ' || CAST(CAST(e.evtfoid AS regproc) AS text) || '()'", nil},
			enabled("e.evtenabled"), ownerField("e.evtowner"),
		},
		from: "FROM pg_event_trigger e WHERE " + free("pg_event_trigger", "e.oid"),
	}
}

// publicationsBlock reads what is published; row filters, column lists and
// whole schemas exist since PostgreSQL 15.
func publicationsBlock(srv lockstep.Server) block {
	columns := since(srv, 150000, `COALESCE(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM unnest(r.prattrs) c (n)
  JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = c.n) || ')', '') || COALESCE(' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')', '')`, "''")
	schemas := since(srv, 150000, `(SELECT 'TABLES IN SCHEMA ' || string_agg(quote_ident(n.nspname), ', ' ORDER BY n.nspname)
  FROM pg_publication_namespace pn JOIN pg_namespace n ON n.oid = pn.pnnspid WHERE pn.pnpubid = p.oid)`, "NULL")
	return block{
		class: classPublication, kind: schema.KindPublication, oid: "p.oid", name: "p.pubname",
		fields: []attribute{
			{schema.AttrDefinition, list(
				" ", "'FOR ' || CASE WHEN p.puballtables THEN 'ALL TABLES' ELSE NULLIF("+list(", ",
					`(SELECT 'TABLE ' || string_agg(`+qualified("rel.nspname", "rel.relname")+` || `+columns+`, ', ' ORDER BY rel.nspname, rel.relname)
  FROM pg_publication_rel r JOIN rel ON rel.oid = r.prrelid WHERE r.prpubid = p.oid)`, schemas)+", '') END",
				"'WITH (publish = ' || quote_literal("+list(", ", "CASE WHEN p.pubinsert THEN 'insert' END", "CASE WHEN p.pubupdate THEN 'update' END",
					"CASE WHEN p.pubdelete THEN 'delete' END", "CASE WHEN p.pubtruncate THEN 'truncate' END")+
					") || CASE WHEN p.pubviaroot THEN ', publish_via_partition_root = true' ELSE '' END"+
					since(srv, 180000, " || CASE p.pubgencols WHEN 's' THEN ', publish_generated_columns = stored' ELSE '' END", "")+" || ')'",
			), decodeExpression},
			ownerField("p.pubowner"),
		},
		from: "FROM pg_publication p WHERE " + free("pg_publication", "p.oid"),
	}
}

// defaultsBlock reads default privileges. Without a schema they take the place
// of the built-in ones; in a schema they are added.
func defaultsBlock() block {
	objects := `CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
  WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' ELSE CAST(d.defaclobjtype AS text) END`
	role := "NULLIF(CAST(pg_get_userbyid(d.defaclrole) AS text), " + ownerOfDatabase + ")"
	return block{
		class: classDefaultACL, kind: schema.KindDefaultACL, oid: "d.oid", schema: "NULLIF(d.defaclnamespace, 0)", name: "(" + objects + ") || COALESCE(' of ' || " + role + ", '')",
		fields: []attribute{
			{attrObjects, objects, nil},
			{attrRole, role, nil},
			{
				schema.AttrGrants, `ARRAY[CAST(d.defaclacl AS text), CASE WHEN d.defaclnamespace = 0
  THEN CAST(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) AS text) ELSE '{}' END,
  CAST(pg_get_userbyid(d.defaclrole) AS text)]`, decodeGrants,
			},
		},
		from: "FROM pg_default_acl d WHERE d.defaclnamespace = 0 OR d.defaclnamespace IN (SELECT oid FROM nsp)",
	}
}

// subscriptionsBlock leaves the connection to readConnections: few may read it.
func subscriptionsBlock(srv lockstep.Server) block {
	boolean := func(name, column string) string { return "CASE WHEN " + column + " THEN '" + name + " = true' END" }
	return block{
		class: classSubscription, kind: schema.KindObject, oid: "s.oid", name: "'subscription ' || s.subname",
		fields: []attribute{
			{schema.AttrForm, "'subscription'", nil},
			{schema.AttrDefinition, "'PUBLICATION ' || (SELECT string_agg(quote_ident(p), ', ' ORDER BY p COLLATE \"C\") FROM unnest(s.subpublications) p) || ' WITH (' || " + list(
				", ", "'slot_name = ' || COALESCE(quote_literal(s.subslotname), 'NONE')", "'synchronous_commit = ' || quote_literal(s.subsynccommit)",
				boolean("binary", "s.subbinary"), "'streaming = ' || CASE WHEN CAST(s.substream AS text) IN ('true', 't') THEN 'on' WHEN CAST(s.substream AS text) = 'p' THEN 'parallel' ELSE 'off' END",
				since(srv, 150000, "CASE WHEN s.subtwophasestate <> 'd' THEN 'two_phase = true' END, "+boolean("disable_on_error", "s.subdisableonerr"), "NULL"),
				since(srv, 160000, "CASE WHEN NOT s.subpasswordrequired THEN 'password_required = false' END, "+boolean("run_as_owner", "s.subrunasowner")+
					", 'origin = ' || quote_literal(NULLIF(s.suborigin, 'any'))", "NULL"),
				since(srv, 170000, boolean("failover", "s.subfailover"), "NULL"),
			) + " || ')'", nil},
			{attrEnabled, "CASE WHEN NOT s.subenabled THEN 'disabled' END", nil},
			ownerField("s.subowner"),
		},
		from: "FROM pg_subscription s JOIN db ON db.oid = s.subdbid",
		take: takeSubscription,
	}
}

func languagesBlock() block {
	return block{
		class: classLanguage, kind: schema.KindObject, oid: "l.oid", name: "'language ' || l.lanname",
		fields: []attribute{
			{schema.AttrForm, "'language'", nil},
			{schema.AttrDefinition, list(
				" ", "CASE WHEN l.lanpltrusted THEN 'TRUSTED' END", "'HANDLER ' || NULLIF(CAST(CAST(l.lanplcallfoid AS regproc) AS text), '-')",
				"'INLINE ' || NULLIF(CAST(CAST(l.laninline AS regproc) AS text), '-')", "'VALIDATOR ' || NULLIF(CAST(CAST(l.lanvalidator AS regproc) AS text), '-')",
			), nil},
			ownerField("l.lanowner"), grantsField("l.lanacl", "l", "l.lanowner"),
		},
		from: "FROM pg_language l WHERE l.oid >= " + firstUserOID + " AND " + free("pg_language", "l.oid"),
	}
}

// foreignGrantsBlock reads the privileges on what came with the server or an
// extension, where they are not what it came with. For information_schema the
// catalogs do not say what that was.
func foreignGrantsBlock() block {
	return block{
		kind: schema.KindObject, name: "'grants on ' || (pg_identify_object(x.class, x.id, 0)).type || ' ' || (pg_identify_object(x.class, x.id, 0)).identity",
		fields: []attribute{
			{schema.AttrForm, "'grants'", nil},
			{
				schema.AttrGrants, "ARRAY[CAST(COALESCE(x.acl, acldefault(x.kind, x.owner)) AS text), CAST(COALESCE(i.initprivs, acldefault(x.kind, x.owner)) AS text), CAST(pg_get_userbyid(x.owner) AS text)]",
				decodeGrants,
			},
			{
				attrInitialGrants, "CASE WHEN i.initprivs IS NOT NULL THEN ARRAY[CAST(i.initprivs AS text), CAST(acldefault(x.kind, x.owner) AS text), CAST(pg_get_userbyid(x.owner) AS text)] END",
				decodeGrants,
			},
		},
		from: `FROM (
SELECT 'pg_class'::regclass, oid, CAST(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END AS "char"), relowner, relacl, relnamespace FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'S', 'p', 'f')
UNION ALL SELECT 'pg_proc'::regclass, oid, 'f', proowner, proacl, pronamespace FROM pg_proc
UNION ALL SELECT 'pg_type'::regclass, oid, 'T', typowner, typacl, typnamespace FROM pg_type
UNION ALL SELECT 'pg_language'::regclass, oid, 'l', lanowner, lanacl, 0 FROM pg_language
UNION ALL SELECT 'pg_namespace'::regclass, oid, 'n', nspowner, nspacl, oid FROM pg_namespace WHERE nspname <> 'public' AND nspname !~ '^pg_(toast|temp)'
) x (class, id, kind, owner, acl, namespace)
LEFT JOIN pg_init_privs i ON i.classoid = x.class AND i.objoid = x.id AND i.objsubid = 0
WHERE x.acl IS DISTINCT FROM i.initprivs AND x.namespace <> 'information_schema'::regnamespace
  AND (x.id < ` + firstUserOID + ` OR EXISTS (SELECT FROM taken WHERE taken.classid = x.class AND taken.objid = x.id))`,
		take: func(a *assembly, b *block, r row) {
			if decodeGrants(a, r, r.values[1]) != "" {
				a.fact(b, r)
			}
		},
	}
}
