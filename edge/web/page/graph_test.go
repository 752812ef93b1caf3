package page

import (
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// random is a graph of up to nodes nodes: cycles, steps that take several, and
// things that many steps take.
func random(seed uint64, nodes int) Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	g := Graph{Goal: "n0", Title: "T", Text: "D"}
	n := 1 + r.IntN(nodes)
	for i := range n {
		kind := NodeGiven
		if i > n/2 {
			kind = NodeThing
		}
		g.Nodes = append(g.Nodes, GraphNode{ID: fmt.Sprintf("n%d", i), Label: strings.Repeat("word ", 1+r.IntN(9)), Kind: kind, Icon: "key", Lines: []string{"A condition."}})
	}
	for i := range r.IntN(2*n + 1) {
		s := GraphStep{ID: fmt.Sprintf("s%d", i), Label: "does it", Head: fmt.Sprintf("n%d", r.IntN(n/2+1))}
		for range 1 + r.IntN(4) {
			if b := fmt.Sprintf("n%d", r.IntN(n)); !slices.Contains(s.Body, b) {
				s.Body = append(s.Body, b)
			}
		}
		s.K = 1 + r.IntN(len(s.Body))
		g.Steps = append(g.Steps, s)
	}
	return g
}

func overlap(a, b box) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h-0.01 && b.y < a.y+a.h-0.01
}

func TestNothingOverlapsAndEveryEdgeIsDrawn(t *testing.T) {
	for seed := range uint64(100) {
		g := random(seed, 90).Folded(GraphMost)
		if len(g.Nodes)+folds(g) > GraphMost {
			t.Fatalf("graph %d: %d nodes and %d folds", seed, len(g.Nodes), folds(g))
		}
		l := lay(g)
		for i := range l.boxes {
			for j := range i {
				if overlap(l.boxes[i], l.boxes[j]) {
					t.Fatalf("graph %d: box %d is over box %d", seed, i, j)
				}
			}
			b := l.boxes[i]
			if b.x < 0 || b.y < -0.01 || b.x+b.w > l.w+0.01 || b.y+b.h > l.h+0.01 {
				t.Fatalf("graph %d: a box is outside of the picture", seed)
			}
		}
		want := len(g.Steps)
		for _, s := range g.Steps {
			want += len(s.Body)
		}
		if len(l.links) != want {
			t.Fatalf("graph %d: %d lines, want %d", seed, len(l.links), want)
		}
		for _, k := range l.links {
			for i := 1; i < len(k.via) && !k.back; i++ {
				if a, b := l.boxes[k.via[i-1]], l.boxes[k.via[i]]; a.column != b.column+1 {
					t.Fatalf("graph %d: a line leaps from column %d to %d", seed, a.column, b.column)
				}
			}
		}
	}
}

// What a box says when it is looked at covers nothing that is drawn later, since
// that would be on top of it, and stays inside the picture.
func TestWhatABoxSaysIsOnTop(t *testing.T) {
	for seed := range uint64(60) {
		g := random(seed, 70).Folded(GraphMost)
		if len(g.Nodes) == 0 {
			continue
		}
		p := &pen{layout: lay(g)}
		p.w, p.h = p.layout.w+2*margin, p.layout.h+2*margin
		p.h = max(p.h, 170)
		p.shift = margin + (p.h-2*margin-p.layout.h)/2
		var order []box
		for _, c := range p.columns {
			for _, b := range c {
				if !p.boxes[b].lane() {
					order = append(order, p.boxes[b])
				}
			}
		}
		const h = 110
		for i, b := range order {
			x, y := p.tipAt(b, h)
			if x < 0 || y < 0 || x+p.tipWide(b) > p.w || y+h > p.h+0.01 {
				t.Fatalf("graph %d: the words of box %d are outside: %v, %v in %v × %v", seed, i, x, y, p.w, p.h)
			}
			tip := box{x: x - margin, y: y - p.shift, w: p.tipWide(b), h: h}
			for j, later := range order[i+1:] {
				if overlap(tip, later) {
					t.Fatalf("graph %d: box %d is drawn over the words of box %d", seed, i+1+j, i)
				}
			}
		}
	}
}

func TestTheSameGraphIsTheSamePicture(t *testing.T) {
	g := random(7, 60)
	first := g.Draw()
	for range 5 {
		if g.Draw() != first {
			t.Fatal("two pictures of one graph differ")
		}
	}
}

