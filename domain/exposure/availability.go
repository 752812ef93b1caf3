package exposure

import "slices"

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

// tries bounds the search; beyond it the number is the one that is certain, and
// may be too low.
const tries = 200_000

// hitting is the size of the smallest set that has something of each.
func hitting(sets [][]string) int {
	if len(sets) == 0 {
		return 0
	}
	left := tries
	for size := 1; ; size++ {
		if hits(sets, map[string]bool{}, size, &left) || left <= 0 {
			return size
		}
	}
}

// hits tries to hit what is not hit yet with so many more.
func hits(sets [][]string, chosen map[string]bool, more int, left *int) bool {
	*left--
	var first []string
	for _, s := range sets {
		if !slices.ContainsFunc(s, func(a string) bool { return chosen[a] }) && (first == nil || len(s) < len(first)) {
			first = s
		}
	}
	switch {
	case first == nil:
		return true
	case more == 0 || *left <= 0:
		return false
	}
	for _, a := range first {
		chosen[a] = true
		found := hits(sets, chosen, more-1, left)
		delete(chosen, a)
		if found {
			return true
		}
	}
	return false
}
