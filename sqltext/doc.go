// Package sqltext finds the statements of a SQL script, with exact positions,
// for PostgreSQL, MySQL and MariaDB, and SQLite.
//
// It reads a script as the server's own command-line client does (psql, mysql
// or mariadb, sqlite3), so a file that runs there needs no annotations here:
// dollar quotes, nested comments, BEGIN ATOMIC bodies, COPY data, DELIMITER
// lines, executable comments, compound bodies without DELIMITER, triggers.
//
// It is a lexer and nothing more. It does not parse, check or change SQL, it
// knows nothing about tables, and it does no I/O. All results are substrings
// of the text that was handed in; nothing is copied, and the time is linear in
// the length of the text. Everything here is safe for concurrent use.
package sqltext
