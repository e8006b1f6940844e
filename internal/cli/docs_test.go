package cli

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/internal/config"
	"github.com/lockstepdb/lockstep/internal/view"
	"github.com/lockstepdb/lockstep/rehearse"
)

func cliDocs(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// section returns the part of the page under a heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n## "+heading+"\n")
	if !found {
		t.Errorf("docs/cli.md has no section %q", heading)
	}
	body, _, _ := strings.Cut(rest, "\n## ")
	return body
}

// TestDocsNameEverything holds that the page tells of every command, alias,
// option, exit code, key and kind of error.
func TestDocsNameEverything(t *testing.T) {
	page := cliDocs(t)
	root := newRoot(newApp(Stdio{}))
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			continue
		}
		body := section(t, page, "lockstep "+c.Name())
		for _, alias := range c.Aliases {
			mentions(t, body, c.Name(), "`"+alias+"`")
		}
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { mentions(t, body, c.Name(), "`--"+f.Name) })
	}
	common := section(t, page, "Common options")
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { mentions(t, common, "Common options", "`--"+f.Name) })
	for _, k := range config.Keys() {
		_, name, nested := strings.Cut(k.Name, ".")
		if !nested {
			name = k.Name
		}
		mentions(t, section(t, page, "lockstep.toml"), "lockstep.toml", name)
	}
	codes := section(t, page, "Exit codes")
	for _, code := range []int{exitDone, exitError, exitUsage, exitPending, exitRefused, exitLocked, exitHistory, exitPartly, exitInterrupted} {
		mentions(t, codes, "Exit codes", "| "+strconv.Itoa(code)+" |")
		mentions(t, exitHelp, "lockstep help exit-codes", strconv.Itoa(code)+"  ")
	}
}

func mentions(t *testing.T, body, where, what string) {
	t.Helper()
	if !strings.Contains(body, what) {
		t.Errorf("docs/cli.md: %s does not tell of %s", where, what)
	}
}

// TestDocsNameEveryField holds that the page tells of every field of every
// document that --json prints.
func TestDocsNameEveryField(t *testing.T) {
	page := section(t, cliDocs(t), "JSON")
	for _, document := range []any{
		view.Failure{},
		initAnswer{},
		newAnswer{},
		squashAnswer{},
		rename{},
		lockstep.Result{},
		lockstep.StepResult{},
		lockstep.DryRun{},
		lockstep.Untried{},
		lockstep.Plan{},
		lockstep.PlannedStatement{},
		statusAnswer{},
		lockstep.Status{},
		lockstep.StatusRow{},
		historyLine{},
		verifyAnswer{},
		validateAnswer{},
		lockstep.Difference{},
		recordAnswer{},
		recorded{},
		repairAnswer{},
		repairChoice{},
		choice{},
		waitAnswer{},
		rehearsal{},
		rehearse.Report{},
		rehearse.Result{},
		rehearse.Difference{},
		rehearse.Statement{},
		rehearse.Lock{},
		rehearse.Loss{},
		rehearse.Rows{},
		rehearse.Filled{},
		build{},
	} {
		typ := reflect.TypeOf(document)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name != "" && name != "-" && !strings.Contains(page, `"`+name+`"`) && !strings.Contains(page, "`"+name+"`") {
				t.Errorf("docs/cli.md does not tell of the field %q of %s", name, typ)
			}
		}
	}
}

// TestDocsNameNothingElse holds that every option the page names exists.
func TestDocsNameNothingElse(t *testing.T) {
	root := newRoot(newApp(Stdio{}))
	root.InitDefaultCompletionCmd()
	known := []string{"help"}
	for _, c := range append(root.Commands(), root) {
		visit := func(f *pflag.Flag) { known = append(known, f.Name) }
		c.Flags().VisitAll(visit)
		c.PersistentFlags().VisitAll(visit)
		for _, sub := range c.Commands() {
			sub.Flags().VisitAll(visit)
		}
	}
	for _, match := range regexp.MustCompile(`--([a-z][a-z-]+)`).FindAllStringSubmatch(cliDocs(t), -1) {
		if !slices.Contains(known, match[1]) {
			t.Errorf("docs/cli.md names --%s, which does not exist", match[1])
		}
	}
}

// TestEveryCommandHelps holds that every command has a short and a long text
// or at least an example.
func TestEveryCommandHelps(t *testing.T) {
	root := newRoot(newApp(Stdio{}))
	for _, c := range root.Commands() {
		if c.Short == "" || c.Example == "" && c.Runnable() {
			t.Errorf("lockstep %s has no short text or no example", c.Name())
		}
		for line := range strings.Lines(c.Example) {
			if fields := strings.Fields(line); len(fields) < 2 || fields[0] != "lockstep" {
				t.Errorf("lockstep %s: example %q is no call", c.Name(), line)
			} else if _, _, err := root.Find(fields[1:]); err != nil {
				t.Errorf("lockstep %s: example %q: %v", c.Name(), line, err)
			}
		}
		checkFlagsHaveDocs(t, c)
	}
}

func checkFlagsHaveDocs(t *testing.T, c *cobra.Command) {
	t.Helper()
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" {
			t.Errorf("lockstep %s --%s has no text", c.Name(), f.Name)
		}
	})
}
