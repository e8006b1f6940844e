package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lockstepdb/lockstep"
)

// Classify describes what the server or the connection to it said, for
// go-sql-driver and other drivers whose errors carry the server's number. It
// returns nil for errors that come from elsewhere, among them a context that
// ended.
func (dialect) Classify(err error) *lockstep.DatabaseError {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*lockstep.DatabaseError](err); ok {
		return known
	}
	e := serverError(err)
	if wait, ok := errors.AsType[*waitError](err); ok {
		return wait.describe(e)
	}
	if e != nil {
		return e
	}
	return connectionError(err)
}

// waitError is a statement that ExecShort ended because it waited for a lock.
type waitError struct {
	err    error // what the server said to the statement
	waited time.Duration
	state  string // what it waited for, in the server's words
}

func (e *waitError) Error() string {
	return "gave up after " + e.waited.Round(time.Millisecond).String() + ": " + e.state
}

func (e *waitError) Unwrap() error { return e.err }

// describe makes a lock timeout of what the server said to the statement.
func (e *waitError) describe(said *lockstep.DatabaseError) *lockstep.DatabaseError {
	d := &lockstep.DatabaseError{Class: lockstep.ErrorLockTimeout, Message: e.Error(), Err: e}
	if said != nil {
		d.Code = said.Code
	}
	return d
}

// serverError describes an error that the server sent.
func serverError(err error) *lockstep.DatabaseError {
	var e *lockstep.DatabaseError
	_ = find(err, func(err error) bool {
		n, ok := numbered(err)
		if ok {
			e = &lockstep.DatabaseError{
				Class: n.class(), Code: strconv.FormatUint(n.number, 10), Message: n.message, Err: err,
			}
			if n.number == errNoDatabase {
				e.Advice = "name a database in the URL, behind host and port"
			}
		}
		return ok
	})
	return e
}

// errNoDatabase is the number of ER_NO_DB_ERROR.
const errNoDatabase = 1046

// numberedError is what the server sent with an error.
type numberedError struct {
	number  uint64
	state   string // SQLSTATE
	message string
}

// numbered reads a driver's error that holds what the server sent: a struct
// with the fields Number (go-sql-driver) or Code, Message, and SQLState.
func numbered(err error) (n numberedError, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return n, false
	}
	text := v.FieldByName("Message")
	for _, name := range []string{"Number", "Code"} {
		f := v.FieldByName(name)
		if !f.IsValid() || !f.CanUint() || !text.IsValid() || text.Kind() != reflect.String {
			continue
		}
		n = numberedError{number: f.Uint(), message: text.String()}
		if state := v.FieldByName("SQLState"); state.IsValid() && state.Kind() == reflect.Array {
			n.state = fmt.Sprintf("%s", state)
		}
		return n, true
	}
	return n, false
}

// numberOf returns the number of the server's error in err's tree, 0 if there
// is none.
func numberOf(err error) (number uint64) {
	_ = find(err, func(err error) bool {
		n, ok := numbered(err)
		number = n.number
		return ok
	})
	return number
}

// class maps an error that the server sent. Numbers up to 4000 mean the same
// on MySQL and MariaDB where both have them; above, each has its own, so those
// are told by SQLSTATE or text. The numbers are those of the files
// messages_to_clients.txt of MySQL 9 and errmsg-utf8.txt of MariaDB 11.8.
func (n numberedError) class() lockstep.ErrorClass {
	switch n.number {
	case 1205, // lock wait timeout, for a table or a row; MariaDB: NOWAIT too
		3572: // MySQL: NOWAIT
		return lockstep.ErrorLockTimeout
	case 1213, 1614, // deadlock
		3058: // between user-level locks
		return lockstep.ErrorDeadlock
	case 1020, // MariaDB: a row changed since the transaction's snapshot
		3101, // MySQL: group replication chose another transaction
		1637: // too many transactions at once
		return lockstep.ErrorSerialization
	case 1317, // KILL QUERY
		1969, // MariaDB: max_statement_time
		3024: // MySQL: max_execution_time
		return lockstep.ErrorCanceled
	case 1062, 1022, 1586, 1859:
		return lockstep.ErrorDuplicateKey
	case 1044, 1142, 1143, 1227, 1370, 1410, 1419, 1211, 3530: // for a database, table, column, statement, routine, role
		return lockstep.ErrorPermission
	case 1036, 1792, 1836, 3032: // a read-only table, transaction or server, offline mode
		return lockstep.ErrorReadOnly
	case 1045, 1698, 1130, 1251, 1275, 1820, 1862, 3118, 3955: // password, host, plugin, expired, locked
		return lockstep.ErrorAuth
	case 1049, errNoDatabase: // unknown database, none selected
		return lockstep.ErrorUnknownTarget
	case 1021, 1114:
		return lockstep.ErrorDiskFull
	case 1040, 1203, 1226, // too many connections
		1053,             // shutdown
		1152, 1159, 1161, // aborted, timeout reading or writing
		1927,       // MariaDB: killed
		1129, 3159: // host blocked, TLS required
		return lockstep.ErrorConnection
	}
	return n.classByText()
}

