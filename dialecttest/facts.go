package dialecttest

import (
	"database/sql"
	"strings"
	"testing"
)

// nastyNames are identifiers that go wrong when they are pasted into SQL.
// None is longer than PostgreSQL's 63 bytes or ends with a space.
func nastyNames() []string {
	return []string{
		"select", "Mixed Case", `double"quote`, `""`, "back`tick", "``", "single'quote", `back\slash`, `ends with \`,
		"semi;colon", "-- comment", "/* comment", "# comment", "dot.dot", "per%cent", "question?mark", "$1 :name @name",
		"[brackets]", "{braces}", "größe 表 ünïcode", "1 leading digit", "a,b", "(paren)", "tab\tinside",
	}
}

// name checks Name and Quote.
func (s suite) name(t *testing.T) {
	if s.Dialect.Name() == "" {
		t.Error("Name is empty")
	}
	db := s.fresh(t)
	for _, name := range nastyNames() {
		got, err := columnName(t, db, "SELECT 1 AS "+s.Dialect.Quote(name))
		if err != nil || got != name {
			t.Errorf("column %q came back as %q (%v)", name, got, err)
		}
		table := s.Dialect.Quote(name)
		exec(t, db, "CREATE TABLE "+table+" (id INT)", "INSERT INTO "+table+" VALUES (1)")
		if !s.exists(t, db, name) {
			t.Errorf("table %q is not found", name)
		}
		exec(t, db, "DROP TABLE "+table)
	}
}

func columnName(t *testing.T, db *sql.DB, query string) (string, error) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	return strings.Join(columns, ","), rows.Err()
}

// probe checks the facts against what the server does.
func (s suite) probe(t *testing.T) {
	srv := s.srv
	if srv.Dialect != s.Dialect.Name() {
		t.Errorf("Server.Dialect = %q, want %q", srv.Dialect, s.Dialect.Name())
	}
	if srv.Flavor == "" || srv.Version == "" || srv.Number <= 0 || srv.Lexer.Mode == 0 {
		t.Errorf("facts are missing: %+v", srv)
	}
	if (srv.Database == "") != srv.SingleConnection {
		t.Errorf("Database = %q while SingleConnection = %t", srv.Database, srv.SingleConnection)
	}
	if srv.ReadOnly {
		t.Error("ReadOnly = true on a database that was made to be written")
	}
	t.Run("any querier", s.probeAnyQuerier)
	t.Run("transactional ddl", s.probeTransactionalDDL)
	t.Run("multi statement", s.probeMultiStatement)
}

func (s suite) probeAnyQuerier(t *testing.T) {
	db := s.fresh(t)
	want := probe(t, s.Dialect, db)
	c := conn(t, db)
	if got := probe(t, s.Dialect, c); got != want {
		t.Errorf("by connection %+v, by pool %+v", got, want)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := probe(t, s.Dialect, tx); got != want {
		t.Errorf("by transaction %+v, by pool %+v", got, want)
	}
	if err := tx.Rollback(); err != nil {
		t.Errorf("roll back after Probe: %v", err)
	}
}

func (s suite) probeTransactionalDDL(t *testing.T) {
	c := conn(t, s.fresh(t))
	exec(t, c, s.begin(), "CREATE TABLE in_doubt (id INT)", "ROLLBACK")
	if there := s.exists(t, c, "in_doubt"); there == s.srv.TransactionalDDL {
		t.Errorf("TransactionalDDL = %t, but a rolled back table is there: %t", s.srv.TransactionalDDL, there)
	}
}

func (s suite) probeMultiStatement(t *testing.T) {
	if !s.srv.MultiStatement {
		return
	}
	db := s.fresh(t)
	exec(t, db, "CREATE TABLE one (id INT); CREATE TABLE two (id INT)")
	if !s.exists(t, db, "one") || !s.exists(t, db, "two") {
		t.Error("MultiStatement = true, but the second statement had no effect")
	}
}
