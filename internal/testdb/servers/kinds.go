// Package servers installs, prepares, starts and stops the throwaway database
// servers that lockstep's tests run on: PostgreSQL, MySQL and MariaDB in
// several versions, with PgBouncer and the native command line clients.
//
// Nothing is installed into the system. Debian packages are unpacked into a
// cache directory and run there by the dynamic linker that belongs to them, so
// one machine runs servers of several Debian releases side by side and a
// server that the machine already has is never touched. Servers listen on the
// loopback interface only, have a superuser without a password and keep
// nothing after a crash: this package is for tests and for nothing else.
package servers

import "slices"

// The families of servers, as [Kind.Dialect] names them.
const (
	Postgres = "postgres"
	MySQL    = "mysql"
	SQLite   = "sqlite"
)

// Kind is one kind of database server that tests run on. Kinds are values and
// may be compared.
type Kind struct {
	// Name identifies the kind in test names and in variables: "postgres18".
	Name string
	// Dialect is the family that speaks one SQL: Postgres, MySQL or SQLite.
	Dialect string
	// Flavor is the product: "postgres", "mysql", "mariadb" or "sqlite". It is
	// also the scheme of the kind's URLs.
	Flavor string
	// Version is the release series, such as "18" or "10.11"; empty for SQLite,
	// whose version is the driver's.
	Version string
	// Extra marks kinds that only the larger test run starts.
	Extra bool
}

// Variable returns the name of the environment variable that tells tests the
// URL of the running server of this kind.
func (k Kind) Variable() string { return "LOCKSTEP_TEST_" + upper(k.Name) }

// IsServer reports whether the kind is a server process; SQLite is not.
func (k Kind) IsServer() bool { return k.Dialect != SQLite }

// Kinds returns all kinds, SQLite first, each family from old to new.
func Kinds() []Kind {
	return []Kind{
		{Name: "sqlite", Dialect: SQLite, Flavor: "sqlite"},
		{Name: "postgres14", Dialect: Postgres, Flavor: "postgres", Version: "14", Extra: true},
		{Name: "postgres15", Dialect: Postgres, Flavor: "postgres", Version: "15"},
		{Name: "postgres16", Dialect: Postgres, Flavor: "postgres", Version: "16", Extra: true},
		{Name: "postgres17", Dialect: Postgres, Flavor: "postgres", Version: "17", Extra: true},
		{Name: "postgres18", Dialect: Postgres, Flavor: "postgres", Version: "18"},
		{Name: "mysql97", Dialect: MySQL, Flavor: "mysql", Version: "9.7"},
		{Name: "mariadb1011", Dialect: MySQL, Flavor: "mariadb", Version: "10.11"},
		{Name: "mariadb118", Dialect: MySQL, Flavor: "mariadb", Version: "11.8"},
	}
}

// Named returns the kind called name, and whether there is one.
func Named(name string) (Kind, bool) {
	all := Kinds()
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// upper is ASCII upper case, which is all that kind names need.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
