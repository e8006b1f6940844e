package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// CheckCommit looks for rows without the row they refer to, if a script has
// switched foreign_keys off, as it must to rebuild a table. SQLite itself
// checks nothing then, not even when foreign_keys is switched on again. It
// reads every table that has foreign keys, before and after the script, so
// that rows which were orphaned before do not count.
func (dialect) CheckCommit(ctx context.Context, conn *sql.Conn, settings []sqltext.Statement) (func(context.Context) error, error) {
	if !touchForeignKeys(settings) {
		return nil, nil
	}
	on, err := queryText(ctx, conn, "PRAGMA foreign_keys")
	if err != nil {
		return nil, fmt.Errorf("read PRAGMA foreign_keys: %w", err)
	}
	if on == "1" {
		return nil, nil
	}
	before, err := violations(ctx, conn)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return checkNew(ctx, conn, before) }, nil
}

// checkNew refuses what was not there before.
func checkNew(ctx context.Context, q lockstep.Querier, before []string) error {
	found, err := violations(ctx, q)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(s string) bool { return slices.Contains(before, s) })
	if len(found) == 0 {
		return nil
	}
	return lockstep.WithHint(
		fmt.Errorf("with foreign keys switched off, this would leave %s", strings.Join(found, "; ")),
		"the transaction was rolled back; PRAGMA foreign_key_check lists such rows")
}

func touchForeignKeys(settings []sqltext.Statement) bool {
	for _, st := range settings {
		w := words(sqltext.Words(st.Text, lexer(), 6))
		if p := parsePragma(w); w.at(0) == "PRAGMA" && p.name == "foreign_keys" && p.hasArg {
			return true
		}
	}
	return false
}

// violations describes the rows that refer to a missing row, by table.
func violations(ctx context.Context, q lockstep.Querier) ([]string, error) {
	found, err := queryTexts(ctx, q, `SELECT count(*) || ' rows of ' || "table" || ' without their row of ' || parent
FROM pragma_foreign_key_check GROUP BY "table", parent ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("check foreign keys: %w", err)
	}
	return found, nil
}
