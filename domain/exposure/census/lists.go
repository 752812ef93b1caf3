package census

import (
	"cmp"
	"slices"

	"holdfast/domain/exposure"
)

// A list is the minimal sets of atoms that give a thing, the weakest first; cut
// where there are more than Limit, those of the lowest level first. Lists share
// their sets and often each other: they are not changed.
type list struct {
	sets []*set
	cut  bool
}

// A set of atoms, of which there is one: as many people lead to each other, the
// same set is in thousands of lists.
type set struct {
	atoms  []int32 // sorted
	level  int
	bits   uint64 // has a bit of each atom: what is not within these is not within the set
	brings uint64 // likewise, with what comes with the atoms
	pooled bool   // something comes with one of the atoms
}

// lists finds the minimal sets of every thing: edges join the lists of their
// bodies. What leads to each other is done together, again and again until nothing
// changes, and everything that it follows from before: lists only ever get better,
// so that cycles need no care. The sets of exposure.Net are the same, of one goal;
// here the core is searched once for all goals and everybody.
func (h *horn) lists(house exposure.House) []list {
	s := &searching{h: h, house: house, out: make([]list, len(h.names)), known: map[string]*set{}, into: make([][]int32, len(h.names)),
		queued: make([]bool, len(h.edges))}
	for i := range h.edges {
		c := &h.edges[i]
		if c.root {
			continue // powers over everything are left out
		}
		s.into[c.head] = append(s.into[c.head], int32(i))
		for _, t := range h.lower[c.head] {
			s.into[t] = append(s.into[t], int32(i))
		}
	}
	for t := range h.atoms { // an atom is had by itself
		s.out[t].sets = []*set{s.intern([]int32{int32(t)})}
	}
	inward(len(h.names), func(t int32, visit func(int32)) {
		for _, e := range s.into[t] {
			for _, b := range h.edges[e].body {
				visit(b)
			}
		}
	}, s.settle)
	return s.out
}

type searching struct {
	h      *horn
	house  exposure.House
	out    []list
	known  map[string]*set
	into   [][]int32 // by thing: the edges that lead to it
	queued []bool    // by edge
	key    []byte
}

// settle finds the lists of things that lead to each other, when everything else
// that leads to them is settled.
func (s *searching) settle(things []int32) {
	in := func(t int32) bool {
		return len(things) == 1 && t == things[0] || len(things) > 1 && slices.Contains(things, t)
	}
	if len(things) > 16 {
		all := make(map[int32]bool, len(things))
		for _, t := range things {
			all[t] = true
		}
		in = func(t int32) bool { return all[t] }
	}
	var queue []int32
	inner := map[int32]bool{}
	for _, t := range things {
		for _, e := range s.into[t] {
			if !inner[e] {
				inner[e] = true
				queue = append(queue, e)
			}
		}
	}
	slices.Sort(queue)
	for _, e := range queue {
		s.queued[e] = true
	}
	for at := 0; at < len(queue); at++ {
		e := queue[at]
		s.queued[e] = false
		c := &s.h.edges[e]
		sets, cut := s.join(c)
		for _, t := range append([]int32{c.head}, s.h.lower[c.head]...) {
			if !in(t) || !s.improve(t, sets, cut) {
				continue
			}
			for _, u := range s.h.uses[t] {
				if inner[u] && !s.queued[u] {
					s.queued[u] = true
					queue = append(queue, u)
				}
			}
		}
	}
	for _, t := range things {
		if l := &s.out[t]; !slices.IsSortedFunc(l.sets, weaker) {
			l.sets = slices.Clone(l.sets)
			slices.SortFunc(l.sets, weaker)
		}
	}
}

// weaker orders sets: the lowest level first, then the fewest atoms.
func weaker(a, b *set) int {
	return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(len(a.atoms), len(b.atoms)), slices.Compare(a.atoms, b.atoms))
}

// intern is the set of some atoms, which are sorted.
func (s *searching) intern(atoms []int32) *set {
	s.key = s.key[:0]
	for _, t := range atoms {
		s.key = append(s.key, byte(t), byte(t>>8), byte(t>>16), byte(t>>24))
	}
	if x, ok := s.known[string(s.key)]; ok {
		return x
	}
	x := &set{atoms: slices.Clone(atoms)}
	are := make([]exposure.Atom, len(atoms))
	for i, t := range atoms {
		are[i] = s.h.atoms[t]
		x.bits |= 1 << (t % 64)
		for _, l := range s.h.lower[t] {
			x.brings |= 1 << (l % 64)
			x.pooled = true
		}
	}
	x.brings |= x.bits
	x.level, _ = exposure.Level(are, s.house)
	s.known[string(s.key)] = x
	return x
}

