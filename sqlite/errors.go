package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// SQLite's result codes that callers treat differently
// (https://sqlite.org/rescode.html). The extended ones carry a primary code in
// their low byte.
const (
	codeError     = 1
	codePerm      = 3
	codeBusy      = 5
	codeLocked    = 6
	codeReadOnly  = 8
	codeInterrupt = 9
	codeCorrupt   = 11
	codeFull      = 13
	codeCantOpen  = 14
	codeSchema    = 17
	codeAuth      = 23
	codeNotADB    = 26

	codeBusySnapshot         = codeBusy | 2<<8
	codeConstraintPrimaryKey = 19 | 6<<8
	codeConstraintUnique     = 19 | 8<<8
	codeConstraintRowid      = 19 | 10<<8
)

// Classify describes an error of a SQLite driver. The code is the extended
// result code. SQLite tells no position in the statement.
func (dialect) Classify(err error) *lockstep.DatabaseError {
	if err == nil {
		return nil
	}
	var known *lockstep.DatabaseError
	if errors.As(err, &known) {
		return known
	}
	found, ok := findCode(err)
	if !ok {
		return classifyConnection(err)
	}
	message := plainMessage(found.Error(), found.code)
	return &lockstep.DatabaseError{
		Class:   classOf(found.code, message),
		Code:    strconv.Itoa(found.code),
		Message: message,
		Advice:  adviceFor(found.code),
		Err:     err,
	}
}

// classifyConnection knows what database/sql says about a connection. An end
// of the context is not the database's doing.
func classifyConnection(err error) *lockstep.DatabaseError {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return &lockstep.DatabaseError{Class: lockstep.ErrorConnection, Message: err.Error(), Err: err}
	}
	return nil
}

func classOf(code int, message string) lockstep.ErrorClass {
	switch code {
	case codeConstraintPrimaryKey, codeConstraintUnique, codeConstraintRowid:
		return lockstep.ErrorDuplicateKey
	case codeBusySnapshot: // waiting does not help, beginning again does
		return lockstep.ErrorSerialization
	}
	switch code & 0xff {
	case codeBusy, codeLocked:
		return lockstep.ErrorLockTimeout
	case codeSchema:
		return lockstep.ErrorSerialization
	case codeInterrupt:
		return lockstep.ErrorCanceled
	case codeReadOnly, codePerm:
		return lockstep.ErrorReadOnly
	case codeAuth:
		return lockstep.ErrorPermission
	case codeFull:
		return lockstep.ErrorDiskFull
	case codeCantOpen, codeNotADB:
		return lockstep.ErrorUnknownTarget
	case codeError:
		if strings.HasPrefix(message, "no such table: ") {
			return lockstep.ErrorUndefinedTable
		}
	}
	return lockstep.ErrorOther
}

// adviceFor says what a person can do, in place of the hints that SQLite does
// not give.
func adviceFor(code int) string {
	switch code & 0xff {
	case codeReadOnly, codePerm:
		return "the user that runs this needs to write the database file and its folder (SQLite puts its journal there), and the file must not be opened with mode=ro"
	case codeCantOpen:
		return "check the path and its permissions: SQLite makes a missing file, but not a missing folder"
	case codeNotADB:
		return "the path names another kind of file, or a database that is encrypted"
	case codeCorrupt:
		return "the file is damaged: keep a copy, see what PRAGMA integrity_check says, then restore a backup or use .recover of the sqlite3 shell"
	case codeBusy:
		return "another connection has locked the database: run again when it is done; with PRAGMA journal_mode = WAL nobody who only reads has to wait"
	case codeFull:
		return "free some space on the volume of the database and run again; the transaction was rolled back"
	default:
		return ""
	}
}

// coded is an error that carries a result code of SQLite.
type coded struct {
	error
	code int
}

// findCode returns the first error in err's tree that carries a result code.
func findCode(err error) (found coded, ok bool) {
	if code, ok := codeOf(err); ok {
		return coded{err, code}, true
	}
	switch e := any(err).(type) { // walking the tree, not looking into one error
	case interface{ Unwrap() error }:
		return findCode(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if found, ok = findCode(inner); ok {
				return found, true
			}
		}
	}
	return coded{}, false
}

// isBusy tells that somebody else holds the lock of the file.
func isBusy(err error) bool {
	found, ok := findCode(err)
	return ok && found.code&0xff == codeBusy
}

// codeOf reads the code from an error itself: modernc.org/sqlite has a method
// Code that returns the extended one, mattn/go-sqlite3 a struct with the fields
// Code and ExtendedCode (0 when the connection could not say).
func codeOf(err error) (int, bool) {
	if e, ok := any(err).(interface{ Code() int }); ok {
		return e.Code(), true
	}
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return 0, false
	}
	primary, extended := v.FieldByName("Code"), v.FieldByName("ExtendedCode")
	if !primary.IsValid() || !extended.IsValid() || !primary.CanInt() || !extended.CanInt() {
		return 0, false
	}
	if code := int(extended.Int()); code != 0 {
		return code, true
	}
	return int(primary.Int()), true
}

// plainMessage takes off what modernc.org/sqlite puts around SQLite's message:
// "SQL logic error: no such table: t (1)" and
// "database is locked (5) (SQLITE_BUSY)". mattn/go-sqlite3 adds nothing but
// the system's reason.
func plainMessage(message string, code int) string {
	message = strings.TrimSuffix(message, " (SQLITE_BUSY)")
	undecorated, found := strings.CutSuffix(message, " ("+strconv.Itoa(code)+")")
	if !found {
		return message
	}
	// The generic text of the code stands before the message, which never
	// begins with one of these itself.
	for _, generic := range []string{"SQL logic error: ", "constraint failed: "} {
		if rest, ok := strings.CutPrefix(undecorated, generic); ok {
			return rest
		}
	}
	return undecorated
}
