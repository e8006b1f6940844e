// Package schema is the model of a database's schema: what an inspector reads,
// what two databases are compared by, and what can happen to it.
//
// A [Schema] is a sorted list of facts. A [Fact] is one object or sub-object (a
// table, a column, an index, a routine …) by its names, with attributes whose
// values are texts as the server prints them. Names take the place of what
// differs from one database to the next without meaning (object ids, positions
// in a catalog); what a server prints in several ways is brought into one by the
// dialect's inspector. Facts are hashed and rolled up, table by table, into a
// fingerprint: the same migrations give the same fingerprint everywhere, and
// whatever can matter changes it.
//
// A [Change] is what can happen to a schema. Package schema/diff derives Changes
// from two Schemas, dialects render them as SQL.
//
// The package is pure: it knows no database, no SQL and no dialect.
package schema
