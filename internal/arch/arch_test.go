// Package arch holds the rules of who may know whom as a test.
package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/lockstepdb/lockstep"

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath string
	Name       string
	Imports    []string
	Deps       []string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Imports,Deps,Standard,GoFiles,CgoFiles"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// isThirdParty reports whether an import path is neither this module's nor
// the standard library's.
func isThirdParty(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".") && !isOurs(path)
}

func isOurs(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func TestImportingTheLibraryAddsOnlyTheStandardLibrary(t *testing.T) {
	for _, root := range []string{".", "./sqltext", "./schema/...", "./codegen", "./drift", "./rehearse", "./synth", "./postgres", "./mysql", "./sqlite"} {
		for _, p := range list(t, root) {
			for _, dep := range p.Deps {
				if isThirdParty(dep) {
					t.Errorf("%s depends on %s: an application that embeds lockstep chooses its own drivers", p.ImportPath, dep)
				}
			}
		}
	}
}

// mayImport lists, for each folder, which folders of this module it may
// import, and why no others.
func mayImport() map[string]rule {
	return map[string]rule{
		"":            {[]string{"sqltext"}, "the product knows no dialect, no engine and no command"},
		"sqltext":     {nil, "the lexer is the bottom of the house"},
		"schema":      {nil, "the model is pure: it knows no database and no SQL"},
		"schema/diff": {[]string{"", "schema"}, "the differ is pure; what only a dialect knows is handed in"},
		"codegen":     {[]string{"schema"}, "documents are printed of a schema alone, without a database and a dialect"},
		"synth":       {[]string{"", "sqltext", "schema"}, "an engine knows the domain; dialects and databases are handed in"},
		"rehearse":    {[]string{"", "schema", "sqltext", "synth"}, "an engine knows the domain; dialects and databases are handed in"},
		"postgres":    {[]string{"", "sqltext", "schema"}, "a dialect knows the domain, never another dialect"},
		"mysql":       {[]string{"", "sqltext", "schema"}, "a dialect knows the domain, never another dialect"},
		"sqlite":      {[]string{"", "sqltext", "schema"}, "a dialect knows the domain, never another dialect"},
		"drift":       {[]string{"", "schema", "schema/diff"}, "an engine knows the domain; dialects are handed in"},
		"dialecttest": {[]string{"", "sqltext", "schema", "schema/diff", "internal/calm"}, "the suite knows the contract only"},
	}
}

type rule struct {
	allowed []string
	reason  string
}

func TestWhoMayKnowWhom(t *testing.T) {
	for _, p := range list(t, "./...") {
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		r, ok := mayImport()[folder]
		if !ok {
			continue
		}
		for _, imp := range p.Imports {
			if !isOurs(imp) {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(imp, module), "/")
			if !slices.Contains(r.allowed, to) {
				t.Errorf("%s imports %s: %s", folder, to, r.reason)
			}
		}
	}
}

func TestOnlyTheCommandWires(t *testing.T) {
	wired := []string{module + "/postgres", module + "/mysql", module + "/sqlite"}
	for _, p := range list(t, "./...") {
		rel := strings.TrimPrefix(p.ImportPath, module+"/")
		if rel == "internal/cli" || strings.HasPrefix(rel, "examples/") || strings.HasPrefix(rel, "internal/bench") {
			continue
		}
		for _, imp := range p.Imports {
			if slices.Contains(wired, imp) && !strings.HasPrefix(imp, p.ImportPath) && !strings.HasPrefix(p.ImportPath, imp+"/") {
				t.Errorf("%s imports %s: only internal/cli knows all dialects", rel, imp)
			}
		}
	}
}

func TestTheBinaryNeedsNoCgo(t *testing.T) {
	for _, p := range list(t, "-deps", "./cmd/lockstep") {
		if len(p.CgoFiles) > 0 && !p.Standard {
			t.Errorf("%s needs cgo: the default binary is built without", p.ImportPath)
		}
	}
}

func TestNoInit(t *testing.T) {
	cmd := exec.Command("grep", "-rnE", "^func init\\(\\)", "--include=*.go", "../..")
	out, err := cmd.Output()
	if err == nil {
		t.Errorf("init functions run before main asked for anything:\n%s", out)
	}
}
