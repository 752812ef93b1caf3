package census

import (
	"cmp"
	"slices"

	"holdfast/domain/exposure"
)

// A list is the minimal sets of atoms that give a thing, each sorted; cut where
// there are more than Limit, those of the lowest level first.
type list struct {
	sets [][]int32
	cut  bool
}

// lists finds the minimal sets of everything that leads to some goals: every
// thing has its list, edges join the lists of their bodies, and what has changed
// is done again until nothing changes. Lists only ever get better, so that cycles
// need no care. The sets of exposure.Net are the same, of one goal; here the core
// is searched once for all goals and everybody.
func (h *horn) lists(goals []int32, house exposure.House) []list {
	s := &searching{h: h, house: house, out: make([]list, len(h.names))}
	edges := h.leadingTo(goals)
	in := make([]bool, len(h.edges))
	for _, e := range edges {
		in[e] = true
		for _, b := range h.edges[e].body {
			s.given(b)
		}
	}
	for _, g := range goals {
		s.given(g)
	}
	queue, queued := slices.Clone(edges), slices.Clone(in)
	for at := 0; at < len(queue); at++ {
		e := queue[at]
		queued[e] = false
		c := &h.edges[e]
		sets, cut := s.join(c)
		for _, t := range append([]int32{c.head}, h.lower[c.head]...) {
			if !s.improve(t, sets, cut) {
				continue
			}
			for _, u := range h.uses[t] {
				if in[u] && !queued[u] {
					queued[u] = true
					queue = append(queue, u)
				}
			}
		}
	}
	return s.out
}

// leadingTo are the edges on the ways to goals, the powers over everything left
// out.
func (h *horn) leadingTo(goals []int32) (edges []int32) {
	seen := make([]bool, len(h.names))
	stack := []int32{}
	push := func(t int32) {
		if !seen[t] {
			seen[t] = true
			stack = append(stack, t)
		}
	}
	for _, g := range goals {
		push(g)
	}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, e := range h.heads[t] {
			if h.edges[e].root {
				continue
			}
			edges = append(edges, e)
			for _, b := range h.edges[e].body {
				push(b)
			}
		}
	}
	slices.Sort(edges)
	return slices.Compact(edges)
}

type searching struct {
	h     *horn
	house exposure.House
	out   []list
}

// given: an atom is had by itself.
func (s *searching) given(t int32) {
	if int(t) < len(s.h.atoms) && len(s.out[t].sets) == 0 {
		s.out[t].sets = [][]int32{{t}}
	}
}

// join is all unions of k of the body's lists.
func (s *searching) join(c *clause) (out [][]int32, cut bool) {
	part := make([][][]int32, c.k+1) // by how many of the body so far
	part[0] = [][]int32{{}}
	for n, b := range c.body {
		l := &s.out[b]
		cut = cut || l.cut
		if len(l.sets) == 0 {
			if int(c.k) == len(c.body) {
				return nil, cut
			}
			continue
		}
		least := max(1, int(c.k)-(len(c.body)-n)+1) // fewer cannot become k any more
		for j := int(c.k); j >= least; j-- {
			for _, x := range part[j-1] {
				for _, y := range l.sets {
					part[j], _ = s.insert(part[j], s.union(x, y))
				}
				if len(part[j]) > 2*Limit {
					part[j], cut = s.limit(part[j]), true
				}
			}
			if len(part[j]) > Limit {
				part[j], cut = s.limit(part[j]), true
			}
		}
	}
	return part[c.k], cut
}

// improve adds sets to the list of a thing, and says whether it is another now.
func (s *searching) improve(t int32, sets [][]int32, cut bool) bool {
	l := &s.out[t]
	was := l.sets
	changed := false
	sets2 := slices.Clone(l.sets)
	for _, x := range sets {
		var is bool
		sets2, is = s.insert(sets2, x)
		changed = changed || is
	}
	if !changed {
		more := cut && !l.cut
		l.cut = l.cut || cut
		return more
	}
	l.cut = l.cut || cut
	if len(sets2) > Limit {
		sets2, l.cut = s.limit(sets2), true
		if slices.EqualFunc(was, sets2, slices.Equal[[]int32]) {
			return false
		}
	}
	l.sets = sets2
	return true
}

// insert adds a set to an antichain unless one that is contained in it is there.
func (s *searching) insert(sets [][]int32, x []int32) ([][]int32, bool) {
	for _, y := range sets {
		if s.within(y, x) {
			return sets, false
		}
	}
	kept := slices.DeleteFunc(sets, func(y []int32) bool { return s.within(x, y) })
	return append(kept, x), true
}

// within says whether whoever has b has a: atoms of a pool bring those of it that
// take fewer.
func (s *searching) within(a, b []int32) bool {
	if len(a) > len(b) && !s.pooled(b) {
		return false
	}
	j := 0
	for _, t := range a {
		for j < len(b) && b[j] < t {
			j++
		}
		if j < len(b) && b[j] == t {
			continue
		}
		if !slices.ContainsFunc(b, func(u int32) bool { return slices.Contains(s.h.lower[u], t) }) {
			return false
		}
	}
	return true
}

func (s *searching) pooled(set []int32) bool {
	return slices.ContainsFunc(set, func(t int32) bool { return len(s.h.lower[t]) > 0 })
}

// union of two sets, without what comes with something else in it.
func (s *searching) union(a, b []int32) []int32 {
	out := union(a, b)
	if !s.pooled(out) {
		return out
	}
	all := slices.Clone(out)
	return slices.DeleteFunc(out, func(t int32) bool {
		return slices.ContainsFunc(all, func(u int32) bool { return slices.Contains(s.h.lower[u], t) })
	})
}

// union of two sorted sets.
func union(a, b []int32) []int32 {
	out := make([]int32, 0, len(a)+len(b))
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] < b[j]:
			out = append(out, a[i])
			i++
		case a[i] > b[j]:
			out = append(out, b[j])
			j++
		default:
			out = append(out, a[i])
			i, j = i+1, j+1
		}
	}
	return append(append(out, a[i:]...), b[j:]...)
}

// limit leaves Limit of them: the lowest level first, then the fewest atoms.
func (s *searching) limit(sets [][]int32) [][]int32 {
	type ranked struct {
		level int
		set   []int32
	}
	rs := make([]ranked, len(sets))
	atoms := make([]exposure.Atom, 0, 8)
	for i, set := range sets {
		atoms = atoms[:0]
		for _, t := range set {
			atoms = append(atoms, s.h.atoms[t])
		}
		level, _ := exposure.Level(atoms, s.house)
		rs[i] = ranked{level, set}
	}
	slices.SortFunc(rs, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(len(a.set), len(b.set)), slices.Compare(a.set, b.set))
	})
	out := make([][]int32, min(len(rs), Limit))
	for i := range out {
		out[i] = rs[i].set
	}
	return out
}

// Shared are the atoms that accounts have in common and that are no part of what
// all share: a story that those who run a procedure believe, a fact that nobody
// has said.
func (c *Census) Shared() []exposure.Atom {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []exposure.Atom
	seen := map[string]bool{}
	for _, s := range c.shapes {
		if s.leaf == nil || s.count == 0 {
			continue
		}
		for i := range s.leaf.atoms {
			if a := &s.leaf.atoms[i]; !own(a.ID) && !seen[a.ID] {
				seen[a.ID] = true
				out = append(out, *a)
			}
		}
	}
	return out
}
