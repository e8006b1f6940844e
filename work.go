package lockstep

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstepdb/lockstep/sqltext"
)

// work is a script laid out for execution.
type work struct {
	*parsedScript
	traits   []Traits
	strategy Strategy
	why      string // why not in one transaction

	// In one transaction: the session settings before BEGIN, what is inside,
	// and those after COMMIT, as ranges of statements.
	before, inside, after span
	// Statement by statement: what is executed and recorded together.
	units []unit
}

// span is a half-open range of statement indexes.
type span struct{ from, to int }

// unit is executed and recorded together: one statement, or several in a
// transaction with their ledger entry.
type unit struct {
	span
	transaction bool
}

// layOut decides how a script runs. The fault says why it cannot. What an interrupted run began statement by statement goes on like
// that, from the statement it had come to, whatever became of the rest.
func (m *Migrator) layOut(srv Server, p *parsedScript, s *Step) (*work, *Fault) {
	w := &work{parsedScript: p}
	for i := range p.statements {
		w.traits = append(w.traits, m.reader.Traits(srv, p.statements[i].Statement))
	}
	w.before, w.inside, w.after = w.spans()
	if f := w.checkControl(srv); f != nil {
		return nil, f
	}
	w.why = w.whyNotOne(srv)
	if p.Directives.Transaction == "on" && w.why != "" {
		return nil, w.faultAt(w.firstOutside(srv), "cannot run in the transaction the file asks for: "+w.why,
			"move the statement to a migration of its own, or remove the directive")
	}
	if s.Resuming && w.why == "" {
		w.why = "it goes on where an interrupted run stopped"
	}
	if w.why == "" {
		w.strategy = StrategyTransaction
		return w, nil
	}
	w.strategy = StrategyStatements
	w.group(min(s.Resume, len(w.statements)))
	return w, nil
}

// spans finds the statements inside the transaction: without leading and
// trailing session settings that have no effect inside of one, and without a
// BEGIN and COMMIT that enclose the whole rest.
func (w *work) spans() (before, inside, after span) {
	n := len(w.traits)
	a, b := 0, n
	for a < n && w.isSetting(a) {
		a++
	}
	for b > a && w.isSetting(b-1) {
		b--
	}
	before, after = span{0, a}, span{b, n}
	if b-a >= 2 && w.traits[a].Tx == TxBegin && w.traits[b-1].Tx == TxCommit && !w.hasControl(a+1, b-1) {
		a, b = a+1, b-1
	}
	return before, span{a, b}, after
}

func (w *work) isSetting(i int) bool {
	return w.traits[i].Session && w.traits[i].NoTransaction != "" && !w.traits[i].ImplicitCommit
}

func (w *work) hasControl(from, to int) bool {
	for _, t := range w.traits[from:to] {
		if t.Tx != TxNone && t.Tx != TxOther {
			return true
		}
	}
	return false
}

// checkControl refuses transaction control that a runner cannot keep in step
// with its record.
func (w *work) checkControl(srv Server) *Fault {
	open := -1
	for i, t := range w.traits {
		switch {
		case t.Tx == TxRollback:
			return w.faultAt(i, "a ROLLBACK in a migration would undo work that is recorded as done",
				"remove it; a statement that fails rolls its transaction back by itself")
		case t.Tx == TxCommit && w.leavesOpen(i):
			return w.faultAt(i, "leaves a transaction open, which a runner cannot keep in step with its record", "end it with a plain COMMIT")
		case t.Tx == TxBegin && open >= 0:
			return w.faultAt(i, "a transaction begins inside another one", "remove this statement, or the one that began the first")
		case t.Tx == TxBegin:
			open = i
		case t.Tx == TxCommit && open < 0:
			return w.faultAt(i, "COMMIT without BEGIN", "remove it: the migration commits by itself together with its record")
		case t.Tx == TxCommit:
			open = -1
		case open >= 0 && t.NoTransaction != "" && srv.TransactionalDDL:
			return w.faultAt(i, "cannot run between BEGIN and COMMIT: "+t.NoTransaction, "move it behind the COMMIT")
		}
	}
	if open >= 0 {
		return w.faultAt(open, "this transaction is not committed in the file", "add COMMIT, or remove BEGIN: the migration runs in a transaction by itself")
	}
	return nil
}

// leavesOpen tells the ends of a transaction that are none: PREPARE
// TRANSACTION, and COMMIT AND CHAIN.
func (w *work) leavesOpen(i int) bool {
	words := sqltext.Words(w.statements[i].Text, w.statements[i].Options, 8)
	at := slices.Index(words, "CHAIN")
	return slices.Contains(words, "PREPARE") && words[0] == "PREPARE" || at > 0 && words[at-1] != "NO"
}

