package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/testdb/servers"
)

// A floor does what cannot be left out: each file in a transaction of its own,
// with a ledger entry as wide as lockstep's, over one connection.

// prepareFloors makes the ledger rows of all files before the clock starts: a
// floor is what cannot be left out, and how a row comes about can.
func (c *corpus) prepareFloors() error {
	for i := range c.ups {
		row, err := c.entry(i)
		if err != nil {
			return err
		}
		c.rows = append(c.rows, row)
	}
	return nil
}

// entry returns a ledger row like the one that lockstep writes for file i,
// counted from 0.
func (c *corpus) entry(i int) (lockstep.LedgerRow, error) {
	up, err := os.ReadFile(c.ups[i])
	if err != nil {
		return nil, err
	}
	down, err := os.ReadFile(strings.TrimSuffix(c.ups[i], ".up.sql") + ".down.sql")
	if err != nil {
		return nil, err
	}
	version, name, _ := strings.Cut(strings.TrimSuffix(filepath.Base(c.ups[i]), ".up.sql"), "_")
	sum := sha256.Sum256(up)
	digest := hex.EncodeToString(sum[:])
	const now = "2026-01-01T12:00:00.000000Z"
	return lockstep.LedgerRow{
		int64(i + 1), "applied", version, name, "schema", "up", int64(2), int64(2),
		"sha256:" + digest, "tokens1:" + digest, digest, "", "",
		now, now, int64(1000), "actor", "host", int64(4711), "floor", "", "",
		digest, digest, packed(up), packed(down),
	}, nil
}

func packed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// insert returns the statement that writes a row into the ledger.
func insert(k servers.Kind, row lockstep.LedgerRow) string {
	values := make([]string, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case int64:
			values[i] = strconv.FormatInt(v, 10)
		case []byte:
			values[i] = "X'" + hex.EncodeToString(v) + "'"
			if k.Dialect == servers.Postgres {
				values[i] = `'\x` + hex.EncodeToString(v) + "'"
			}
		default:
			values[i] = fmt.Sprintf("'%v'", v)
		}
	}
	return "INSERT INTO lockstep_ledger (" + strings.Join(lockstep.LedgerColumns(), ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// ledger returns the SQL of a ledger table like lockstep's.
func (t target) ledger() lockstep.LedgerSQL {
	return t.dialect().Ledger(lockstep.LedgerTable{Name: "lockstep_ledger"})
}

// onOne opens one connection and makes the ledger.
func onOne(ctx context.Context, t target, f func(conn *sql.Conn) error) error {
	return t.use(func(db *sql.DB) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // goes back to a pool that is closed next
		for _, statement := range t.ledger().Create {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return f(conn)
	})
}

// floorEach is what a careful program does by hand: begin, script, entry, commit.
func floorEach(ctx context.Context, t target) error {
	statement := t.ledger().Insert
	return onOne(ctx, t, func(conn *sql.Conn) error {
		for i, path := range t.history.ups {
			if err := applyOne(ctx, conn, path, statement, t.history.rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func applyOne(ctx context.Context, conn *sql.Conn, path, statement string, row lockstep.LedgerRow) error {
	script, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, statement, row...); err != nil {
		return err
	}
	return tx.Commit()
}

// floorMessage sends each file with its entry in one message: the least there
// is to wait for.
func floorMessage(ctx context.Context, t target) error {
	return onOne(ctx, t, func(conn *sql.Conn) error {
		for i, path := range t.history.ups {
			script, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if _, err := conn.ExecContext(ctx, "BEGIN;"+string(script)+insert(t.kind, t.history.rows[i])+";COMMIT"); err != nil {
				return err
			}
		}
		return nil
	})
}

// floorPing connects and asks whether the server is there.
func floorPing(ctx context.Context, t target) error {
	return t.use(func(db *sql.DB) error { return db.PingContext(ctx) })
}
