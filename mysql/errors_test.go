package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// checkError fails unless err is of the class, with the server's words alone.
func checkError(t *testing.T, err error, class lockstep.ErrorClass, words string) {
	t.Helper()
	e := dialect{}.Classify(err)
	if e == nil || e.Class != class {
		t.Errorf("Classify(%v) = %+v, want class %d", err, e, class)
		return
	}
	if !strings.Contains(e.Message, words) || strings.HasPrefix(e.Message, "Error ") {
		t.Errorf("message %q, want the server's words with %q", e.Message, words)
	}
}

func ping(t *testing.T, s site, change func(*driver.Config)) error {
	t.Helper()
	return s.pool(t, change).PingContext(t.Context())
}

// TestErrorsOfConnecting are those that users meet first.
func TestErrorsOfConnecting(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		s.user(t) // makes sure that the server knows passwords
		reader := s.readOnlyUser(t)
		checkError(t, ping(t, s, func(c *driver.Config) { c.User, c.Passwd = "nobody", "wrong" }), lockstep.ErrorAuth, "Access denied")
		checkError(t, ping(t, s, func(c *driver.Config) { c.DBName = "no_such_database" }), lockstep.ErrorUnknownTarget, "Unknown database")
		checkError(t, ping(t, s, func(c *driver.Config) { c.Addr = "127.0.0.1:1" }), lockstep.ErrorUnknownTarget, "refused")
		checkError(t, ping(t, s, func(c *driver.Config) { c.Addr = "no-such-host.invalid:3306" }), lockstep.ErrorUnknownTarget, "no-such-host")
		checkError(t, ping(t, s, func(c *driver.Config) { c.Net, c.Addr = "unix", "/no/such/socket" }), lockstep.ErrorUnknownTarget, "no such file")
		checkError(t, ping(t, s, func(c *driver.Config) {
			c.Addr, c.Timeout = silentPort(t), 50*time.Millisecond
			c.ReadTimeout = c.Timeout
		}),
			lockstep.ErrorConnection, "")
		_, err := reader.ExecContext(t.Context(), "USE mysql")
		checkError(t, err, lockstep.ErrorPermission, "Access denied")
		_, err = s.pool(t, func(c *driver.Config) { c.DBName = "" }).ExecContext(t.Context(), "CREATE TABLE t (a INT)")
		checkError(t, err, lockstep.ErrorUnknownTarget, "No database selected")
	})
}

// silentPort is where somebody listens and never answers.
func silentPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// TestErrorsOfStatements provokes each.
func TestErrorsOfStatements(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		db, conn := s.pool(t), s.session(t)
		run(t, db, "CREATE TABLE t (a INT PRIMARY KEY, b INT)", "INSERT INTO t VALUES (1, 1), (2, 2)",
			"CREATE TABLE small (a CHAR(255)) ENGINE = MEMORY MAX_ROWS = 1")
		fails := func(query string, class lockstep.ErrorClass, words string) {
			t.Helper()
			_, err := conn.ExecContext(t.Context(), query)
			checkError(t, err, class, words)
		}
		fails("SELEC 1", lockstep.ErrorOther, "error in your SQL syntax")
		fails("INSERT INTO t VALUES (1, 1)", lockstep.ErrorDuplicateKey, "Duplicate entry")
		fails("ALTER TABLE t ADD UNIQUE ((b * 0))", map[bool]lockstep.ErrorClass{true: lockstep.ErrorOther, false: lockstep.ErrorDuplicateKey}[s.isMariaDB()], "")
		fails("SELECT * FROM nowhere", lockstep.ErrorUndefinedTable, "doesn't exist")
		fails("DROP TABLE nowhere", lockstep.ErrorUndefinedTable, "Unknown table")
		fails("CREATE TABLE nowhere.t (a INT)", lockstep.ErrorUnknownTarget, "Unknown database")
		run(t, conn, "SET SESSION max_heap_table_size = 16384")
		run(t, conn, "CREATE TABLE full_one (a CHAR(255)) ENGINE = MEMORY")
		fails("INSERT INTO full_one WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 500) SELECT n FROM q", lockstep.ErrorDiskFull, "is full")
		run(t, conn, "SET SESSION TRANSACTION READ ONLY")
		fails("INSERT INTO t VALUES (3, 3)", lockstep.ErrorReadOnly, "READ ONLY transaction")
		run(t, conn, "SET SESSION TRANSACTION READ WRITE")
		if s.isMariaDB() {
			fails("SET STATEMENT max_statement_time = 0.02 FOR SELECT SLEEP(5)", lockstep.ErrorCanceled, "max_statement_time")
			fails("SELECT NEXTVAL(nowhere)", lockstep.ErrorUndefinedTable, "Unknown SEQUENCE")
		} else {
			fails("SELECT /*+ MAX_EXECUTION_TIME(20) */ count(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c",
				lockstep.ErrorCanceled, "maximum statement execution time")
		}
		_, err := s.readOnlyUser(t).ExecContext(t.Context(), "CREATE TABLE mine (a INT)")
		checkError(t, err, lockstep.ErrorPermission, "command denied")
	})
}

