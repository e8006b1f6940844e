package mysql

import (
	"testing"

	"github.com/lockstepdb/lockstep"
)

func TestMeasureSeesRebuilds(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		conn := s.session(t)
		run(t, conn, "CREATE TABLE `a b` (id int PRIMARY KEY, n int) ENGINE=InnoDB", "CREATE TABLE b (id int) ENGINE=InnoDB")
		srv := probe(t, conn)
		measure := func() lockstep.Reading {
			r, err := (dialect{}).Measure(t.Context(), conn, srv)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for _, c := range []struct {
			text string
			want bool
		}{
			{"ALTER TABLE `a b` ADD COLUMN x int, ALGORITHM=INSTANT", false},
			{"ALTER TABLE `a b` MODIFY n bigint, ALGORITHM=COPY", true},
			{"ALTER TABLE `a b` ENGINE=InnoDB", true},
			{"CREATE INDEX i ON `a b` (n)", false},
			{"ALTER TABLE `a b` ALTER COLUMN n SET DEFAULT 1", false},
			{"ALTER TABLE `a b` ADD COLUMN y int, ALGORITHM=INSTANT", false},
		} {
			before := measure()
			run(t, conn, c.text)
			after := measure()
			if len(before.Relations) != 2 || len(after.Relations) != 2 {
				t.Fatalf("%s: read %v, then %v", c.text, before, after)
			}
			rebuilt := false
			for id, b := range before.Relations {
				rebuilt = rebuilt || after.Relations[id].Storage != b.Storage
			}
			if rebuilt != c.want {
				t.Errorf("%s: rebuilt %t, want %t", c.text, rebuilt, c.want)
			}
		}
	})
}

func TestMeasureWithoutRightsReadsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s site) {
		conn := session(t, s.user(t, "GRANT ALL ON `"+s.Name+"`.* TO %s"))
		run(t, conn, "CREATE TABLE a (id int)")
		r, err := (dialect{}).Measure(t.Context(), conn, probe(t, conn))
		if err != nil || len(r.Relations) != 0 {
			t.Errorf("read %v, %v", r, err)
		}
	})
}
