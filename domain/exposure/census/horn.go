package census

import (
	"math/bits"
	"slices"
	"time"

	"holdfast/domain/exposure"
)

// A horn is a graph in numbers, atoms first, that answers by forward chaining.
// exposure.Net answers the same of one account; this one also answers for all
// people at once (see each), and is asked by many shapes at the same time.
type horn struct {
	names []string
	index map[string]int32
	atoms []exposure.Atom // the first of names
	edges []clause
	uses  [][]int32 // by thing
	heads [][]int32 // by thing
	lower [][]int32 // by atom: those of its pool that take fewer people
}

// clause is an edge.
type clause struct {
	head int32
	k    int32
	body []int32
	root bool
	way  way
	edge *exposure.Edge
}

// way is what an edge is to NIST SP 800-63B-4 §4.2.2.
type way uint8

const (
	plain  way = iota // no way back
	accept            // a way back that it accepts
	refuse            // another one
)

func wayOf(e *exposure.Edge) way {
	switch {
	case !e.Recovery:
		return plain
	case e.NIST:
		return accept
	}
	return refuse
}

// newHorn numbers what of a graph can be used at a moment, the powers over
// everything among it, in the order in which it is written.
func newHorn(g *exposure.Graph, at time.Time) *horn {
	h := &horn{index: make(map[string]int32, len(g.Atoms)+len(g.Edges))}
	for i := range g.Atoms {
		h.atom(g.Atoms[i])
	}
	node := map[string]bool{}
	for i := range g.Edges {
		node[g.Edges[i].Head] = true
	}
	for i := range g.Edges {
		for _, b := range g.Edges[i].Body {
			if !node[b] {
				h.atom(exposure.Atom{ID: b, Class: exposure.Unknown, Status: exposure.Assumed, Label: b, Learn: b})
			}
		}
	}
	for i := range g.Edges {
		if n := g.Edges[i].Head; !h.has(n) {
			h.index[n] = int32(len(h.names))
			h.names = append(h.names, n)
		}
	}
	h.connect(g, at)
	h.pools()
	return h
}

func (h *horn) has(name string) bool { _, ok := h.index[name]; return ok }

func (h *horn) atom(a exposure.Atom) {
	if !h.has(a.ID) {
		h.index[a.ID] = int32(len(h.names))
		h.names, h.atoms = append(h.names, a.ID), append(h.atoms, a)
	}
}

func (h *horn) connect(g *exposure.Graph, at time.Time) {
	h.uses, h.heads = make([][]int32, len(h.names)), make([][]int32, len(h.names))
	for i := range g.Edges {
		e := &g.Edges[i]
		if !e.At(at) {
			continue
		}
		c := clause{head: h.index[e.Head], root: e.Root, way: wayOf(e), edge: e}
		for _, b := range e.Body {
			c.body = append(c.body, h.index[b])
		}
		slices.Sort(c.body)
		c.body = slices.Compact(c.body)
		if c.k = int32(e.K); c.k <= 0 {
			c.k = int32(len(c.body))
		}
		if int(c.k) > len(c.body) {
			continue
		}
		n := int32(len(h.edges))
		h.edges = append(h.edges, c)
		h.heads[c.head] = append(h.heads[c.head], n)
		for _, b := range c.body {
			h.uses[b] = append(h.uses[b], n)
		}
	}
}

// pools: whoever has k+1 of a pool has k of it.
func (h *horn) pools() {
	h.lower = make([][]int32, len(h.names))
	of := map[string][]int32{}
	for i := range h.atoms {
		if p := h.atoms[i].Pool; p.K > 0 {
			of[p.Of] = append(of[p.Of], int32(i))
		}
	}
	for _, members := range of {
		for _, a := range members {
			for _, b := range members {
				if h.atoms[b].Pool.K < h.atoms[a].Pool.K || h.atoms[b].Pool.K == h.atoms[a].Pool.K && b < a {
					h.lower[a] = append(h.lower[a], b)
				}
			}
		}
	}
}

