package lockstep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// expandVars replaces ${NAME} in the statements of a script that asks for it.
// A value inside a string or a quoted identifier is escaped for its place;
// elsewhere it may be anything that leaves the statement one statement.
func expandVars(p *parsedScript, values map[string]string, o sqltext.Options) *Fault {
	names := p.Directives.Vars
	for _, name := range names {
		if _, ok := values[name]; !ok {
			return &Fault{
				File: p.Path, Msg: fmt.Sprintf("asks for the variable %s, which has no value", name),
				Hint: fmt.Sprintf("give it with --var %s=VALUE, in [vars] of lockstep.toml, or in Options.Vars", name),
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	for i := range p.statements {
		if f := p.expand(i, names, values, o); f != nil {
			return f
		}
	}
	return nil
}

func (p *parsedScript) expand(i int, names []string, values map[string]string, o sqltext.Options) *Fault {
	st := &p.statements[i]
	if !strings.Contains(st.Text, "${") {
		return nil
	}
	var b strings.Builder
	text := st.Text
	last := 0
	for tok := range sqltext.Tokens(text, o) {
		if tok.Kind != sqltext.String && tok.Kind != sqltext.QuotedIdent {
			continue
		}
		b.WriteString(replaceVars(text[last:tok.Start], names, values, plainValue))
		b.WriteString(replaceVars(text[tok.Start:tok.End], names, values, quotedValue(text[tok.Start:tok.End])))
		last = tok.End
	}
	b.WriteString(replaceVars(text[last:], names, values, plainValue))
	expanded := b.String()
	again, err := sqltext.Split(expanded, o)
	if err != nil || len(again) != 1 {
		return &Fault{
			File: p.Path, Pos: st.Pos, Msg: "is more than one statement once its variables are replaced",
			Hint: "put the variable inside quotes, or give it a value without ; and quotes",
		}
	}
	st.Text = expanded
	return nil
}

func plainValue(v string) string { return v }

// quotedValue escapes a value for the inside of the quoted token.
func quotedValue(token string) func(string) string {
	quote := token[len(token)-1:]
	if quote == "$" { // a dollar quoted body: no escape exists or is needed
		return plainValue
	}
	if quote == "]" {
		return func(v string) string { return strings.ReplaceAll(v, "]", "]]") }
	}
	return func(v string) string { return strings.ReplaceAll(v, quote, quote+quote) }
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
