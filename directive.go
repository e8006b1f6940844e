package lockstep

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstepdb/lockstep/sqltext"
)

// Directives are the settings a script gives in comments of the form
// "-- lockstep:KEY VALUE". In the head of a file they hold for the file, above
// a later statement for that statement.
type Directives struct {
	Transaction      string        // "", "on" or "off": whether the script runs in one transaction
	LockTimeout      time.Duration // 0 = not given
	StatementTimeout time.Duration // 0 = not given
	Retries          int           // -1 = not given
	Phase            Phase
	Kind             Kind // "" = not given
	OutOfOrder       string
	Vars             []string // names that ${NAME} is replaced for
	Allow            []Allowance
	Replaces         []Replaced // of a baseline
}

// with returns the directives of a file with those of a statement in it.
func (d Directives) with(s Directives) Directives {
	if s.LockTimeout > 0 {
		d.LockTimeout = s.LockTimeout
	}
	if s.StatementTimeout > 0 {
		d.StatementTimeout = s.StatementTimeout
	}
	if s.Retries >= 0 {
		d.Retries = s.Retries
	}
	return d
}

// directiveKeys lists the keys with what they take, for messages and docs.
func directiveKeys() map[string]string {
	return map[string]string{
		"transaction":       "on or off",
		"lock_timeout":      "a duration such as 3s or 500ms",
		"statement_timeout": "a duration such as 30s or 15m",
		"retries":           "a number from 0 to 1000",
		"phase":             "expand or contract",
		"kind":              "schema or data",
		"out-of-order":      `a reason in double quotes`,
		"vars":              "names of variables, for example vars APP_ROLE, REGION",
		"replaces":          "a migration and its checksum: replaces 0001_create_users sha256:… (lockstep squash writes it)",
		"allow":             `a code and a reason: allow PG001 "table is empty" until=2027-01-31`,
	}
}

const directivePrefix = "lockstep:"

// headDirectives reads the directives above the first statement.
func headDirectives(file, text string) (Directives, []Fault) {
	return readDirectives(file, text, 0, headLength(text), false)
}

// readDirectives reads the directives in text[start:end], which holds
// comments and space only. statement tells that they stand above one
// statement, where only some keys make sense.
func readDirectives(file, text string, start, end int, statement bool) (Directives, []Fault) {
	d := Directives{Retries: -1}
	var faults []Fault
	inside := false // a block comment
	for off := start; off < end; {
		line := lineAt(text[:end], off)
		body, ok := directiveBody(line)
		if inside = inside || strings.HasPrefix(strings.TrimSpace(line), "/*"); inside {
			ok, inside = false, !strings.Contains(line, "*/")
		}
		if ok {
			pos := sqltext.PosAt(text, off+strings.Index(line, directivePrefix))
			if f := d.set(body, pos.Line, statement); f != nil {
				f.File, f.Pos = file, pos
				faults = append(faults, *f)
			}
		}
		off += len(line)
	}
	return d, faults
}

// lineAt returns the line that begins at off, with its line end.
func lineAt(text string, off int) string {
	if i := strings.IndexByte(text[off:], '\n'); i >= 0 {
		return text[off : off+i+1]
	}
	return text[off:]
}

// directiveBody returns what follows "-- lockstep:" on a comment line.
func directiveBody(line string) (string, bool) {
	s, ok := strings.CutPrefix(strings.TrimLeft(strings.TrimPrefix(line, bom), " \t"), "--")
	if !ok {
		return "", false
	}
	s, ok = strings.CutPrefix(strings.TrimLeft(s, " \t"), directivePrefix)
	return strings.TrimSpace(s), ok
}

// headLength returns the length of the comments and blank lines text begins with.
func headLength(text string) int {
	off := 0
	for off < len(text) {
		line := lineAt(text, off)
		s := strings.TrimSpace(strings.TrimPrefix(line, bom))
		switch {
		case s == "" || strings.HasPrefix(s, "--") || strings.HasPrefix(s, "#"):
			off += len(line)
		case strings.HasPrefix(s, "/*") && !strings.HasPrefix(s, "/*!") && !strings.HasPrefix(s, "/*M!"):
			n := blockCommentLength(text[off:])
			if n == 0 {
				return off
			}
			off += n
		default:
			return off
		}
	}
	return off
}

