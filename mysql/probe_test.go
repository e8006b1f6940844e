package mysql

import (
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/lockstepdb/lockstep"
)

func TestProduct(t *testing.T) {
	for _, test := range []struct {
		version, comment, flavor string
		number                   int
	}{
		{"9.7.4-2", "(Debian)", "MySQL", 90704},
		{"8.0.46", "MySQL Community Server - GPL", "MySQL", 80046},
		{"8.0.36-28", "Percona Server (GPL), Release 28", "MySQL", 80036},
		{"8.4.3-commercial", "", "MySQL", 80403},
		{"11.8.6-MariaDB-0+deb13u1 from Debian-log", "", "MariaDB", 110806},
		{"10.11.18-MariaDB-0+deb12u1-log", "Debian 12", "MariaDB", 101118},
		{"5.5.5-10.6.12-MariaDB", "", "MariaDB", 100612},
		{"10.6.18", "mariadb.org binary distribution", "MariaDB", 100618},
		{"8.0", "", "MySQL", 80000},
		{"", "", "MySQL", 0},
	} {
		flavor, number := product(test.version, test.comment)
		if flavor != test.flavor || number != test.number {
			t.Errorf("product(%q, %q) = %s %d, want %s %d", test.version, test.comment, flavor, number, test.flavor, test.number)
		}
	}
}

func TestProbeRefusesOldServers(t *testing.T) {
	for _, srv := range []lockstep.Server{{Flavor: "MySQL", Number: 50744}, {Flavor: "MariaDB", Number: 100523}} {
		if err := tooOld(srv); err == nil || lockstep.HintOf(err) == "" {
			t.Errorf("tooOld(%v) = %v, want an error with a hint", srv, err)
		}
	}
	for _, srv := range []lockstep.Server{{Flavor: "MySQL", Number: 80000}, {Flavor: "MariaDB", Number: 100600}} {
		if err := tooOld(srv); err != nil {
			t.Errorf("tooOld(%v) = %v", srv, err)
		}
	}
}

func TestProbe(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		srv := probe(t, s.session(t))
		maria := s.isMariaDB()
		if (srv.Flavor == "MariaDB") != maria || srv.Lexer.MariaDB != maria || srv.Lexer.Version != srv.Number || srv.Number < 80000 {
			t.Errorf("server %+v", srv)
		}
		if srv.Database != s.Name || srv.Schema != s.Name || !strings.HasPrefix(srv.User, "root@") || srv.TransactionalDDL || srv.MultiStatement || srv.ReadOnly {
			t.Errorf("server %+v", srv)
		}
		strange := s.pool(t, func(c *driver.Config) { c.Params = map[string]string{"sql_mode": "'ANSI,NO_BACKSLASH_ESCAPES'"} })
		if o := probe(t, strange).Lexer; !o.AnsiQuotes || !o.NoBackslashEscapes {
			t.Errorf("lexer options %+v", o)
		}
		nowhere := s.pool(t, func(c *driver.Config) { c.DBName = "" })
		if srv := probe(t, nowhere); srv.Database != "" {
			t.Errorf("database %q without one", srv.Database)
		}
	})
}

// TestGuardHolds: the limits are those that were asked for.
func TestGuardHolds(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		conn := s.session(t)
		srv := probe(t, conn)
		limits := lockstep.Timeouts{Lock: 1200 * time.Millisecond, Statement: 1500 * time.Millisecond}
		run(t, conn, dialect{}.Guard(srv, limits, lockstep.ScopeSession)...)
		want := map[string]string{"lock_wait_timeout": "2", "innodb_lock_wait_timeout": "2", "max_execution_time": "1500"}
		if s.isMariaDB() {
			delete(want, "max_execution_time")
			want["max_statement_time"] = "1.5"
		}
		for variable, want := range want {
			if got := value(t, conn, "SELECT @@session."+variable); got != want {
				t.Errorf("%s = %s, want %s", variable, got, want)
			}
		}
	})
}

// TestLedgerInStrangeSessions: whatever a script has set, the ledger reads
// what was written.
func TestLedgerInStrangeSessions(t *testing.T) {
	const name = "größe 表 back\\slash 'quote'"
	onServers(t, func(t *testing.T, s site) {
		sql := dialect{}.Ledger(lockstep.LedgerTable{Schema: s.Name, Name: "lockstep_ledger"})
		reader := s.session(t)
		run(t, reader, sql.Create...)
		run(t, reader, "CREATE TABLE t (a INT)")
		for i, setting := range []string{
			"SET @nothing = 1", "SET NAMES latin1", "SET NAMES utf8mb3", "SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
			"USE information_schema", "LOCK TABLES t WRITE",
		} {
			for _, interpolate := range []bool{false, true} {
				seq := 2*i + map[bool]int{false: 1, true: 2}[interpolate]
				conn := session(t, s.pool(t, func(c *driver.Config) { c.InterpolateParams = interpolate }))
				run(t, conn, setting)
				run(t, conn, sql.Regain)
				row := make([]any, 0, 26)
				for _, column := range lockstep.LedgerColumns() {
					row = append(row, ledgerValue(column, seq, name))
				}
				if _, err := conn.ExecContext(t.Context(), sql.Insert, row...); err != nil {
					t.Fatalf("after %s: %v", setting, err)
				}
				run(t, conn, "DO 0")
				if setting == "LOCK TABLES t WRITE" {
					run(t, reader, "INSERT INTO t VALUES (1)") // the lock is gone
				}
			}
		}
		want := value(t, reader, "SELECT count(*) FROM lockstep_ledger")
		rows := value(t, reader, "SELECT count(*) FROM lockstep_ledger WHERE name = "+literal(name)+" AND up_text = "+literal(name))
		if rows != want || want != "12" {
			t.Errorf("%s of %s entries are as they were written, want 12", rows, want)
		}
	})
}

// ledgerValue is something for a column.
func ledgerValue(column string, seq int, text string) any {
	switch columnType(column) {
	case "BIGINT NOT NULL PRIMARY KEY", "BIGINT NOT NULL DEFAULT 0":
		return int64(seq)
	case "LONGBLOB NULL":
		return []byte(text)
	default:
		return text
	}
}
