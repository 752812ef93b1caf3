package exposure

import "slices"

// An enumerator finds minimal sets one by one, the weakest first, where the
// lists at the nodes grow too long: it takes a set, leaves one of its atoms out,
// asks what is left, and so on (Reiter 1987: every set that is not found yet
// lacks an atom of each that is). If it comes to an end, there are no others.
type enumerator struct {
	*sieve
	free  []bool // by atom: given, or with what is given
	found [][]int32
	known map[string]bool
	limit int
	left  int // steps of closures
}

// enumerating bounds an enumerator, for each set that is wanted: with a thousand
// of them a tenth of a second or two.
const enumerating = 60_000

func (s *sieve) enumerator(limit int) *enumerator {
	e := &enumerator{sieve: s, free: make([]bool, len(s.n.names)), known: map[string]bool{}, limit: limit, left: enumerating * limit}
	for _, g := range s.given {
		for _, t := range s.n.with(g) {
			e.free[t] = true
		}
	}
	return e
}

// all enumerates the sets of level 0, then of 1, then the others, and says
// whether it came to an end.
func (e *enumerator) all() bool {
	nothing := func(a *Atom) bool { return e.units(a) == 0 }
	e.among(nothing, -1)
	for _, k := range kindUnits {
		e.among(func(a *Atom) bool { return nothing(a) || kinds[a.Class] == k }, -1)
	}
	for _, p := range e.persons {
		if e.units(&e.n.atoms[p]) == 1 {
			e.among(nothing, p)
		}
	}
	return e.among(func(*Atom) bool { return true }, -1)
}

// among enumerates the sets of the atoms that take says, and one more.
func (e *enumerator) among(take func(*Atom) bool, one int32) bool {
	taken := make([]bool, len(e.n.atoms))
	for _, a := range e.atoms {
		taken[a] = !e.free[a] && (take(&e.n.atoms[a]) || a == one)
	}
	tried := map[string]bool{"": true}
	stack := [][]int32{nil}
	for len(stack) > 0 {
		if len(e.found) >= e.limit || e.left <= 0 {
			return false
		}
		without := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, a := range e.set(taken, without) {
			next := append(slices.Clone(without), a)
			slices.Sort(next)
			if k := keyOf(next); !tried[k] {
				tried[k] = true
				stack = append(stack, next)
			}
		}
	}
	return true
}

// set is a minimal set of what is taken without some, with what comes with its
// pools: one that is known, if there is one.
func (e *enumerator) set(taken []bool, without []int32) []int32 {
	for _, f := range e.found {
		e.left -= len(f)
		if !slices.ContainsFunc(f, func(a int32) bool { return !taken[a] || slices.Contains(without, a) }) {
			return f
		}
	}
	e.left -= len(e.n.names) + e.n.size
	e.w.start()
	for _, g := range e.given {
		e.w.got(g, -1)
	}
	for _, a := range e.atoms {
		if taken[a] && !slices.ContainsFunc(e.n.with(a), func(t int32) bool { return slices.Contains(without, t) }) {
			e.w.got(a, -1)
		}
	}
	if e.w.finish(); !e.w.has[e.goal] {
		return nil
	}
	return e.add(e.leaves())
}

// add makes a set minimal and keeps it, with what comes with its pools.
func (e *enumerator) add(atoms []int32) (set []int32) {
	e.left -= (len(atoms) + 1) * (len(e.n.names) + e.n.size)
	for _, a := range e.shrink(atoms) {
		for _, t := range e.n.with(a) {
			if !e.free[t] {
				set = append(set, t)
			}
		}
	}
	slices.Sort(set)
	set = slices.Compact(set)
	if k := keyOf(set); !e.known[k] {
		e.known[k] = true
		e.found = append(e.found, set)
	}
	return set
}

func keyOf(set []int32) string {
	b := make([]byte, 0, 4*len(set))
	for _, a := range set {
		b = append(b, byte(a), byte(a>>8), byte(a>>16), byte(a>>24))
	}
	return string(b)
}
