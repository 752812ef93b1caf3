package census

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/domain/exposure"
)

// drawn is a graph of few things that lead to each other in every way: in circles,
// by some of many, by pools.
func drawn(r *rand.Rand) exposure.Graph {
	var g exposure.Graph
	var names []string
	for i := range 2 + r.IntN(8) {
		a := exposure.Atom{ID: fmt.Sprintf("a%d", i), Class: exposure.Classes()[r.IntN(len(exposure.Classes()))]}
		if a.Class == exposure.Proof {
			a.IAL = 1 + r.IntN(3)
		}
		g.Atoms, names = append(g.Atoms, a), append(names, a.ID)
	}
	for k := range r.IntN(4) {
		a := exposure.Atom{ID: fmt.Sprintf("pool%d", k+1), Class: exposure.Person, Pool: exposure.Pool{Of: "desk", K: k + 1}}
		g.Atoms, names = append(g.Atoms, a), append(names, a.ID)
	}
	nodes := 1 + r.IntN(7)
	for i := range nodes {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	for i := range 1 + r.IntN(14) {
		e := exposure.Edge{ID: fmt.Sprintf("e%d", i), Head: fmt.Sprintf("n%d", r.IntN(nodes)), Root: r.IntN(12) == 0}
		for range r.IntN(5) {
			e.Body = append(e.Body, names[r.IntN(len(names))])
		}
		if len(e.Body) > 0 {
			e.K = r.IntN(len(e.Body) + 1)
		}
		g.Edges = append(g.Edges, e)
	}
	return g
}

// The lists of all things, found part by part, are those that a search for one
// thing after the other finds.
func TestListsAreWhatASearchForEachFinds(t *testing.T) {
	at, sets, circles := time.Unix(1, 0), 0, 0
	for seed := range uint64(4000) {
		g := drawn(rand.New(rand.NewPCG(seed, 1)))
		n, err := exposure.Compile(g, exposure.Options{At: at})
		if err != nil {
			t.Fatal(err)
		}
		h := newHorn(&g, at)
		lists := h.lists(exposure.Usual())
		inward(len(h.names), func(t int32, visit func(int32)) {
			for _, e := range h.heads[t] {
				for _, b := range h.edges[e].body {
					visit(b)
				}
			}
		}, func(part []int32) { circles += len(part) - 1 })
		for thing, name := range h.names {
			want, cut := n.Minimal(name, nil, Limit)
			if cut || lists[thing].cut {
				continue
			}
			if a, b := told(want), h.told(lists[thing]); a != b {
				t.Fatalf("%d: %s: a search finds %s, the lists have %s\n%+v", seed, name, a, b, g)
			}
			sets += len(want)
		}
	}
	if sets < 20_000 || circles < 1000 {
		t.Errorf("%d sets and %d things in circles: this proves little", sets, circles)
	}
}

func told(sets [][]string) string {
	var out []string
	for _, s := range sets {
		s = slices.Sorted(slices.Values(s))
		out = append(out, strings.Join(s, "+"))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (h *horn) told(l list) string {
	var sets [][]string
	for _, s := range l.sets {
		var names []string
		for _, t := range s.atoms {
			names = append(names, h.names[t])
		}
		sets = append(sets, names)
	}
	return told(sets)
}

// What is cut is cut to the weakest, and said to be.
func TestAListThatIsTooLongKeepsTheWeakest(t *testing.T) {
	g := exposure.Graph{}
	for i := range 3 * Limit {
		a := exposure.Atom{ID: fmt.Sprintf("a%03d", i), Class: exposure.Person}
		if i%6 == 0 {
			a.Class = exposure.Deceive // worth nothing
		}
		g.Atoms = append(g.Atoms, a)
		g.Edges = append(g.Edges, exposure.Edge{ID: a.ID, Head: "n", Body: []string{a.ID}})
	}
	h := newHorn(&g, time.Unix(1, 0))
	l := h.lists(exposure.Usual())[h.number("n")]
	weak := 0
	for _, s := range l.sets {
		if s.level == 0 {
			weak++
		}
	}
	if !l.cut || len(l.sets) != Limit || weak != Limit/2 {
		t.Errorf("cut: %v; %d sets, %d of them worth nothing", l.cut, len(l.sets), weak)
	}
}
