package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
	"github.com/lockstepdb/lockstep/sqltext"
)

// inspection is one reading of a server.
type inspection struct {
	ctx     context.Context
	lasting context.Context // the same, uncancelled, for cleaning up
	q       lockstep.Querier
	srv     lockstep.Server
	scope   schema.Scope
	lexer   sqltext.Options
	cleanup []func()

	databases []string          // that are read
	collation map[string]string // of databases
	defaults  map[string]string // default collation of character sets
	definer   string            // the user that reads, as definitions write it

	objects   []object
	tokens    []token         // of the definition being read
	listed    map[string]bool // names of objects, by database and name
	starts    map[string]bool // events whose start was not given, by database and name
	spatial   bool            // a column with a spatial type was read
	positions map[string]int  // of triggers, by database and name
	facts     []schema.Fact
	indexes   map[schema.ID][]schema.Fact // of tables
	unknown   []schema.Unknown
}

// sessionQuery reads what the form of SHOW CREATE depends on. Checked on MySQL
// 9.7 and MariaDB 10.11.
const sessionQuery = `SELECT CURRENT_USER(), COALESCE(DATABASE(), ''), @@sql_mode, @@sql_quote_show_create,
	@@character_set_client, COALESCE(@@character_set_results, 'NULL'), @@collation_connection`

// newInspection takes one connection, if q is a pool, and makes sure that the
// server shows definitions in its usual form there.
func newInspection(ctx context.Context, q lockstep.Querier, srv lockstep.Server, scope schema.Scope) (*inspection, error) {
	s := &inspection{
		ctx: ctx, lasting: context.WithoutCancel(ctx), q: q, srv: srv, scope: scope,
		lexer:     sqltext.Options{Mode: sqltext.MySQL, MariaDB: srv.Flavor == flavorMariaDB},
		collation: map[string]string{}, defaults: map[string]string{}, indexes: map[schema.ID][]schema.Fact{},
		starts: map[string]bool{}, positions: map[string]int{},
	}
	if pool, ok := q.(interface {
		Conn(ctx context.Context) (*sql.Conn, error)
	}); ok {
		conn, err := pool.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("take a connection: %w", err)
		}
		s.q = conn
		s.cleanup = append(s.cleanup, func() { _ = conn.Close() }) // goes back to its pool; nothing is lost
	}
	if err := s.prepareSession(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *inspection) close() {
	for _, f := range slices.Backward(s.cleanup) {
		f()
	}
}

// prepareSession reads who and where we are, and sets sql_mode aside if it
// changes what SHOW CREATE prints.
func (s *inspection) prepareSession() error {
	var user, current, mode, quoting, client, results, collation string
	if err := s.q.QueryRowContext(s.ctx, sessionQuery).Scan(&user, &current, &mode, &quoting, &client, &results, &collation); err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	s.definer = quoteAccount(user)
	s.srv.Database = current
	s.databases = s.scope.Schemas
	if len(s.databases) == 0 && current != "" {
		s.databases = []string{current}
	}
	if len(s.databases) == 0 {
		return lockstep.WithHint(fmt.Errorf("no database is selected"), "name one in the URL")
	}
	if client != utf8mb4 || results != utf8mb4 {
		old := "SET character_set_client = " + client + ", character_set_results = " + results + ", collation_connection = " + collation
		if err := s.during("SET NAMES utf8mb4", old); err != nil {
			return err
		}
	}
	if isOn(quoting) && !changesPrinting(mode) {
		return nil
	}
	return s.during("SET SESSION sql_mode = '', sql_quote_show_create = 1",
		fmt.Sprintf("SET SESSION sql_mode = %s, sql_quote_show_create = %s", literal(mode), quoting))
}

// utf8mb4 is the character set in which all names and texts can be read.
const utf8mb4 = "utf8mb4"

// during changes the session, and changes it back in the end.
func (s *inspection) during(set, old string) error {
	if _, err := s.q.ExecContext(s.ctx, set); err != nil {
		return fmt.Errorf("prepare session: %w", err)
	}
	s.cleanup = append(s.cleanup, func() {
		_, _ = s.q.ExecContext(s.lasting, old) // fails only with the connection, which nobody uses then
	})
	return nil
}

// changesPrinting tells the modes that change what SHOW CREATE prints.
func changesPrinting(mode string) bool {
	for part := range strings.SplitSeq(mode, ",") {
		switch part {
		case "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "ORACLE", "MSSQL", "DB2",
			"MAXDB", "MYSQL323", "MYSQL40", "POSTGRESQL", "PAD_CHAR_TO_FULL_LENGTH":
			return true
		}
	}
	return false
}

// quoteAccount writes root@% as definitions do.
func quoteAccount(account string) string {
	i := strings.LastIndexByte(account, '@')
	if i < 0 {
		return quote(account)
	}
	return quote(account[:i]) + "@" + quote(account[i+1:])
}

// rows reads the rows of a query as texts, NULL as "".
func (s *inspection) rows(query string) ([][]string, error) {
	rows, err := s.q.QueryContext(s.ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() // read to the end below, where errors are seen
	_, list, err := scanTexts(rows)
	return list, err
}

// scanTexts reads the rows of one result.
func scanTexts(rows *sql.Rows) (columns []string, list [][]string, err error) {
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	values := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(v)
		}
		list = append(list, row)
	}
	return columns, list, rows.Err()
}

// in returns a condition that holds for the databases that are read. The names
// are literals, so that the query is one round trip.
func (s *inspection) in(column string) string {
	list := make([]string, len(s.databases))
	for i, name := range s.databases {
		list[i] = stringLiteral(name)
	}
	return column + " IN (" + strings.Join(list, ", ") + ")"
}

// stringLiteral writes text as a string between quotes, for a session without
// NO_BACKSLASH_ESCAPES.
func stringLiteral(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''", "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`).Replace(text) + "'"
}

// id returns the ID of an object of a database.
func (s *inspection) id(kind schema.Kind, database, name string) schema.ID {
	return schema.ID{Kind: kind, Schema: s.namespace(database), Name: name}
}

// namespace is "" for the current database.
func (s *inspection) namespace(database string) string {
	if database == s.srv.Database {
		return ""
	}
	return database
}

func (s *inspection) add(facts ...schema.Fact) { s.facts = append(s.facts, facts...) }

func (s *inspection) doNotKnow(what, name string) {
	for i, u := range s.unknown {
		if u.What == what && u.Name == name {
			s.unknown[i].Count++
			return
		}
	}
	s.unknown = append(s.unknown, schema.Unknown{What: what, Name: name, Count: 1})
}
