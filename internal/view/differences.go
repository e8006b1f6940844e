package view

import (
	"io"
	"strings"

	"github.com/lockstepdb/lockstep"
)

// Differences writes where files and ledger differ, changed files with what
// changed in them.
func Differences(w io.Writer, style Style, all []lockstep.Difference) error {
	var b strings.Builder
	for _, d := range all {
		symbol, codes := "≠", []string{red}
		switch d.Kind {
		case lockstep.DiffLayout:
			symbol, codes = "≈", []string{yellow}
		case lockstep.DiffMissing:
			symbol = "?"
		case lockstep.DiffOutOfOrder:
			symbol = "⇅"
		case lockstep.DiffUnfinished:
			symbol = "◐"
		case lockstep.DiffBehind:
			symbol = "◔"
		}
		b.WriteString(style.paint(symbol, codes...) + " " + style.Bold(clean(d.Msg)) + "\n")
		if d.Before != "" && d.After != "" {
			b.WriteString("\n")
			if err := Diff(&b, style, d.ID+" (as applied)", d.File, d.Before, d.After); err != nil {
				return err
			}
			b.WriteString("\n")
		}
		hint(&b, style, d.Hint)
		b.WriteString("\n")
	}
	return write(w, b.String())
}