// number of a name; -1 where it is not here.
func (h *horn) number(name string) int32 {
	if i, ok := h.index[name]; ok {
		return i
	}
	return -1
}

// follow is everything that follows from what is given by the edges that use
// says, by thing.
func (h *horn) follow(given []int32, use func(*clause) bool) []bool {
	has, missing := make([]bool, len(h.names)), make([]int32, len(h.edges))
	var queue []int32
	got := func(t int32) {
		if t >= 0 && !has[t] {
			has[t] = true
			queue = append(queue, t)
		}
	}
	for i := range h.edges {
		if missing[i] = h.edges[i].k; missing[i] == 0 && use(&h.edges[i]) {
			got(h.edges[i].head)
		}
	}
	for _, t := range given {
		got(t)
	}
	for at := 0; at < len(queue); at++ {
		for _, l := range h.lower[queue[at]] {
			got(l)
		}
		for _, e := range h.uses[queue[at]] {
			if missing[e]--; missing[e] == 0 && use(&h.edges[e]) {
				got(h.edges[e].head)
			}
		}
	}
	return has
}

// extend says whether a goal follows when something is added to what follows
// already: it takes what the addition touches. Powers over everything are left
// out.
func (h *horn) extend(has []bool, more []int32, goal int32) bool {
	if has[goal] {
		return true
	}
	added := map[int32]bool{}
	var queue []int32
	got := func(t int32) {
		if t >= 0 && !has[t] && !added[t] {
			added[t] = true
			queue = append(queue, t)
		}
	}
	for _, t := range more {
		got(t)
	}
	for at := 0; at < len(queue) && !added[goal]; at++ {
		for _, l := range h.lower[queue[at]] {
			got(l)
		}
		for _, e := range h.uses[queue[at]] {
			c, n := &h.edges[e], int32(0)
			for _, b := range c.body {
				if has[b] || added[b] {
					n++
				}
			}
			if n >= c.k && !c.root {
				got(c.head)
			}
		}
	}
	return added[goal]
}

// A walk asks one question after the other of a horn, each at the price of what
// it touches.
type walk struct {
	h       *horn
	has     []bool
	missing []int32
	order   []int32 // things that are had
	edges   []int32 // that were touched
	free    []int32 // edges that take nothing
}

func newWalk(h *horn) *walk {
	w := &walk{h: h, has: make([]bool, len(h.names)), missing: make([]int32, len(h.edges))}
	for i := range h.edges {
		if w.missing[i] = h.edges[i].k; h.edges[i].k == 0 {
			w.free = append(w.free, int32(i))
		}
	}
	return w
}

// reaches says whether a thing follows from a set by the edges that use says.
func (w *walk) reaches(set []int32, goal int32, use func(*clause) bool) bool {
	for _, e := range w.free {
		if use(&w.h.edges[e]) {
			w.got(w.h.edges[e].head)
		}
	}
	for _, t := range set {
		w.got(t)
	}
	for at := 0; at < len(w.order) && !w.has[goal]; at++ {
		t := w.order[at]
		for _, l := range w.h.lower[t] {
			w.got(l)
		}
		for _, e := range w.h.uses[t] {
			w.edges = append(w.edges, e)
			if w.missing[e]--; w.missing[e] == 0 && use(&w.h.edges[e]) {
				w.got(w.h.edges[e].head)
			}
		}
	}
	found := w.has[goal]
	for _, t := range w.order {
		w.has[t] = false
	}
	for _, e := range w.edges {
		w.missing[e] = w.h.edges[e].k
	}
	w.order, w.edges = w.order[:0], w.edges[:0]
	return found
}

func (w *walk) got(t int32) {
	if !w.has[t] {
		w.has[t] = true
		w.order = append(w.order, t)
	}
}

// noRoots leaves the powers over everything out.
func noRoots(c *clause) bool { return !c.root }

// everyEdge leaves nothing out.
func everyEdge(*clause) bool { return true }

// bitset is a set of small numbers.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int32) { b[i/64] |= 1 << (i % 64) }