// whyNotOne says why the script cannot run in one transaction, "" if it can.
func (w *work) whyNotOne(srv Server) string {
	if w.Directives.Transaction == "off" {
		return "the file says transaction off"
	}
	if i := w.firstOutside(srv); i >= 0 {
		if t := w.traits[i]; t.NoTransaction != "" {
			return fmt.Sprintf("line %d: %s", w.statements[i].Pos.Line, t.NoTransaction)
		}
		return fmt.Sprintf("line %d: %s commits by itself on %s", w.statements[i].Pos.Line, summary(w.statements[i].Text), srv.Flavor)
	}
	if w.hasControl(w.inside.from, w.inside.to) {
		return "the file has transactions of its own"
	}
	return ""
}

// firstOutside returns the first statement that cannot be inside, -1 if none.
func (w *work) firstOutside(srv Server) int {
	for i := w.inside.from; i < w.inside.to; i++ {
		if t := w.traits[i]; t.NoTransaction != "" || t.ImplicitCommit && !srv.TransactionalDDL {
			return i
		}
	}
	return -1
}

// group lays out the units of a script that runs statement by statement, from
// the first statement that is not done: the
// file's own transactions; unless the file says transaction off, the longest
// runs of statements that fit into one; and single statements.
func (w *work) group(from int) {
	merge := w.Directives.Transaction != "off"
	for i := from; i < len(w.traits); {
		u := unit{span{i, i + 1}, w.fits(i)}
		switch {
		case w.traits[i].Tx == TxBegin && w.closes(i) > 0:
			u = unit{span{i, w.closes(i) + 1}, true}
		case w.traits[i].Tx != TxNone:
			u.transaction = false
		case merge && u.transaction:
			for u.to < len(w.traits) && w.fits(u.to) && w.traits[u.to].Tx == TxNone {
				u.to++
			}
		}
		w.units = append(w.units, u)
		i = u.to
	}
}

// fits reports whether a statement can share a transaction with its entry.
func (w *work) fits(i int) bool {
	t := w.traits[i]
	return t.NoTransaction == "" && !t.ImplicitCommit && (!t.MayCommit || w.Directives.Transaction != "off")
}

// closes returns the index of the COMMIT that ends the transaction begun at
// i, 0 when a statement between them commits by itself.
func (w *work) closes(i int) int {
	for j := i + 1; j < len(w.traits); j++ {
		switch {
		case w.traits[j].Tx == TxCommit:
			return j
		case !w.fits(j):
			return 0
		}
	}
	return 0
}

// dirty reports whether the script may leave something behind in the session.
func (w *work) dirty() bool {
	for _, t := range w.traits {
		if t.Dirty || t.Session {
			return true
		}
	}
	return false
}

// targets lists the tables that statements of s take strong locks on.
func (w *work) targets(s span) []string {
	var all []string
	for _, t := range w.traits[s.from:s.to] {
		all = append(all, t.Targets...)
	}
	return all
}

// prefix is a digest of the first n statements, by which a later run knows
// that the part it skips was not edited.
func (w *work) prefix(n int) string {
	h := sha256.New()
	for _, st := range w.statements[:n] {
		fmt.Fprintf(h, "%d:%s%d:%s", len(st.written), st.written, len(st.Data), st.Data)
	}
	return "statements1:" + hex.EncodeToString(h.Sum(nil))
}

// checkResume refuses to go on in a script whose done part was edited.
func (w *work) checkResume(p *progress, s *Step) error {
	if p.done <= len(w.statements) && w.prefix(p.done) == p.prefix {
		return nil
	}
	return &HistoryError{[]Difference{{
		Kind: DiffChanged, ID: s.ID(), File: w.Path, key: s.key(),
		Msg:  fmt.Sprintf("%s: its first %d statements were applied by an interrupted run and are not the same any more", w.Path, p.done),
		Hint: "restore these statements as they were (the rest may be edited); or record by hand how it ended: lockstep repair --mark-applied or --mark-reverted " + s.ID() + ` --reason "…"`,
	}}}
}

func (w *work) faultAt(i int, msg, hint string) *Fault {
	pos := w.statements[max(i, 0)].Pos
	return &Fault{File: w.Path, Pos: pos, Msg: msg, Hint: hint, Line: sqltext.Excerpt(w.text, pos)}
}

// summary is the beginning of a statement on one line.
func summary(text string) string {
	const most = 60
	s := strings.Join(strings.Fields(text[:min(len(text), 4*most)]), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
