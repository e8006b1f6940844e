package codegen

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/lockstepdb/lockstep/schema"
)

func printPage(t *testing.T, s *schema.Schema, title string) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, s, HTMLOptions{Title: title}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNoNameBecomesMarkup(t *testing.T) {
	page := printPage(t, odd(t), `</title><script>alert(1)</script>`)
	for tag, want := range map[string]int{"<script": 1, "</script": 1, "<style": 1, "<img": 0, "<title>": 1 + strings.Count(page, "<title>user") + strings.Count(page, "<title>we&#34;")} {
		if got := strings.Count(page, tag); got != want {
			t.Errorf("%d times %s, want %d", got, tag, want)
		}
	}
	if m := regexp.MustCompile(`<[^>]*\son[a-z]+=[^>]*>`).FindString(page); m != "" {
		t.Errorf("a tag has a handler: %s", m)
	}
	if m := regexp.MustCompile(`(?:src|action|formaction)=|https?://|url\(|@import`).FindString(strings.ReplaceAll(page, "&lt;img src=x", "")); m != "" {
		t.Errorf("the page refers to something outside: %s", m)
	}
}

func TestThePolicyAllowsThePagesOwnStyleAndScriptOnly(t *testing.T) {
	page := printPage(t, shop(t), "")
	for _, tag := range []string{"style", "script"} {
		m := regexp.MustCompile(`(?s)<` + tag + `>(.*?)</` + tag + `>`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no %s", tag)
		}
		if want := tag + "-src '" + digest(m[1]) + "'"; !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
}

func TestEveryLinkHasItsTarget(t *testing.T) {
	for name, s := range map[string]*schema.Schema{"shop": shop(t), "odd": odd(t), "many": generated(t, 100)} {
		page := printPage(t, s, "")
		ids := map[string]int{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			ids[m[1]]++
			if ids[m[1]] > 1 {
				t.Errorf("%s: id %q twice", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[m[1]] == 0 {
				t.Errorf("%s: nothing has the id %q", name, m[1])
			}
		}
	}
}

func TestManyTablesAreDrawnByNamespaceOrWithTheirNeighbours(t *testing.T) {
	if page := printPage(t, generated(t, 80), ""); strings.Count(page, `<svg class="er"`) != 1 {
		t.Error("80 tables are not one diagram")
	}
	if page := printPage(t, generated(t, 100), ""); strings.Count(page, `<svg class="er"`) != 100 {
		t.Error("100 tables are not drawn one by one")
	}
	b := newBuilder()
	for i := range 100 {
		space, name := fmt.Sprintf("s%d", i/50), fmt.Sprintf("t%d", i)
		b.table(schema.KindTable, space, name, "", "id|int|not null", "p|int")
		b.key(space, name, name+"_pkey", schema.PrimaryKey, "id")
		if i%50 > 0 {
			b.foreign(space, name, "fk", "p", fmt.Sprintf("%s, t%d", space, i-1), "id", "")
		}
	}
	if page := printPage(t, b.schema(t), ""); strings.Count(page, `<svg class="er"`) != 2 {
		t.Error("two namespaces of 50 tables are not two diagrams")
	}
}

// tangled is a schema of tables with random foreign keys, circles and loops
// among them.
func tangled(t *testing.T, seed uint64) *schema.Schema {
	r := rand.New(rand.NewPCG(seed, 1))
	b := newBuilder()
	n := 2 + r.IntN(40)
	for i := range n {
		columns := []string{"id|bigint|not null"}
		keys := r.IntN(4)
		for k := range keys {
			columns = append(columns, fmt.Sprintf("c%d|bigint%s", k, []string{"", "|not null"}[r.IntN(2)]))
		}
		name := fmt.Sprintf("t%d", i)
		b.table(schema.KindTable, "p", name, "", columns...)
		b.key("p", name, "pk", schema.PrimaryKey, "id")
		for k := range keys {
			b.foreign("p", name, fmt.Sprintf("fk%d", k), fmt.Sprintf("c%d", k), fmt.Sprintf("p, t%d", r.IntN(n)), "id", "")
		}
	}
	return b.schema(t)
}

func TestBoxesAndLinesOfADiagramKeepApart(t *testing.T) {
	for seed := range uint64(150) {
		v := &view{m: newModel(tangled(t, seed))}
		tables := v.linked(func(*relation) bool { return true })
		var links []*link
		for _, r := range tables {
			links = append(links, r.out...)
		}
		if d := newDiagram(tables, links, detail{most: 20}); d != nil {
			checkDiagram(t, seed, d)
		}
	}
}

func checkDiagram(t *testing.T, seed uint64, d *diagram) {
	t.Helper()
	for i, a := range d.boxes {
		if a.x < 0 || a.y < 0 || a.x+a.w > d.width || a.y+a.h > d.height {
			t.Errorf("seed %d: %s stands out of the diagram", seed, a.r.label)
		}
		for _, b := range d.boxes[i+1:] {
			if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				t.Errorf("seed %d: %s covers %s", seed, a.r.label, b.r.label)
			}
		}
	}
	for _, e := range d.edges {
		checkEdge(t, seed, d, e)
	}
}

func checkEdge(t *testing.T, seed uint64, d *diagram, e *edge) {
	t.Helper()
	if len(e.points) < 2 || !touches(e.from, e.points[0]) || !touches(e.to, e.points[len(e.points)-1]) {
		t.Errorf("seed %d: the line from %s to %s ends elsewhere: %v", seed, e.from.r.label, e.to.r.label, e.points)
		return
	}
	for i := range len(e.points) - 1 {
		p, q := e.points[i], e.points[i+1]
		if p.x != q.x && p.y != q.y {
			t.Errorf("seed %d: the line from %s to %s is oblique: %v %v", seed, e.from.r.label, e.to.r.label, p, q)
		}
		for _, b := range d.boxes {
			if max(p.x, q.x) > b.x && min(p.x, q.x) < b.x+b.w && max(p.y, q.y) > b.y && min(p.y, q.y) < b.y+b.h {
				t.Errorf("seed %d: the line from %s to %s runs through %s", seed, e.from.r.label, e.to.r.label, b.r.label)
			}
		}
	}
}

func touches(b *box, p point) bool {
	return (p.x == b.x || p.x == b.x+b.w) && p.y > b.y && p.y < b.y+b.h
}
