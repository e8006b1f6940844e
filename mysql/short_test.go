package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/calm"
)

const shortWait = 50 * time.Millisecond

// short runs a statement by ExecShort in a session of db.
func short(ctx context.Context, t *testing.T, db *sql.DB, conn *sql.Conn, query string) error {
	t.Helper()
	return dialect{}.ExecShort(ctx, db, conn, query, shortWait)
}

// isLockTimeout tells that an error is one, and nothing was done.
func isLockTimeout(err error) bool {
	e := dialect{}.Classify(err)
	return e != nil && e.Class == lockstep.ErrorLockTimeout && e.IsRetryable()
}

// holdTable keeps a table from being changed, as a report would that reads it
// in a transaction, until the returned function is called.
func holdTable(t *testing.T, s site, table string) (end func()) {
	t.Helper()
	conn := s.session(t)
	run(t, conn, "START TRANSACTION")
	value(t, conn, "SELECT count(*) FROM "+table)
	return func() { run(t, conn, "COMMIT") }
}

// TestExecShortBlocksNobody changes a table that a long transaction reads,
// while twelve clients read it too. Each try gives up, all clients go on
// reading though the transaction does not end, and the change gets in when it
// has ended: that holds at any speed. That nobody is held up for longer than
// 100 ms, and that the change need not wait until the clients rest, is a matter
// of time, and beside it twelve clients read a table that nobody changes.
func TestExecShortBlocksNobody(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		round := 0
		calm.Judge(t, 100*time.Millisecond, func() calm.Round {
			round++
			return changeUnderReaders(t, s, fmt.Sprintf("t%d", round))
		})
	})
}

func changeUnderReaders(t *testing.T, s site, table string) calm.Round {
	t.Helper()
	const againstTheTransaction, againstClients = 10, 40
	db := s.pool(t)
	other := table + "_untouched"
	run(t, db, "CREATE TABLE "+table+" (a INT PRIMARY KEY)", "INSERT INTO "+table+" VALUES (1), (2), (3)",
		"CREATE TABLE "+other+" SELECT * FROM "+table)
	readers, control := startClients(t, s, 12, "SELECT count(*) FROM "+table), startClients(t, s, 12, "SELECT count(*) FROM "+other)
	release := holdTable(t, s, table)
	conn := session(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	change := func() error { return short(ctx, t, db, conn, "ALTER TABLE "+table+" ADD b INT") }
	begun, tries := time.Now(), 0
	for ; tries < againstTheTransaction || !readers.allSince(begun); tries++ {
		if err := change(); !isLockTimeout(err) {
			t.Fatalf("ALTER TABLE against a long transaction: %v, want a lock timeout", err)
		}
	}
	release()
	isIn := func() bool {
		tries++
		err := change()
		if err != nil && !isLockTimeout(err) {
			t.Fatal(err)
		}
		return err == nil
	}
	in := false
	for n := 0; n < againstClients && !in; n++ {
		in = isIn()
	}
	r := calm.Round{Took: readers.stop(t), Control: control.stop(t)}
	if !in {
		r.Fault = "the change did not get in beside the clients"
		eventually(t, "the change gets in", isIn)
	}
	t.Logf("%d tries, %d reads", tries, len(readers.took))
	return r
}

// clients read a table again and again.
type clients struct {
	end   context.CancelFunc
	all   sync.WaitGroup
	conns []*sql.Conn
	mu    sync.Mutex
	took  []time.Duration
	last  []time.Time // when the last read that each client has done began
	err   error
}

func startClients(t *testing.T, s site, n int, query string) *clients {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	c := &clients{end: end, last: make([]time.Time, n)}
	db := s.pool(t)
	db.SetMaxIdleConns(-1) // the next round needs the server's connections
	for i := range n {
		conn := session(t, db)
		value(t, conn, query)
		c.conns = append(c.conns, conn)
		c.all.Go(func() { c.read(ctx, conn, query, i) })
	}
	return c
}

// read sends a request every 8 ms, as the clients did by which the rule for
// strong locks was found.
func (c *clients) read(ctx context.Context, conn *sql.Conn, query string, i int) {
	tick := time.NewTicker(8 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		start := time.Now()
		var n int
		err := conn.QueryRowContext(context.WithoutCancel(ctx), query).Scan(&n)
		c.mu.Lock()
		c.took = append(c.took, time.Since(start))
		c.last[i] = start
		c.err = errors.Join(c.err, err)
		c.mu.Unlock()
		<-tick.C
	}
}

// allSince tells that every client has done a read that it began after a time.
func (c *clients) allSince(begun time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !slices.ContainsFunc(c.last, func(last time.Time) bool { return !last.After(begun) })
}

// stop ends the clients and returns how long the longest read took.
func (c *clients) stop(t *testing.T) time.Duration {
	t.Helper()
	c.end()
	c.all.Wait()
	for _, conn := range c.conns {
		_ = conn.Close() // it only read
	}
	if c.err != nil {
		t.Error(c.err)
	}
	return slices.Max(c.took)
}

// TestExecShortLeavesWorkAlone: what has its lock is not ended, however long it
// takes.
func TestExecShortLeavesWorkAlone(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		db := s.pool(t)
		conn := session(t, db)
		run(t, db, "CREATE TABLE t (a INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3), (4)")
		start := time.Now()
		if err := short(t.Context(), t, db, conn, "CREATE TABLE u AS SELECT a, SLEEP(0.1) AS s FROM t"); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 4*shortWait {
			t.Errorf("the statement took only %v: nothing was tested", took)
		}
	})
}

