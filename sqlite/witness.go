package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// Witness returns the definition of the object that st changes, with what
// depends on it (hashed), or the value of the PRAGMA it sets. DDL shares a
// transaction with its ledger entry unless the script says otherwise; the
// PRAGMAs that cannot are journal_mode and those that die with the connection.
// Nothing can be told of VACUUM, of data, and of settings of the connection.
func (dialect) Witness(ctx context.Context, q lockstep.Querier, _ lockstep.Server, st sqltext.Statement) (string, error) {
	w := words(sqltext.Words(st.Text, lexer(), 12))
	if w.at(0) == "PRAGMA" {
		return pragmaWitness(ctx, q, parsePragma(w))
	}
	o, ok := parseObject(w)
	if !ok || o.temporary || o.schema == "temp" {
		return "", nil
	}
	return objectWitness(ctx, q, o)
}

// Prepare does nothing: an interrupted statement of SQLite leaves nothing.
func (dialect) Prepare(context.Context, *sql.Conn, lockstep.Server, sqltext.Statement) (string, error) {
	return "", nil
}

// pragmaWitness reads a PRAGMA only if reading it is known to change nothing.
func pragmaWitness(ctx context.Context, q lockstep.Querier, p pragma) (string, error) {
	if !p.lasting() || !p.hasArg {
		return "", nil
	}
	query := "PRAGMA " + quote(p.name)
	if p.schema != "" {
		query = "PRAGMA " + quote(p.schema) + "." + quote(p.name)
	}
	value, err := queryText(ctx, q, query)
	if err != nil {
		return "", fmt.Errorf("read PRAGMA %s: %w", p.name, err)
	}
	return p.name + "=" + value, nil
}

// objectWitness hashes the rows of the schema table that bear one of o's names
// or belong to it. Checked on 3.40; sqlite_master is what older versions call
// sqlite_schema.
func objectWitness(ctx context.Context, q lockstep.Querier, o object) (string, error) {
	schema := o.schema
	if schema == "" {
		schema = "main"
	}
	rows, err := q.QueryContext(ctx, `SELECT type, name, tbl_name, coalesce(sql, '') FROM `+quote(schema)+`.sqlite_master
WHERE lower(name) IN (?, ?) OR lower(tbl_name) IN (?, ?) ORDER BY type, name`, o.name, o.newName, o.name, o.newName)
	if err != nil {
		return "", fmt.Errorf("read schema of %s: %w", o.name, err)
	}
	defer rows.Close()
	sum := sha256.New()
	if err := hashRows(sum, rows); err != nil {
		return "", fmt.Errorf("read schema of %s: %w", o.name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// hashRows puts every column with its length into sum, so that no two
// different results have the same bytes.
func hashRows(sum hash.Hash, rows *sql.Rows) error {
	for rows.Next() {
		var row [4]string
		if err := rows.Scan(&row[0], &row[1], &row[2], &row[3]); err != nil {
			return err
		}
		for _, column := range row {
			fmt.Fprintf(sum, "%s:%s", strconv.Itoa(len(column)), column)
		}
	}
	return rows.Err()
}

// object is what a CREATE, ALTER or DROP statement names, in lower case.
type object struct {
	schema, name string
	newName      string // ALTER TABLE … RENAME TO
	temporary    bool   // CREATE TEMP …
}

// parseObject reads the object of a CREATE, ALTER or DROP.
func parseObject(w words) (o object, ok bool) {
	if !slices.Contains([]string{"CREATE", "ALTER", "DROP"}, w.at(0)) {
		return o, false
	}
	i := 1
	for ; i < 4; i++ { // CREATE UNIQUE INDEX, CREATE TEMP TABLE, CREATE VIRTUAL TABLE
		word := w.at(i)
		o.temporary = o.temporary || word == "TEMP" || word == "TEMPORARY"
		if slices.Contains([]string{"TABLE", "INDEX", "VIEW", "TRIGGER"}, word) {
			break
		}
	}
	i = skipIfExists(w, i+1)
	if o.name = w.name(i); o.name == "" {
		return o, false
	}
	i++
	if w.at(i) == "." {
		o.schema, o.name = o.name, w.name(i+1)
		i += 2
	}
	if strings.Join(w[min(i, len(w)):min(i+2, len(w))], " ") == "RENAME TO" {
		o.newName = w.name(i + 2)
	}
	return o, true
}

// skipIfExists returns the index behind IF EXISTS or IF NOT EXISTS at i.
func skipIfExists(w words, i int) int {
	if w.at(i) != "IF" {
		return i
	}
	if w.at(i+1) == "NOT" {
		return i + 3
	}
	return i + 2
}
