package rehearse

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/schema"
)

// Verdict is what a rehearsal found about one migration.
type Verdict string

// The verdicts.
const (
	Identical    Verdict = "identical"    // the down leads back, and the up works again
	OrderOnly    Verdict = "order only"   // it does, but for the order of columns or indexes
	Differs      Verdict = "differs"      // the down leads elsewhere, or the second up does
	LosesRows    Verdict = "loses rows"   // the schema comes back, but not rows or values that were there before the up
	Irreversible Verdict = "irreversible" // it has no down
	Applied      Verdict = "applied"      // a repeatable migration: there is nothing to lead back from
	Failed       Verdict = "failed"       // the up, the down or the second up could not run
)

// Report is what a rehearsal found.
type Report struct {
	Server      string        `json:"server"`         // product and version
	Results     []Result      `json:"migrations"`     // in the order of the set; repeatables last
	Applied     int           `json:"applied"`        // migrations that were applied without rehearsal
	Left        []string      `json:"notRun"`         // migrations behind one whose up failed
	Fingerprint string        `json:"fingerprint"`    // of the schema at the end; "" if an up failed
	Duration    time.Duration `json:"duration"`       // nanoseconds
	Rows        *Rows         `json:"rows,omitempty"` // what tables were filled with; nil if they were not
}

// Result is what was found about one migration.
type Result struct {
	Version     lockstep.Version `json:"version"`
	Name        string           `json:"name"`
	Kind        lockstep.Kind    `json:"kind"`
	File        string           `json:"file"`
	DownFile    string           `json:"downFile,omitempty"`
	Verdict     Verdict          `json:"verdict"`
	Up          time.Duration    `json:"up"`             // of the first up
	Down        time.Duration    `json:"down,omitempty"` // 0 if it did not run
	Again       time.Duration    `json:"again,omitempty"`
	Statements  []Statement      `json:"statements,omitempty"` // of the first up, where the dialect can measure
	Differences []Difference     `json:"differences,omitempty"`
	Lost        []Loss           `json:"lost,omitempty"`     // what the down threw away of rows that were put there before it
	FailedAt    Stage            `json:"failedAt,omitempty"` // up, down or again
	Err         error            `json:"-"`                  // why it failed; lockstep's errors
	RowsErr     error            `json:"-"`                  // why the down failed with rows in the tables; it was tried again without
}

// Statement is what one statement was measured to do. Tables and indexes that
// the migration itself makes do not count: nobody waits for them.
type Statement struct {
	Number   int           `json:"statement"` // in its script, from 1
	Line     int           `json:"line"`      // in the file, from 1
	Text     string        `json:"text"`      // its first words
	Duration time.Duration `json:"duration"`  // nanoseconds
	// Locks are the tables it locked, and how strongly, as far as it held them
	// until its transaction ended. nil is also what a server says that does not
	// tell.
	Locks []Lock `json:"locks,omitempty"`
	// Rewrites are the tables and indexes it wrote anew.
	Rewrites []string `json:"rewrites,omitempty"`
	// Written is how many bytes of write-ahead log the server wrote meanwhile;
	// 0 if it does not tell. Other sessions of the server count too.
	Written int64 `json:"written,omitempty"`
	// Rows is how many rows the largest of the filled tables has that the
	// statement names; 0 if it names none.
	Rows int64 `json:"rows,omitempty"`
	// PerMillion is what Duration is for a million rows, in nanoseconds, as if it
	// grew with them; Extrapolated says that there were fewer.
	PerMillion   time.Duration `json:"perMillion,omitempty"`
	Extrapolated bool          `json:"extrapolated,omitempty"`
}

// Lock is a lock on a table.
type Lock struct {
	Table string `json:"table"`
	Mode  string `json:"mode"` // as the server calls it
}

// ID returns the migration's version_name.
func (r Result) ID() string { return id(r.Version, r.Name) }

