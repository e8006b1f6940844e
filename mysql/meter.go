package mysql

import (
	"context"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// Measure reads by which number InnoDB knows each table: a table that is
// rebuilt gets another one. It needs the PROCESS privilege; without it nothing
// is read. Locks of a statement that changes the schema end with it, and are
// not seen. Checked on MySQL 9.7 and MariaDB 10.11.
func (d dialect) Measure(ctx context.Context, q lockstep.Querier, srv lockstep.Server) (lockstep.Reading, error) {
	reading := lockstep.Reading{Relations: map[string]lockstep.Relation{}}
	view := "INNODB_TABLES"
	if srv.Flavor == flavorMariaDB {
		view = "INNODB_SYS_TABLES"
	}
	numbers, err := numbersOf(ctx, q, view)
	if c := d.Classify(err); c != nil && c.Class == lockstep.ErrorPermission {
		return reading, nil
	}
	for name, number := range numbers {
		if database, table, _ := strings.Cut(name, "/"); database == srv.Database {
			reading.Relations[table] = lockstep.Relation{Name: table, Storage: number}
		}
	}
	return reading, wrap("read the numbers of tables", err)
}

// numbersOf reads the numbers of tables by database/table.
func numbersOf(ctx context.Context, q lockstep.Querier, view string) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, "SELECT NAME, TABLE_ID FROM information_schema."+view+" WHERE NAME LIKE CONCAT(DATABASE(), '/%')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	numbers := map[string]string{}
	for rows.Next() {
		var name, number string
		if err := rows.Scan(&name, &number); err != nil {
			return nil, err
		}
		numbers[name] = number
	}
	return numbers, rows.Err()
}
