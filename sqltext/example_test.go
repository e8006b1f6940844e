package sqltext_test

import (
	"errors"
	"fmt"

	"github.com/lockstepdb/lockstep/sqltext"
)

func ExampleStatements() {
	const script = `-- people who may sign in
CREATE TABLE users (id int, name text DEFAULT ';');
CREATE FUNCTION two() RETURNS int BEGIN ATOMIC
  SELECT 1; SELECT 2;
END;
COPY users FROM stdin;
1	Ada
\.
`
	for s, err := range sqltext.Statements(script, sqltext.Options{Mode: sqltext.Postgres}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("line %d: %v %q\n", s.Pos.Line, sqltext.Words(s.Text, s.Options, 2), s.Data)
	}
	// Output:
	// line 2: [CREATE TABLE] ""
	// line 3: [CREATE FUNCTION] ""
	// line 6: [COPY USERS] "1\tAda\n"
}

func ExampleSyntaxError() {
	const script = "CREATE TABLE t (id int);\nINSERT INTO t VALUES ('it's');\n"
	_, err := sqltext.Split(script, sqltext.Options{Mode: sqltext.SQLite})
	if e := new(sqltext.SyntaxError); errors.As(err, &e) {
		fmt.Println(e)
		fmt.Print(sqltext.Excerpt(script, e.Pos))
	}
	// Output:
	// line 2, column 28: unclosed string
	//    2 | INSERT INTO t VALUES ('it's');
	//      |                            ^
}
