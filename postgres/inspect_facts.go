package postgres

// The attributes of facts, beside those that package schema names. Names
// within values stand in SQL form (quoted where needed, with their schema unless
// it is pg_catalog), but for lists that JoinNames wrote, and for servers,
// tablespaces, access methods, languages and roles, which stand as stored.
// "Lines" are sorted and joined by "\n" (joinLines). Expressions are canonical.
//
// Every kind: owner (absent: the database's owner; schema public: also who
// initdb gave it), grants, comment, and "part comments": lines "what: comment"
// for what is no fact of its own (the index of a constraint, the sequence of an
// identity column, the columns of a composite type, the checks of a domain; the
// name in SQL form).
//
// Grants are lines "PRIVILEGE, PRIVILEGE TO grantee[ WITH GRANT OPTION]". The
// grantee is PUBLIC, OWNER (of the object), DATABASE OWNER, or a role in double
// quotes. ALL stands for what an owner has by default. The list is complete;
// NONE says that there is nothing left; it is absent where it is the default.
//
//	database            encoding, locale and settings (lines name=value; "role: name=value"), connection limit
//	schema              –
//	extension           version, schema; members of extensions are no facts
//	collation           definition: "(PROVIDER = …)"
//	type                form enum: values; domain: type, collation, default, not null, checks (lines "CONSTRAINT c CHECK …");
//	                    composite: definition "(a integer, b text COLLATE …)"; range: definition "(SUBTYPE = …)"
//	server              form "foreign data wrapper", "server", "user mapping", which begins the name;
//	                    definition: what follows the name; user mapping: server, role; option values other than the user are "(set)"
//	sequence            type, start, increment, minimum, maximum, cache, cycle, owned by (schema, table, column), persistence
//	table               form "", partitioned, foreign; persistence "unlogged"; options (lines, toast.… too); access method (not heap);
//	                    tablespace; partition key, partition of (schema, table), partition bound, detach pending; inherits (lines of
//	                    schema, table in order); of type; server, foreign options (lines); row security, force row security;
//	                    replica identity full, nothing (an index has its own flag)
//	column              type, not null, default, generated, stored, identity, identity options (SQL words, what is not the default),
//	                    sequence grants (of an identity), collation, storage, compression, statistics, options (lines),
//	                    foreign options (lines), inherited, owns (lines of schema, sequence); columns of views too
//	order               columns; of tables, views, materialized views
//	constraint          form, definition, columns, references (schema, table), referenced columns, inherited; of its index: options
//	                    (lines), tablespace, statistics (lines number=target), cluster, replica identity, invalid.
//	                    Not-null constraints only if named by somebody, not valid, or not inherited. Constraint triggers are triggers
//	index               form "partitioned" or ""; definition (from USING on), unique, columns, invalid, cluster, replica identity, statistics, tablespace,
//	                    partition of (schema, index)
//	statistics          definition (what follows the name), statistics target
//	view                definition, options (lines)
//	matview             definition, unpopulated, options (lines), access method, tablespace
//	routine             name "name(types)"; form function, procedure, aggregate, window; definition: CREATE OR REPLACE in full; language
//	trigger             form "constraint" or ""; definition (from BEFORE, AFTER, INSTEAD OF on), enabled (absent: as usual; disabled,
//	                    replica, always), inherited (from a partitioned table)
//	rule                definition (from ON on), enabled
//	policy              form permissive, restrictive; command, roles (absent: PUBLIC), using, check
//	event trigger       definition, enabled
//	publication         definition
//	default privileges  name: objects, " of " and the role if it is not the database's owner; objects, role, grants (in a schema: what
//	                    is added; otherwise the whole)
//	object              name: form and name; definition: what follows the name; subscription: connection (without password), enabled.
//	                    Forms: cast, operator, operator class, operator family, access method, transform, conversion, language,
//	                    text search configuration, dictionary, parser, template; subscription, base type, security label, and
//	                    "grants": those on what came with the server or an extension, where they were changed;
//	                    and "initial grants": what they were (absent: as usual)
const (
	attrPersistence      = "persistence"
	attrOptions          = "options"
	attrAccessMethod     = "access method"
	attrTablespace       = "tablespace"
	attrPartitionKey     = "partition key"
	attrPartitionOf      = "partition of"
	attrPartitionBound   = "partition bound"
	attrDetachPending    = "detach pending"
	attrInherits         = "inherits"
	attrOfType           = "of type"
	attrServer           = "server"
	attrForeignOptions   = "foreign options"
	attrRowSecurity      = "row security"
	attrForceRowSecurity = "force row security"
	attrReplicaIdentity  = "replica identity"
	attrUnpopulated      = "unpopulated"
	attrStorage          = "storage"
	attrCompression      = "compression"
	attrStatistics       = "statistics"
	attrInherited        = "inherited"
	attrIdentityOptions  = "identity options"
	attrSequenceGrants   = "sequence grants"
	attrInitialGrants    = "initial grants"
	attrCluster          = "cluster"
	attrInvalid          = "invalid"
	attrStatisticsTarget = "statistics target"
	attrEnabled          = "enabled"
	attrCommand          = "command"
	attrRoles            = "roles"
	attrRole             = "role"
	attrUsing            = "using"
	attrCheck            = "check"
	attrChecks           = "checks"
	attrStart            = "start"
	attrIncrement        = "increment"
	attrMinimum          = "minimum"
	attrMaximum          = "maximum"
	attrCache            = "cache"
	attrCycle            = "cycle"
	attrOwnedBy          = "owned by"
	attrOwns             = "owns"
	attrLanguage         = "language"
	attrEncoding         = "encoding"
	attrLocale           = "locale"
	attrConnectionLimit  = "connection limit"
	attrSettings         = "settings"
	attrVersion          = "version"
	attrSchema           = "schema"
	attrObjects          = "objects"
	attrConnection       = "connection"
	attrPartComments     = "part comments"
	attrParent           = "parent"    // of inheritanceBlock; no fact has it
	attrPlace            = "place"     // of inheritanceBlock; no fact has it
	attrPartition        = "partition" // of inheritanceBlock; no fact has it
)