// classByText maps what the number alone does not tell.
func (n numberedError) classByText() lockstep.ErrorClass {
	switch {
	case n.state == "42S02": // 1146, 1051, and MariaDB's 4091 for sequences
		return lockstep.ErrorUndefinedTable
	case n.number == 1290 && (strings.Contains(n.message, "read-only") || strings.Contains(n.message, "read_only")):
		return lockstep.ErrorReadOnly
	case n.number == 1047 && strings.Contains(n.message, "WSREP"): // Galera: not part of the cluster
		return lockstep.ErrorConnection
	case n.number == 4031 && strings.Contains(n.message, "inactivity"): // MySQL: wait_timeout
		return lockstep.ErrorConnection
	case n.number == 4151 && strings.Contains(n.message, "locked"): // MariaDB: account locked
		return lockstep.ErrorAuth
	case strings.Contains(n.message, "No space left on device"):
		return lockstep.ErrorDiskFull
	}
	return lockstep.ErrorOther
}

// connectionError describes an error of the connection, which has no number.
func connectionError(err error) *lockstep.DatabaseError {
	op, isNet := errors.AsType[*net.OpError](err)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) && (!isNet || op.Op != "dial") {
		return nil
	}
	e := &lockstep.DatabaseError{Class: lockstep.ErrorConnection, Message: err.Error(), Err: err}
	if isNet {
		e.Message = op.Error()
	}
	switch {
	case unknownTarget(err):
		e.Class = lockstep.ErrorUnknownTarget
	case find(err, func(e error) bool { return strings.HasPrefix(e.Error(), "this user requires") }),
		find(err, func(e error) bool { return e.Error() == "this authentication plugin is not supported" }):
		e.Class = lockstep.ErrorAuth
	case isBroken(err):
	default:
		return nil
	}
	return e
}

// unknownTarget tells that there is nobody where the URL points.
func unknownTarget(err error) bool {
	if _, dns := errors.AsType[*net.DNSError](err); dns {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "dial" {
		return false
	}
	for _, nobody := range []syscall.Errno{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
		syscall.ENOENT, // a socket file that is not there
	} {
		if errors.Is(op, nobody) {
			return true
		}
	}
	return false
}

// isBroken tells that the connection is of no use any more.
func isBroken(err error) bool {
	for _, broken := range []error{
		driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	// go-sql-driver's own words for a connection that broke, and for one that
	// could not be made secure.
	return find(err, func(e error) bool {
		switch e.Error() {
		case "invalid connection", "bad connection", "malformed packet", "busy buffer", "TLS requested but server does not support TLS":
			return true
		}
		return strings.HasPrefix(e.Error(), "commands out of sync")
	})
}

// find reports whether an error in err's tree is wanted.
func find(err error, wanted func(error) bool) bool {
	if err == nil {
		return false
	}
	if wanted(err) {
		return true
	}
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() error }:
		return find(e.Unwrap(), wanted)
	case interface{ Unwrap() []error }:
		for _, sub := range e.Unwrap() {
			if find(sub, wanted) {
				return true
			}
		}
	}
	return false
}
