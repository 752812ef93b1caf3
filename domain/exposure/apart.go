package exposure

import "slices"

// two: is there a set that is not worth 3? Such a set has no two people where two
// are worth 3, no proof that is worth 3, and of each hardware key either not the
// key or nothing that activates it. A few closures find it where it is easy to
// find; else the sets of people, keys and activations alone are searched, without
// those that are worth 3.
func (s *sieve) two() bool {
	s.keys = s.activated()
	s.asks = closures
	found := s.apart(func(a *Atom) bool { return !s.alone() || a.Class != Person }, -1)
	if !found && s.alone() {
		for _, p := range s.persons {
			if s.n.atoms[p].Pool.K <= 1 && s.asks > 0 && s.apart(func(a *Atom) bool { return a.Class != Person }, p) {
				found = true
				break
			}
		}
	}
	if s.asks <= 0 {
		return s.search()
	}
	return found
}

// closures is how many are tried before a search.
const closures = 64

// alone: are two people worth 3?
func (s *sieve) alone() bool { return s.h.DualControl == 3 }

// below says whether an atom by itself is worth less than 3.
func (s *sieve) below(a *Atom) bool {
	return (a.Class != Proof || s.h.proof(a.IAL) < 3) && (a.Class != Person || !s.alone() || a.Pool.K <= 1)
}

// activated lists the hardware keys that come with something that activates them.
func (s *sieve) activated() (keys []string) {
	opens := map[string]bool{}
	for _, i := range s.atoms {
		if a := &s.n.atoms[i]; a.activates() {
			opens[a.Key] = true
		}
	}
	for _, i := range s.atoms {
		if a := &s.n.atoms[i]; a.Class == HaveHW && opens[a.ID] {
			keys = append(keys, a.ID)
		}
	}
	return keys
}

// apart asks with all of them, and where the way that is found takes a key and
// what activates it, again without the one and without the other.
func (s *sieve) apart(take func(*Atom) bool, one int32) bool {
	without := map[string]bool{} // atoms: keys that are left out
	closed := map[string]bool{}  // keys of which the activations are left out
	var try func() bool
	try = func() bool {
		if s.asks--; s.asks <= 0 {
			return false
		}
		if !s.followsAlso(func(a *Atom) bool {
			return take(a) && s.below(a) && !without[a.ID] && !(closed[a.Key] && a.activates())
		}, one) {
			return false
		}
		key := ""
		if len(s.keys) > 0 {
			key = s.together(s.leaves())
		}
		if key == "" {
			return true
		}
		without[key] = true
		if try() {
			return true
		}
		delete(without, key)
		closed[key] = true
		found := try()
		delete(closed, key)
		return found
	}
	return try()
}

// together is a hardware key that is in a set with something that activates it.
func (s *sieve) together(set []int32) string {
	for _, i := range set {
		a := &s.n.atoms[i]
		if !a.activates() {
			continue
		}
		if k, ok := s.n.index[a.Key]; ok && slices.Contains(set, k) && s.n.atoms[k].Class == HaveHW {
			return a.Key
		}
	}
	return ""
}

// search looks through the sets of what can be worth 3 together: keys, what
// activates them, and people. Everything else is there for the taking. Where that
// takes too much the worse is told.
func (s *sieve) search() bool {
	r := s.n.relevant(s.goal)
	matters := func(a *Atom) bool {
		return a.Class == Person && s.alone() || slices.Contains(s.keys, a.ID) || a.activates() && slices.Contains(s.keys, a.Key)
	}
	left := r.atoms
	r.atoms = nil
	for _, i := range left {
		r.bit[i] = -1
		a := &s.n.atoms[i]
		if !slices.Contains(s.atoms, i) || !s.below(a) {
			continue
		}
		if !matters(a) {
			r.free = append(r.free, i)
			continue
		}
		r.bit[i] = int32(len(r.atoms))
		r.atoms = append(r.atoms, i)
	}
	r.drop = func(set []int32) bool { return s.n.levelOf(set, s.h) == 3 }
	truncated := false
	sets := s.n.searched(r, s.n.namesOf(s.given), pairs, s.h, &truncated)
	if len(sets) == 0 {
		return truncated
	}
	return s.follows(func(a *Atom) bool { // again, for leaves
		i := s.n.index[a.ID]
		return r.bit[i] < 0 && s.below(a) && !matters(a) || slices.Contains(sets[0], i)
	})
}

// pairs is how many sets of what can be worth 3 together are kept at each node.
const pairs = 256