// TestExecShortAtTheEndOfAnAlter: an online ALTER TABLE waits a second time,
// at its end.
func TestExecShortAtTheEndOfAnAlter(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		db := s.pool(t)
		run(t, db, "CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b VARCHAR(200))", "INSERT INTO t (b) VALUES (REPEAT('x', 190))")
		for range 17 {
			run(t, db, "INSERT INTO t (b) SELECT b FROM t")
		}
		err := heldWhileItIsRead(t, s, db)
		for range 3 {
			if err != nil {
				break
			}
			t.Log("the statement ended before the table was held: once more, with more rows")
			run(t, db, "ALTER TABLE t DROP INDEX b", "INSERT INTO t (b) SELECT b FROM t")
			err = heldWhileItIsRead(t, s, db)
		}
		if !isLockTimeout(err) {
			t.Errorf("ALTER TABLE that waits at its end: %v, want a lock timeout", err)
		}
		if n := value(t, db, "SELECT count(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'b'"); n != "0" {
			t.Error("the index is there nevertheless")
		}
	})
}

// heldWhileItIsRead adds an index and holds the table as soon as the statement
// reads it.
func heldWhileItIsRead(t *testing.T, s site, db *sql.DB) error {
	t.Helper()
	conn, watcher := session(t, db), s.session(t)
	id := value(t, conn, "SELECT CONNECTION_ID()")
	done := make(chan error, 1)
	go func() {
		done <- short(t.Context(), t, db, conn, "ALTER TABLE t ADD INDEX (b), ALGORITHM = INPLACE, LOCK = NONE")
	}()
	eventually(t, "the table is being read", func() bool {
		return len(done) > 0 || value(t, watcher, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = "+id+
			" AND INFO LIKE '%ALTER TABLE%' AND STATE LIKE '%alter%table%'") == "1"
	})
	defer holdTable(t, s, "t")()
	return <-done
}

// TestExecShortAlone: with nobody to look on, the server's own timeout holds.
func TestExecShortAlone(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		db := s.pool(t)
		db.SetMaxOpenConns(1)
		conn := session(t, db)
		run(t, conn, "CREATE TABLE t (a INT PRIMARY KEY)")
		run(t, conn, dialect{}.Guard(probe(t, conn), lockstep.Timeouts{Lock: shortWait}, lockstep.ScopeSession)...)
		defer holdTable(t, s, "t")()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		start := time.Now()
		err := short(ctx, t, db, conn, "ALTER TABLE t ADD b INT")
		if took := time.Since(start); !isLockTimeout(err) || took < 900*time.Millisecond {
			t.Errorf("ALTER TABLE after %v: %v; want a lock timeout after a second", took, err)
		}
	})
}

// TestExecShortExplains: the error says what was waited for, and for how long.
func TestExecShortExplains(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		db := s.pool(t)
		conn := session(t, db)
		run(t, conn, "CREATE TABLE t (a INT PRIMARY KEY)")
		defer holdTable(t, s, "t")()
		start := time.Now()
		err := short(t.Context(), t, db, conn, "DROP TABLE t")
		took := time.Since(start)
		e := dialect{}.Classify(err)
		if e == nil || e.Class != lockstep.ErrorLockTimeout || e.Code != "1317" {
			t.Fatalf("Classify(%v) = %+v", err, e)
		}
		var waited time.Duration
		var state string
		if n, _ := fmt.Sscanf(e.Message, "gave up after %s", &state); n != 1 {
			t.Fatalf("message %q", e.Message)
		}
		waited, parseErr := time.ParseDuration(state[:len(state)-1])
		if parseErr != nil || waited < shortWait || waited > took {
			t.Errorf("message %q: waited %v of %v", e.Message, waited, took)
		}
	})
}

// TestLateKillHitsNothingElse lets the table become free at just the time when
// the statement is ended. Whatever comes first, the answer must be true and the
// next statement must not be hit.
func TestLateKillHitsNothingElse(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		const rounds = 120
		db := s.pool(t)
		holder, conn := s.session(t), session(t, db)
		run(t, holder, "CREATE TABLE t (a INT PRIMARY KEY)")
		done, ended := 0, 0
		for i := range rounds {
			run(t, holder, "START TRANSACTION")
			value(t, holder, "SELECT count(*) FROM t")
			wait := background(t, func(ctx context.Context) error {
				return short(ctx, t, db, conn, fmt.Sprintf("ALTER TABLE t COMMENT = 'round %d'", i))
			})
			free := time.NewTimer(shortWait - 4*time.Millisecond + time.Duration(i%40)*200*time.Microsecond)
			<-free.C
			run(t, holder, "COMMIT")
			err := wait()
			run(t, conn, "SELECT 1", "DO 1", "SET @a = 1") // none of them may be hit
			comment := value(t, conn, "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'")
			isDone := comment == fmt.Sprintf("round %d", i)
			switch {
			case err == nil && isDone:
				done++
			case isLockTimeout(err) && !isDone:
				ended++
			default:
				t.Fatalf("round %d: error %v, but the comment is %q", i, err, comment)
			}
		}
		t.Logf("%d were done, %d ended", done, ended)
	})
}
