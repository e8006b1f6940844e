package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// The oldest versions whose DDL survives a crash of the server as a whole or
// not at all.
const (
	oldestMySQL   = 80000
	oldestMariaDB = 100600
)

// The products that Server.Flavor names.
const (
	flavorMySQL   = "MySQL"
	flavorMariaDB = "MariaDB"
)

// probeQuery reads the facts of a server in one round trip. read_only is also
// on where super_read_only is. Checked on MySQL 9.7 and MariaDB 10.11.
const probeQuery = `SELECT VERSION(), @@version_comment, COALESCE(DATABASE(), ''), CURRENT_USER(),
  @@read_only, @@innodb_read_only, @@sql_mode`

// Probe reads the facts of the server behind q. It fails on servers older than
// MySQL 8.0 and MariaDB 10.6. A server that is read_only counts as read-only
// also for users who may write there nevertheless: it is a replica, or was
// closed for writing on purpose.
func (d dialect) Probe(ctx context.Context, q lockstep.Querier) (lockstep.Server, error) {
	srv := lockstep.Server{Dialect: d.Name()}
	var comment, mode string
	var readOnly, engineReadOnly sql.NullString
	err := q.QueryRowContext(ctx, probeQuery).Scan(
		&srv.Version, &comment, &srv.Database, &srv.User, &readOnly, &engineReadOnly, &mode)
	if err != nil {
		return lockstep.Server{}, fmt.Errorf("probe server: %w", err)
	}
	srv.Flavor, srv.Number = product(srv.Version, comment)
	srv.Schema = srv.Database
	srv.ReadOnly = isOn(readOnly.String) || isOn(engineReadOnly.String)
	srv.Lexer = lexerFor(srv, mode)
	return srv, tooOld(srv)
}

// isOn reads a system variable. Newer MariaDB servers have more values than
// two for read_only; all but OFF refuse writes.
func isOn(value string) bool {
	return value != "" && value != "0" && !strings.EqualFold(value, "OFF")
}

// product tells what a server is from what it says of itself. MariaDB may put
// 5.5.5- before its version, for old replicas.
func product(version, comment string) (flavor string, number int) {
	flavor = flavorMySQL
	if strings.Contains(version+comment, flavorMariaDB) || strings.Contains(strings.ToLower(version+comment), "mariadb") {
		flavor = flavorMariaDB
		version = strings.TrimPrefix(version, "5.5.5-")
	}
	return flavor, versionNumber(version)
}

// versionNumber makes 90704 of 9.7.4-log and 101118 of 10.11.18-MariaDB.
func versionNumber(version string) int {
	n := 0
	for i, part := range strings.SplitN(version, ".", 3) {
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits >= 0 {
			part = part[:digits]
		}
		v, _ := strconv.Atoi(part) // not a number: counts as 0
		n += v * []int{10000, 100, 1}[i]
	}
	return n
}

// lexerFor is how the server reads SQL text in the session's sql_mode.
func lexerFor(srv lockstep.Server, mode string) sqltext.Options {
	o := sqltext.Options{Mode: sqltext.MySQL, MariaDB: srv.Flavor == flavorMariaDB, Version: srv.Number}
	for part := range strings.SplitSeq(mode, ",") {
		switch part {
		case "ANSI_QUOTES":
			o.AnsiQuotes = true
		case "NO_BACKSLASH_ESCAPES":
			o.NoBackslashEscapes = true
		}
	}
	return o
}

func tooOld(srv lockstep.Server) error {
	oldest, name := oldestMySQL, "MySQL 8.0"
	if srv.Flavor == flavorMariaDB {
		oldest, name = oldestMariaDB, "MariaDB 10.6"
	}
	if srv.Number >= oldest {
		return nil
	}
	return lockstep.WithHint(
		errors.New("probe server: "+srv.Flavor+" "+srv.Version+" is too old"),
		name+" is the oldest version whose DDL is atomic, which lockstep relies on")
}
