package config

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// mask stands where a secret was.
const mask = "*****"

// isSecretName reports whether a parameter or variable of that name holds
// something that must not be shown.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"pass", "pwd", "secret", "token", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// Redactor takes secrets out of texts: those it was told, and passwords inside
// of anything that looks like a URL. The nil Redactor knows of no secrets. It
// is immutable and safe for concurrent use.
type Redactor struct {
	replace *strings.Replacer
	words   *regexp.Regexp // short secrets, which are masked as whole words only
	also    *Redactor      // knows further secrets; nil if there are none
}

// And returns a Redactor that knows the secrets of both.
func (r *Redactor) And(o *Redactor) *Redactor {
	if r == nil {
		return o
	}
	both := *r
	both.also = r.also.And(o)
	return &both
}

// NewRedactor returns a Redactor for the secrets. Values that are public by
// themselves (a password that is also the user's name, a host, a database) are
// masked only inside of URLs.
func NewRedactor(secrets []string, public ...string) *Redactor {
	var pairs, words []string
	for _, s := range longestFirst(secrets) {
		if s == "" || slices.Contains(public, s) {
			continue
		}
		for _, form := range forms(s) {
			if len(form) < shortSecret {
				words = append(words, regexp.QuoteMeta(form))
			} else {
				pairs = append(pairs, form, mask)
			}
		}
	}
	r := &Redactor{replace: strings.NewReplacer(pairs...)}
	if len(words) > 0 {
		r.words = regexp.MustCompile(`(^|[^\pL\pN_])(?:` + strings.Join(words, "|") + `)($|[^\pL\pN_])`)
	}
	return r
}

// shortSecret is the length below which a secret may be a part of any word.
const shortSecret = 4

func longestFirst(secrets []string) []string {
	s := slices.Clone(secrets)
	slices.SortFunc(s, func(a, b string) int { return len(b) - len(a) })
	return s
}

// forms returns how a secret may be spelled in what drivers and encoders say,
// longest first.
func forms(s string) []string {
	quoted := fmt.Sprintf("%q", s)
	all := []string{
		s, url.QueryEscape(s), url.PathEscape(s), quoted[1 : len(quoted)-1],
		strings.TrimPrefix(url.UserPassword("", s).String(), ":"),
		strings.ReplaceAll(s, "'", "''"), strings.ReplaceAll(s, "'", `\'`),
		strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s),
	}
	if b, err := json.Marshal(s); err == nil {
		all = append(all, string(b[1:len(b)-1]))
	}
	all = longestFirst(all)
	return slices.Compact(all)
}

// Redact returns s without secrets.
func (r *Redactor) Redact(s string) string {
	s = maskURLs(s)
	if r == nil {
		return s
	}
	if r.also != nil {
		s = r.also.Redact(s)
	}
	s = r.replace.Replace(s)
	if r.words != nil {
		// Twice, because neighbours share the character between them.
		s = r.words.ReplaceAllString(s, "${1}"+mask+"${2}")
		s = r.words.ReplaceAllString(s, "${1}"+mask+"${2}")
	}
	return s
}

// maskURLs replaces the password in scheme://user:password@ wherever it stands.
func maskURLs(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i+3])
		s = s[i+3:]
		end := strings.IndexAny(s, " \t\r\n\"'`<>")
		if end < 0 {
			end = len(s)
		}
		at := strings.LastIndexByte(s[:end], '@')
		if colon := strings.IndexByte(s[:end], ':'); colon >= 0 && colon < at && s[:at] != "user:password" { // the help's own example
			b.WriteString(s[:colon+1] + mask)
			s = s[at:]
		}
	}
}

// Writer returns a writer that takes secrets out of what is written to it. A
// secret must not be split over two writes. redact is called for each write.
func Writer(w io.Writer, redact func(string) string) io.Writer {
	return redactingWriter{w, redact}
}

type redactingWriter struct {
	w      io.Writer
	redact func(string) string
}

// Write writes p without its secrets. It reports all of p as written.
func (w redactingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.redact(string(p))); err != nil {
		return 0, fmt.Errorf("write output: %w", err)
	}
	return len(p), nil
}
