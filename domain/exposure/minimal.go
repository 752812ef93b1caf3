package exposure

import (
	"cmp"
	"math/bits"
	"slices"
)

// words are sets of atoms of up to so many times 64.
type words interface {
	[1]uint64 | [2]uint64 | [4]uint64 | [16]uint64 | [64]uint64
}

// effort bounds one search, in words that are compared: a tenth of a second or
// two. Where it does not suffice, sets are sought one by one: see mend.
const effort = 40_000_000

// Minimal gives every minimal set of atoms from which, with what is given, goal
// follows: what is given is left out of them. A list longer than limit at any
// node is cut, those of the lowest level first, and truncated says so.
func (n *Net) Minimal(goal string, given []string, limit int) (sets [][]string, truncated bool) {
	for _, s := range n.minimal(goal, given, limit, Usual(), &truncated) {
		sets = append(sets, n.namesOf(s))
	}
	return sets, truncated
}

// minimal is Minimal in numbers: by level, then size, then name.
func (n *Net) minimal(goal string, given []string, limit int, h House, truncated *bool) [][]int32 {
	g, ok := n.index[goal]
	if !ok {
		return nil
	}
	out := n.searched(n.relevant(g), given, limit, h, truncated)
	if *truncated {
		out, *truncated = n.mend(g, given, limit, h, out)
	}
	return n.ordered(out, h)
}

// searched is search with sets as long as it takes.
func (n *Net) searched(r *region, given []string, limit int, h House, truncated *bool) [][]int32 {
	switch a := len(r.atoms); {
	case a <= 64:
		return search[[1]uint64](n, r, given, limit, h, truncated)
	case a <= 128:
		return search[[2]uint64](n, r, given, limit, h, truncated)
	case a <= 256:
		return search[[4]uint64](n, r, given, limit, h, truncated)
	case a <= 1024:
		return search[[16]uint64](n, r, given, limit, h, truncated)
	case a <= 4096:
		return search[[64]uint64](n, r, given, limit, h, truncated)
	}
	*truncated = true
	return nil
}

func (n *Net) namesOf(things []int32) []string {
	out := make([]string, len(things))
	for i, t := range things {
		out[i] = n.names[t]
	}
	return out
}

// ordered sorts sets by level, then size, then name.
func (n *Net) ordered(sets [][]int32, h House) [][]int32 {
	type ranked struct {
		level int
		set   []int32
	}
	rs := make([]ranked, len(sets))
	for i, s := range sets {
		rs[i] = ranked{n.levelOf(s, h), s}
	}
	slices.SortFunc(rs, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(len(a.set), len(b.set)), slices.Compare(a.set, b.set))
	})
	for i := range rs {
		sets[i] = rs[i].set
	}
	return sets
}

func (n *Net) levelOf(set []int32, h House) int {
	var t tally
	for _, a := range set {
		t.add(&n.atoms[a])
	}
	return t.level(h)
}

// region is the part of a net that leads to a goal.
type region struct {
	goal  int32
	atoms []int32
	bit   []int32 // by thing: the atom's place in atoms, or -1
	in    []bool  // by thing
	edges []int32

	free []int32            // atoms that are there for the taking, and in no set
	drop func([]int32) bool // sets that are not wanted; nil: none
}

func (n *Net) relevant(goal int32) *region {
	r := &region{goal: goal, in: make([]bool, len(n.names)), bit: make([]int32, len(n.names))}
	used := make([]bool, len(n.edges))
	stack := []int32{goal}
	r.in[goal] = true
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, e := range n.heads[t] {
			if used[e] {
				continue
			}
			used[e] = true
			for _, b := range n.edges[e].body {
				if !r.in[b] {
					r.in[b] = true
					stack = append(stack, b)
				}
			}
		}
	}
	for i := range r.bit {
		r.bit[i] = -1
		if i < len(n.atoms) && r.in[i] {
			r.bit[i] = int32(len(r.atoms))
			r.atoms = append(r.atoms, int32(i))
		}
	}
	for e := range used {
		if used[e] {
			r.edges = append(r.edges, int32(e))
		}
	}
	return r
}

