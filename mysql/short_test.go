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
// while twelve clients read it too. The change has to get in when the
// transaction ends, and must not have held up a client for longer than 100 ms.
// What else runs on the machine can hold clients up as well; it shows in the
// clients of a table that nobody changes, and in that another round goes well.
func TestExecShortBlocksNobody(t *testing.T) {
	const rounds, most = 8, 100 * time.Millisecond
	onEach(t, func(t *testing.T, s site) {
		var worst time.Duration
		for round := range rounds {
			table := fmt.Sprintf("t%d", round)
			touched, untouched := changeUnderReaders(t, s, table)
			if worst = touched - untouched; worst <= most {
				return
			}
		}
		t.Errorf("in each of %d rounds a client was held up by more than %v, in the last by %v", rounds, most, worst)
	})
}

// changeUnderReaders returns the longest time that a read of the table took
// while it was changed, and a read of another table.
func changeUnderReaders(t *testing.T, s site, table string) (touched, untouched time.Duration) {
	t.Helper()
	db := s.pool(t)
	other := table + "_untouched"
	run(t, db, "CREATE TABLE "+table+" (a INT PRIMARY KEY)", "INSERT INTO "+table+" VALUES (1), (2), (3)",
		"CREATE TABLE "+other+" SELECT * FROM "+table)
	readers, control := startClients(t, s, 12, "SELECT count(*) FROM "+table), startClients(t, s, 12, "SELECT count(*) FROM "+other)
	release := holdTable(t, s, table)
	conn := session(t, db)
	change := func() error { return short(t.Context(), t, db, conn, "ALTER TABLE "+table+" ADD b INT") }
	tries := 0
	for ; tries < 10; tries++ {
		if err := change(); !isLockTimeout(err) {
			t.Fatalf("ALTER TABLE against a long transaction: %v, want a lock timeout", err)
		}
	}
	release()
	eventually(t, "the change gets in", func() bool {
		tries++
		err := change()
		if err != nil && !isLockTimeout(err) {
			t.Fatal(err)
		}
		return err == nil
	})
	n, touched := readers.stop(t)
	_, untouched = control.stop(t)
	t.Logf("%d tries, %d reads; the longest took %v, of an untouched table %v", tries, n, touched, untouched)
	return touched, untouched
}

// clients read a table again and again.
type clients struct {
	end  context.CancelFunc
	all  sync.WaitGroup
	mu   sync.Mutex
	took []time.Duration
	err  error
}

func startClients(t *testing.T, s site, n int, query string) *clients {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	c := &clients{end: end}
	for range n {
		conn := s.session(t)
		value(t, conn, query)
		c.all.Go(func() { c.read(ctx, conn, query) })
	}
	return c
}

// read sends a request every 8 ms, as the clients did by which the rule for
// strong locks was found.
func (c *clients) read(ctx context.Context, conn *sql.Conn, query string) {
	tick := time.NewTicker(8 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		start := time.Now()
		var n int
		err := conn.QueryRowContext(context.WithoutCancel(ctx), query).Scan(&n)
		c.mu.Lock()
		c.took = append(c.took, time.Since(start))
		c.err = errors.Join(c.err, err)
		c.mu.Unlock()
		<-tick.C
	}
}

func (c *clients) stop(t *testing.T) (requests int, worst time.Duration) {
	t.Helper()
	c.end()
	c.all.Wait()
	if c.err != nil {
		t.Error(c.err)
	}
	return len(c.took), slices.Max(c.took)
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
		conn, watcher := session(t, db), s.session(t)
		id := value(t, conn, "SELECT CONNECTION_ID()")
		wait := background(t, func(ctx context.Context) error {
			return short(ctx, t, db, conn, "ALTER TABLE t ADD INDEX (b), ALGORITHM = INPLACE, LOCK = NONE")
		})
		eventually(t, "the table is being read", func() bool {
			return value(t, watcher, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = "+id+
				" AND INFO LIKE '%ALTER TABLE%' AND STATE LIKE '%alter%table%'") == "1"
		})
		release := holdTable(t, s, "t")
		err := wait()
		release()
		if !isLockTimeout(err) {
			t.Errorf("ALTER TABLE that waits at its end: %v, want a lock timeout", err)
		}
		if n := value(t, db, "SELECT count(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'b'"); n != "0" {
			t.Error("the index is there nevertheless")
		}
	})
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
		start := time.Now()
		err := short(t.Context(), t, db, conn, "ALTER TABLE t ADD b INT")
		if took := time.Since(start); !isLockTimeout(err) || took < 900*time.Millisecond || took > 5*time.Second {
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
		err := short(t.Context(), t, db, conn, "DROP TABLE t")
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
		if parseErr != nil || waited < shortWait || waited > 10*shortWait {
			t.Errorf("message %q: waited %v", e.Message, waited)
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
