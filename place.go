package lockstep

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/lockstepdb/lockstep/sqltext"
)

// statementError places an error of statement i: where the server points, or
// at what its message names, or where the statement begins.
func (r *run) statementError(w *work, i int, err error) error {
	st := &w.statements[i]
	se := &StatementError{File: w.Path, Number: i + 1, Pos: st.Pos, Statement: firstLine(st.written)}
	de := r.m.dialect.Classify(err)
	if de == nil {
		if ctxErr := contextError(err); ctxErr != nil {
			return ctxErr
		}
		se.Err = err
	} else {
		se.Err = explained(w, st.Text, de)
		if st.Text == st.written {
			se.Pos = sqltext.PosAt(w.text, st.Pos.Offset+placeIn(st.Text, de))
		}
	}
	se.Excerpt = sqltext.Excerpt(w.text, se.Pos)
	return se
}

// explained adds to what the server said of a statement what it cannot know.
func explained(w *work, text string, de *DatabaseError) error {
	name := unaskedVar(w, text)
	if name == "" || de.Class != ErrorOther || de.Advice != "" {
		return de
	}
	return WithHint(de, "${"+name+"} stays as it is unless the file asks for its value: -- lockstep:vars "+name+" at its head")
}

// unaskedVar returns the name of a ${NAME} in a statement of a file that asks
// for no variables, "" if there is none.
func unaskedVar(w *work, text string) string {
	_, rest, found := strings.Cut(text, "${")
	name, _, closed := strings.Cut(rest, "}")
	if !found || !closed || name == "" || len(w.Directives.Vars) > 0 || strings.Trim(name, varRunes) != "" {
		return ""
	}
	return name
}

const varRunes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

// placeIn returns the byte offset in a statement that an error is about, 0 if
// it is about all of it.
func placeIn(text string, de *DatabaseError) int {
	switch {
	case de.Position > 0:
		return bytesOf(text, de.Position)
	case de.Class == ErrorOther, de.Class == ErrorUndefinedTable:
		return pointed(de.Message, text)
	}
	return 0
}

// batchError places an error of a message that held many statements.
func (r *run) batchError(w *work, b *batch, err error) error {
	de := r.m.dialect.Classify(err)
	if de == nil {
		return r.unplaced(w, err)
	}
	if de.Position <= 0 {
		if n := w.inside.to - w.inside.from; n == 1 && de.Class != ErrorDuplicateKey {
			return r.statementError(w, w.inside.from, err)
		}
		return r.unplaced(w, de)
	}
	sent := b.String()
	at := bytesOf(sent, de.Position)
	i := sort.SearchInts(b.offsets, at+1) - 1
	if i < 0 || i >= len(b.offsets)-1 {
		return r.unplaced(w, de)
	}
	de.Position = at + 1
	st := &w.statements[w.inside.from+i]
	se := &StatementError{File: w.Path, Number: w.inside.from + i + 1, Pos: st.Pos, Statement: firstLine(st.written), Err: explained(w, st.Text, de)}
	if off := at - b.offsets[i]; st.Text == st.written && off <= len(st.Text) {
		se.Pos = sqltext.PosAt(w.text, st.Pos.Offset+off)
	}
	se.Excerpt = sqltext.Excerpt(w.text, se.Pos)
	return se
}

// unplaced is an error of a script of which it is not known which statement
// it belongs to.
func (r *run) unplaced(w *work, err error) error {
	if ctxErr := contextError(err); ctxErr != nil {
		return ctxErr
	}
	return &StatementError{File: w.Path, Err: err}
}

// contextError returns the context's error when that is why err came.
func contextError(err error) error {
	for _, target := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return fmt.Errorf("stopped: %w", target)
		}
	}
	return nil
}

// needsPlace reports whether running the statements one by one can tell more
// than err does: it is definite, not to be retried, and has no place.
func needsPlace(err error) bool {
	var se *StatementError
	if !errors.As(err, &se) || se.Number != 0 {
		return false
	}
	var de *DatabaseError
	if !errors.As(err, &de) || de.IsRetryable() {
		return false
	}
	return de.Class != ErrorConnection && de.Class != ErrorUnknownTarget
}

// bytesOf converts a character position from 1 to a byte offset.
func bytesOf(text string, position int) int {
	off := 0
	for range position - 1 {
		if off >= len(text) {
			break
		}
		_, n := utf8.DecodeRuneInString(text[off:])
		off += n
	}
	return off
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, " \t\r")
}
