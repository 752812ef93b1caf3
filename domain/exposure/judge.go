package exposure

import (
	"cmp"
	"slices"
)

// usualLimit is how many sets are kept at each node.
const usualLimit = 64

// Assess answers everything about one goal.
func (n *Net) Assess(q Question) Assessment {
	if q.Limit == 0 {
		q.Limit = usualLimit
	}
	var a Assessment
	for _, s := range n.minimal(q.Goal, q.Given, q.Limit, q.House, &a.Truncated) {
		a.Sets = append(a.Sets, n.describe(q, s))
	}
	if a.Effective, a.Best = weakest(a.Sets); a.Truncated { // what is not listed counts as well
		a.Effective, a.Best = n.Effective(q.Goal, q.House, q.Given...)
	}
	a.Effective.Contest = weakestContest(a.Sets)
	a.Best.Contest = a.Effective.Contest
	a.Verdict = a.verdict(q.Required)
	a.NIST = a.Verdict == Pass || a.Verdict == NISTOnly
	a.SinglePoints = a.singles(q.Required)
	a.Availability = n.availability(q, a.Sets)
	for _, s := range a.Sets {
		a.House = union1(a.House, s.House)
		for _, u := range s.Unknown {
			a.Unknown = union1(a.Unknown, []string{n.atoms[n.index[u]].Learn})
		}
		if a.Collusion == 0 || len(s.Atoms) < a.Collusion {
			a.Collusion = len(s.Atoms)
		}
	}
	slices.Sort(a.House)
	slices.Sort(a.Unknown)
	return a
}

func union1(to, from []string) []string {
	for _, f := range from {
		if !slices.Contains(to, f) {
			to = append(to, f)
		}
	}
	return to
}

// describe says what there is to say of one set.
func (n *Net) describe(q Question, atoms []int32) Set {
	var t tally
	s := Set{Atoms: make([]string, len(atoms))}
	for i, a := range atoms {
		atom := &n.atoms[a]
		t.add(atom)
		s.Atoms[i] = atom.ID
		s.Phr = s.Phr || atom.resists()
		if atom.Class == Unknown {
			s.Unknown = append(s.Unknown, atom.ID)
		}
	}
	s.Level, s.House = t.level(q.House), t.house(q.House)
	n.follow(&s, q, atoms)
	return s
}

// follow finds the path of a set and what is true of it.
func (n *Net) follow(s *Set, q Question, atoms []int32) {
	have := append(n.numbers(q.Given), atoms...)
	goal := n.index[q.Goal]
	w := n.walk().from(have...)
	path := w.path(goal)
	again := n.walk()
	for _, e := range path {
		edge := &n.edges[e]
		s.Path = append(s.Path, edge.ID)
		s.House = union1(s.House, edge.House)
		if c := n.contest(edge, w); c > s.Contest {
			if again.use = not(&n.edges[e]); !again.from(have...).has[goal] {
				s.Contest = c
			}
		}
	}
	s.NIST = n.conforming(path, have, goal)
}

// not takes every edge but one.
func not(left *edge) func(*edge) bool { return func(e *edge) bool { return e != left } }

// path lists the edges by which a thing came, in an order in which they can be
// gone.
func (w *walk) path(goal int32) (out []int32) {
	rank := w.rank()
	seen, gone := make([]bool, len(w.n.names)), make([]bool, len(w.n.edges))
	var back func(t int32)
	back = func(t int32) {
		if seen[t] || !w.has[t] || w.by[t] < 0 {
			return
		}
		seen[t] = true
		for _, b := range w.premises(&w.n.edges[w.by[t]], rank) {
			back(b)
		}
		if !gone[w.by[t]] {
			gone[w.by[t]] = true
			out = append(out, w.by[t])
		}
	}
	back(goal)
	return out
}

// rank is the place of each thing in the order in which they came.
func (w *walk) rank() []int32 {
	rank := make([]int32, len(w.n.names))
	for i, t := range w.order {
		rank[t] = int32(i)
	}
	return rank
}

// premises are the first k of the body that came.
func (w *walk) premises(e *edge, rank []int32) []int32 {
	got := make([]int32, 0, len(e.body))
	for _, t := range e.body {
		if w.has[t] {
			got = append(got, t)
		}
	}
	slices.SortFunc(got, func(a, b int32) int { return cmp.Compare(rank[a], rank[b]) })
	return got[:min(e.k, len(got))]
}

// conforming says whether a set leads to the goal by a way back that NIST
// accepts, and cannot without: not where it also leads there by no way back, and
// not where every path takes one that NIST does not accept.
func (n *Net) conforming(path, have []int32, goal int32) bool {
	if !slices.ContainsFunc(path, func(e int32) bool { return n.edges[e].Recovery && n.edges[e].NIST }) {
		return false // here is a path without
	}
	return !n.followsBy(have, goal, func(e *edge) bool { return !(e.Recovery && e.NIST) }) &&
		n.followsBy(have, goal, func(e *edge) bool { return !e.Recovery || e.NIST })
}

// followsBy asks by some edges only.
func (n *Net) followsBy(have []int32, goal int32, use func(*edge) bool) bool {
	w := n.walk()
	w.use = use
	return w.from(have...).has[goal]
}

// verdict is that of docs/exposure-model.md, in this order.
func (a *Assessment) verdict(r Required) Verdict {
	short, only := a.Effective.AAL < r.AAL, true
	for i := range a.Sets {
		s := &a.Sets[i]
		if (s.Level < r.AAL || r.Phr && !s.Phr) && len(s.Unknown) > 0 {
			return FailUnknown
		}
		if s.Level < r.AAL {
			short = true
			only = only && s.NIST
		}
	}
	switch {
	case r.Phr && !a.Effective.Phr:
		return Fail
	case short && (!only || a.Truncated):
		return Fail
	case short:
		return NISTOnly
	}
	return Pass
}

// weakest is what all of the sets come to: of all, and of those that rest on
// nothing unknown.
func weakest(sets []Set) (worst, best Effective) {
	worst, best = Effective{AAL: 3, Phr: true}, Effective{AAL: 3, Phr: true}
	for i := range sets {
		s := &sets[i]
		worst.AAL, worst.Phr = min(worst.AAL, s.Level), worst.Phr && s.Phr
		if len(s.Unknown) == 0 {
			best.AAL, best.Phr = min(best.AAL, s.Level), best.Phr && s.Phr
		}
	}
	return worst, best
}

// singles are the things each of which is enough and not enough of an assurance.
func (a *Assessment) singles(r Required) (out []string) {
	for i := range a.Sets {
		if s := &a.Sets[i]; len(s.Atoms) == 1 && s.Level < r.AAL {
			out = append(out, s.Atoms[0])
		}
	}
	slices.Sort(out)
	return out
}

// weakestContest is the least that any set of the lowest level leaves.
func weakestContest(sets []Set) Contest {
	worst := C0
	for i := range sets {
		if sets[i].Level > sets[0].Level {
			break
		}
		if i == 0 || sets[i].Contest < worst {
			worst = sets[i].Contest
		}
	}
	return worst
}
