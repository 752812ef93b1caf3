package exposure_test

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"holdfast/domain/exposure"
)

// manyKeys has more keys with PINs, and people, than can be tried one by one.
func manyKeys(d dice) exposure.Graph {
	var g exposure.Graph
	var names []string
	for i := range 7 + d.IntN(4) {
		k := exposure.Atom{ID: "k" + strconv.Itoa(i), Class: exposure.HaveHW}
		p := exposure.Atom{ID: "p" + strconv.Itoa(i), Class: exposure.Know, Key: k.ID}
		g.Atoms = append(g.Atoms, k, p)
		names = append(names, k.ID, p.ID)
		if d.IntN(4) > 0 {
			g.Edges = append(g.Edges, exposure.Edge{ID: k.ID, Head: "goal", Body: []string{k.ID, p.ID}})
		}
	}
	for i := range d.IntN(4) {
		g.Atoms = append(g.Atoms, exposure.Atom{ID: "o" + strconv.Itoa(i), Class: exposure.Person})
		names = append(names, "o"+strconv.Itoa(i))
	}
	g.Atoms = append(g.Atoms, exposure.Atom{ID: "on site", Class: exposure.Proof, IAL: 3})
	names = append(names, "on site")
	nodes := []string{"goal", "n0", "n1", "n2", "n3"}
	for i := range 5 + d.IntN(8) {
		e := exposure.Edge{ID: "e" + strconv.Itoa(i), Head: nodes[i%len(nodes)]}
		for range 2 + d.IntN(3) {
			from := names
			if d.IntN(3) == 0 {
				from = nodes
			}
			if b := from[d.IntN(len(from))]; !slices.Contains(e.Body, b) {
				e.Body = append(e.Body, b)
			}
		}
		g.Edges = append(g.Edges, e)
	}
	return g
}

// A dozen security keys are not told apart by trying all halves of them.
func TestEffectiveWithManyKeys(t *testing.T) {
	t.Parallel()
	levels := [4]int64{}
	each(t, 1000, func(t *testing.T, d dice) {
		g := manyKeys(d)
		q := randomQuestion(d, g)
		n := compile(t, g)
		worst, _ := n.Effective(q.Goal, q.House, q.Given...)
		want := 3
		sets, truncated := n.Minimal(q.Goal, q.Given, 100_000)
		for _, s := range sets {
			want = min(want, level(atomsOf(n, s), q.House))
		}
		if truncated || worst.AAL != want {
			t.Fatalf("%s\n%d, want %d of %d sets, truncated %v", written(g, q), worst.AAL, want, len(sets), truncated)
		}
		atomic.AddInt64(&levels[want], 1)
	})
	t.Logf("levels %v", levels)
}

// Thirty keys, each by itself AAL3, and nothing else: neither a matter of luck nor
// of 2 to the power of thirty.
func TestEffectiveOfAChoiceOfKeys(t *testing.T) {
	g := keys(30)
	var or exposure.Graph
	or.Atoms = g.Atoms
	for i := range 30 {
		or.Edges = append(or.Edges, exposure.Edge{ID: strconv.Itoa(i), Head: "goal", Body: []string{"k" + strconv.Itoa(i), "p" + strconv.Itoa(i)}})
	}
	worst, best := compile(t, or).Effective("goal", exposure.Usual())
	if want := (exposure.Effective{AAL: 3, Phr: true}); worst != want || best != want {
		t.Errorf("%+v, %+v", worst, best)
	}
	or.Edges = append(or.Edges, exposure.Edge{ID: "another", Head: "goal", Body: []string{"k0", "p29"}})
	if worst, _ := compile(t, or).Effective("goal", exposure.Usual()); worst.AAL != 2 {
		t.Errorf("with a key and the PIN of another: %+v", worst)
	}
}
