package postgres

import (
	"github.com/lockstepdb/lockstep"
)

// linkBlocks read what is said about objects that other blocks read: which
// ids mean the same object, who belongs to an extension, comments, labels,
// dependencies. Checked on PostgreSQL 14's catalogs on.
func linkBlocks(srv lockstep.Server) []block {
	return []block{
		membersBlock(), aliasesBlock(srv), commentsBlock(), labelsBlock(), dependenciesBlock(),
		newColumnsBlock(), newKindsBlock(), hiddenMappingsBlock(),
	}
}

// linkFields are the other end of a link.
func linkFields(class, object, column, text string) []attribute {
	return []attribute{{"class", class, nil}, {"object", object, nil}, {"column", column, nil}, {"text", text, nil}}
}

// membersBlock reads what extensions brought, so that a need can name the extension.
func membersBlock() block {
	return block{
		oid: "d.objid", relation: "d.classid", fields: linkFields("NULL", "d.refobjid", "NULL", "NULL"),
		from: "FROM pg_depend d WHERE d.deptype = 'e'",
		take: func(a *assembly, _ *block, r row) { a.alias(r, classExtension) },
	}
}

// aliasesBlock reads which catalog rows stand for another object: the row type
// of a table, the index of a constraint, the default of a column …
func aliasesBlock(srv lockstep.Server) block {
	published := since(srv, 150000, `UNION ALL SELECT 'pg_publication_namespace'::regclass, oid, 0, 'pg_publication'::regclass, pnpubid, 0, '' FROM pg_publication_namespace`, "")
	return block{
		relation: "v.class", oid: "v.id", column: "v.col", fields: linkFields("v.toclass", "v.toid", "v.tocol", "v.text"),
		from: `FROM (
SELECT CAST('pg_type'::regclass AS oid), reltype, 0, CAST('pg_class'::regclass AS oid), c.oid, 0, '' FROM rel JOIN pg_class c ON c.oid = rel.oid
UNION ALL SELECT 'pg_type'::regclass, typarray, 0, 'pg_type'::regclass, t.oid, 0, '' FROM pg_type t JOIN nsp ON nsp.oid = typnamespace WHERE typarray <> 0
UNION ALL SELECT 'pg_class'::regclass, c.oid, 0, 'pg_type'::regclass, reltype, 0, '' FROM pg_class c JOIN nsp ON nsp.oid = relnamespace WHERE relkind = 'c'
UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, 'pg_type'::regclass, reltype, 0, 'column ' || quote_ident(attname)
  FROM pg_class c JOIN nsp ON nsp.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid WHERE relkind = 'c' AND attnum > 0
UNION ALL SELECT 'pg_type'::regclass, rngmultitypid, 0, 'pg_type'::regclass, rngtypid, 0, 'multirange' FROM pg_range
UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, 0, 'pg_class'::regclass, adrelid, adnum, '' FROM pg_attrdef d JOIN rel ON rel.oid = adrelid
UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, 0, 'pg_class'::regclass, ev_class, 0, 'rule ' || rulename FROM pg_rewrite r JOIN rel ON rel.oid = ev_class WHERE rulename = '_RETURN'
UNION ALL SELECT 'pg_class'::regclass, conindid, 0, 'pg_constraint'::regclass, k.oid, 0, 'index ' || quote_ident(conname)
  FROM pg_constraint k JOIN rel ON rel.oid = conrelid WHERE contype IN ('p', 'u', 'x')
UNION ALL SELECT 'pg_constraint'::regclass, k.oid, 0, 'pg_type'::regclass, contypid, 0, 'constraint ' || quote_ident(conname) FROM pg_constraint k WHERE contypid <> 0
UNION ALL SELECT 'pg_constraint'::regclass, tgconstraint, 0, 'pg_trigger'::regclass, t.oid, 0, 'constraint ' || quote_ident(tgname)
  FROM pg_trigger t JOIN rel ON rel.oid = tgrelid WHERE NOT tgisinternal AND tgconstraint <> 0
UNION ALL SELECT 'pg_class'::regclass, s.objid, 0, 'pg_class'::regclass, s.refobjid, s.refobjsubid, 'sequence ' || quote_ident(c.relname)
  FROM pg_depend s JOIN pg_class c ON c.oid = s.objid JOIN rel ON rel.oid = s.refobjid
  WHERE s.classid = 'pg_class'::regclass AND s.refclassid = 'pg_class'::regclass AND s.deptype = 'i' AND c.relkind = 'S'
UNION ALL SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 0, '' FROM pg_depend d
  WHERE d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)
UNION ALL SELECT 'pg_publication_rel'::regclass, oid, 0, 'pg_publication'::regclass, prpubid, 0, '' FROM pg_publication_rel
` + published + `) v (class, id, col, toclass, toid, tocol, text)`,
		take: func(a *assembly, _ *block, r row) { a.alias(r, toOID(r.values[0])) },
	}
}

// commentsBlock reads all comments that are not the server's own, and not an
// extension's, which comes with it.
func commentsBlock() block {
	return block{
		relation: "d.class", oid: "d.id", column: "d.col", fields: []attribute{{"text", "d.text", nil}},
		from: `FROM (SELECT classoid, objoid, objsubid, description FROM pg_description
  WHERE (objoid >= ` + firstUserOID + ` OR classoid = 'pg_namespace'::regclass) AND classoid <> 'pg_extension'::regclass
UNION ALL SELECT classoid, objoid, 0, description FROM pg_shdescription WHERE classoid = 'pg_database'::regclass AND objoid = (SELECT oid FROM db)
) d (class, id, col, text)`,
		take: takeComment,
	}
}

