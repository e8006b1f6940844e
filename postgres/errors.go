package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/lockstepdb/lockstep"
)

// Classify describes what the server or the connection to it said, for pgx,
// lib/pq and other drivers whose errors carry an SQLSTATE. It returns nil for
// errors that come from elsewhere, among them a context that ended.
func (dialect) Classify(err error) *lockstep.DatabaseError {
	if err == nil {
		return nil
	}
	var known *lockstep.DatabaseError
	if errors.As(err, &known) {
		return known
	}
	if e := serverError(err); e != nil {
		return e
	}
	return connectionError(err)
}

// serverError describes an error that the server sent.
func serverError(err error) *lockstep.DatabaseError {
	var sent interface {
		error
		SQLState() string
	}
	if !errors.As(err, &sent) {
		return nil
	}
	fields := reflect.Indirect(reflect.ValueOf(sent))
	e := &lockstep.DatabaseError{
		Class: classOf(sent.SQLState()), Code: sent.SQLState(), Err: err,
		Message: textField(fields, "Message"), Detail: textField(fields, "Detail"), Advice: textField(fields, "Hint"),
		Position: numberField(fields, "Position"),
	}
	if e.Message == "" {
		e.Message = sent.Error()
	}
	if e.Code == "08P01" {
		e.Class = bouncerClass(e.Message)
	}
	return e
}

// bouncerClass reads what PgBouncer says with one SQLSTATE for everything
// (checked on 1.18).
func bouncerClass(message string) lockstep.ErrorClass {
	switch {
	case strings.HasPrefix(message, "no such database"), message == "bouncer config error":
		return lockstep.ErrorUnknownTarget
	case strings.HasPrefix(message, "no such user"), strings.HasSuffix(message, "authentication failed"):
		return lockstep.ErrorAuth
	}
	return lockstep.ErrorConnection
}

// textField returns the string field of a driver's error, "" if it has none.
func textField(v reflect.Value, name string) string {
	if v.Kind() != reflect.Struct {
		return ""
	}
	if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}

// numberField returns the field of a driver's error that holds a number: pgx
// has integers, lib/pq decimal text.
func numberField(v reflect.Value, name string) int {
	if v.Kind() != reflect.Struct {
		return 0
	}
	f := v.FieldByName(name)
	switch {
	case !f.IsValid():
		return 0
	case f.CanInt():
		return int(f.Int())
	default:
		n, _ := strconv.Atoi(textField(v, name)) // no number: position unknown
		return n
	}
}

// classOf maps an SQLSTATE. The codes are those of the manual's appendix
// "PostgreSQL Error Codes", the same in 14 to 18.
func classOf(code string) lockstep.ErrorClass {
	switch code {
	case "55P03":
		return lockstep.ErrorLockTimeout
	case "40P01":
		return lockstep.ErrorDeadlock
	case "40001":
		return lockstep.ErrorSerialization
	case "57014":
		return lockstep.ErrorCanceled
	case "42P01":
		return lockstep.ErrorUndefinedTable
	case "23505":
		return lockstep.ErrorDuplicateKey
	case "42501":
		return lockstep.ErrorPermission
	case "25006":
		return lockstep.ErrorReadOnly
	case "28000", "28P01":
		return lockstep.ErrorAuth
	case "3D000":
		return lockstep.ErrorUnknownTarget
	case "53100":
		return lockstep.ErrorDiskFull
	case "53300", // too_many_connections
		"40003",                   // statement_completion_unknown
		"25P03", "25P04", "57P05", // the server ended an idle or long session
		"57P01", "57P02", "57P03", "57P04": // shutdown, crash, start-up, database dropped
		return lockstep.ErrorConnection
	}
	if strings.HasPrefix(code, "08") {
		return lockstep.ErrorConnection
	}
	return lockstep.ErrorOther
}

// connectionError describes an error of the connection, which has no SQLSTATE.
func connectionError(err error) *lockstep.DatabaseError {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	connecting := isConnecting(err)
	if errors.Is(err, context.DeadlineExceeded) && !connecting {
		return nil
	}
	e := &lockstep.DatabaseError{Class: lockstep.ErrorConnection, Message: rootMessage(err), Err: err}
	switch {
	case unknownTarget(err):
		e.Class = lockstep.ErrorUnknownTarget
	case connecting, isBroken(err):
	default:
		return nil
	}
	return e
}

// rootMessage leaves out what drivers write before the network's own words.
func rootMessage(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Error()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.Error()
	}
	return withoutPrefix(err.Error())
}

// withoutPrefix leaves out how pgx (5.12) begins, and makes one line of several:
// it writes one for each address and way to encrypt that it tried.
func withoutPrefix(message string) string {
	rest, ok := strings.CutPrefix(message, "failed to connect to `")
	if !ok {
		return message
	}
	var reasons []string
	_, rest, _ = strings.Cut(rest, "`:")
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(reasons, line) {
			reasons = append(reasons, line)
		}
	}
	return strings.Join(reasons, "; ")
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

// isConnecting tells that pgx could not connect. Its error also holds a
// deadline when only the URL's connect_timeout has passed.
func isConnecting(err error) bool {
	return find(err, func(e error) bool { return reflect.TypeOf(e).String() == "*pgconn.ConnectError" })
}

// isBroken tells that the connection is of no use any more.
func isBroken(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	// pgx marks the errors of its connection by this method.
	if _, ok := errors.AsType[interface {
		error
		SafeToRetry() bool
	}](err); ok {
		return true
	}
	// lib/pq's own complaints about the connection (no TLS, unknown reply) are plain texts.
	return find(err, func(e error) bool { return strings.HasPrefix(e.Error(), "pq: ") })
}

// find reports whether an error in err's tree is wanted.
func find(err error, wanted func(error) bool) bool {
	if err == nil {
		return false
	}
	if wanted(err) {
		return true
	}
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
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
