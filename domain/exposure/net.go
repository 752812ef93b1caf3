package exposure

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Options say which edges of a graph count.
type Options struct {
	At      time.Time       // those that can be used at this moment; zero: all
	Roots   bool            // also the powers over everything
	Without map[string]bool // ids of edges that are left out
}

// Net is a graph that is ready for questions. It is immutable and may be shared.
//
// Things are numbered: atoms first, then nodes, each in the order of their
// names, so that no answer depends on the order in which a graph was written.
type Net struct {
	names []string // of atoms, then of nodes
	index map[string]int32
	atoms []Atom
	edges []edge
	uses  [][]int32 // by thing: the edges in whose body it is
	heads [][]int32 // by thing: the edges that lead to it
	lower [][]int32 // by atom: the atoms of the same pool that take fewer people
	free  []int32   // edges that take nothing
	size  int       // of all bodies
}

// edge is an Edge in numbers.
type edge struct {
	*Edge
	head int32
	body []int32
	k    int
}

// Compile numbers a graph. A name in a body that is neither an atom nor the head
// of any edge, of those left out too, is a fact that nobody has declared: an
// Unknown atom.
func Compile(g Graph, o Options) (*Net, error) {
	n := &Net{index: make(map[string]int32, len(g.Atoms)+2*len(g.Edges))}
	known := make(map[string]bool, len(g.Atoms)+len(g.Edges))
	n.atoms = make([]Atom, 0, len(g.Atoms))
	for _, a := range g.Atoms {
		if a.ID == "" || known[a.ID] {
			return nil, fmt.Errorf("exposure: the atom %q is there twice, or has no id", a.ID)
		}
		known[a.ID] = true
		n.atoms = append(n.atoms, a)
	}
	var nodes []string
	for i := range g.Edges {
		if h := g.Edges[i].Head; !known[h] {
			known[h] = true
			nodes = append(nodes, h)
		}
	}
	for i := range g.Edges {
		for _, b := range g.Edges[i].Body {
			if !known[b] {
				known[b] = true
				n.atoms = append(n.atoms, Atom{ID: b, Class: Unknown, Status: Assumed, Label: b, Learn: b})
			}
		}
	}
	slices.SortFunc(n.atoms, func(a, b Atom) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(nodes)
	for i := range n.atoms {
		n.index[n.atoms[i].ID] = int32(i)
		n.names = append(n.names, n.atoms[i].ID)
	}
	for _, name := range nodes {
		n.index[name] = int32(len(n.names))
		n.names = append(n.names, name)
	}
	if err := n.pools(); err != nil {
		return nil, err
	}
	n.connect(g, o)
	return n, nil
}

// pools notes which atoms of a pool come with which. As many of the same pool
// are one atom: two would be two ways to the same thing.
func (n *Net) pools() error {
	n.lower = make([][]int32, len(n.atoms))
	of := map[string][]int32{}
	for i := range n.atoms {
		if p := n.atoms[i].Pool; p.K > 0 {
			of[p.Of] = append(of[p.Of], int32(i))
		}
	}
	for _, members := range of {
		for _, a := range members {
			for _, b := range members {
				if a != b && n.atoms[b].Pool.K == n.atoms[a].Pool.K {
					return fmt.Errorf("exposure: the atoms %q and %q are the same people", n.names[min(a, b)], n.names[max(a, b)])
				}
				if n.atoms[b].Pool.K < n.atoms[a].Pool.K {
					n.lower[a] = append(n.lower[a], b)
				}
			}
		}
	}
	return nil
}

// connect numbers the edges that count.
func (n *Net) connect(g Graph, o Options) {
	n.uses, n.heads = make([][]int32, len(n.names)), make([][]int32, len(n.names))
	n.edges = make([]edge, 0, len(g.Edges))
	for i := range g.Edges {
		e := &g.Edges[i]
		if e.Root && !o.Roots || o.Without[e.ID] || !o.At.IsZero() && !e.At(o.At) {
			continue
		}
		c := edge{Edge: e, head: n.index[e.Head], body: make([]int32, 0, len(e.Body))}
		for _, b := range e.Body {
			c.body = append(c.body, n.index[b])
		}
		slices.Sort(c.body)
		c.body = slices.Compact(c.body)
		if c.k = e.K; c.k <= 0 {
			c.k = len(c.body)
		}
		if c.k <= len(c.body) {
			n.edges = append(n.edges, c)
		}
	}
	slices.SortFunc(n.edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.head, b.head), cmp.Compare(a.k, b.k), slices.Compare(a.body, b.body))
	})
	for i := range n.edges {
		e := &n.edges[i]
		n.heads[e.head] = append(n.heads[e.head], int32(i))
		if e.k == 0 {
			n.free = append(n.free, int32(i))
		}
		n.size += len(e.body)
		for _, b := range e.body {
			n.uses[b] = append(n.uses[b], int32(i))
		}
	}
}

// Atom is the atom of a name.
func (n *Net) Atom(id string) (Atom, bool) {
	if i, ok := n.index[id]; ok && int(i) < len(n.atoms) {
		return n.atoms[i], true
	}
	return Atom{}, false
}

// Atoms lists the atoms, by name.
func (n *Net) Atoms() []Atom { return n.atoms }

// Nodes lists what is derived, by name.
func (n *Net) Nodes() []string { return n.names[len(n.atoms):] }

// Knows says whether a name is an atom or a node here.
func (n *Net) Knows(name string) bool { _, ok := n.index[name]; return ok }

// numbers are the things of names; what is not here counts for nothing.
func (n *Net) numbers(names []string) []int32 {
	out := make([]int32, 0, len(names))
	for _, name := range names {
		if i, ok := n.index[name]; ok {
			out = append(out, i)
		}
	}
	return out
}
