package lockstep_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/calm"
	"github.com/lockstepdb/lockstep/internal/testdb"
)

// busy are clients that read a table all the time, and transactions that stay
// open on it.
type busy struct {
	db      *testdb.Database
	table   string
	stop    context.CancelFunc
	clients sync.WaitGroup
	holders sync.WaitGroup
	pools   []*sql.DB

	mu    sync.Mutex
	reads []int // of each client
	worst time.Duration
	slow  int // requests of more than 100 ms
}

// newBusy creates a table and 12 clients that read it, 8 ms apart.
func newBusy(tb testing.TB, db *testdb.Database, table string) *busy {
	tb.Helper()
	db.Exec(tb, "CREATE TABLE "+table+" (id INTEGER PRIMARY KEY, n INTEGER)")
	db.Exec(tb, "INSERT INTO "+table+" VALUES (1, 1), (2, 2), (3, 3)")
	ctx, stop := context.WithCancel(context.Background())
	const clients = 12
	b := &busy{db: db, table: table, stop: stop, reads: make([]int, clients)}
	tb.Cleanup(stop)
	for i := range clients {
		pool := db.Pool(tb)
		pool.SetMaxOpenConns(1)
		b.pools = append(b.pools, pool)
		b.clients.Go(func() { b.read(ctx, pool, i) })
	}
	await(tb, "the clients have begun", func() bool { return b.fewest() > 0 })
	b.reset()
	return b
}

func (b *busy) read(ctx context.Context, pool *sql.DB, i int) {
	tick := time.NewTicker(8 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		start := time.Now()
		var n int
		err := pool.QueryRow(fmt.Sprintf("SELECT n FROM %s WHERE id = %d", b.table, i%3+1)).Scan(&n)
		b.note(i, time.Since(start), err)
		<-tick.C
	}
}

func (b *busy) note(i int, d time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.reads[i]++
		b.worst = max(b.worst, d)
	}
	if d > 100*time.Millisecond {
		b.slow++
	}
}

func (b *busy) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.reads)
	b.worst, b.slow = 0, 0
}

// fewest is how often the client has read that has read least.
func (b *busy) fewest() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Min(b.reads)
}

// begin opens a transaction that has read the table. It waits like any client.
func (b *busy) begin(pool *sql.DB) (*sql.Tx, error) {
	tx, err := pool.Begin()
	if err != nil {
		return nil, err
	}
	var n int
	return tx, tx.QueryRow("SELECT count(*) FROM " + b.table).Scan(&n)
}

// hold keeps a transaction open, from when it returns.
func (b *busy) hold(tb testing.TB, d time.Duration) {
	tb.Helper()
	tx, err := b.begin(b.db.Pool(tb))
	if err != nil {
		tb.Fatal(err)
	}
	b.holders.Go(func() {
		<-time.After(d)
		_ = tx.Commit() // it only read
	})
}

// overlap keeps transactions open, each of which begins before the one before
// it ends, until release.
func (b *busy) overlap(tb testing.TB, each time.Duration) (release func()) {
	tb.Helper()
	pool, over := b.db.Pool(tb), make(chan struct{})
	tx, err := b.begin(pool)
	if err != nil {
		tb.Fatal(err)
	}
	b.holders.Go(func() {
		for err == nil {
			select {
			case <-over:
				_ = tx.Commit() // it only read
				return
			case <-time.After(each):
			}
			last := tx
			tx, err = b.begin(pool)
			_ = last.Commit() // it only read
		}
		tb.Errorf("begin a transaction: %v", err)
	})
	return sync.OnceFunc(func() { close(over) })
}

func (b *busy) end() (worst time.Duration, slow int) {
	b.stop()
	b.clients.Wait()
	b.holders.Wait()
	for _, pool := range b.pools {
		_ = pool.Close() // it only read
	}
	return b.worst, b.slow
}

// TestStrongLocksHoldNobodyUp changes a table that transactions hold all the
// time and that 12 clients read. At any speed the clients go on reading as long
// as the table is held (behind a plain ALTER they would all stand), and the
// change gets in when it is free. That nobody stands for long is a matter of
// time, and beside it 12 clients read a table that nobody changes.
func TestStrongLocksHoldNobodyUp(t *testing.T) {
	for _, dialect := range []string{testdb.Postgres, testdb.MySQL} {
		testdb.RunOn(t, dialect, func(t *testing.T, db *testdb.Database) {
			calm.Judge(t, 100*time.Millisecond, func() calm.Round {
				return changeWhileHeld(t, testdb.New(t, db.Kind))
			})
		})
	}
}

func changeWhileHeld(t *testing.T, db *testdb.Database) calm.Round {
	t.Helper()
	b, control := newBusy(t, db, "t"), newBusy(t, db, "untouched")
	release, releaseOther := b.overlap(t, 500*time.Millisecond), b.overlap(t, 300*time.Millisecond)
	defer release()
	defer releaseOther()
	var told []lockstep.WindowWaiting
	var begun atomic.Bool
	o := lockstep.Options{Sinks: []lockstep.Sink{lockstep.SinkFunc(func(e lockstep.Event) {
		switch e := e.(type) {
		case lockstep.StatementStarted:
			begun.Store(true)
		case lockstep.WindowWaiting:
			told = append(told, e)
		}
	})}}
	m := newMigrator(t, db, mustLoad(t, files("1_add.sql", "ALTER TABLE t ADD COLUMN c INTEGER;")), o)
	done := make(chan error, 1)
	go func() { _, err := m.Up(t.Context()); done <- err }()
	await(t, "the statement begins", func() bool { return len(done) > 0 || begun.Load() })
	const enough = 100 // reads, of a client that is not held up in 0.8 s
	before := b.fewest()
	await(t, "each client has read on beside the change", func() bool { return len(done) > 0 || b.fewest() >= before+enough })
	if len(done) > 0 {
		t.Fatalf("Up ended while the table was held: %v", <-done)
	}
	release()
	releaseOther()
	await(t, "the change gets in", func() bool { return len(done) > 0 })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if db.Kind.Dialect == testdb.Postgres {
		checkTold(t, told)
	}
	var r calm.Round
	r.Took, _ = b.end()
	r.Control, _ = control.end()
	return r
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
					clients := newBusy(b, db, "t")
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
