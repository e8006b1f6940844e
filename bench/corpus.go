package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/lockstepdb/lockstep"
)

// corpus is one history written in the form of each contender.
type corpus struct {
	pairs string // V_name.up.sql and .down.sql: lockstep, golang-migrate
	goose string // V_name.sql with both directions
	tern  string // N_name.sql with both directions, numbers without gaps
	ups   []string
	rows  []lockstep.LedgerRow // see prepareFloors
	bytes int64                // of the ups
}

// writer makes migration i, counted from 1.
type writer func(i int) (up, down string)

// tableAndIndex is the small migration that is applied: a table and an index.
func tableAndIndex(i int) (up, down string) {
	up = fmt.Sprintf("CREATE TABLE bench_%05[1]d (id bigint PRIMARY KEY, name varchar(64) NOT NULL, note text);\n"+
		"CREATE INDEX bench_%05[1]d_name ON bench_%05[1]d (name);\n", i)
	return up, fmt.Sprintf("DROP TABLE bench_%05d;\n", i)
}

// nothing is the migration of the long history: what matters there is how
// many there are.
func nothing(i int) (up, down string) {
	return fmt.Sprintf("SELECT %d;\n", i), fmt.Sprintf("SELECT -%d;\n", i)
}

// writeCorpus writes n migrations below dir.
func writeCorpus(dir string, n int, write writer) (*corpus, error) {
	c := &corpus{pairs: filepath.Join(dir, "pairs"), goose: filepath.Join(dir, "goose"), tern: filepath.Join(dir, "tern")}
	for _, d := range []string{c.pairs, c.goose, c.tern} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	for i := 1; i <= n; i++ {
		up, down := write(i)
		if err := c.add(i, up, down); err != nil {
			return nil, err
		}
	}
	return c, c.prepareFloors()
}

func (c *corpus) add(i int, up, down string) error {
	name := fmt.Sprintf("202601%08d_create_bench_%05d", i, i)
	c.ups = append(c.ups, filepath.Join(c.pairs, name+".up.sql"))
	c.bytes += int64(len(up))
	files := map[string]string{
		filepath.Join(c.pairs, name+".up.sql"):                                 up,
		filepath.Join(c.pairs, name+".down.sql"):                               down,
		filepath.Join(c.goose, name+".sql"):                                    "-- +goose Up\n" + up + "-- +goose Down\n" + down,
		filepath.Join(c.tern, fmt.Sprintf("%05d_create_bench_%05d.sql", i, i)): up + "---- create above / drop below ----\n" + down,
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
