package cli

import (
	"database/sql"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/lockstepdb/lockstep/internal/config"
)

// connectTimeout is how long making one connection may take, unless the URL
// says otherwise.
const connectTimeout = 10 * time.Second

// cancelTimeout is how long the server may take to end a statement that was
// cancelled, before the connection is closed.
const cancelTimeout = 5 * time.Second

// openPostgres opens a pool by pgx. Nothing is prepared on the server, so that
// it works through poolers that give each transaction another session.
func openPostgres(d config.Database) (*sql.DB, []string, error) {
	c, err := pgx.ParseConfig(postgresDSN(d))
	if err != nil {
		// The driver's error quotes the address; its parameters are all that
		// can be wrong in it here.
		return nil, nil, &config.URLError{Msg: "the parameters of the database URL are not valid: " + withoutDSN(err), Way: "see the connection parameters of PostgreSQL's libpq"}
	}
	if d.Param("default_query_exec_mode") == "" {
		c.DefaultQueryExecMode = pgx.QueryExecModeExec
		c.StatementCacheCapacity, c.DescriptionCacheCapacity = 0, 0
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = toolName()
	}
	if c.ConnectTimeout == 0 && d.Param("connect_timeout") == "" {
		c.ConnectTimeout = connectTimeout
	}
	// On an interrupt the server is asked to end the statement, and its answer
	// is waited for. Closing the connection, as the driver does by itself, would
	// leave the statement running, and what was sent along with it: the COMMIT.
	c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTimeout}
	}
	// The password may have come from PGPASSWORD or a password file.
	return stdlib.OpenDB(*c), []string{c.Password}, nil
}

// withoutDSN keeps of pgx's error only what comes after the address.
func withoutDSN(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		text = text[i+3:]
	}
	return text
}

// postgresDSN writes the URL as keywords and values, in which every character
// of a password has one reading.
func postgresDSN(d config.Database) string {
	var hosts, ports []string
	for _, h := range d.Hosts {
		hosts = append(hosts, h.Name)
		ports = append(ports, orDefault(h.Port, "5432"))
	}
	if d.Socket != "" {
		hosts, ports = []string{d.Socket}, ports[:0]
	}
	var b strings.Builder
	put := func(key, value string) {
		if value != "" {
			b.WriteString(key + "='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "' ")
		}
	}
	put("host", strings.Join(hosts, ","))
	put("port", strings.Join(ports, ","))
	put("user", d.User)
	put("password", d.Password)
	put("dbname", d.Name)
	for _, p := range d.Params {
		put(p.Key, p.Value)
	}
	return b.String()
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