// search finds antichains: every thing has the list of the minimal sets from
// which it follows, edges join the lists of their bodies, and what is changed is
// done again until nothing changes. Lists only ever get better, so that cycles
// need no care.
func search[S words](n *Net, r *region, given []string, limit int, h House, truncated *bool) [][]int32 {
	s := &searcher[S]{n: n, r: r, limit: limit, h: h, lists: make([][]S, len(n.names))}
	if !s.run(given) {
		*truncated = true
		return nil
	}
	*truncated = *truncated || s.truncated
	return s.named(s.lists[r.goal])
}

type searcher[S words] struct {
	n         *Net
	r         *region
	limit     int
	h         House
	lists     [][]S // by thing
	spent     int
	truncated bool
}

// run is false where it took too much.
func (s *searcher[S]) run(given []string) bool {
	open := make([]bool, len(s.n.names))
	var zero S
	for _, given := range s.n.numbers(given) {
		for _, t := range s.n.with(given) {
			s.lists[t], open[t] = []S{zero}, true
		}
	}
	for i, a := range s.r.atoms {
		if len(s.lists[a]) == 0 {
			s.lists[a] = []S{s.mask(int32(i), a)}
		}
	}
	for _, f := range s.r.free {
		for _, t := range s.n.with(f) {
			s.lists[t], open[t] = []S{zero}, true
		}
	}
	queue := slices.Clone(s.r.edges)
	queued := make([]bool, len(s.n.edges))
	for _, e := range queue {
		queued[e] = true
	}
	inRegion := slices.Clone(queued)
	for at := 0; at < len(queue); at++ {
		e := queue[at]
		queued[e] = false
		edge := &s.n.edges[e]
		if open[edge.head] {
			continue // it follows from what is given: nothing is better
		}
		sets := s.join(edge)
		for _, thing := range s.n.with(edge.head) {
			if !s.improve(thing, sets) {
				continue
			}
			for _, u := range s.n.uses[thing] {
				if inRegion[u] && !queued[u] {
					queued[u] = true
					queue = append(queue, u)
				}
			}
		}
		if s.spent > effort {
			return false
		}
	}
	return true
}

// with is a thing and what comes with it.
func (n *Net) with(thing int32) []int32 {
	if int(thing) < len(n.atoms) && len(n.lower[thing]) > 0 {
		return append([]int32{thing}, n.lower[thing]...)
	}
	return []int32{thing}
}

// mask is the set of one atom: with it come those of its pool that take fewer,
// so that a set with more of a pool contains one with fewer.
func (s *searcher[S]) mask(bit, atom int32) (m S) {
	var zero S
	set(&m, bit)
	for _, l := range s.n.lower[atom] {
		given := len(s.lists[l]) == 1 && s.lists[l][0] == zero
		if b := s.r.bit[l]; b >= 0 && !given {
			set(&m, b)
		}
	}
	return m
}

// join is the list of what an edge gives: all unions of k of the body's lists.
func (s *searcher[S]) join(e *edge) []S {
	if e.k == len(e.body) {
		return s.all(e)
	}
	part := make([][]S, e.k+1) // by how many of the body so far
	part[0] = make([]S, 1)
	for _, b := range e.body {
		if len(s.lists[b]) == 0 {
			continue
		}
		for j := e.k; j > 0; j-- {
			for _, u := range s.product(part[j-1], s.lists[b]) {
				part[j], _ = s.insert(part[j], u)
			}
			if part[j] = s.cut(part[j]); s.spent > effort {
				return nil
			}
		}
	}
	return part[e.k]
}

func (s *searcher[S]) all(e *edge) []S {
	out := make([]S, 1) // the empty set
	for _, b := range e.body {
		if len(s.lists[b]) == 0 {
			return nil
		}
		if out = s.product(out, s.lists[b]); s.spent > effort {
			return nil
		}
	}
	return out
}

