package lockstep_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// killSessions ends every session of the database but the one that asks.
func killSessions(t *testing.T, db *testdb.Database) {
	t.Helper()
	if db.Kind.Dialect == testdb.Postgres {
		db.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return
	}
	conn, err := db.Open(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		_, _ = conn.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id)) // it may have ended by itself
	}
}

// atEvent calls do once, when event n comes.
func atEvent(n int, do func()) (lockstep.Sink, *int) {
	seen := new(int)
	return lockstep.SinkFunc(func(lockstep.Event) {
		if *seen++; *seen == n {
			do()
		}
	}), seen
}

func TestConnectionsLostAtEveryEvent(t *testing.T) {
	for _, dialect := range []string{testdb.Postgres, testdb.MySQL} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			set := mustLoad(t, crashHistory(dialect))
			sink, events := atEvent(0, nil)
			mustUp(t, newMigrator(t, db, set, lockstep.Options{Sinks: []lockstep.Sink{sink}}))
			want := db.Describe(t, "lockstep_ledger", "lockstep_ledger_lock")
			for n := 1; n <= *events; n++ {
				next := testdb.New(t, db.Kind)
				sink, _ := atEvent(n, func() { killSessions(t, next) })
				m, err := lockstep.New(next.Pool(t), dialectNamed(dialect), set, lockstep.Options{Sinks: []lockstep.Sink{sink}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := m.Up(t.Context()); err != nil {
					t.Errorf("sessions killed at event %d: %v", n, err)
				}
				if got := next.Describe(t, "lockstep_ledger", "lockstep_ledger_lock"); got != want {
					t.Errorf("sessions killed at event %d: got\n%s\nwant\n%s", n, got, want)
				}
			}
		})
	}
}

func TestServerRestartsInTheMiddle(t *testing.T) {
	for _, name := range []string{"postgres18", "mysql97", "mariadb1011"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := testdb.KindNamed(t, name)
			server := testdb.Private(t, kind)
			db := server.New(t)
			sink, _ := atEvent(12, func() {
				server.Kill(t)
				server.Start(t)
			})
			set := mustLoad(t, crashHistory(kind.Dialect))
			m, err := lockstep.New(db.Pool(t), dialectNamed(kind.Dialect), set, lockstep.Options{Sinks: []lockstep.Sink{sink}})
			if err != nil {
				t.Fatal(err)
			}
			mustUp(t, m)
			if n := count(t, db, "SELECT count(*) FROM a"); n != 3 {
				t.Errorf("a has %d rows, want 3", n)
			}
		})
	}
}

// losing is a proxy that forwards the first message that holds what, and
// closes the connection instead of bringing the answer.
func losing(t *testing.T, address string, what []byte) (string, *atomic.Bool) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	lost := &atomic.Bool{}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go forward(client, address, what, lost)
		}
	}()
	return listener.Addr().String(), lost
}

func forward(client net.Conn, address string, what []byte, lost *atomic.Bool) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	silent := &atomic.Bool{}
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:n], what) && lost.CompareAndSwap(false, true) {
				silent.Store(true)
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := server.Read(buf)
		if err != nil || silent.Load() {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestCommitWhoseAnswerIsLost(t *testing.T) {
	for _, dialect := range []string{testdb.Postgres, testdb.MySQL} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			u, err := url.Parse(db.URL)
			if err != nil {
				t.Fatal(err)
			}
			var lost *atomic.Bool
			u.Host, lost = losing(t, u.Host, []byte("COMMIT"))
			pool, err := testdb.Connect(db.Kind.Name, u.String())
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			set := mustLoad(t, files("1_create_a.sql", "CREATE TABLE a (id INTEGER)", "2_fill_a.sql", "INSERT INTO a VALUES (1)", "3_fill_a.sql", "INSERT INTO a VALUES (2)"))
			m, err := lockstep.New(pool, dialectNamed(dialect), set, lockstep.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Up(t.Context()); err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("Up: %v", err)
			}
			if !lost.Load() {
				t.Error("no COMMIT went through the proxy")
			}
			if n := count(t, db, "SELECT count(*) FROM a"); n != 2 {
				t.Errorf("a has %d rows, want 2", n)
			}
		})
	}
}