// TestErrorsOfLocks provokes timeouts of tables and rows, and a deadlock.
func TestErrorsOfLocks(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		first, second := s.session(t), s.session(t)
		run(t, first, "CREATE TABLE t (a INT PRIMARY KEY, b INT)", "INSERT INTO t VALUES (1, 1), (2, 2)")
		run(t, second, dialect{}.Guard(probe(t, second), lockstep.Timeouts{Lock: time.Second}, lockstep.ScopeSession)...)
		run(t, first, "BEGIN", "UPDATE t SET b = 1 WHERE a = 1")
		for query, words := range map[string]string{
			"UPDATE t SET b = 2 WHERE a = 1":                "Lock wait timeout exceeded",
			"ALTER TABLE t ADD c INT":                       "Lock wait timeout exceeded",
			"SELECT * FROM t WHERE a = 1 FOR UPDATE NOWAIT": "",
		} {
			_, err := second.ExecContext(t.Context(), query)
			checkError(t, err, lockstep.ErrorLockTimeout, words)
		}
		run(t, second, "SET SESSION innodb_lock_wait_timeout = 20", "BEGIN", "UPDATE t SET b = 2 WHERE a = 2")
		wait := background(t, func(ctx context.Context) error {
			_, err := second.ExecContext(ctx, "UPDATE t SET b = 2 WHERE a = 1")
			return err
		})
		_, err := first.ExecContext(t.Context(), "UPDATE t SET b = 1 WHERE a = 2")
		run(t, first, "ROLLBACK")
		checkError(t, errors.Join(err, wait()), lockstep.ErrorDeadlock, "Deadlock found")
	})
}

// TestErrorsOfEndedSessions: KILL QUERY, KILL, and a server that goes away.
func TestErrorsOfEndedSessions(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		admin := s.session(t)
		for kill, class := range map[string]lockstep.ErrorClass{"KILL QUERY": lockstep.ErrorCanceled, "KILL": lockstep.ErrorConnection} {
			conn := s.session(t)
			id := value(t, conn, "SELECT CONNECTION_ID()")
			wait := background(t, func(ctx context.Context) error {
				_, err := conn.ExecContext(ctx, "SELECT count(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c")
				return err
			})
			eventually(t, "the statement runs", func() bool {
				return value(t, admin, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = "+id+" AND INFO LIKE 'SELECT count%'") == "1"
			})
			run(t, admin, kill+" "+id)
			if err := wait(); kill == "KILL" && (dialect{}).Classify(err).Class == lockstep.ErrorCanceled {
				// MariaDB and MySQL may say that first; the session is gone all the same.
				_, err = conn.ExecContext(t.Context(), "DO 1")
				checkError(t, err, class, "")
			} else {
				checkError(t, err, class, "")
			}
		}
		idle := s.session(t)
		run(t, admin, "KILL "+value(t, idle, "SELECT CONNECTION_ID()"))
		eventually(t, "the session is gone", func() bool {
			_, err := idle.ExecContext(t.Context(), "DO 1")
			if err != nil {
				checkError(t, err, lockstep.ErrorConnection, "")
			}
			return err != nil
		})
	})
}

// TestErrorsOfServers: read-only, full, stopped.
func TestErrorsOfServers(t *testing.T) {
	for _, kind := range testdb.Kinds() {
		if kind.Dialect != testdb.MySQL {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			server := testdb.Private(t, kind)
			s := site{server.New(t), true}
			db := s.pool(t)
			user := s.user(t, "GRANT ALL ON `"+s.Name+"`.* TO %s")
			run(t, user, "CREATE TABLE t (a INT)")
			run(t, db, "SET GLOBAL read_only = 1")
			_, err := user.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
			checkError(t, err, lockstep.ErrorReadOnly, "read-only")
			if srv := probe(t, user); !srv.ReadOnly {
				t.Error("Probe does not see that the server is read-only")
			}
			run(t, db, "SET GLOBAL read_only = 0", "SET GLOBAL max_connections = 10")
			checkError(t, tooMany(t, s), lockstep.ErrorConnection, "Too many connections")
			conn := session(t, db)
			server.Kill(t)
			_, err = conn.ExecContext(t.Context(), "DO 1")
			checkError(t, err, lockstep.ErrorConnection, "")
			server.Start(t)
		})
	}
}

// tooMany opens sessions until the server refuses one.
func tooMany(t *testing.T, s site) error {
	t.Helper()
	db := s.pool(t, func(c *driver.Config) { c.User, c.Passwd = "root", "" })
	for range 50 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
	}
	return nil
}

func TestErrorsThatAreNotTheDatabases(t *testing.T) {
	for _, err := range []error{
		nil, context.Canceled, context.DeadlineExceeded, fmt.Errorf("run: %w", context.Canceled), sql.ErrNoRows, errors.New("anything"),
	} {
		if e := (dialect{}).Classify(err); e != nil {
			t.Errorf("Classify(%v) = %+v, want nil", err, e)
		}
	}
}