// product is the antichain of the unions of one of a and one of b.
func (s *searcher[S]) product(a, b []S) (out []S) {
	var zero S
	if len(a) == 1 && a[0] == zero {
		return b
	}
	for i := range a {
		for j := range b {
			out, _ = s.insert(out, union(a[i], b[j]))
		}
		if len(out) > 2*s.limit {
			out = s.cut(out)
		}
		if s.spent > effort {
			return out
		}
	}
	return s.cut(out)
}

// improve adds sets to the list of a thing, and says whether it is another list
// now.
func (s *searcher[S]) improve(thing int32, sets []S) bool {
	before := s.lists[thing]
	after := slices.Clone(before)
	changed := false
	for _, x := range sets {
		var is bool
		after, is = s.insert(after, x)
		changed = changed || is
	}
	if !changed {
		return false
	}
	if len(after) > s.limit {
		after = s.cut(after)
		if changed = !slices.Equal(before, after); !changed {
			return false
		}
	}
	s.lists[thing] = after
	return true
}

// insert adds a set to an antichain unless one that is contained in it is there.
func (s *searcher[S]) insert(list []S, x S) ([]S, bool) {
	s.spent += (len(list) + 4) * len(x)
	if s.r.drop != nil {
		if s.spent += 32; s.r.drop(s.decode(x)) {
			return list, false
		}
	}
	for i := range list {
		if within(list[i], x) {
			return list, false
		}
	}
	var kept []S
	for i := range list {
		if !within(x, list[i]) {
			if kept != nil {
				kept = append(kept, list[i])
			}
		} else if kept == nil {
			kept = append(make([]S, 0, len(list)), list[:i]...)
		}
	}
	if kept == nil {
		return append(list, x), true
	}
	return append(kept, x), true
}

// cut leaves as many as the limit allows, the lowest level first.
func (s *searcher[S]) cut(list []S) []S {
	if len(list) <= s.limit {
		return list
	}
	s.truncated = true
	type ranked struct {
		level, size int
		set         S
	}
	rs := make([]ranked, len(list))
	for i := range list {
		atoms := s.decode(list[i])
		s.spent += 16 + 8*len(atoms)
		rs[i] = ranked{s.n.levelOf(atoms, s.h), len(atoms), list[i]}
	}
	slices.SortFunc(rs, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.size, b.size), compare(a.set, b.set))
	})
	out := make([]S, s.limit)
	for i := range out {
		out[i] = rs[i].set
	}
	return out
}

// decode lists the atoms of a set, without those that come with others.
func (s *searcher[S]) decode(x S) []int32 {
	out := make([]int32, 0, 8)
	for w := 0; w < len(x); w++ {
		for v := x[w]; v != 0; v &= v - 1 {
			out = append(out, s.r.atoms[w*64+bits.TrailingZeros64(v)])
		}
	}
	if !slices.ContainsFunc(out, func(a int32) bool { return len(s.n.lower[a]) > 0 }) {
		return out
	}
	return s.n.generators(out)
}

func (s *searcher[S]) named(list []S) [][]int32 {
	out := make([][]int32, len(list))
	for i := range list {
		out[i] = s.decode(list[i])
	}
	return out
}

func set[S words](x *S, bit int32) { (*x)[bit/64] |= 1 << (bit % 64) }

func union[S words](a, b S) S {
	for i := 0; i < len(a); i++ {
		a[i] |= b[i]
	}
	return a
}

// within says whether a is a part of b.
func within[S words](a, b S) bool {
	for i := 0; i < len(a); i++ {
		if a[i]&^b[i] != 0 {
			return false
		}
	}
	return true
}

func compare[S words](a, b S) int {
	for i := 0; i < len(a); i++ {
		if c := cmp.Compare(bits.Reverse64(b[i]), bits.Reverse64(a[i])); c != 0 {
			return c
		}
	}
	return 0
}
