package lockstep

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pointed returns the byte offset in a statement at which a message without a
// position points: that of the word it names, if that stands in one place only.
// Otherwise it is 0, where the statement begins.
func pointed(message, text string) int {
	if rest, ok := restOf(message); ok {
		return max(strings.LastIndex(text, rest), 0) // of its end, hence the last
	}
	for _, name := range namedIn(message) {
		_, last, _ := strings.Cut(name, ".")
		for _, word := range []string{name, last} {
			if at := onlyPlace(text, word); at >= 0 {
				return at
			}
		}
	}
	return 0
}

// restOf is what MySQL and MariaDB show of a statement from where they could
// not read on, up to 80 characters.
func restOf(message string) (rest string, ok bool) {
	_, rest, ok = strings.Cut(message, " to use near '")
	end := strings.LastIndex(rest, "' at line ")
	if !ok || end <= 0 {
		return "", false
	}
	return rest[:end], true
}

// namedIn returns what a message names: what is in quotes, and where nothing
// is, what stands at its end behind a colon or "named".
func namedIn(message string) []string {
	var names []string
	for rest := message; ; {
		i := strings.IndexAny(rest, "\"'`")
		if i < 0 {
			break
		}
		name, after, closed := strings.Cut(rest[i+1:], rest[i:i+1])
		if !closed {
			break
		}
		names, rest = append(names, name), after
	}
	if len(names) > 0 {
		return names
	}
	for _, before := range []string{": ", " named "} {
		if i := strings.LastIndex(message, before); i >= 0 && !strings.Contains(message[i+len(before):], " ") {
			names = append(names, message[i+len(before):])
		}
	}
	return names
}

// onlyPlace returns the offset of a word in a text, in any case, -1 if it is
// not there or more than once.
func onlyPlace(text, word string) int {
	lower, word := lowerASCII(text), lowerASCII(word)
	found := -1
	for from := 0; word != ""; {
		i := strings.Index(lower[from:], word)
		if i < 0 {
			break
		}
		at := from + i
		from = at + len(word)
		if !standsAlone(lower, at, from) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = at
	}
	return found
}

// standsAlone tells that the letters of a word do not go on around it.
func standsAlone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	first, _ := utf8.DecodeRuneInString(text[from:])
	last, _ := utf8.DecodeLastRuneInString(text[:to])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !(isWord(before) && isWord(first)) && !(isWord(last) && isWord(after))
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// lowerASCII keeps offsets as they are.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return unicode.ToLower(r)
		}
		return r
	}, text)
}