func labelsBlock() block {
	return block{
		relation: "l.class", oid: "l.id", column: "l.col", name: "l.provider", fields: []attribute{{"text", "l.label", nil}},
		from: `FROM (SELECT classoid, objoid, objsubid, provider, label FROM pg_seclabel
UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_shseclabel WHERE classoid = 'pg_database'::regclass AND objoid = (SELECT oid FROM db)
) l (class, id, col, provider, label)`,
		take: takeLabel,
	}
}

// dependenciesBlock reads what user objects need of each other: the normal
// dependencies, those of partitions' indexes on the parent's, and the automatic
// ones on columns, which tell what a generated column or statistics are made of.
// The key columns of constraints and indexes are read with them; only where
// there is more (expressions, INCLUDE) do their many rows tell something. That
// a sequence is owned by a column is no need.
func dependenciesBlock() block {
	const more = "(i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR i.indnatts <> i.indnkeyatts)"
	return block{
		relation: "d.classid", oid: "d.objid", column: "d.objsubid", fields: linkFields("d.refclassid", "d.refobjid", "d.refobjsubid", "NULL"),
		from: `FROM pg_depend d WHERE d.objid >= ` + firstUserOID + ` AND d.refobjid >= ` + firstUserOID + ` AND d.refclassid <> 'pg_namespace'::regclass
  AND (d.deptype IN ('n', 'P') OR d.deptype = 'a' AND CASE d.classid
    WHEN 'pg_class'::regclass THEN d.objsubid > 0 OR d.objid IN (SELECT i.indexrelid FROM pg_index i WHERE ` + more + `)
    WHEN 'pg_constraint'::regclass THEN d.objid IN (SELECT k.oid FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid
      WHERE k.contype IN ('p', 'u', 'x') AND ` + more + `)
    WHEN 'pg_attrdef'::regclass THEN false
    ELSE d.refobjsubid > 0 OR d.classid IN ('pg_statistic_ext'::regclass, 'pg_opclass'::regclass) END)`,
		take: takeDependency,
	}
}

// newColumnsBlock lists the columns of all catalogs.
func newColumnsBlock() block {
	return block{
		name: "c.relname", fields: []attribute{{"columns", "array_agg(CAST(a.attname AS text))", nil}},
		from: `FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.relname`,
		take: takeCatalog,
	}
}

// newKindsBlock counts objects of kinds that no block reads.
func newKindsBlock() block {
	return block{
		name: "k.name", fields: []attribute{{"count", "count(*)", nil}},
		from: `FROM (
SELECT 'pg_class.relkind ' || CAST(relkind AS text) FROM pg_class c JOIN nsp ON nsp.oid = relnamespace WHERE relkind NOT IN ('r', 'p', 'f', 'v', 'm', 'i', 'I', 'S', 'c', 't')
UNION ALL SELECT 'pg_class.relpersistence ' || CAST(relpersistence AS text) FROM rel JOIN pg_class c ON c.oid = rel.oid WHERE relpersistence NOT IN ('p', 'u')
UNION ALL SELECT 'pg_proc.prokind ' || CAST(prokind AS text) FROM pg_proc p JOIN nsp ON nsp.oid = pronamespace WHERE prokind NOT IN ('f', 'p', 'w', 'a')
UNION ALL SELECT 'pg_constraint.contype ' || CAST(contype AS text) FROM pg_constraint WHERE contype NOT IN ('c', 'f', 'p', 'u', 'x', 'n', 't')
UNION ALL SELECT 'pg_type.typtype ' || CAST(typtype AS text) FROM pg_type t JOIN nsp ON nsp.oid = typnamespace WHERE typtype NOT IN ('b', 'c', 'd', 'e', 'p', 'r', 'm')
UNION ALL SELECT 'pg_partitioned_table.partstrat ' || CAST(partstrat AS text) FROM pg_partitioned_table WHERE partstrat NOT IN ('r', 'l', 'h')
UNION ALL SELECT 'pg_default_acl.defaclobjtype ' || CAST(defaclobjtype AS text) FROM pg_default_acl WHERE defaclobjtype NOT IN ('r', 'S', 'f', 'T', 'n', 'L')
UNION ALL SELECT 'pg_class in ' || n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE c.oid >= ` + firstUserOID + ` AND n.nspname IN ('pg_catalog', 'information_schema') AND ` + free("pg_class", "c.oid") + `
UNION ALL SELECT 'pg_proc in ' || n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
  WHERE p.oid >= ` + firstUserOID + ` AND n.nspname IN ('pg_catalog', 'information_schema') AND ` + free("pg_proc", "p.oid") + `
UNION ALL SELECT 'objects in ' || CAST(CAST(d.classid AS regclass) AS text) FROM pg_depend d
  WHERE d.objid >= ` + firstUserOID + ` AND d.deptype IN ('n', 'a') AND d.classid NOT IN (` + knownClasses() + `)
) k (name) GROUP BY k.name`,
		take: takeNewKind,
	}
}

// hiddenMappingsBlock counts user mappings whose options may be hidden.
func hiddenMappingsBlock() block {
	return block{
		name: "'pg_user_mapping.umoptions'", fields: []attribute{{"count", "count(*)", nil}},
		from: `FROM pg_user_mappings m WHERE m.umoptions IS NULL AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER) HAVING count(*) > 0`,
		take: takeHidden,
	}
}
