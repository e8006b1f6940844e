package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb"
	"github.com/lockstepdb/lockstep/sqltext"
)

// blockers asks who is in the way.
func blockers(t *testing.T, q lockstep.Querier, age time.Duration, targets ...string) []lockstep.Blocker {
	t.Helper()
	list, err := dialect{}.Blockers(t.Context(), q, probe(t, q), targets, age)
	if err != nil {
		t.Fatalf("Blockers: %v", err)
	}
	return list
}

// one returns the only blocker of the table t, once there is one.
func one(t *testing.T, q lockstep.Querier, age time.Duration) lockstep.Blocker {
	t.Helper()
	var list []lockstep.Blocker
	eventually(t, "somebody is in the way", func() bool {
		list = blockers(t, q, age, "t")
		return len(list) > 0
	})
	if len(list) != 1 {
		t.Fatalf("%d blockers: %v", len(list), list)
	}
	return list[0]
}

func TestBlockers(t *testing.T) {
	onServers(t, func(t *testing.T, s site) {
		db := s.pool(t)
		run(t, db, "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20))", "CREATE TABLE u (a INT)", "INSERT INTO t VALUES (1, 'x')")
		if list := blockers(t, db, 0, "t", "u"); list != nil {
			t.Fatalf("a free table has blockers: %v", list)
		}
		t.Run("idle in transaction", func(t *testing.T) { testIdleBlocker(t, s) })
		t.Run("running query", func(t *testing.T) { testRunningBlocker(t, s) })
		t.Run("lock tables", func(t *testing.T) { testLockingBlocker(t, s) })
		t.Run("waiting", func(t *testing.T) { testWaitingBlocker(t, s) })
	})
}

func testIdleBlocker(t *testing.T, s site) {
	db, conn := s.pool(t), s.session(t)
	began := time.Now()
	run(t, conn, "START TRANSACTION", "UPDATE t SET b = 'secret' /* token 42 */ WHERE a = 1")
	defer run(t, conn, "ROLLBACK")
	if list := blockers(t, db, time.Hour, "t"); list != nil {
		t.Errorf("a young transaction is in the way: %v", list)
	}
	b := one(t, db, 200*time.Millisecond)
	if age := time.Since(began); b.Age < 190*time.Millisecond || b.Age > age {
		t.Errorf("age %v, want about %v", b.Age, age)
	}
	if b.Session != value(t, conn, "SELECT CONNECTION_ID()") || b.User != "root" || b.Table != "t" || !strings.HasPrefix(b.State, "idle in transaction") {
		t.Errorf("blocker %+v", b)
	}
	if !s.isMariaDB() {
		if want := "UPDATE t SET b = ? WHERE a = ?"; b.Query != want || b.Application != "lockstep-test" {
			t.Errorf("query %q of %q, want %q of lockstep-test", b.Query, b.Application, want)
		}
		if since, most := time.Since(b.QueryStart), time.Since(began)+time.Second; since < 0 || since > most {
			t.Errorf("query began %v ago, want at most %v", since, most)
		}
	}
	for _, target := range []string{"`t`", "`" + s.Name + "`.`t`", s.Name + ".T", "`T`"} {
		if len(blockers(t, db, 0, "u", target)) != 1 {
			t.Errorf("target %s has no blocker", target)
		}
	}
	for _, target := range []string{"u", "`other`.t", "`t.t`"} {
		if list := blockers(t, db, 0, target); list != nil {
			t.Errorf("target %s has a blocker: %v", target, list)
		}
	}
	if list := blockers(t, conn, 0, "t"); list != nil {
		t.Errorf("a session blocks itself: %v", list)
	}
}

func testRunningBlocker(t *testing.T, s site) {
	db, conn := s.pool(t), s.session(t)
	began := time.Now()
	end := sleeping(t, s, conn, "SELECT SLEEP(600), 'secret' FROM t")
	b := one(t, db, 100*time.Millisecond)
	most := time.Since(began) + time.Second // what the server's clock is told in seconds only
	if b.State != "User sleep" || b.Age < 90*time.Millisecond || b.Age > most || b.Query != "SELECT SLEEP(?), ? FROM t" {
		t.Errorf("blocker %+v, want one of at most %v", b, most)
	}
	if since := time.Since(b.QueryStart); since < 90*time.Millisecond || since > most+time.Second {
		t.Errorf("query began %v ago, want about %v", since, most)
	}
	end()
}