// The goal is at the right, things are in the first column, and each step is
// between what it takes and what it gives.
func TestItIsReadFromTheLeftToTheRight(t *testing.T) {
	for seed := range uint64(60) {
		g := random(seed, 40).Folded(GraphMost)
		if len(g.Steps) == 0 {
			continue
		}
		l := lay(g)
		for i, n := range g.Nodes {
			b := l.boxes[l.nodeAt[n.ID]]
			if n.Kind == NodeThing && n.ID != g.Goal && b.x != 0 {
				t.Fatalf("graph %d: thing %d is at %v", seed, i, b.x)
			}
			if n.ID == g.Goal && b.column != 0 {
				t.Fatalf("graph %d: the goal is in column %d", seed, b.column)
			}
		}
		for _, k := range l.links {
			if a, z := l.boxes[k.via[0]], l.boxes[k.via[len(k.via)-1]]; !k.back && a.x+a.w > z.x {
				t.Fatalf("graph %d: a line leads to the left", seed)
			}
		}
	}
}

func TestFoldedKeepsTheWeakestPath(t *testing.T) {
	g := Graph{Goal: "goal", Nodes: []GraphNode{{ID: "goal", Kind: NodeGiven}}}
	for i := range 100 {
		id := fmt.Sprintf("a%02d", i)
		g.Nodes = append(g.Nodes, GraphNode{ID: id, Kind: NodeThing})
		g.Steps = append(g.Steps, GraphStep{ID: "s" + id, Head: "goal", Body: []string{id}})
	}
	last := "goal"
	for i := 5; i > 0; i-- { // a long way: five steps
		id := fmt.Sprintf("w%d", i)
		g.Nodes = append(g.Nodes, GraphNode{ID: id, Kind: NodeGiven, Weak: true})
		g.Steps = append(g.Steps, GraphStep{ID: "s" + id, Head: last, Body: []string{id}, Weak: i})
		last = id
	}
	f := g.Folded(20)
	weak, more := 0, 0
	for _, s := range f.Steps {
		if s.Weak > 0 {
			weak++
		}
		more += s.More
	}
	if weak != 5 || len(f.Nodes)+folds(f) > 20 {
		t.Errorf("%d steps of the weakest path, %d nodes", weak, len(f.Nodes))
	}
	if drawn := len(f.Steps) - folds(f); drawn+more != len(g.Steps) {
		t.Errorf("%d steps are drawn and %d are said to be more, of %d", drawn, more, len(g.Steps))
	}
	if !strings.Contains(string(g.Draw()), "more ways") {
		t.Error("the picture does not say that there is more")
	}
}

// Text is at least 12 px, everything drawn is well-formed, and each node and
// step can be reached and is named.
func TestAPictureCanBeRead(t *testing.T) {
	css := stylesheet(t)
	for _, m := range regexp.MustCompile(`font(?:-size)?: (?:\d+ )?([\d.]+)px`).FindAllStringSubmatch(css, -1) {
		if len(m[1]) < 2 || m[1] < "12" {
			t.Errorf("text of %s px", m[1])
		}
	}
	g := random(3, 40).Folded(GraphMost)
	g.Nodes[0].Label = `<script>alert(1)</script> & "quotes"`
	svg := string(g.Draw())
	reached, depth := 0, 0
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		if _, ok := tok.(xml.EndElement); ok {
			depth--
		}
		if e, ok := tok.(xml.StartElement); ok {
			depth++
			at := map[string]string{}
			for _, a := range e.Attr {
				at[a.Name.Local] = a.Value
			}
			if at["tabindex"] == "0" || e.Name.Local == "a" {
				reached++
				if at["aria-label"] == "" {
					t.Errorf("%v has no name", e)
				}
			}
			if at["style"] != "" || e.Name.Local == "script" {
				t.Errorf("%v would be blocked, or worse", e)
			}
		}
	}
	if want := len(g.Nodes) + len(g.Steps); reached != want || depth != 0 {
		t.Errorf("%d things can be reached, want %d", reached, want)
	}
	if strings.Count(svg, `class="says"`) != reached {
		t.Error("something says nothing when it is looked at")
	}
}

