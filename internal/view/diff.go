package view

import (
	"slices"
	"strings"
)

// edit is one line of a comparison: kept (' '), taken out ('-') or put in ('+').
type edit struct {
	op   byte
	text string
}

// maxEdits bounds the work of a comparison. Texts that differ in more lines
// are shown as replaced from there on.
const maxEdits = 1500

// diffLines compares two lists of lines by Myers' algorithm ("An O(ND)
// difference algorithm and its variations", 1986): the shortest list of edits.
func diffLines(a, b []string) []edit {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var edits []edit
	for _, s := range a[:head] {
		edits = append(edits, edit{' ', s})
	}
	edits = append(edits, middle(a[head:len(a)-tail], b[head:len(b)-tail])...)
	for _, s := range a[len(a)-tail:] {
		edits = append(edits, edit{' ', s})
	}
	return edits
}

// middle compares what is between the equal head and tail.
func middle(a, b []string) []edit {
	trace, found := search(a, b)
	if !found {
		return replaced(a, b)
	}
	var edits []edit
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		v, k := trace[d], x-y
		prev := k - 1
		if k == -d || k != d && v.at(k-1) < v.at(k+1) {
			prev = k + 1
		}
		fromX := v.at(prev)
		fromY := fromX - prev
		for x > fromX && y > fromY && x > 0 && y > 0 && a[x-1] == b[y-1] {
			x, y = x-1, y-1
			edits = append(edits, edit{' ', a[x]})
		}
		if x == fromX {
			y--
			edits = append(edits, edit{'+', b[y]})
		} else {
			x--
			edits = append(edits, edit{'-', a[x]})
		}
	}
	for x > 0 {
		x--
		edits = append(edits, edit{' ', a[x]})
	}
	slices.Reverse(edits)
	return edits
}

// reach holds, for each diagonal from -d to d, how far it goes in a.
type reach struct {
	d int
	x []int
}

func (r reach) at(k int) int { return r.x[k+r.d] }

// search finds the length of the shortest list of edits, and for each length
// before it how far each diagonal reached.
func search(a, b []string) (trace []reach, found bool) {
	limit := min(len(a)+len(b), maxEdits)
	v := make([]int, 2*limit+3)
	mid := limit + 1
	for d := 0; d <= limit; d++ {
		trace = append(trace, reach{d + 1, slices.Clone(v[mid-d-1 : mid+d+2])})
		for k := -d; k <= d; k += 2 {
			x := v[mid+k-1] + 1
			if k == -d || k != d && v[mid+k-1] < v[mid+k+1] {
				x = v[mid+k+1]
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			v[mid+k] = x
			if x >= len(a) && x-k >= len(b) {
				return trace, true
			}
		}
	}
	return nil, false
}

func replaced(a, b []string) []edit {
	var edits []edit
	for _, s := range a {
		edits = append(edits, edit{'-', s})
	}
	for _, s := range b {
		edits = append(edits, edit{'+', s})
	}
	return edits
}

// splitLines splits a text into lines, whatever its line ends.
func splitLines(text string) []string {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\r\n", "\n")
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r", "\n"), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
