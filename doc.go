// Package lockstep changes live databases in step with the code that uses them.
//
// A [Set] is a team's migration history on disk; the ledger is what happened
// to one database. [Load] reads a Set from any [io/fs.FS], [New] binds it to a
// database, and the [Migrator] plans (a pure function), applies and reports:
//
//	set, err := lockstep.Load(os.DirFS("migrations"))
//	m, err := lockstep.New(db, postgres.Dialect(), set, lockstep.Options{})
//	result, err := m.Up(ctx)
//
// The zero [Options] is the production setting: one run at a time, short lock
// waits with retries, a ledger that survives a crash at any instant.
//
// The package knows no driver and imports the standard library only. It never
// prints and never logs: what happens is told as [Event] values to
// [Options.Sinks]. It does not parse SQL beyond finding statements (package
// sqltext), and it does not judge changes (package lint).
package lockstep
