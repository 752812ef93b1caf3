package exposure_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"holdfast/domain/exposure"
)

// Graphs as bad as a file may be take no more than seconds, and what the account
// is worth is exact in each. (The seconds are seen by who watches; a bound in the
// test would depend on the machine. Without the bounds of the search some of
// them do not end.)
func TestHardGraphsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("hard graphs are hard")
	}
	t.Parallel()
	for _, c := range hard() {
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			n := compile(t, c.g)
			worst, _ := n.Effective("goal", exposure.Usual())
			a := n.Assess(exposure.Question{Goal: "goal", House: exposure.Usual(), Required: exposure.Required{AAL: 3}, Limit: 1024})
			t.Logf("%v: %d sets, truncated %v, %+v, availability %d", time.Since(begun).Round(time.Millisecond), len(a.Sets), a.Truncated, worst, a.Availability)
			if (worst != a.Effective || worst != exposure.Effective{AAL: c.level, Phr: c.phr}) {
				t.Errorf("worth %+v, %+v, want %d, %v", worst, a.Effective, c.level, c.phr)
			}
			if c.sets > 0 == a.Truncated || c.sets > 0 && len(a.Sets) != c.sets {
				t.Errorf("%d sets, truncated %v, want %d", len(a.Sets), a.Truncated, c.sets)
			}
			if (a.Verdict == exposure.Pass) != (c.level == 3) || a.Sets[0].Level != c.level {
				t.Errorf("%s, the weakest is %+v", a.Verdict, a.Sets[0])
			}
		})
	}
}

type hardCase struct {
	name  string
	g     exposure.Graph
	level int
	phr   bool
	sets  int // 0: too many to list
}

func hard() []hardCase {
	const know, person, deceive = exposure.Know, exposure.Person, exposure.Deceive
	return []hardCase{
		{"6 of 12 people", some(12, 6, person), 3, true, 924},
		{"2 of 45 people", some(45, 2, person), 3, true, 990},
		{"2 of 60 people", some(60, 2, person), 3, true, 0},
		{"30 of 60 people", some(60, 30, person), 3, true, 0},
		{"500 of 1000", some(1000, 500, know, deceive), 0, false, 0},
		{"a chain of 60000", chain(60000), 1, true, 1},
		{"40 keys, each needed or its PIN", keys(40), 2, true, 0},
		{"200 atoms and 2000 edges", tangle(200, 300, 2000, 4), 1, false, 0},
		{"1000 atoms and 10000 edges", tangle(1000, 500, 10000, 6), 0, false, 0},
		{"1000 single people", some(1000, 1, person), 1, true, 1000},
		{"a ring of 1000 with an entry each", ring(1000), 0, false, 1000},
	}
}

// some is k of n atoms, of classes in turn.
func some(n, k int, classes ...exposure.Class) (g exposure.Graph) {
	e := exposure.Edge{ID: "some", Head: "goal", K: k}
	for i := range n {
		id := "a" + strconv.Itoa(i)
		g.Atoms = append(g.Atoms, exposure.Atom{ID: id, Class: classes[i%len(classes)]})
		e.Body = append(e.Body, id)
	}
	g.Edges = []exposure.Edge{e}
	return g
}

func chain(n int) (g exposure.Graph) {
	g.Atoms = []exposure.Atom{{ID: "a", Class: exposure.Know}}
	before := "a"
	for i := range n {
		head := "n" + strconv.Itoa(i)
		if i == n-1 {
			head = "goal"
		}
		g.Edges = append(g.Edges, exposure.Edge{ID: strconv.Itoa(n - i), Head: head, Body: []string{before}, Recovery: i%2 == 0, NIST: true})
		before = head
	}
	return g
}

func ring(n int) (g exposure.Graph) {
	for i := range n {
		id := "a" + strconv.Itoa(i)
		g.Atoms = append(g.Atoms, exposure.Atom{ID: id, Class: classes[i%len(classes)]})
		g.Edges = append(g.Edges, exposure.Edge{ID: "in" + id, Head: "n" + strconv.Itoa(i), Body: []string{id}},
			exposure.Edge{ID: "on" + id, Head: "n" + strconv.Itoa((i+1)%n), Body: []string{"n" + strconv.Itoa(i)}})
	}
	g.Edges = append(g.Edges, exposure.Edge{ID: "goal", Head: "goal", Body: []string{"n0"}})
	return g
}

func keys(n int) (g exposure.Graph) {
	all := exposure.Edge{ID: "all", Head: "goal", Body: []string{"finger"}}
	g.Atoms = []exposure.Atom{{ID: "finger", Class: exposure.Are}}
	for i := range n {
		k, p, node := "k"+strconv.Itoa(i), "p"+strconv.Itoa(i), "n"+strconv.Itoa(i)
		all.Body = append(all.Body, node)
		g.Atoms = append(g.Atoms, exposure.Atom{ID: k, Class: exposure.HaveHW}, exposure.Atom{ID: p, Class: exposure.Know, Key: k})
		g.Edges = append(g.Edges, exposure.Edge{ID: k, Head: node, Body: []string{k}}, exposure.Edge{ID: p, Head: node, Body: []string{p}})
	}
	g.Edges = append(g.Edges, all)
	return g
}

// tangle is a random graph in which nearly everything leads to everything.
func tangle(atoms, nodes, edges, body int) (g exposure.Graph) {
	d := rand.New(rand.NewPCG(1, 2))
	names := make([]string, 0, atoms+nodes)
	for i := range atoms {
		g.Atoms = append(g.Atoms, randomAtom(d, i, nil))
		names = append(names, g.Atoms[i].ID)
		g.Atoms[i].Pool = exposure.Pool{}
	}
	var heads []string
	for i := range nodes {
		heads = append(heads, "n"+strconv.Itoa(i))
	}
	heads[0] = "goal"
	for i := range edges {
		e := exposure.Edge{ID: "e" + strconv.Itoa(i), Head: heads[i%len(heads)]}
		used := map[string]bool{}
		for range 2 + d.IntN(body-1) {
			from := names
			if d.IntN(2) == 0 {
				from = heads
			}
			if b := from[d.IntN(len(from))]; !used[b] {
				used[b] = true
				e.Body = append(e.Body, b)
			}
		}
		if d.IntN(2) == 0 {
			e.K = max(1, len(e.Body)-d.IntN(2))
		}
		g.Edges = append(g.Edges, e)
	}
	return g
}
