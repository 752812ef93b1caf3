package exposure

import (
	"cmp"
	"slices"
)

// availability is the smallest number of the owner's things whose loss leaves
// none of the owner's ways: a minimum hitting set of the sets that consist of the
// owner's things alone. What the attacker was given does not count here.
func (n *Net) availability(q Question, sets []Set) int {
	if len(q.Given) > 0 {
		truncated := false
		sets = nil
		for _, s := range n.minimal(q.Goal, nil, q.Limit, q.House, &truncated) {
			set := Set{}
			for _, a := range s {
				set.Atoms = append(set.Atoms, n.atoms[a].ID)
			}
			sets = append(sets, set)
		}
	}
	var own [][]string
	for i := range sets {
		atoms := sets[i].Atoms
		if len(atoms) > 0 && !slices.ContainsFunc(atoms, func(id string) bool { return !n.owned(&n.atoms[n.index[id]], q.Owner) }) {
			own = append(own, atoms)
		}
	}
	return hitting(own)
}

// owned says whether an atom is something that the owner has or knows.
func (n *Net) owned(a *Atom, owner string) bool {
	switch a.Class {
	case Person, Deceive, Proof, Unknown:
		return false
	}
	return owner == "" || a.Owner == owner
}

// hitting is the size of the smallest set that has something of each. Beyond its
// bound it is the greatest number that is known not to be too high.
func hitting(sets [][]string) int {
	if len(sets) == 0 {
		return 0
	}
	number := map[string]int{}
	h := hitter{left: 20_000_000}
	for _, s := range sets {
		numbers := make([]int, 0, len(s))
		for _, a := range s {
			if _, ok := number[a]; !ok {
				number[a] = len(number)
			}
			numbers = append(numbers, number[a])
		}
		h.sets = append(h.sets, numbers)
	}
	slices.SortStableFunc(h.sets, func(a, b []int) int { return cmp.Compare(len(a), len(b)) })
	h.state, h.seen = make([]int, len(number)), make([]int, len(number))
	for size := 1; ; size++ {
		if h.within(size) || h.left <= 0 {
			return size
		}
	}
}

type hitter struct {
	sets  [][]int // the shortest first
	state []int   // by atom: open, chosen, or tried before and left out
	seen  []int   // by atom: the pass that met it last
	pass  int
	left  int // steps, until it gives up
}

const (
	open = iota
	chosen
	leftOut
)

// within says whether so many more hit every set that is not hit yet. Sets that
// have nothing in common take one each: with more of them than that, it is
// hopeless.
func (h *hitter) within(more int) bool {
	var first []int
	apart := 0
	h.pass++
	for _, s := range h.sets {
		hit, met := false, false
		for _, a := range s {
			hit = hit || h.state[a] == chosen
			met = met || h.seen[a] == h.pass && h.state[a] == open
		}
		h.left -= len(s)
		if hit {
			continue
		}
		if first == nil {
			first = s
		}
		if !met {
			for _, a := range s {
				h.seen[a] = h.pass
			}
			apart++
		}
	}
	if first == nil {
		return true
	}
	if apart > more || h.left <= 0 {
		return false
	}
	var tried []int
	found := false
	for _, a := range first {
		if h.state[a] != open {
			continue
		}
		h.state[a] = chosen
		found = h.within(more - 1)
		h.state[a] = leftOut // with it, it was hopeless
		tried = append(tried, a)
		if found {
			break
		}
	}
	for _, a := range tried {
		h.state[a] = open
	}
	return found
}
