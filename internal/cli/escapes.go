package cli

import (
	"slices"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// check reads all scripts, and refuses those that would change more than a
// scratch database, unless its server was chosen for that.
func (p *scratchPlace) check(set *lockstep.Set, chosen bool) error {
	reader, ok := p.dialect.(lockstep.ScriptReader)
	if !ok {
		return nil // the migrator says so
	}
	if err := set.Check(reader); err != nil {
		return err
	}
	escaper, ok := p.dialect.(lockstep.Escaper)
	if !ok || chosen {
		return nil
	}
	lexer := p.server.Lexer
	if p.admin == nil {
		lexer = reader.Lexer()
	}
	var faults []lockstep.Fault
	for _, m := range slices.Concat(set.Migrations(), set.Repeatables()) {
		if m.Go != nil {
			continue
		}
		for _, script := range []*lockstep.Script{&m.Up, m.Down} {
			faults = append(faults, p.escaping(escaper, script, lexer)...)
		}
	}
	if len(faults) > 0 {
		return &lockstep.FilesError{Faults: faults}
	}
	return nil
}

func (p *scratchPlace) escaping(e lockstep.Escaper, script *lockstep.Script, lexer sqltext.Options) []lockstep.Fault {
	if script == nil {
		return nil
	}
	text, err := script.Text()
	if err != nil {
		return []lockstep.Fault{{File: script.Path, Msg: err.Error()}}
	}
	statements, err := sqltext.Split(text, lexer)
	if err != nil {
		return nil // Check has read it without a fault
	}
	var faults []lockstep.Fault
	for _, st := range statements {
		if why := e.Escapes(p.server, st); why != "" {
			faults = append(faults, lockstep.Fault{
				File: script.Path, Pos: st.Pos, Line: sqltext.Excerpt(text, st.Pos),
				Msg:  "would change more than the scratch database: " + why,
				Hint: "name a server where that does no harm: --scratch URL",
			})
		}
	}
	return faults
}