func id(v lockstep.Version, name string) string {
	if v == "" {
		return name
	}
	return string(v) + "_" + name
}

// MarshalJSON writes errors as their texts.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	out := struct {
		plain
		Error     string `json:"error,omitempty"`
		RowsError string `json:"rowsError,omitempty"`
	}{plain: plain(r)}
	if r.RowsErr != nil {
		out.RowsError = r.RowsErr.Error()
	}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	return json.Marshal(out)
}

// LeadsBack reports whether the migration's way back is as it should be, or
// not there. An up that failed has not come to that question.
func (r Result) LeadsBack() bool {
	return r.Verdict != Differs && r.Verdict != LosesRows && (r.Verdict != Failed || r.FailedAt == StageUp)
}

// String says what is lost, for people.
func (l Loss) String() string {
	if l.Changed {
		return fmt.Sprintf("after down and up values of %s are others than before", l.Table.In(schema.KindColumn, l.Column))
	}
	if l.Column == "" {
		return fmt.Sprintf("the down loses rows of %s: %d of %d are left", l.Table, l.After, l.Before)
	}
	return fmt.Sprintf("the down loses values of %s: %d of %d are left", l.Table.In(schema.KindColumn, l.Column), l.After, l.Before)
}

// Told returns the differences without those of parts whose table is left or
// missing as a whole.
func (r Result) Told() []Difference {
	whole := map[schema.ID]bool{}
	for _, d := range r.Differences {
		if d.Before == nil || d.After == nil {
			if d.ID.Kind.IsRelation() {
				whole[schema.ID{Schema: d.ID.Schema, Table: d.ID.Name}] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(r.Differences), func(d Difference) bool {
		return d.ID.Table != "" && whole[schema.ID{Schema: d.ID.Schema, Table: d.ID.Table}]
	})
}

// Difference is one object that is not as it was.
type Difference struct {
	Stage  Stage        `json:"stage"` // StageDown: against before the up; StageAgain: against after the first up
	ID     schema.ID    `json:"id"`
	Before *schema.Fact `json:"before,omitempty"` // as it should be; nil: it should not exist
	After  *schema.Fact `json:"after,omitempty"`  // as it is; nil: it does not exist
}

// String says what is wrong, for people.
func (d Difference) String() string {
	switch {
	case d.Before == nil && d.Stage == StageAgain:
		return "the second up makes " + d.ID.String() + ", which the first did not"
	case d.After == nil && d.Stage == StageAgain:
		return "the second up does not make " + d.ID.String()
	case d.Before == nil:
		return "the down leaves " + d.ID.String()
	case d.After == nil:
		return "the down does not bring back " + d.ID.String()
	}
	var parts []string
	for _, name := range d.Before.Differing(*d.After) {
		parts = append(parts, name+" "+shown(d.After.Attr(name))+" instead of "+shown(d.Before.Attr(name)))
	}
	text := d.ID.String() + ": " + strings.Join(parts, "; ")
	if d.Stage == StageAgain {
		return "the second up makes another " + text
	}
	return "the down does not restore " + text
}

func shown(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}

// Count returns how many results have a verdict.
func (r *Report) Count(v Verdict) int {
	n := 0
	for _, one := range r.Results {
		if one.Verdict == v {
			n++
		}
	}
	return n
}

// Failure returns the first result whose up failed, nil if there is none.
func (r *Report) Failure() *Result {
	for i := range r.Results {
		if one := &r.Results[i]; one.Verdict == Failed && one.FailedAt == StageUp {
			return one
		}
	}
	return nil
}

// Astray returns the results whose way back does not lead back.
func (r *Report) Astray() []Result {
	var found []Result
	for _, one := range r.Results {
		if !one.LeadsBack() {
			found = append(found, one)
		}
	}
	return found
}

func serverName(s lockstep.Server) string { return fmt.Sprintf("%s %s", s.Flavor, s.Version) }