// blockCommentLength returns the length of the lines that a block comment
// spans, 0 when code follows on its last line.
func blockCommentLength(text string) int {
	end := strings.Index(text, "*/")
	if end < 0 {
		return 0
	}
	rest := lineAt(text, end+2)
	if strings.TrimSpace(rest) != "" {
		return 0
	}
	return end + 2 + len(rest)
}

// set applies one directive; the fault it returns has no place yet.
func (d *Directives) set(body string, line int, statement bool) *Fault {
	name, value, _ := strings.Cut(body, " ")
	value = strings.TrimSpace(value)
	want, known := directiveKeys()[name]
	if !known {
		return unknownDirective(name)
	}
	if statement && !slices.Contains([]string{"lock_timeout", "statement_timeout", "retries", "allow"}, name) {
		return &Fault{
			Msg:  fmt.Sprintf("directive %q holds for a whole file", name),
			Hint: "move it above the first statement of the file",
		}
	}
	if !d.apply(name, value, line) {
		return &Fault{
			Msg:  fmt.Sprintf("directive %q has the value %q", name, value),
			Hint: fmt.Sprintf("%s takes %s", name, want),
		}
	}
	return nil
}

func (d *Directives) apply(name, value string, line int) (ok bool) {
	switch name {
	case "transaction":
		d.Transaction = value
		return value == "on" || value == "off"
	case "lock_timeout":
		return parseDuration(value, &d.LockTimeout)
	case "statement_timeout":
		return parseDuration(value, &d.StatementTimeout)
	case "retries":
		n, err := strconv.Atoi(value)
		d.Retries = n
		return err == nil && 0 <= n && n <= 1000
	case "phase":
		d.Phase = Phase(value)
		return d.Phase == PhaseExpand || d.Phase == PhaseContract
	case "kind":
		d.Kind = Kind(value)
		return d.Kind == KindSchema || d.Kind == KindData
	case "out-of-order":
		return unquote(value, &d.OutOfOrder)
	case "replaces":
		r, ok := parseReplaced(value)
		d.Replaces = append(d.Replaces, r)
		return ok
	case "vars":
		return d.addVars(value)
	default:
		return d.addAllowance(value, line)
	}
}

func parseDuration(s string, d *time.Duration) bool {
	v, err := time.ParseDuration(s)
	*d = v
	return err == nil && v > 0
}

// unquote reads a non-empty text in double quotes.
func unquote(s string, into *string) bool {
	u, err := strconv.Unquote(s)
	*into = strings.TrimSpace(u)
	return err == nil && *into != ""
}

// isVarName reports whether s is a name of the form [A-Za-z_][A-Za-z0-9_]*.
func isVarName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if s[i] != '_' && (c < 'a' || c > 'z') && (i == 0 || !isDigit(s[i])) {
			return false
		}
	}
	return s != ""
}

func (d *Directives) addVars(value string) bool {
	names := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	for _, n := range names {
		if !isVarName(n) {
			return false
		}
	}
	d.Vars = append(d.Vars, names...)
	return len(names) > 0
}

func (d *Directives) addAllowance(value string, line int) bool {
	code, rest, _ := strings.Cut(value, " ")
	a := Allowance{Code: code, Line: line}
	rest = strings.TrimSpace(rest)
	if i := strings.LastIndex(rest, " until="); i >= 0 {
		a.Until = rest[i+len(" until="):]
		if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
			return false
		}
		rest = strings.TrimSpace(rest[:i])
	}
	ok := code != "" && unquote(rest, &a.Reason)
	d.Allow = append(d.Allow, a)
	return ok
}

func unknownDirective(name string) *Fault {
	keys := make([]string, 0, len(directiveKeys()))
	for k := range directiveKeys() {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	f := &Fault{Msg: fmt.Sprintf("unknown directive %q", name)}
	if near := Nearest(name, keys); near != "" {
		f.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		f.Hint = "known directives are " + strings.Join(keys, ", ")
	}
	return f
}
