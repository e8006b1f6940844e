package lockstep

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// missingVar finds a variable that a script asks for and that has no value.
func missingVar(s *Script, values map[string]string) *Fault {
	for _, name := range s.Directives.Vars {
		if _, ok := values[name]; !ok {
			return &Fault{
				File: s.Path, Msg: fmt.Sprintf("asks for the variable %s, which has no value", name),
				Hint: fmt.Sprintf("give it with --var %s=VALUE, in [vars] of lockstep.toml, or in Options.Vars", name),
			}
		}
	}
	return nil
}

// expandVars replaces ${NAME} in the statements of a script that asks for it.
// Inside a string or a quoted identifier a value is escaped for its place;
// elsewhere it may hold nothing that could end or hide something; in comments
// nothing is replaced.
func expandVars(p *parsedScript, values map[string]string) *Fault {
	if f := missingVar(p.Script, values); f != nil || len(p.Directives.Vars) == 0 {
		return f
	}
	for i := range p.statements {
		st := &p.statements[i]
		if !strings.Contains(st.Text, "${") {
			continue
		}
		expanded, msg := expand(st.Text, p.Directives.Vars, values, st.Options)
		if msg != "" {
			return &Fault{
				File: p.Path, Pos: st.Pos, Msg: msg,
				Hint: "put the variable inside quotes, or give it a plain value",
			}
		}
		st.Text = expanded
	}
	return nil
}

// expand replaces the variables of one statement. msg says what is wrong with
// a value, without it.
func expand(text string, names []string, values map[string]string, o sqltext.Options) (expanded, msg string) {
	var b strings.Builder
	last := 0
	plain := func(to int) {
		msg = cmp.Or(msg, unfit(text[last:to], names, values))
		b.WriteString(replaceVars(text[last:to], names, values, plainValue))
	}
	for tok := range sqltext.Tokens(text, o) {
		token := text[tok.Start:tok.End]
		switch tok.Kind {
		case sqltext.LineComment, sqltext.BlockComment:
			plain(tok.Start)
			b.WriteString(token)
		case sqltext.String, sqltext.QuotedIdent:
			plain(tok.Start)
			if token[len(token)-1] == '$' { // a body: what it says there is code again
				msg = cmp.Or(msg, unfit(token, names, values))
			}
			b.WriteString(replaceVars(token, names, values, quotedValue(token, o)))
		default:
			continue
		}
		last = tok.End
	}
	plain(len(text))
	again, err := sqltext.Split(b.String(), o)
	if msg == "" && (err != nil || len(again) != 1) {
		msg = "is not one statement any more once its variables are replaced"
	}
	return b.String(), msg
}

// unfit finds a value that may not stand outside of quotes.
func unfit(text string, names []string, values map[string]string) string {
	for _, name := range names {
		v := values[name]
		if strings.Contains(text, "${"+name+"}") && (strings.ContainsAny(v, "'\"`;\\\r\n#$") || strings.Contains(v, "--") || strings.Contains(v, "/*")) {
			return fmt.Sprintf("the value of %s may not stand outside of quotes: it holds a quote, a semicolon, a comment or a line break", name)
		}
	}
	return ""
}

func plainValue(v string) string { return v }

// quotedValue escapes a value for the inside of the quoted token.
func quotedValue(token string, o sqltext.Options) func(string) string {
	quote := token[len(token)-1:]
	switch {
	case quote == "$":
		return plainValue
	case quote == "]":
		return func(v string) string { return strings.ReplaceAll(v, "]", "]]") }
	case readsBackslash(token, o):
		return func(v string) string {
			return strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), quote, quote+quote)
		}
	}
	return func(v string) string { return strings.ReplaceAll(v, quote, quote+quote) }
}

// readsBackslash reports whether a backslash escapes inside the token.
func readsBackslash(token string, o sqltext.Options) bool {
	switch o.Mode {
	case sqltext.MySQL:
		return !o.NoBackslashEscapes && token[len(token)-1] != '`'
	case sqltext.Postgres:
		return token[0] == 'e' || token[0] == 'E' || token[0] == 'u' || token[0] == 'U' || o.StandardConformingStringsOff
	}
	return false
}

func replaceVars(text string, names []string, values map[string]string, escape func(string) string) string {
	for _, name := range names {
		text = strings.ReplaceAll(text, "${"+name+"}", escape(values[name]))
	}
	return text
}

// redactor removes the values of variables from what people read.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(values map[string]string) redactor {
	var pairs []string
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if len(values[name]) >= 3 { // shorter ones would riddle every message
			pairs = append(pairs, values[name], "${"+name+"}")
		}
	}
	if pairs == nil {
		return redactor{}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

func (r redactor) text(s string) string {
	if r.replacer == nil {
		return s
	}
	return r.replacer.Replace(s)
}

// error removes the values from what the server said.
func (r redactor) error(err error) error {
	if r.replacer == nil {
		return err
	}
	var de *DatabaseError
	if errors.As(err, &de) {
		de.Message, de.Detail, de.Advice = r.text(de.Message), r.text(de.Detail), r.text(de.Advice)
		de.Err = errors.New(r.text(fmt.Sprint(de.Err)))
	}
	return err
}
