package cli_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/internal/testdb"
)

// nasty are passwords that break what does not quote them.
func nasty() []string {
	return []string{
		`p@ss/w#rd?1`, `100%sure`, `semi;colon`, `quo'te"d`, `back\slash\`, `spa ce`, `a&b=c`, `ünïcødé`, `日本語のパスワード`,
		`$(whoami)`, `${HOME}`, "`tick`", `<script>`, `x:y:z@@`, `[::1]:5432`, `unix(/tmp/x)`, `password=hunter`, `%41%zz%2`, `////`, `????`,
	}
}

// spellings are forms in which a password must not appear either.
func spellings(password string) []string {
	return []string{password, url.QueryEscape(password), url.PathEscape(password)}
}

// TestPasswordsAreNeverShown provokes every kind of failure to connect, with
// every command, and looks for the password in all that is said.
func TestPasswordsAreNeverShown(t *testing.T) {
	migrationsIn(t)
	addresses := []string{
		"postgres://ada:%s@127.0.0.1:1/shop", "postgres://ada:%s@no-such-host.invalid/shop", "postgres://ada:%s@/shop?host=/no/such",
		"postgres://ada:%s@127.0.0.1:1/shop?sslmode=verify-full&sslrootcert=/no/such", "postgres://ada:%s@127.0.0.1:1/shop?sslmode=what",
		"postgres://ada:%s@127.0.0.1:99999/shop", "postgress://ada:%s@h/shop", "postgres://ada:%s@::1/shop",
		"mysql://ada:%s@127.0.0.1:1/shop", "mysql://ada:%s@no-such-host.invalid/shop", "mariadb://ada:%s@unix(/no/such)/shop",
		"mysql://ada:%s@127.0.0.1:1/shop?tls=what", "mysql://ada:%s@127.0.0.1:1/shop?timeout=soon", "mysql://ada:%s@h:x/shop",
	}
	commands := [][]string{{"up"}, {"status", "--json"}, {"plan"}, {"wait", "--for", "20ms"}, {"history", "--json"}}
	for i, password := range nasty() {
		for j, address := range addresses {
			form := password // as it is, or escaped, by turns
			if (i+j)%2 == 0 {
				form = strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
			}
			db := strings.Replace(address, "%s", form, 1)
			args := commands[(i+j/2)%len(commands)]
			_, out, said := call(t, args, []string{"DATABASE_URL=" + db})
			if said == "" {
				t.Errorf("%v with %q says nothing", args, db)
			}
			notShown(t, password, db, out+said)
		}
	}
}

func notShown(t *testing.T, password, db, said string) {
	t.Helper()
	for _, s := range spellings(password) {
		if strings.Contains(said, s) {
			t.Errorf("the password %q of %q is shown as %q:\n%s", password, db, s, said)
		}
	}
}

// TestPasswordsWork connects with every nasty password to the servers that
// ask for one.
func TestPasswordsWork(t *testing.T) {
	for _, kind := range testdb.Kinds() {
		if kind.Dialect != testdb.MySQL {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			db := testdb.New(t, kind)
			u, err := url.Parse(account(t, db))
			if err != nil {
				t.Fatal(err)
			}
			user := u.User.Username()
			db.Exec(t, "GRANT ALL ON "+db.Name+".* TO "+user+"@'%'")
			migrationsIn(t)
			for _, password := range nasty() {
				quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password)
				db.Exec(t, "ALTER USER "+user+"@'%' IDENTIFIED BY '"+quoted+"'")
				for _, form := range []string{password, strings.ReplaceAll(url.QueryEscape(password), "+", "%20")} {
					if form == password && strings.Contains(password, "%41") {
						continue // %41 is an A, wherever it stands
					}
					address := kind.Flavor + "://" + user + ":" + form + "@" + u.Host + "/" + db.Name
					code, out, said := call(t, []string{"up"}, []string{"DATABASE_URL=" + address})
					if code != 0 {
						t.Errorf("password %q as %q: exit code %d\n%s", password, form, code, said)
					}
					notShown(t, password, address, out+said)
				}
			}
		})
	}
}
