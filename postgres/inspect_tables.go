package postgres

import (
	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// tableBlocks read tables, views and their parts. Checked on PostgreSQL 14's
// catalogs on.
func tableBlocks(srv lockstep.Server) []block {
	return []block{
		tablesBlock(), viewsBlock(), matviewsBlock(), inheritanceBlock(), columnsBlock(), identityBlock(),
		constraintsBlock(srv), indexesBlock(), statisticsBlock(), triggersBlock(srv), rulesBlock(), policiesBlock(),
	}
}

func tablesBlock() block {
	return block{
		class: classClass, kind: schema.KindTable, oid: "c.oid", schema: "c.relnamespace", name: "c.relname",
		fields: []attribute{
			{schema.AttrForm, "CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' END", nil},
			{attrPersistence, "CASE c.relpersistence WHEN 'u' THEN 'unlogged' END", nil},
			{
				attrOptions, "c.reloptions || CASE WHEN t.reloptions IS NOT NULL THEN ARRAY(SELECT 'toast.' || o FROM unnest(t.reloptions) o) END",
				decodeLines,
			},
			{attrAccessMethod, "NULLIF(a.amname, 'heap')", nil},
			{attrTablespace, "s.spcname", nil},
			{attrPartitionKey, "CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END", decodeExpression},
			{attrPartitionBound, "CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END", decodeExpression},
			{attrOfType, "CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END", nil},
			{attrServer, "fs.srvname", nil},
			{attrForeignOptions, "ft.ftoptions", decodeLines},
			{attrRowSecurity, flag("c.relrowsecurity"), nil},
			{attrForceRowSecurity, flag("c.relforcerowsecurity"), nil},
			{attrReplicaIdentity, `CASE WHEN c.relkind <> 'f' THEN CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN
  CASE WHEN NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident) THEN 'nothing' END END END`, nil},
			ownerField("c.relowner"), grantsField("c.relacl", "r", "c.relowner"),
		},
		from: `FROM rel JOIN pg_class c ON c.oid = rel.oid
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
WHERE rel.relkind IN ('r', 'p', 'f')`,
	}
}

func viewsBlock() block {
	return block{
		class: classClass, kind: schema.KindView, oid: "c.oid", schema: "c.relnamespace", name: "c.relname",
		fields: []attribute{
			{schema.AttrDefinition, "pg_get_viewdef(c.oid)", decodeView},
			{attrOptions, "c.reloptions", decodeLines},
			ownerField("c.relowner"), grantsField("c.relacl", "r", "c.relowner"),
		},
		from: "FROM rel JOIN pg_class c ON c.oid = rel.oid WHERE rel.relkind = 'v'",
	}
}

func matviewsBlock() block {
	return block{
		class: classClass, kind: schema.KindMaterializedView, oid: "c.oid", schema: "c.relnamespace", name: "c.relname",
		fields: []attribute{
			{schema.AttrDefinition, "pg_get_viewdef(c.oid)", decodeView},
			{
				attrOptions, "c.reloptions || CASE WHEN t.reloptions IS NOT NULL THEN ARRAY(SELECT 'toast.' || o FROM unnest(t.reloptions) o) END",
				decodeLines,
			},
			{attrUnpopulated, flag("NOT c.relispopulated"), nil},
			{attrAccessMethod, "NULLIF(a.amname, 'heap')", nil},
			{attrTablespace, "s.spcname", nil},
			ownerField("c.relowner"), grantsField("c.relacl", "r", "c.relowner"),
		},
		from: `FROM rel JOIN pg_class c ON c.oid = rel.oid
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE rel.relkind = 'm'`,
	}
}

// inheritanceBlock reads whose child a table is, parents in order.
func inheritanceBlock() block {
	return block{
		class: classClass, oid: "i.inhrelid",
		fields: []attribute{
			{attrParent, "ARRAY[n.nspname, p.relname]", decodeNames},
			{attrPlace, "i.inhseqno", nil},
			{attrDetachPending, flag("i.inhdetachpending"), nil},
			{attrPartition, flag("c.relispartition"), nil},
		},
		from: `FROM pg_inherits i JOIN rel ON rel.oid = i.inhrelid JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace`,
		take: takeParent,
	}
}

func columnsBlock() block {
	return block{
		class: classClass, kind: schema.KindColumn, oid: "a.attrelid", column: "a.attnum", relation: "a.attrelid", name: "a.attname",
		fields: []attribute{
			{schema.AttrType, "format_type(a.atttypid, a.atttypmod)", nil},
			{schema.AttrNotNull, flag("a.attnotnull"), nil},
			{schema.AttrDefault, "CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END", decodeExpression},
			{schema.AttrGenerated, "CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END", decodeExpression},
			{schema.AttrStored, flag("a.attgenerated = 's'"), nil},
			{schema.AttrIdentity, "CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END", nil},
			{schema.AttrCollation, qualified("cn.nspname", "co.collname"), nil},
			{attrStorage, "CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' WHEN 'm' THEN 'main' ELSE CAST(a.attstorage AS text) END END", nil},
			{attrCompression, "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE NULLIF(CAST(a.attcompression AS text), '') END", nil},
			{attrStatistics, "NULLIF(a.attstattarget, -1)", nil},
			{attrOptions, "a.attoptions", decodeLines},
			{attrForeignOptions, "a.attfdwoptions", decodeLines},
			{attrInherited, flag("NOT a.attislocal"), nil},
			grantsField("a.attacl", "c", "rel.relowner"),
			{"", `CASE WHEN a.attgenerated NOT IN ('', 's', 'v') THEN 'pg_attribute.attgenerated ' || CAST(a.attgenerated AS text)
  WHEN a.attidentity NOT IN ('', 'a', 'd') THEN 'pg_attribute.attidentity ' || CAST(a.attidentity AS text) END`, nil},
		},
		from: `FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped`,
		take: takeColumn,
	}
}

// identityBlock reads the sequences that are part of their column.
func identityBlock() block {
	return block{
		class: classClass, oid: "s.seqrelid", column: "d.refobjsubid", relation: "d.refobjid", name: "c.relname",
		fields: []attribute{
			{attrIdentityOptions, `ARRAY[format_type(s.seqtypid, NULL), CAST(s.seqstart AS text), CAST(s.seqincrement AS text),
  CAST(s.seqmin AS text), CAST(s.seqmax AS text), CAST(s.seqcache AS text), CAST(s.seqcycle AS text),
  CASE WHEN c.relname !~ '_seq[0-9]*$' THEN ` + qualified("rel.nspname", "c.relname") + ` END]`, decodeIdentity},
			{attrSequenceGrants, grantsField("c.relacl", "s", "c.relowner").sql, decodeGrants},
		},
		from: `FROM pg_sequence s
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype = 'i' AND d.refclassid = 'pg_class'::regclass
JOIN rel ON rel.oid = d.refobjid
JOIN pg_class c ON c.oid = s.seqrelid`,
		take: takeIdentity,
	}
}

// constraintsBlock reads constraints but those that are triggers, and those
// that only help a foreign key to a partitioned table. Not-null constraints
// are part of the column, unless they were given a name (PostgreSQL 18; its
// automatic names do not follow when a table is renamed).
func constraintsBlock(srv lockstep.Server) block {
	return block{
		class: classConstraint, kind: schema.KindConstraint, oid: "k.oid", relation: "k.conrelid", name: "k.conname",
		fields: []attribute{
			{schema.AttrForm, `CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
  WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclude' WHEN 'n' THEN 'not null' END`, nil},
			{schema.AttrDefinition, "pg_get_constraintdef(k.oid)", decodeExpression},
			{schema.AttrColumns, "k.conkey", decodeColumns},
			{schema.AttrReferences, "CASE WHEN k.contype = 'f' THEN ARRAY[rn.nspname, r.relname] END", decodeNames},
			{schema.AttrRefColumns, `CASE WHEN k.contype = 'f' THEN ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY c (n, place)
  JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.n ORDER BY c.place) END`, decodeNames},
			{attrInherited, flag("NOT k.conislocal"), nil},
			{attrOptions, "ic.reloptions", decodeLines},
			{attrTablespace, "s.spcname", nil},
			{attrStatistics, indexTargets("k.contype = 'x' AND i.indexprs IS NOT NULL"), decodeLines},
			{attrCluster, flag("i.indisclustered"), nil},
			{attrReplicaIdentity, flag("i.indisreplident"), nil},
			{attrInvalid, flag("NOT i.indisvalid"), nil},
		},
		from: `FROM pg_constraint k JOIN rel ON rel.oid = k.conrelid
LEFT JOIN pg_class r ON r.oid = k.confrelid AND k.contype = 'f'
LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = ic.reltablespace
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x', 'n')
  AND NOT (k.conparentid <> 0 AND EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid))
  AND NOT (k.contype = 'n' AND k.conname ~ '_not_null[0-9]*$' AND k.convalidated AND NOT k.connoinherit` +
			since(srv, 180000, " AND k.conenforced", "") + `)`,
	}
}

// indexTargets are the statistics targets of an index's expressions.
func indexTargets(condition string) string {
	return "CASE WHEN " + condition + ` THEN ARRAY(SELECT a.attnum || '=' || a.attstattarget
  FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) END`
}

func indexesBlock() block {
	return block{
		class: classClass, kind: schema.KindIndex, oid: "i.indexrelid", relation: "i.indrelid", name: "c.relname",
		fields: []attribute{
			{schema.AttrForm, "CASE c.relkind WHEN 'I' THEN 'partitioned' END", nil},
			{schema.AttrDefinition, "pg_get_indexdef(i.indexrelid)", decodeIndex},
			{schema.AttrUnique, flag("i.indisunique"), nil},
			{schema.AttrColumns, "ARRAY[CAST((CAST(i.indkey AS int2[]))[0:i.indnkeyatts - 1] AS text), CASE WHEN i.indexprs IS NOT NULL THEN pg_get_indexdef(i.indexrelid) END]", decodeIndexColumns},
			{attrInvalid, flag("NOT i.indisvalid"), nil},
			{attrCluster, flag("i.indisclustered"), nil},
			{attrReplicaIdentity, flag("i.indisreplident"), nil},
			{attrStatistics, indexTargets("i.indexprs IS NOT NULL"), decodeLines},
			{attrTablespace, "s.spcname", nil},
			{attrPartitionOf, "CASE WHEN p.oid IS NOT NULL THEN ARRAY[pn.nspname, p.relname] END", decodeNames},
		},
		from: `FROM pg_index i JOIN rel ON rel.oid = i.indrelid
JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid
LEFT JOIN pg_class p ON p.oid = h.inhparent
LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))`,
	}
}

func statisticsBlock() block {
	return block{
		class: classStatistics, kind: schema.KindStatistics, oid: "s.oid", schema: "s.stxnamespace", name: "s.stxname",
		fields: []attribute{
			{schema.AttrDefinition, "pg_get_statisticsobjdef(s.oid)", decodeStatistics},
			{attrStatisticsTarget, "NULLIF(s.stxstattarget, -1)", nil},
			ownerField("s.stxowner"),
		},
		from: "FROM pg_statistic_ext s JOIN nsp ON nsp.oid = s.stxnamespace JOIN rel ON rel.oid = s.stxrelid",
	}
}

func enabled(column string) attribute {
	return attribute{attrEnabled, "CASE " + column + " WHEN 'O' THEN NULL WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE CAST(" + column + " AS text) END", nil}
}

// triggersBlock takes the copies on partitions for what they are: PostgreSQL 14
// calls them internal.
func triggersBlock(srv lockstep.Server) block {
	return block{
		class: classTrigger, kind: schema.KindTrigger, oid: "t.oid", relation: "t.tgrelid", name: "t.tgname",
		fields: []attribute{
			{schema.AttrForm, "CASE WHEN t.tgconstraint <> 0 THEN 'constraint' END", nil},
			{schema.AttrDefinition, "pg_get_triggerdef(t.oid)", decodeTrigger},
			enabled("t.tgenabled"),
			{attrInherited, flag("t.tgparentid <> 0"), nil},
		},
		from: "FROM pg_trigger t JOIN rel ON rel.oid = t.tgrelid WHERE NOT t.tgisinternal" + since(srv, 150000, "", " OR t.tgparentid <> 0"),
	}
}

func rulesBlock() block {
	return block{
		class: classRewrite, kind: schema.KindRule, oid: "r.oid", relation: "r.ev_class", name: "r.rulename",
		fields: []attribute{{schema.AttrDefinition, "pg_get_ruledef(r.oid)", decodeRule}, enabled("r.ev_enabled")},
		from:   "FROM pg_rewrite r JOIN rel ON rel.oid = r.ev_class WHERE r.rulename <> '_RETURN'",
	}
}

func policiesBlock() block {
	return block{
		class: classPolicy, kind: schema.KindPolicy, oid: "p.oid", relation: "p.polrelid", name: "p.polname",
		fields: []attribute{
			{schema.AttrForm, "CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END", nil},
			{attrCommand, "CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' WHEN '*' THEN 'all' END", nil},
			{attrRoles, "CASE WHEN p.polroles <> '{0}' THEN ARRAY(SELECT CAST(pg_get_userbyid(o) AS text) FROM unnest(p.polroles) o ORDER BY pg_get_userbyid(o)) END", decodeNames},
			{attrUsing, "pg_get_expr(p.polqual, p.polrelid)", decodeExpression},
			{attrCheck, "pg_get_expr(p.polwithcheck, p.polrelid)", decodeExpression},
		},
		from: "FROM pg_policy p JOIN rel ON rel.oid = p.polrelid",
	}
}
