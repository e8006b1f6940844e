package postgres

import "github.com/lockstepdb/lockstep/schema"

// rareBlocks read what few schemas have: each becomes a schema.KindObject whose
// name begins with its form. Checked on PostgreSQL 14's catalogs on.
func rareBlocks() []block {
	return []block{
		castsBlock(), operatorsBlock(), operatorClassesBlock(), operatorFamiliesBlock(), accessMethodsBlock(), transformsBlock(),
		conversionsBlock(), searchConfigurationsBlock(), searchDictionariesBlock(), searchParsersBlock(), searchTemplatesBlock(),
	}
}

// object is what the blocks of this file have in common; name and definition
// are SQL.
func object(class oid, form, id, name, definition, from string, fields ...attribute) block {
	return block{
		class: class, kind: schema.KindObject, oid: id, name: "'" + form + " ' || " + name,
		fields: append([]attribute{{schema.AttrForm, "'" + form + "'", nil}, {schema.AttrDefinition, definition, nil}}, fields...),
		from:   from,
	}
}

// within puts the objects into the namespace of a column.
func (b block) within(column string) block {
	b.schema = column
	return b
}

func castsBlock() block {
	return object(
		classCast, "cast", "c.oid", "'(' || format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) || ')'",
		`CASE c.castmethod WHEN 'b' THEN 'WITHOUT FUNCTION' WHEN 'i' THEN 'WITH INOUT' ELSE 'WITH FUNCTION ' || CAST(CAST(c.castfunc AS regprocedure) AS text) END ||
  CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END`,
		"FROM pg_cast c WHERE c.oid >= "+firstUserOID+" AND "+free("pg_cast", "c.oid"),
	)
}

func operatorsBlock() block {
	return object(
		classOperator, "operator", "o.oid",
		"o.oprname || '(' || COALESCE(format_type(NULLIF(o.oprleft, 0), NULL), 'NONE') || ', ' || COALESCE(format_type(NULLIF(o.oprright, 0), NULL), 'NONE') || ')'",
		"CASE WHEN o.oprcode <> 0 THEN '(' || "+list(
			", ", "'FUNCTION = ' || CAST(o.oprcode AS text)", "'LEFTARG = ' || format_type(NULLIF(o.oprleft, 0), NULL)",
			"'RIGHTARG = ' || format_type(NULLIF(o.oprright, 0), NULL)",
			"CASE WHEN o.oprcom <> 0 THEN 'COMMUTATOR = OPERATOR(' || "+operatorName("o.oprcom")+" || ')' END",
			"CASE WHEN o.oprnegate <> 0 THEN 'NEGATOR = OPERATOR(' || "+operatorName("o.oprnegate")+" || ')' END",
			"CASE WHEN o.oprrest <> 0 THEN 'RESTRICT = ' || CAST(o.oprrest AS text) END", "CASE WHEN o.oprjoin <> 0 THEN 'JOIN = ' || CAST(o.oprjoin AS text) END",
			"CASE WHEN o.oprcanhash THEN 'HASHES' END", "CASE WHEN o.oprcanmerge THEN 'MERGES' END",
		)+" || ')' END",
		"FROM pg_operator o JOIN nsp ON nsp.oid = o.oprnamespace WHERE "+free("pg_operator", "o.oid"), ownerField("o.oprowner"),
	).within("o.oprnamespace")
}

func operatorName(id string) string {
	return "(SELECT quote_ident(xn.nspname) || '.' || x.oprname FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = " + id + ")"
}

// operatorMembers prints the operators and functions that belong to an operator class
// or, by themselves, to an operator family, whichever catalog ref names.
func operatorMembers(ref, id string) string {
	of := func(class, member string) string {
		return "EXISTS (SELECT FROM pg_depend m WHERE m.classid = '" + class + "'::regclass AND m.objid = " + member +
			" AND m.refclassid = '" + ref + "'::regclass AND m.refobjid = " + id + ")"
	}
	return `(SELECT string_agg(m.text, ', ' ORDER BY m.text COLLATE "C") FROM (
  SELECT 'OPERATOR ' || o.amopstrategy || ' ' || CAST(CAST(o.amopopr AS regoperator) AS text) ||
    CASE o.amoppurpose WHEN 'o' THEN ' FOR ORDER BY ' || (SELECT ` + qualified("sn.nspname", "sf.opfname") + ` FROM pg_opfamily sf
      JOIN pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = o.amopsortfamily) ELSE '' END AS text
  FROM pg_amop o WHERE ` + of("pg_amop", "o.oid") + `
  UNION ALL
  SELECT 'FUNCTION ' || p.amprocnum || ' (' || format_type(p.amproclefttype, NULL) || ', ' || format_type(p.amprocrighttype, NULL) || ') ' ||
    CAST(CAST(p.amproc AS regprocedure) AS text)
  FROM pg_amproc p WHERE ` + of("pg_amproc", "p.oid") + `) m)`
}

func operatorClassesBlock() block {
	return object(
		classOpclass, "operator class", "c.oid", "c.opcname || ' USING ' || am.amname",
		list(
			" ", "CASE WHEN c.opcdefault THEN 'DEFAULT' END", "'FOR TYPE ' || format_type(c.opcintype, NULL)",
			"'USING ' || quote_ident(am.amname)", "'FAMILY ' || "+qualified("fn.nspname", "f.opfname"),
			// The statement needs one member; its own type as storage says nothing.
			"'AS ' || COALESCE(NULLIF("+list(", ", operatorMembers("pg_opclass", "c.oid"),
				"CASE WHEN c.opckeytype <> 0 THEN 'STORAGE ' || format_type(c.opckeytype, NULL) END")+", ''), 'STORAGE ' || format_type(c.opcintype, NULL))",
		),
		`FROM pg_opclass c JOIN nsp ON nsp.oid = c.opcnamespace JOIN pg_am am ON am.oid = c.opcmethod JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE `+free("pg_opclass", "c.oid"), ownerField("c.opcowner"),
	).within("c.opcnamespace")
}

