package exposure

import (
	"cmp"
	"slices"
)

// mend puts a list right that was cut short on the way, and says whether it is
// still short. A set whose smaller relative was cut at one node may have come
// through at another, so every set is made minimal again. The sets that an
// account's worth rests on come first: the weakest, one that can be relayed, and
// both of those that rest on nothing unknown. Where there are fewer than limit,
// others are sought.
func (n *Net) mend(goal int32, given []string, limit int, h House, sets [][]int32) (out [][]int32, truncated bool) {
	e := newSieve(n, goal, h, n.numbers(given)).enumerator(limit)
	for _, set := range e.witnesses() {
		e.add(set)
	}
	e.sort()
	for _, set := range n.ordered(sets, h) {
		if len(e.found) >= limit || e.left <= 0 {
			break
		}
		e.add(set)
	}
	truncated = !e.all()
	for _, f := range e.found {
		out = append(out, n.generators(f))
	}
	return out, truncated
}

// witnesses are the sets which Effective rests on.
func (s *sieve) witnesses() (out [][]int32) {
	found := func() { out = append(out, s.leaves()) }
	all := s.atoms
	defer func() { s.atoms = all }()
	for range 2 {
		if s.level() < 3 || s.follows(func(*Atom) bool { return true }) {
			found()
		}
		if s.follows(func(a *Atom) bool { return !a.resists() }) {
			found()
		}
		if !s.leaveUnknown() {
			break
		}
	}
	return out
}

// leaves are the atoms that the way rests on by which the goal was just reached,
// without what was given.
func (s *sieve) leaves() (out []int32) {
	w := s.w
	seen := make([]bool, len(s.n.names))
	for _, g := range s.given {
		seen[g] = true
	}
	rank := w.rank()
	stack := []int32{s.goal}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case seen[t]:
			continue
		case w.by[t] < 0:
			out = append(out, t)
		default:
			stack = append(stack, w.premises(&s.n.edges[w.by[t]], rank)...)
		}
		seen[t] = true
	}
	slices.Sort(out)
	return out
}

// shrink leaves out of a set what it can do without: of a pool first those that
// take most.
func (s *sieve) shrink(set []int32) []int32 {
	var all []int32
	for _, a := range set {
		all = append(all, s.n.with(a)...)
	}
	slices.SortFunc(all, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.n.atoms[b].Pool.K, s.n.atoms[a].Pool.K), cmp.Compare(b, a))
	})
	all = slices.Compact(all)
	var free []int32 // what is given, and comes with it
	for _, g := range s.given {
		free = append(free, s.n.with(g)...)
	}
	all = slices.DeleteFunc(all, func(a int32) bool { return slices.Contains(free, a) })
	for i := 0; i < len(all); {
		rest := slices.Delete(slices.Clone(all), i, i+1)
		if s.w.from(append(rest, s.given...)...).has[s.goal] {
			all = all[:len(all)-1]
			copy(all, rest)
		} else {
			i++
		}
	}
	return s.n.generators(all)
}

// generators are a set without what comes with the rest of it.
func (n *Net) generators(set []int32) []int32 {
	out := slices.DeleteFunc(slices.Clone(set), func(a int32) bool {
		return slices.ContainsFunc(set, func(b int32) bool { return b != a && slices.Contains(n.lower[b], a) })
	})
	slices.Sort(out)
	return out
}