// sleeping runs a query that sleeps, until the returned function ends it.
func sleeping(t *testing.T, s site, conn *sql.Conn, query string) (end func()) {
	t.Helper()
	id := value(t, conn, "SELECT CONNECTION_ID()")
	wait := background(t, func(ctx context.Context) error {
		_, err := conn.ExecContext(ctx, query)
		return err
	})
	return func() {
		run(t, s.session(t), "KILL QUERY "+id)
		_ = wait() // an error or the answer 1, as the server likes
	}
}

func testLockingBlocker(t *testing.T, s site) {
	db, conn := s.pool(t), s.session(t)
	run(t, conn, "LOCK TABLES t READ")
	defer run(t, conn, "UNLOCK TABLES")
	if b := one(t, db, 50*time.Millisecond); !strings.HasSuffix(b.State, "locked tables") && !strings.HasSuffix(b.State, "LOCK TABLES") {
		t.Errorf("blocker %+v", b)
	}
}

// testWaitingBlocker: somebody else's change that waits is in the way too.
func testWaitingBlocker(t *testing.T, s site) {
	db, holder, other := s.pool(t), s.session(t), s.session(t)
	run(t, holder, "START TRANSACTION", "SELECT * FROM t")
	wait := background(t, func(ctx context.Context) error {
		_, err := other.ExecContext(ctx, "ALTER TABLE t COMMENT = 'x'")
		return err
	})
	eventually(t, "both are seen", func() bool { return len(blockers(t, db, 50*time.Millisecond, "t")) == 2 })
	run(t, holder, "ROLLBACK")
	if err := wait(); err != nil {
		t.Error(err)
	}
}

// TestBlockersOfTheServer: what keeps every table from being changed.
func TestBlockersOfTheServer(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		own := site{testdb.Private(t, s.Kind).New(t), true}
		db, conn := own.pool(t), own.session(t)
		run(t, db, "CREATE TABLE t (a INT)")
		locks := map[string]string{"FLUSH TABLES WITH READ LOCK": "UNLOCK TABLES", "LOCK INSTANCE FOR BACKUP": "UNLOCK INSTANCE"}
		if s.isMariaDB() {
			delete(locks, "LOCK INSTANCE FOR BACKUP")
		}
		for lock, unlock := range locks {
			run(t, conn, lock)
			if b := one(t, db, 0); b.Session != value(t, conn, "SELECT CONNECTION_ID()") {
				t.Errorf("%s: blocker %+v", lock, b)
			}
			run(t, conn, unlock)
			if list := blockers(t, db, 0, "t"); list != nil {
				t.Errorf("after %s: %v", unlock, list)
			}
		}
		run(t, db, "UPDATE performance_schema.setup_instruments SET ENABLED = 'NO' WHERE NAME = 'wait/lock/metadata/sql/mdl'")
		checkUnseen(t, db)
	})
}

// TestBlockersWithoutRights: not to see is not the same as nobody being there.
func TestBlockersWithoutRights(t *testing.T) {
	onEach(t, func(t *testing.T, s site) { checkUnseen(t, s.readOnlyUser(t)) })
}

func checkUnseen(t *testing.T, q lockstep.Querier) {
	t.Helper()
	list, err := dialect{}.Blockers(t.Context(), q, probe(t, q), []string{"t"}, 0)
	var unseen *UnseenLocksError
	if !errors.As(err, &unseen) || list != nil || unseen.Reason == "" || lockstep.HintOf(err) == "" {
		t.Errorf("Blockers = %v, %v; want an UnseenLocksError with a hint", list, err)
	}
}

func TestWithoutLiterals(t *testing.T) {
	o := sqltext.Options{Mode: sqltext.MySQL}
	for query, want := range map[string]string{
		"SELECT 'a''b', \"c\", 1.5e3, 0xFF, x'00', N'x', -7 -- secret": "SELECT ?, ?, ?, ?, ?, ?, -?",
		"INSERT INTO `t 1` VALUES ('unclosed":                          "INSERT INTO `t 1` VALUES (?",
		"UPDATE t SET a = /* 'secret' */ b WHERE c1 = @v # secret\n":   "UPDATE t SET a = b WHERE c1 = @v",
		"SELECT /*!50000 'secret', */ 1":                               "SELECT /*!50000 ?, */ ?",
		"SELECT * FROM t WHERE n = 'ü" + strings.Repeat("ü", 600):      "SELECT * FROM t WHERE n = ?",
		"\xff\xfe": "",
	} {
		if got := withoutLiterals(query, o); got != want {
			t.Errorf("withoutLiterals(%.60q) = %q, want %q", query, got, want)
		}
	}
}