func operatorFamiliesBlock() block {
	return object(
		classOpfamily, "operator family", "f.oid", "f.opfname || ' USING ' || am.amname", operatorMembers("pg_opfamily", "f.oid"),
		"FROM pg_opfamily f JOIN nsp ON nsp.oid = f.opfnamespace JOIN pg_am am ON am.oid = f.opfmethod WHERE "+free("pg_opfamily", "f.oid"),
		ownerField("f.opfowner"),
	).within("f.opfnamespace")
}

func accessMethodsBlock() block {
	return object(
		classAm, "access method", "a.oid", "a.amname",
		"'TYPE ' || CASE a.amtype WHEN 'i' THEN 'INDEX' WHEN 't' THEN 'TABLE' ELSE quote_literal(CAST(a.amtype AS text)) END || ' HANDLER ' || CAST(a.amhandler AS text)",
		"FROM pg_am a WHERE a.oid >= "+firstUserOID+" AND "+free("pg_am", "a.oid"),
	)
}

func transformsBlock() block {
	return object(
		classTransform, "transform", "t.oid", "'FOR ' || format_type(t.trftype, NULL) || ' LANGUAGE ' || l.lanname",
		"'(' || "+list(
			", ", "CASE WHEN t.trffromsql <> 0 THEN 'FROM SQL WITH FUNCTION ' || CAST(CAST(t.trffromsql AS regprocedure) AS text) END",
			"CASE WHEN t.trftosql <> 0 THEN 'TO SQL WITH FUNCTION ' || CAST(CAST(t.trftosql AS regprocedure) AS text) END",
		)+" || ')'",
		"FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE "+free("pg_transform", "t.oid"),
	)
}

func conversionsBlock() block {
	return object(
		classConversion, "conversion", "c.oid", "c.conname",
		`'FOR ' || quote_literal(pg_encoding_to_char(c.conforencoding)) || ' TO ' || quote_literal(pg_encoding_to_char(c.contoencoding)) ||
  ' FROM ' || CAST(c.conproc AS text) || CASE WHEN c.condefault THEN ' DEFAULT' ELSE '' END`,
		"FROM pg_conversion c JOIN nsp ON nsp.oid = c.connamespace WHERE "+free("pg_conversion", "c.oid"), ownerField("c.conowner"),
	).within("c.connamespace")
}

// searchConfigurationsBlock prints the mappings one a line, as ALTER … ADD
// MAPPING takes them.
func searchConfigurationsBlock() block {
	return object(
		classConfig, "text search configuration", "c.oid", "c.cfgname",
		`'(PARSER = ' || `+qualified("pn.nspname", "p.prsname")+` || ')' || COALESCE((SELECT chr(10) || string_agg(m.text, chr(10) ORDER BY m.text COLLATE "C") FROM (
  SELECT 'FOR ' || quote_ident(k.alias) || ' WITH ' || string_agg(`+qualified("dn.nspname", "d.dictname")+`, ', ' ORDER BY cm.mapseqno) AS text
  FROM pg_ts_config_map cm JOIN ts_token_type(c.cfgparser) k ON k.tokid = cm.maptokentype
  JOIN pg_ts_dict d ON d.oid = cm.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
  WHERE cm.mapcfg = c.oid GROUP BY k.alias) m), '')`,
		`FROM pg_ts_config c JOIN nsp ON nsp.oid = c.cfgnamespace JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE `+free("pg_ts_config", "c.oid"), ownerField("c.cfgowner"),
	).within("c.cfgnamespace")
}

func searchDictionariesBlock() block {
	return object(
		classDict, "text search dictionary", "d.oid", "d.dictname",
		"'(TEMPLATE = ' || "+qualified("tn.nspname", "t.tmplname")+" || COALESCE(', ' || d.dictinitoption, '') || ')'",
		`FROM pg_ts_dict d JOIN nsp ON nsp.oid = d.dictnamespace JOIN pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE `+free("pg_ts_dict", "d.oid"), ownerField("d.dictowner"),
	).within("d.dictnamespace")
}

func searchParsersBlock() block {
	return object(
		classParser, "text search parser", "p.oid", "p.prsname",
		"'(' || "+list(
			", ", "'START = ' || CAST(p.prsstart AS text)", "'GETTOKEN = ' || CAST(p.prstoken AS text)", "'END = ' || CAST(p.prsend AS text)",
			"'HEADLINE = ' || NULLIF(CAST(p.prsheadline AS text), '-')", "'LEXTYPES = ' || CAST(p.prslextype AS text)",
		)+" || ')'",
		"FROM pg_ts_parser p JOIN nsp ON nsp.oid = p.prsnamespace WHERE "+free("pg_ts_parser", "p.oid"),
	).within("p.prsnamespace")
}

func searchTemplatesBlock() block {
	return object(
		classTemplate, "text search template", "t.oid", "t.tmplname",
		"'(' || "+list(", ", "'INIT = ' || NULLIF(CAST(t.tmplinit AS text), '-')", "'LEXIZE = ' || CAST(t.tmpllexize AS text)")+" || ')'",
		"FROM pg_ts_template t JOIN nsp ON nsp.oid = t.tmplnamespace WHERE "+free("pg_ts_template", "t.oid"),
	).within("t.tmplnamespace")
}