func stylesheet(t *testing.T) string {
	t.Helper()
	ps, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range ps.AssetFiles() {
		if strings.HasSuffix(name, ".css") {
			return string(b)
		}
	}
	t.Fatal("no style sheet")
	return ""
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float64
		most  int
		want  string
	}{
		{"", 100, 3, ""},
		{"one", 100, 3, "one"},
		{"a few words that break", 80, 9, "a few|words that|break"},
		{"a few words that break", 80, 1, "a few …"},
		{strings.Repeat("x", 30), 80, 2, "xxxxxxxx…"},
		{"see " + strings.Repeat("x", 30), 80, 2, "see …"},
		{strings.Repeat("x", 15), 80, 3, "xxxxxxxxxx\u2060|xxxxx"},
		{"\xff\xfe broken", 200, 2, "? broken"},
	} {
		got := wrap(c.text, 13, c.width, c.most)
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%q: got %q, want %q", c.text, s, c.want)
		}
		for _, line := range got {
			if extent(line, 13) > c.width {
				t.Errorf("%q is too wide", line)
			}
		}
	}
}

// Bars below what is asked are told apart by their pattern, not by colour alone.
func TestBarsAreHatchedBelowWhatIsAsked(t *testing.T) {
	h := answer.Histogram{Segment: `a "b" <c>`, Required: exposure.Required{AAL: 2, Phr: true}, Accounts: 7, AAL: [4]int64{1, 2, 4, 0}}
	svg := string(Bars("bars0", h))
	if n := strings.Count(svg, `fill="url(#bars0-hatch)"`); n != 2 {
		t.Errorf("%d bars are hatched, want 2", n)
	}
	for _, want := range []string{"1 at AAL0, 2 at AAL1, 4 at AAL2 and 0 at AAL3", "AAL2, resists phishing is asked for", "of a &#34;b&#34; &lt;c&gt;", ">asks AAL2<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in %s", want, svg)
		}
	}
	if Shortfall(h) != 3 {
		t.Errorf("%d below", Shortfall(h))
	}
}

// Each kind of fact that the rules can lack leads to where it is said.
func TestAFactLeadsToWhereItIsDeclared(t *testing.T) {
	for fact, want := range map[string]string{
		"how the accounts of people at google are signed in to and recovered":           NewSurroundingPath("sync_account"),
		"how the mailboxes of people at kelp.example are signed in to and recovered":    NewSurroundingPath("mailbox"),
		"how a telephone number is taken over at its carrier":                           NewSurroundingPath("phone"),
		"how the accounts of mail team are signed in to":                                NewSurroundingPath("power"),
		"where passkeys of the model x can be copied to, and who can get at them there": PathProviders,
		"who can use the desk, and how it makes sure of who asks":                       NewSurroundingPath("power"),
		"what the fallback totp takes":                                                  PathPolicy,
		"where people keep their saved recovery codes":                                  PathSurroundings,
	} {
		if got := declares(fact, true); got != want {
			t.Errorf("%q leads to %s, want %s", fact, got, want)
		}
		if got := declares(fact, false); strings.HasPrefix(got, PathSurroundings+"/") {
			t.Errorf("%q leads somebody who may not declare to %s", fact, got)
		}
	}
}

// The first line says what is so, and what only may be so.
func TestTheOrganisationInOneLine(t *testing.T) {
	o := func(fail, nist, unknown, pass int64, falls ...answer.Cell) string {
		return (&Exposure{Answer: answer.Overview{Accounts: fail + nist + unknown + pass, Matrix: falls, Verdicts: []answer.Count{
			{Name: "PASS", Count: pass}, {Name: "NIST-ONLY", Count: nist}, {Name: "FAIL", Count: fail}, {Name: "FAIL-UNKNOWN", Count: unknown}}}}).Headline()
	}
	caller := answer.Cell{Segment: "a", Profile: "help-desk-caller", Falls: 30, Of: 214}
	burglar := answer.Cell{Segment: "a", Profile: "burglar", Falls: 4, Of: 214}
	for _, c := range []struct{ got, want string }{
		{o(0, 0, 0, 10), "Nobody can be taken over with less than their segment asks"},
		{o(35, 2, 0, 177, burglar, caller), "37 of 214 people can be taken over with less than their segment asks; the commonest way is one story that is believed"},
		{o(1, 0, 3, 0), "1 of 4 people can be taken over with less than their segment asks, and 3 more may, for all that anybody has declared"},
		{o(0, 0, 1, 0), "1 of 1 person may be taken over with less than their segment asks, for all that anybody has declared"},
		{(&Exposure{Answer: answer.Overview{Loading: true, Sentence: "S"}}).Headline(), "S"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
