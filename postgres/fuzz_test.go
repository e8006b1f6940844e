package postgres

import (
	"testing"

	"github.com/lockstepdb/lockstep"
	"github.com/lockstepdb/lockstep/sqltext"
)

// FuzzStatements: whatever a script holds, nothing panics, hangs or grows.
func FuzzStatements(f *testing.F) {
	for _, c := range loneCases {
		f.Add(c.sql)
	}
	for _, s := range copyScripts {
		f.Add(s)
	}
	f.Add("CREATE INDEX CONCURRENTLY")
	f.Add("ALTER TYPE a ADD VALUE E'x''")
	f.Add("COPY t (1) FROM stdin")
	f.Add("DO $A0$")
	f.Add(`ALTER TABLE ONLY ("`)
	f.Add("COPY t FROM stdin (DELIMITER $$")
	f.Fuzz(func(t *testing.T, text string) {
		for _, o := range []sqltext.Options{{Mode: sqltext.Postgres}, {Mode: sqltext.Postgres, StandardConformingStringsOff: true}} {
			srv := lockstep.Server{Lexer: o}
			for st, err := range sqltext.Pieces(text, o) {
				if err != nil {
					break
				}
				dialect{}.Traits(srv, st)
				witnessQuery(readLone(st.Text, scan(st.Text, o, 0), o))
				for _, err := range (dialect{}).Commands(st) {
					if err != nil {
						break
					}
				}
			}
			st := sqltext.Statement{Text: text, CopyIn: true, Data: text, Options: o}
			dialect{}.Traits(srv, st)
			_ = firstError(st)
		}
		redact(text)
	})
}
