//go:build cgo

package sqlite_test

import (
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

func TestMattn(t *testing.T) { testDriver(t, "sqlite3") }
