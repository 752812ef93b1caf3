package exposure

// Effective is what a goal is worth by its weakest path, exactly and without
// listing the paths: worst counts what is unknown as a way for the attacker, best
// as none. A goal that nothing leads to is worth AAL3: nobody gets there.
func (n *Net) Effective(goal string, h House, given ...string) (worst, best Effective) {
	g, ok := n.index[goal]
	if !ok {
		return Effective{AAL: 3, Phr: true}, Effective{AAL: 3, Phr: true}
	}
	s := newSieve(n, g, h, n.numbers(given))
	worst = s.effective()
	best = worst
	if s.leaveUnknown() {
		best = s.effective()
	}
	return worst, best
}

// A sieve asks whether a goal follows from the atoms of some kinds alone. Since
// following is monotone, one question with all atoms of a kind answers for every
// set of them: so the level of the weakest set is found by a few questions.
type sieve struct {
	n       *Net
	w       *walk
	goal    int32
	h       House
	given   []int32
	atoms   []int32 // those that lead to the goal
	persons []int32
	keys    []string // hardware keys that something activates
	asks    int      // closures, until a search is made instead
}

func newSieve(n *Net, goal int32, h House, given []int32) *sieve {
	s := &sieve{n: n, w: n.walk(), goal: goal, h: h, given: given}
	s.atoms = append(s.atoms, n.relevant(goal).atoms...)
	s.sort()
	return s
}

func (s *sieve) sort() {
	s.persons = s.persons[:0]
	for _, a := range s.atoms {
		if s.n.atoms[a].Class == Person {
			s.persons = append(s.persons, a)
		}
	}
}

// leaveUnknown goes on without what nobody has said, and says whether there was
// such a thing.
func (s *sieve) leaveUnknown() bool {
	kept := make([]int32, 0, len(s.atoms))
	for _, a := range s.atoms {
		if s.n.atoms[a].Class != Unknown {
			kept = append(kept, a)
		}
	}
	left := len(kept) < len(s.atoms)
	s.atoms = kept
	return left
}

func (s *sieve) effective() Effective {
	return Effective{AAL: s.level(), Phr: !s.follows(func(a *Atom) bool { return !a.resists() })}
}

// follows asks whether the goal follows from the atoms that take says.
func (s *sieve) follows(take func(*Atom) bool) bool {
	return s.followsAlso(take, -1)
}

func (s *sieve) followsAlso(take func(*Atom) bool, one int32) bool {
	s.w.start()
	for _, g := range s.given {
		s.w.got(g, -1)
	}
	for _, a := range s.atoms {
		if take(&s.n.atoms[a]) {
			s.w.got(a, -1)
		}
	}
	if one >= 0 {
		s.w.got(one, -1)
	}
	s.w.finish()
	return s.w.has[s.goal]
}

// units is what one atom is worth by itself; nothing for those that count
// nothing.
func (s *sieve) units(a *Atom) int {
	switch a.Class {
	case Person:
		return s.h.persons(max(1, a.Pool.K))
	case Proof:
		return s.h.proof(a.IAL)
	}
	if kinds[a.Class] != 0 {
		return 1
	}
	return 0
}

// kindUnits are the kinds of which any number is one factor.
var kindUnits = []uint8{kinds[Know], kinds[Have], kinds[Are], kinds[RecSaved], kinds[RecIssued], kinds[RecContact]}

func (s *sieve) level() int {
	nothing := func(a *Atom) bool { return s.units(a) == 0 }
	switch {
	case s.follows(nothing):
		return 0
	case s.one(nothing):
		return 1
	case s.two():
		return 2
	}
	return 3
}

// one: is one factor enough?
func (s *sieve) one(nothing func(*Atom) bool) bool {
	for _, k := range kindUnits {
		if s.follows(func(a *Atom) bool { return nothing(a) || kinds[a.Class] == k }) {
			return true
		}
	}
	if s.follows(func(a *Atom) bool { return nothing(a) || a.Class == Proof && s.units(a) <= 1 }) {
		return true
	}
	if s.h.DualControl == 1 { // however many of them there are
		return s.follows(func(a *Atom) bool { return nothing(a) || a.Class == Person })
	}
	for _, p := range s.persons {
		if s.units(&s.n.atoms[p]) == 1 && s.followsAlso(nothing, p) {
			return true
		}
	}
	return false
}
