package codegen

import (
	"bytes"
	"errors"
	"flag"
	"html"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

var update = flag.Bool("update", false, "write what is printed to testdata instead of comparing it")

// printers prints a schema of a dialect in every format, by the file's suffix.
func printers(dialect string) map[string]func(io.Writer, *schema.Schema) error {
	return map[string]func(io.Writer, *schema.Schema) error{
		"json": JSON,
		"mmd":  Mermaid,
		"dbml": DBML,
		"html": func(w io.Writer, s *schema.Schema) error { return HTML(w, s, HTMLOptions{Title: "Shop"}) },
		"go.txt": func(w io.Writer, s *schema.Schema) error {
			return Go(w, s, GoOptions{Dialect: dialect})
		},
		"null.go.txt": func(w io.Writer, s *schema.Schema) error {
			return Go(w, s, GoOptions{Dialect: dialect, Package: "store", Null: NullSQL})
		},
	}
}

// samples are the schemas that are printed into testdata.
func samples() map[string]struct {
	dialect string
	make    func(testing.TB) *schema.Schema
} {
	return map[string]struct {
		dialect string
		make    func(testing.TB) *schema.Schema
	}{
		"shop":   {"postgres", shop},
		"odd":    {"postgres", odd},
		"mysql":  {"mysql", shopMySQL},
		"sqlite": {"sqlite", shopSQLite},
		"empty":  {"sqlite", func(t testing.TB) *schema.Schema { return newBuilder().schema(t) }},
	}
}

func TestEachFormatPrintsAsKept(t *testing.T) {
	for name, sample := range samples() {
		for suffix, printTo := range printers(sample.dialect) {
			t.Run(name+"."+suffix, func(t *testing.T) {
				t.Parallel()
				var first, second bytes.Buffer
				if err := errors.Join(printTo(&first, sample.make(t)), printTo(&second, sample.make(t))); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(first.Bytes(), second.Bytes()) {
					t.Error("the same schema printed twice differs")
				}
				compareWithKept(t, filepath.Join("testdata", name+"."+suffix), withoutAssets(first.Bytes()))
			})
		}
	}
}

// withoutAssets leaves out what a page holds whatever the schema is.
func withoutAssets(page []byte) []byte {
	for text, name := range map[string]string{
		pageStyle: "STYLE", pageScript: "SCRIPT", html.EscapeString(digest(pageStyle)): "DIGEST", html.EscapeString(digest(pageScript)): "DIGEST",
		digest(pageStyle): "DIGEST", digest(pageScript): "DIGEST",
	} {
		page = bytes.ReplaceAll(page, []byte(text), []byte(name))
	}
	return page
}

func compareWithKept(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is printed; look at it, then go test ./codegen -update. Got:\n%s", path, got)
	}
}

// brokenPipe fails to take anything.
type brokenPipe struct{}

var errPipe = errors.New("pipe closed")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestAnErrorOfTheWriterIsReturned(t *testing.T) {
	for suffix, printTo := range printers("postgres") {
		if err := printTo(brokenPipe{}, shop(t)); !errors.Is(err, errPipe) {
			t.Errorf("%s: got %v, want the writer's error", suffix, err)
		}
	}
}
