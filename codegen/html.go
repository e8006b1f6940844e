package codegen

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/lockstepdb/lockstep/schema"
)

// HTMLOptions tells how HTML prints. The zero value is fine.
type HTMLOptions struct {
	// Title of the page, such as the database's name. Default "Schema".
	Title string
}

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// HTML writes the schema as one page for people that needs no network and no
// other file: an overview, a search, a diagram of the foreign keys, then every table
// with its columns, keys in both directions, indexes and constraints, and every other
// object with its definition. It works without scripts, which only search, zoom,
// and highlight; its policy allows no others.
//
// Up to 80 tables that are linked are drawn as one diagram; more are drawn by
// namespace, and where one of these is larger, each of its tables is drawn with its
// neighbours.
func HTML(w io.Writer, s *schema.Schema, o HTMLOptions) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("parse page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(s, cmp.Or(o.Title, "Schema"))); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return write(w, "HTML", b.String())
}

// page is what the template shows.
type page struct {
	Title       string
	Fingerprint string
	Policy      string
	Style       template.CSS
	Script      template.JS
	Counts      []count
	Unknown     []schema.Unknown
	Diagrams    []drawing
	Loose       []ref // tables without foreign keys
	Groups      []group
}

// count is a number with what it counts.
type count struct {
	Number int
	What   string
}

// drawing is a diagram with its heading.
type drawing struct {
	Heading string
	SVG     template.HTML
}

// group is the objects of a kind.
type group struct {
	ID, Heading string
	One         string // what one of them is called
	Tables      []*tableView
	Objects     []*objectView
}

// Len is the number of the group's objects.
func (g group) Len() int { return len(g.Tables) + len(g.Objects) }

// counted is what the group's objects are called behind their number.
func (g group) counted() string {
	if g.Len() == 1 {
		return g.One
	}
	return strings.ToLower(g.Heading)
}

// ref leads to an object; without Anchor it is not part of the page.
type ref struct{ Label, Anchor string }

func newPage(s *schema.Schema, title string) *page {
	m := newModel(s)
	v := newView(m)
	p := &page{
		Title: title, Fingerprint: s.Fingerprint(), Unknown: s.Unknown(), Groups: v.groups(),
		Style: template.CSS(pageStyle), Script: template.JS(pageScript), //nolint:gosec // both are part of this package
	}
	p.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", digest(pageStyle), digest(pageScript))
	for _, g := range p.Groups {
		if g.One != "database" {
			p.Counts = append(p.Counts, count{g.Len(), g.counted()})
		}
	}
	p.Diagrams = v.diagrams
	p.Loose = v.loose()
	return p
}

// digest is how a policy names a text that it allows.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
