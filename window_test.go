package lockstep_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// busy is a table that clients read all the time, and on which transactions
// stay open.
type busy struct {
	db      *testdb.Database
	stop    context.CancelFunc
	clients sync.WaitGroup
	holders sync.WaitGroup

	mu    sync.Mutex
	worst time.Duration
	slow  int // requests of more than 100 ms
}

// newBusy creates table t and 12 clients that read it, 8 ms apart.
func newBusy(tb testing.TB, db *testdb.Database) *busy {
	tb.Helper()
	db.Exec(tb, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
	db.Exec(tb, "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")
	ctx, stop := context.WithCancel(context.Background())
	b := &busy{db: db, stop: stop}
	const clients = 12
	ready := make(chan struct{}, clients)
	for i := range clients {
		pool := db.Pool(tb)
		pool.SetMaxOpenConns(1)
		b.clients.Go(func() { b.read(ctx, pool, i, ready) })
	}
	for range clients {
		<-ready
	}
	return b
}

func (b *busy) read(ctx context.Context, pool *sql.DB, i int, ready chan<- struct{}) {
	tick := time.NewTicker(8 * time.Millisecond)
	defer tick.Stop()
	for first := true; ctx.Err() == nil; first = false {
		start := time.Now()
		var n int
		err := pool.QueryRow(fmt.Sprintf("SELECT n FROM t WHERE id = %d", i%3+1)).Scan(&n)
		b.note(time.Since(start), err)
		if first {
			ready <- struct{}{}
			b.reset()
		}
		<-tick.C
	}
}

func (b *busy) note(d time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.worst = max(b.worst, d)
	}
	if d > 100*time.Millisecond {
		b.slow++
	}
}

func (b *busy) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.worst, b.slow = 0, 0
}

// hold keeps a transaction that has read t open, from when it returns.
func (b *busy) hold(tb testing.TB, d time.Duration) {
	tb.Helper()
	pool := b.db.Pool(tb)
	tx, err := pool.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
		tb.Fatal(err)
	}
	b.holders.Go(func() {
		<-time.After(d)
		_ = tx.Commit() // it only read
	})
}

// overlap begins a new holder before the one before it ends.
func (b *busy) overlap(tb testing.TB, n int, each time.Duration) {
	tb.Helper()
	for i := range n {
		pool := b.db.Pool(tb)
		b.holders.Go(func() {
			<-time.After(time.Duration(i) * each * 2 / 3)
			tx, err := pool.Begin()
			if err != nil {
				return
			}
			var rows int
			_ = tx.QueryRow("SELECT count(*) FROM t").Scan(&rows) // waits like any client
			<-time.After(each)
			_ = tx.Commit()
		})
	}
}

func (b *busy) end() (worst time.Duration, slow int) {
	b.stop()
	b.clients.Wait()
	b.holders.Wait()
	return b.worst, b.slow
}

func TestStrongLocksHoldNobodyUp(t *testing.T) {
	for _, dialect := range []string{testdb.Postgres, testdb.MySQL} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			b := newBusy(t, db)
			const held = 1500 * time.Millisecond
			b.hold(t, held)
			b.overlap(t, 4, held/3)
			var told []lockstep.WindowWaiting
			o := lockstep.Options{}
			o.Sinks = []lockstep.Sink{lockstep.SinkFunc(func(e lockstep.Event) {
				if w, ok := e.(lockstep.WindowWaiting); ok {
					told = append(told, w)
				}
			})}
			start := time.Now()
			m := newMigrator(t, db, mustLoad(t, files("1_add.sql", "ALTER TABLE t ADD COLUMN c INTEGER;")), o)
			mustUp(t, m)
			took := time.Since(start)
			worst, _ := b.end()
			if took < held/2 {
				t.Errorf("the migration took %s: it did not meet the reader", took)
			}
			// A plain ALTER would have held the clients up for the rest of the
			// reader's time. The limit leaves room for a loaded machine.
			if worst > held/2 {
				t.Errorf("a client was blocked for %s", worst)
			}
			if db.Kind.Dialect == testdb.Postgres {
				checkTold(t, told)
			}
		})
	}
}

func checkTold(t *testing.T, told []lockstep.WindowWaiting) {
	t.Helper()
	if len(told) == 0 {
		t.Error("nobody was told who is in the way")
		return
	}
	b := told[0].Blockers[0]
	if b.Session == "" || b.Age == 0 || b.QueryStart.IsZero() || !strings.Contains(b.Query, "count") {
		t.Errorf("blocker %+v does not say enough", b)
	}
}

// BenchmarkStrongLock reports the worst request of 12 clients while a column
// is added to a table that a transaction holds for 2 s, and how many requests
// took more than 100 ms.
func BenchmarkStrongLock(b *testing.B) {
	for _, name := range []string{"postgres18", "mysql97", "mariadb118", "mariadb1011"} {
		for _, how := range []string{"plain", "lockstep"} {
			b.Run(name+"/"+how, func(b *testing.B) {
				for b.Loop() {
					db := testdb.New(b, testdb.KindNamed(b, name))
					clients := newBusy(b, db)
					clients.hold(b, 2*time.Second)
					start := time.Now()
					if how == "plain" {
						db.Exec(b, "ALTER TABLE t ADD COLUMN c INTEGER")
					} else {
						upOrFail(b, db)
					}
					took := time.Since(start)
					worst, slow := clients.end()
					b.ReportMetric(float64(worst.Milliseconds()), "worst-ms")
					b.ReportMetric(float64(slow), "over100ms")
					b.ReportMetric(took.Seconds(), "s/change")
				}
			})
		}
	}
}

func upOrFail(b *testing.B, db *testdb.Database) {
	b.Helper()
	set, err := lockstep.Load(files("1_add.sql", "ALTER TABLE t ADD COLUMN c INTEGER;"))
	if err != nil {
		b.Fatal(err)
	}
	m, err := lockstep.New(db.Open(b), dialectNamed(db.Kind.Dialect), set, lockstep.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := m.Up(b.Context()); err != nil {
		b.Fatal(err)
	}
}