// join is all unions of k of the body's lists.
func (s *searching) join(c *clause) (out []*set, cut bool) {
	if len(c.body) == 1 && c.k == 1 {
		l := &s.out[c.body[0]]
		return l.sets, l.cut
	}
	part := make([][]*set, c.k+1) // by how many of the body so far
	part[0] = []*set{s.intern(nil)}
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
			var more bool
			part[j], more = s.add(part[j], part[j-1], l.sets)
			cut = cut || more
		}
	}
	return part[c.k], cut
}

// add adds the unions of one of a and one of b to an antichain. One that has a
// part already cannot make a union that has not.
func (s *searching) add(to, a, b []*set) (out []*set, cut bool) {
	out = to
	a, b = s.without(a, to), s.without(b, to)
	for _, x := range a {
		for _, y := range b {
			out = s.insert(out, s.union(x, y))
		}
		if len(out) > 2*Limit {
			out, cut = limit(out), true
		}
	}
	if len(out) > Limit {
		out, cut = limit(out), true
	}
	return out, cut
}

// without are those in which none of an antichain is contained.
func (s *searching) without(sets, chain []*set) []*set {
	if len(chain) == 0 {
		return sets
	}
	out := make([]*set, 0, len(sets))
	for _, x := range sets {
		if !s.has(chain, x) {
			out = append(out, x)
		}
	}
	return out
}

// has says whether one of an antichain is contained in x.
func (s *searching) has(chain []*set, x *set) bool {
	for _, y := range chain {
		if s.within(y, x) {
			return true
		}
	}
	return false
}

// insert adds a set to an antichain unless one that is contained in it is there.
func (s *searching) insert(chain []*set, x *set) []*set {
	if s.has(chain, x) {
		return chain
	}
	return append(slices.DeleteFunc(chain, func(y *set) bool { return s.within(x, y) }), x)
}

// improve adds an antichain to the list of a thing, and says whether it is another
// now.
func (s *searching) improve(t int32, sets []*set, cut bool) bool {
	l := &s.out[t]
	cut = cut && !l.cut
	l.cut = l.cut || cut
	fresh := s.without(sets, l.sets)
	if len(fresh) == 0 {
		return cut
	}
	out := slices.Concat(s.without(l.sets, fresh), fresh)
	if len(out) > Limit {
		out, l.cut = limit(out), true
		if slices.Equal(l.sets, out) {
			return cut
		}
	}
	l.sets = out
	return true
}

// within says whether whoever has b has a: atoms of a pool bring those of it that
// take fewer.
func (s *searching) within(a, b *set) bool {
	if a == b {
		return true
	}
	if a.bits&^b.brings != 0 || len(a.atoms) > len(b.atoms) && !b.pooled {
		return false
	}
	j := 0
	for _, t := range a.atoms {
		for j < len(b.atoms) && b.atoms[j] < t {
			j++
		}
		if j < len(b.atoms) && b.atoms[j] == t {
			continue
		}
		if !b.pooled || !s.comes(t, b.atoms) {
			return false
		}
	}
	return true
}

// comes says whether an atom comes with one of a set.
func (s *searching) comes(t int32, with []int32) bool {
	return slices.ContainsFunc(with, func(u int32) bool { return slices.Contains(s.h.lower[u], t) })
}

// union of two sets, without what comes with something else in it.
func (s *searching) union(a, b *set) *set {
	switch {
	case len(a.atoms) == 0 || a == b:
		return b
	case len(b.atoms) == 0:
		return a
	}
	out := union(a.atoms, b.atoms)
	if a.pooled || b.pooled {
		all := slices.Clone(out)
		out = slices.DeleteFunc(out, func(t int32) bool { return s.comes(t, all) })
	}
	return s.intern(out)
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

// limit leaves Limit of them, the weakest.
func limit(sets []*set) []*set {
	sets = slices.Clone(sets)
	slices.SortFunc(sets, weaker)
	return slices.Clip(sets[:Limit])
}
