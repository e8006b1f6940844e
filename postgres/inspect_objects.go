package postgres

import (
	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// objectBlocks read what has a namespace and is no table, and namespaces
// themselves. Checked on PostgreSQL 14's catalogs on.
func objectBlocks(srv lockstep.Server) []block {
	return []block{
		sequencesBlock(), enumsBlock(), domainsBlock(), compositesBlock(), rangesBlock(), baseTypesBlock(),
		functionsBlock(), aggregatesBlock(), collationsBlock(srv),
	}
}

// schemasBlock reads namespaces. "public" comes with the database, owned by
// pg_database_owner since PostgreSQL 15 and by the first user before; what
// initdb grants on it is its default.
func schemasBlock() block {
	usual := "acldefault('n', n.nspowner) || CASE WHEN n.nspname = 'public' THEN makeaclitem(0, n.nspowner, 'USAGE', false) END" +
		" || CASE WHEN n.nspname = 'public' AND n.nspowner = 10 THEN makeaclitem(0, n.nspowner, 'CREATE', false) END"
	acl := "CASE WHEN n.nspname = 'public' THEN COALESCE(n.nspacl, acldefault('n', n.nspowner)) ELSE n.nspacl END"
	owner := ownerField("n.nspowner")
	owner.sql = "CASE WHEN n.nspname <> 'public' OR n.nspowner <> 10 AND pg_get_userbyid(n.nspowner) <> 'pg_database_owner' THEN " + owner.sql + " END"
	return block{
		class: classNamespace, kind: schema.KindSchema, oid: "n.oid", name: "n.nspname",
		fields: []attribute{
			{"", flag("NOT " + free("pg_namespace", "n.oid")), nil},
			owner,
			grantsBeside("("+acl+")", "("+usual+")", "n.nspowner"),
		},
		from: "FROM nsp JOIN pg_namespace n ON n.oid = nsp.oid",
		take: takeSchema,
	}
}

func sequencesBlock() block {
	return block{
		class: classClass, kind: schema.KindSequence, oid: "c.oid", schema: "c.relnamespace", name: "c.relname",
		fields: []attribute{
			{schema.AttrType, "format_type(s.seqtypid, NULL)", nil},
			{attrStart, "s.seqstart", nil},
			{attrIncrement, "s.seqincrement", nil},
			{attrMinimum, "s.seqmin", nil},
			{attrMaximum, "s.seqmax", nil},
			{attrCache, "s.seqcache", nil},
			{attrCycle, flag("s.seqcycle"), nil},
			{attrOwnedBy, "CASE WHEN o.oid IS NOT NULL THEN ARRAY[n.nspname, o.relname, a.attname] END", decodeNames},
			{attrPersistence, "CASE c.relpersistence WHEN 'u' THEN 'unlogged' END", nil},
			ownerField("c.relowner"), grantsField("c.relacl", "s", "c.relowner"),
			{"", "o.oid", nil},
			{"", "a.attnum", nil},
		},
		from: `FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN nsp ON nsp.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class o ON o.oid = d.refobjid
LEFT JOIN pg_namespace n ON n.oid = o.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.deptype IS DISTINCT FROM 'i' AND ` + free("pg_class", "s.seqrelid"),
		take: takeSequence,
	}
}

// typeBlock is what the blocks of types have in common.
func typeBlock(form, kind string, fields ...attribute) block {
	return block{
		class: classType, kind: schema.KindType, oid: "t.oid", schema: "t.typnamespace", name: "t.typname",
		fields: append([]attribute{
			{schema.AttrForm, "'" + form + "'", nil}, ownerField("t.typowner"), grantsField("t.typacl", "T", "t.typowner"),
		}, fields...),
		from: "FROM pg_type t JOIN nsp ON nsp.oid = t.typnamespace AND t.typtype = '" + kind + "' AND " + free("pg_type", "t.oid"),
	}
}

func enumsBlock() block {
	return typeBlock("enum", "e", attribute{
		schema.AttrValues, "ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)", decodeNames,
	})
}

func domainsBlock() block {
	b := typeBlock(
		"domain", "d",
		attribute{schema.AttrType, "format_type(t.typbasetype, t.typtypmod)", nil},
		attribute{schema.AttrCollation, qualified("cn.nspname", "co.collname"), nil},
		attribute{schema.AttrDefault, "pg_get_expr(t.typdefaultbin, 0)", decodeExpression},
		attribute{schema.AttrNotNull, flag("t.typnotnull"), nil},
		attribute{attrChecks, `ARRAY(SELECT 'CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
  FROM pg_constraint k WHERE k.contypid = t.oid AND (k.contype = 'c' OR k.contype = 'n' AND k.conname !~ '_not_null[0-9]*$'))`, decodeChecks},
	)
	b.from += `
LEFT JOIN pg_type bt ON bt.oid = t.typbasetype
LEFT JOIN pg_collation co ON co.oid = t.typcollation AND t.typcollation <> bt.typcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace`
	return b
}

func compositesBlock() block {
	b := typeBlock("composite", "c", attribute{schema.AttrDefinition, `'(' || COALESCE((SELECT string_agg(
  quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) || COALESCE(' COLLATE ' || ` + qualified("cn.nspname", "co.collname") + `, ''),
  ', ' ORDER BY a.attnum)
  FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
  LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> at.typcollation
  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')'`, nil})
	b.from += " JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'"
	return b
}

func rangesBlock() block {
	b := typeBlock("range", "r", attribute{schema.AttrDefinition, "'(' || " + list(
		", ", "'SUBTYPE = ' || format_type(r.rngsubtype, NULL)",
		"CASE WHEN NOT oc.opcdefault THEN 'SUBTYPE_OPCLASS = ' || "+qualified("ocn.nspname", "oc.opcname")+" END",
		"'COLLATION = ' || "+qualified("cn.nspname", "co.collname"),
		"CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || CAST(r.rngcanonical AS text) END",
		"CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || CAST(r.rngsubdiff AS text) END",
		// The name that the server gives by itself says nothing.
		`CASE WHEN m.typname <> CASE WHEN t.typname LIKE '%range%' THEN regexp_replace(t.typname, 'range', 'multirange') ELSE t.typname || '_multirange' END
  THEN 'MULTIRANGE_TYPE_NAME = ' || `+qualified("mn.nspname", "m.typname")+" END",
	) + " || ')'", nil})
	b.from += `
JOIN pg_range r ON r.rngtypid = t.oid
JOIN pg_type st ON st.oid = r.rngsubtype
JOIN pg_opclass oc ON oc.oid = r.rngsubopc JOIN pg_namespace ocn ON ocn.oid = oc.opcnamespace
LEFT JOIN pg_collation co ON co.oid = r.rngcollation AND r.rngcollation <> st.typcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_type m ON m.oid = r.rngmultitypid
LEFT JOIN pg_namespace mn ON mn.oid = m.typnamespace`
	return b
}

// baseTypesBlock reads types that C functions make, shells too.
func baseTypesBlock() block {
	return block{
		class: classType, kind: schema.KindObject, oid: "t.oid", schema: "t.typnamespace", name: "'base type ' || t.typname",
		fields: []attribute{
			{schema.AttrForm, "'base type'", nil},
			{schema.AttrDefinition, "CASE WHEN t.typisdefined THEN '(' || " + list(
				", ", "'INPUT = ' || CAST(t.typinput AS text)", "'OUTPUT = ' || CAST(t.typoutput AS text)",
				"'RECEIVE = ' || NULLIF(CAST(t.typreceive AS text), '-')", "'SEND = ' || NULLIF(CAST(t.typsend AS text), '-')",
				"'TYPMOD_IN = ' || NULLIF(CAST(t.typmodin AS text), '-')", "'TYPMOD_OUT = ' || NULLIF(CAST(t.typmodout AS text), '-')",
				"'ANALYZE = ' || NULLIF(CAST(t.typanalyze AS text), '-')", "'SUBSCRIPT = ' || NULLIF(CAST(t.typsubscript AS text), '-')",
				"'INTERNALLENGTH = ' || CASE t.typlen WHEN -1 THEN 'VARIABLE' ELSE CAST(t.typlen AS text) END",
				"CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END",
				"'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'i' THEN 'int4' ELSE 'double' END",
				"'STORAGE = ' || CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END",
				"'CATEGORY = ' || quote_literal(CAST(t.typcategory AS text))", "CASE WHEN t.typispreferred THEN 'PREFERRED = true' END",
				"'DEFAULT = ' || quote_literal(t.typdefault)", "CASE WHEN t.typelem <> 0 THEN 'ELEMENT = ' || format_type(t.typelem, NULL) END",
				"'DELIMITER = ' || quote_literal(CAST(NULLIF(t.typdelim, ',') AS text))", "CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END",
			) + " || ')' END", nil},
			ownerField("t.typowner"), grantsField("t.typacl", "T", "t.typowner"),
		},
		from: `FROM pg_type t JOIN nsp ON nsp.oid = t.typnamespace
WHERE t.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid) AND ` + free("pg_type", "t.oid"),
	}
}

func functionsBlock() block {
	return block{
		class: classProc, kind: schema.KindRoutine, oid: "p.oid", schema: "p.pronamespace", name: routineName,
		fields: []attribute{
			{schema.AttrForm, "CASE p.prokind WHEN 'f' THEN 'function' WHEN 'p' THEN 'procedure' WHEN 'w' THEN 'window' END", nil},
			{schema.AttrDefinition, "CASE WHEN p.prosqlbody IS NULL THEN rtrim(pg_get_functiondef(p.oid), chr(10)) END", nil},
			{schema.AttrDefinition, "CASE WHEN p.prosqlbody IS NOT NULL THEN rtrim(pg_get_functiondef(p.oid), chr(10)) END", decodeExpression},
			{attrLanguage, "l.lanname", nil},
			ownerField("p.proowner"), grantsField("p.proacl", "f", "p.proowner"),
		},
		from: `FROM pg_proc p JOIN nsp ON nsp.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind IN ('f', 'p', 'w') AND ` + free("pg_proc", "p.oid"),
	}
}

// routineName tells routines of one name apart as the server does.
const routineName = "p.proname || '(' || oidvectortypes(p.proargtypes) || ')'"

func aggregatesBlock() block {
	function := func(word, column string) string {
		return "'" + word + " = ' || NULLIF(CAST(" + column + " AS text), '-')"
	}
	space := func(word, column string) string { return "'" + word + " = ' || NULLIF(" + column + ", 0)" }
	modify := func(word, column string) string {
		return "'" + word + " = ' || CASE WHEN " + column + " <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN CASE " + column +
			" WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END"
	}
	definition := list(
		`,' || chr(10) || '    `, function("SFUNC", "a.aggtransfn"), "'STYPE = ' || format_type(a.aggtranstype, NULL)", space("SSPACE", "a.aggtransspace"),
		function("FINALFUNC", "a.aggfinalfn"), "CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END", modify("FINALFUNC_MODIFY", "a.aggfinalmodify"),
		function("COMBINEFUNC", "a.aggcombinefn"), function("SERIALFUNC", "a.aggserialfn"), function("DESERIALFUNC", "a.aggdeserialfn"),
		"'INITCOND = ' || quote_literal(a.agginitval)", function("MSFUNC", "a.aggmtransfn"), function("MINVFUNC", "a.aggminvtransfn"),
		"CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END", space("MSSPACE", "a.aggmtransspace"),
		function("MFINALFUNC", "a.aggmfinalfn"), "CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END",
		"CASE WHEN a.aggmtranstype <> 0 THEN "+modify("MFINALFUNC_MODIFY", "a.aggmfinalmodify")+" END",
		"'MINITCOND = ' || quote_literal(a.aggminitval)",
		"CASE WHEN a.aggsortop <> 0 THEN 'SORTOP = OPERATOR(' || quote_ident(sn.nspname) || '.' || so.oprname || ')' END",
		"CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END",
		"CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END",
	)
	return block{
		class: classProc, kind: schema.KindRoutine, oid: "p.oid", schema: "p.pronamespace", name: routineName,
		fields: []attribute{
			{schema.AttrForm, "'aggregate'", nil},
			{schema.AttrDefinition, "'CREATE OR REPLACE AGGREGATE ' || " + qualified("nsp.nspname", "p.proname") +
				" || '(' || COALESCE(NULLIF(pg_get_function_arguments(p.oid), ''), '*') || ') (' || chr(10) || '    ' || " + definition + " || chr(10) || ')'", nil},
			ownerField("p.proowner"), grantsField("p.proacl", "f", "p.proowner"),
		},
		from: `FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN nsp ON nsp.oid = p.pronamespace
LEFT JOIN pg_operator so ON so.oid = a.aggsortop LEFT JOIN pg_namespace sn ON sn.oid = so.oprnamespace
WHERE ` + free("pg_proc", "p.oid"),
	}
}

// collationsBlock leaves out the version of the library that a collation was
// made with, which is the machine's.
func collationsBlock(srv lockstep.Server) block {
	locale := since(srv, 170000, "c.colllocale", since(srv, 150000, "c.colliculocale", "NULL"))
	return block{
		class: classCollation, kind: schema.KindCollation, oid: "c.oid", schema: "c.collnamespace", name: "c.collname",
		fields: []attribute{
			{schema.AttrDefinition, "'(' || " + list(
				", ", "'PROVIDER = ' || CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE quote_literal(CAST(c.collprovider AS text)) END",
				"'LOCALE = ' || quote_literal(COALESCE("+locale+", CASE WHEN c.collcollate = c.collctype THEN c.collcollate END))",
				"CASE WHEN c.collcollate <> c.collctype THEN 'LC_COLLATE = ' || quote_literal(c.collcollate) || ', LC_CTYPE = ' || quote_literal(c.collctype) END",
				"CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END",
				since(srv, 160000, "'RULES = ' || quote_literal(c.collicurules)", "NULL"),
			) + " || ')'", nil},
			ownerField("c.collowner"),
		},
		from: "FROM pg_collation c JOIN nsp ON nsp.oid = c.collnamespace WHERE " + free("pg_collation", "c.oid"),
	}
}
