// Package codegen prints a schema as documents and code: [JSON] for tools,
// [Mermaid] and [DBML] for diagrams, [HTML] for people, [Go] for programs, and
// [SQL] for a file of statements that a dialect has rendered.
//
// What is printed depends on the schema and the options only: the same schema
// gives the same bytes on every machine and every run, so that the results can
// be kept in a repository and compared. Each carries the schema's fingerprint
// where its format has a place for it.
//
// The package is pure: it reads a [schema.Schema] and imports nothing else of
// this module. It renders no SQL, and knows dialects by name only where a type
// means something else in each ([Go]).
package codegen