func (b bitset) has(i int32) bool { return b[i/64]>>(i%64)&1 != 0 }

func (b bitset) drop(i int32) { b[i/64] &^= 1 << (i % 64) }

func (b bitset) any() bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}

// or adds o, and says whether that is more.
func (b bitset) or(o bitset) bool {
	more := false
	for i, w := range o {
		if w&^b[i] != 0 {
			b[i] |= w
			more = true
		}
	}
	return more
}

// list of the numbers in b.
func (b bitset) each(visit func(int32)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			visit(int32(i*64 + bits.TrailingZeros64(w)))
		}
	}
}

// A gain is what it takes to have a thing when something is given already: nothing
// more (all), or any single one of some candidates. The zero gain is never.
type gain struct {
	all bool
	any bitset // nil: none
}

// enough says whether nothing or one more will do.
func (g gain) enough() bool { return g.all || g.any != nil && g.any.any() }

// threshold is what it takes to have k of a body. Who has them with one and the
// same candidate has them; two different candidates are two things. What it gives
// is good until sum is used again, in which it mostly is.
func threshold(k int32, n int, of func(i int) gain, sum bitset) gain {
	given, some := int32(0), false
	for i := range n {
		if g := of(i); g.all {
			given++
		} else if g.any != nil {
			some = true
		}
	}
	need := k - given
	if need <= 0 {
		return gain{all: true}
	}
	if !some {
		return gain{}
	}
	if need == 1 {
		clear(sum)
		for i := range n {
			if g := of(i); !g.all && g.any != nil {
				sum.or(g.any)
			}
		}
		return gain{any: sum}
	}
	least := make([]bitset, need+1) // least[j]: candidates that give j of them
	for j := range least {
		least[j] = make(bitset, len(sum))
	}
	for i := range least[0] {
		least[0][i] = ^uint64(0)
	}
	for i := range n {
		if g := of(i); !g.all && g.any != nil {
			for j := need; j > 0; j-- {
				for w := range g.any {
					least[j][w] |= least[j-1][w] & g.any[w]
				}
			}
		}
	}
	if !least[need].any() {
		return gain{}
	}
	return gain{any: least[need]}
}

// singly is, by thing, which single candidate gives it when given is there. A
// candidate is a thing; slot says which number it has among width of them, -1 for
// those that are none.
func (h *horn) singly(has []bool, slot func(thing int32) int32, width int, use func(*clause) bool) []gain {
	out := make([]gain, len(h.names))
	queued := make([]bool, len(h.edges))
	var queue []int32
	push := func(t int32) {
		for _, e := range h.uses[t] {
			if !queued[e] && !has[h.edges[e].head] && use(&h.edges[e]) {
				queued[e] = true
				queue = append(queue, e)
			}
		}
	}
	var slab bitset
	add := func(t int32, g bitset) bool {
		if has[t] {
			return false
		}
		if out[t].any == nil {
			if len(slab) < len(g) {
				slab = make(bitset, 256*len(g))
			}
			out[t].any, slab = slab[:len(g):len(g)], slab[len(g):]
		}
		return out[t].any.or(g)
	}
	for t := range h.names {
		out[t].all = has[t]
	}
	one, sum := newBits(width), newBits(width)
	for t := range h.names {
		if s := slot(int32(t)); s >= 0 {
			clear(one)
			one.set(s)
			if add(int32(t), one) {
				push(int32(t))
			}
			for _, l := range h.lower[t] {
				if add(l, one) {
					push(l)
				}
			}
		}
	}
	for at := 0; at < len(queue); at++ {
		e := &h.edges[queue[at]]
		queued[queue[at]] = false
		g := threshold(e.k, len(e.body), func(i int) gain { return out[e.body[i]] }, sum)
		if g.any == nil {
			continue
		}
		if add(e.head, g.any) {
			push(e.head)
		}
		for _, l := range h.lower[e.head] {
			if add(l, g.any) {
				push(l)
			}
		}
	}
	return out
}
