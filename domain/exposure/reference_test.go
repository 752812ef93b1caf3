package exposure_test

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"

	"holdfast/domain/exposure"
)

// reference answers by looking at every subset of the atoms. It shares nothing
// with the package but the types of its questions and answers: its closure, its
// level function and its verdict are written from the definitions alone.
type reference struct {
	g      exposure.Graph
	things []string // atoms first
	atoms  []exposure.Atom
	bit    map[string]uint64
	comes  []uint64 // by atom: those of its pool that take fewer
}

func newReference(g exposure.Graph) *reference {
	r := &reference{g: g, bit: map[string]uint64{}}
	heads := map[string]bool{}
	for _, e := range g.Edges {
		heads[e.Head] = true
	}
	add := func(name string) {
		if r.bit[name] == 0 {
			r.bit[name] = 1 << len(r.things)
			r.things = append(r.things, name)
		}
	}
	for _, a := range g.Atoms {
		add(a.ID)
		r.atoms = append(r.atoms, a)
	}
	for _, e := range g.Edges {
		for _, b := range e.Body {
			if r.bit[b] == 0 && !heads[b] {
				add(b)
				r.atoms = append(r.atoms, exposure.Atom{ID: b, Class: exposure.Unknown})
			}
		}
	}
	for _, e := range g.Edges {
		add(e.Head)
	}
	r.comes = make([]uint64, len(r.atoms))
	for i, a := range r.atoms {
		for j, b := range r.atoms {
			if a.Pool.K > b.Pool.K && b.Pool.K > 0 && a.Pool.Of == b.Pool.Of {
				r.comes[i] |= 1 << j
			}
		}
	}
	return r
}

func (r *reference) mask(names []string) (m uint64) {
	for _, n := range names {
		m |= r.bit[n]
	}
	return m
}

// with is a set and what comes with the pools in it.
func (r *reference) with(s uint64) uint64 {
	for i := range r.atoms {
		if s&(1<<i) != 0 {
			s |= r.comes[i]
		}
	}
	return s
}

// closure is the least set that contains s and is closed under the edges that
// are kept (assurance: cl(S)).
func (r *reference) closure(s uint64, keep func(*exposure.Edge) bool) uint64 {
	for {
		before := s
		s = r.with(s)
		for i := range r.g.Edges {
			e := &r.g.Edges[i]
			need, have := e.K, 0
			if need == 0 {
				need = len(e.Body)
			}
			for _, b := range e.Body {
				if s&r.bit[b] != 0 {
					have++
				}
			}
			if have >= need && (keep == nil || keep(e)) {
				s |= r.bit[e.Head]
			}
		}
		if s == before {
			return s
		}
	}
}

// minimal looks at every set of atoms: those that give the goal and contain no
// other that does. What is given counts for nothing in them.
func (r *reference) minimal(goal string, given []string) []uint64 {
	free := r.with(r.mask(given))
	atoms := uint64(1)<<len(r.atoms) - 1
	var attacks []uint64
	for s := uint64(0); s <= atoms; s++ {
		if r.with(s)&^free == s && r.closure(s|free, nil)&r.bit[goal] != 0 {
			attacks = append(attacks, s)
		}
	}
	slices.SortFunc(attacks, func(a, b uint64) int { return cmp.Compare(bits.OnesCount64(a), bits.OnesCount64(b)) })
	var least []uint64
	for _, s := range attacks {
		if !slices.ContainsFunc(least, func(t uint64) bool { return t&^s == 0 }) {
			least = append(least, s)
		}
	}
	return least
}

// list is a set without what comes with the rest of it.
func (r *reference) list(s uint64) []exposure.Atom {
	var out []exposure.Atom
	for i, a := range r.atoms {
		comes := false
		for j := range r.atoms {
			comes = comes || s&(1<<j) != 0 && r.comes[j]&(1<<i) != 0
		}
		if s&(1<<i) != 0 && !comes {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b exposure.Atom) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// level is lvl of the definitions. The worth of people and of proofs is the
// house's: without a rule of its own, one person is one factor, two are two, and
// a proof is two.
func level(atoms []exposure.Atom, h exposure.House) int {
	people, proof, factors := 0, 0, map[string]bool{}
	for _, a := range atoms {
		switch a.Class {
		case exposure.Person:
			if a.Pool.K > 1 {
				people += a.Pool.K
			} else {
				people++
			}
		case exposure.Proof:
			if a.IAL == 3 {
				proof = max(proof, h.Onsite)
			}
			if a.IAL > 0 {
				proof = max(proof, min(2, h.Remote))
			}
		case exposure.Have, exposure.HaveHW:
			factors["possession"] = true
		case exposure.Know, exposure.Are, exposure.RecSaved, exposure.RecIssued, exposure.RecContact:
			factors[string(a.Class)] = true
		}
		if a.Class != exposure.HaveHW {
			continue
		}
		for _, b := range atoms {
			if b.Key == a.ID && (b.Class == exposure.Know || b.Class == exposure.Are) {
				return 3
			}
		}
	}
	worth := 0
	if people == 1 {
		worth = min(1, h.DualControl)
	} else if people > 1 {
		worth = h.DualControl
	}
	if worth == 3 || proof == 3 {
		return 3
	}
	return min(2, len(factors)+worth+proof)
}

func resists(atoms []exposure.Atom) bool {
	for _, a := range atoms {
		if !a.Phishable && a.Class != exposure.Deceive && a.Class != exposure.Unknown {
			return true
		}
	}
	return false
}

// answer is what is compared.
type answer struct {
	Sets         []answerSet
	Effective    exposure.Effective
	Best         exposure.Effective
	Verdict      exposure.Verdict
	SinglePoints []string
	Collusion    int
	Availability int
}

type answerSet struct {
	Atoms []string
	Level int
	Phr   bool
	NIST  bool
}

func (r *reference) assess(q exposure.Question) answer {
	var out answer
	out.Effective, out.Best = exposure.Effective{AAL: 3, Phr: true}, exposure.Effective{AAL: 3, Phr: true}
	free := r.mask(q.Given)
	violated, onlyNIST, unknown, unphr := false, true, false, false
	for n, s := range r.minimal(q.Goal, q.Given) {
		atoms := r.list(s)
		set := answerSet{Atoms: []string{}, Level: level(atoms, q.House), Phr: resists(atoms), NIST: r.accepted(s|free, q.Goal)}
		guess := false
		for _, a := range atoms {
			set.Atoms = append(set.Atoms, a.ID)
			guess = guess || a.Class == exposure.Unknown
		}
		out.Sets = append(out.Sets, set)
		out.Effective.AAL, out.Effective.Phr = min(out.Effective.AAL, set.Level), out.Effective.Phr && set.Phr
		if !guess {
			out.Best.AAL, out.Best.Phr = min(out.Best.AAL, set.Level), out.Best.Phr && set.Phr
		}
		if n == 0 || len(atoms) < out.Collusion {
			out.Collusion = len(atoms)
		}
		if len(atoms) == 1 && set.Level < q.Required.AAL {
			out.SinglePoints = append(out.SinglePoints, set.Atoms[0])
		}
		low, relayed := set.Level < q.Required.AAL, q.Required.Phr && !set.Phr
		violated = violated || low || relayed
		unknown = unknown || guess && (low || relayed)
		unphr = unphr || relayed
		onlyNIST = onlyNIST && (!low || set.NIST)
	}
	switch {
	case unknown:
		out.Verdict = exposure.FailUnknown
	case unphr || violated && !onlyNIST:
		out.Verdict = exposure.Fail
	case violated:
		out.Verdict = exposure.NISTOnly
	default:
		out.Verdict = exposure.Pass
	}
	slices.Sort(out.SinglePoints)
	slices.SortFunc(out.Sets, func(a, b answerSet) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(len(a.Atoms), len(b.Atoms)), slices.Compare(a.Atoms, b.Atoms))
	})
	out.Availability = r.availability(q)
	return out
}

// accepted: the set gives the goal without any way back that NIST does not
// accept, and does not without those that it does.
func (r *reference) accepted(s uint64, goal string) bool {
	other := r.closure(s, func(e *exposure.Edge) bool { return !e.Recovery || e.NIST })
	plain := r.closure(s, func(e *exposure.Edge) bool { return !e.Recovery || !e.NIST })
	return other&r.bit[goal] != 0 && plain&r.bit[goal] == 0
}

// availability is the size of the smallest set of the owner's atoms of which
// each of their ways has one. What somebody else has already, its owner has still.
func (r *reference) availability(q exposure.Question) int {
	var mine uint64
	for i, a := range r.atoms {
		switch a.Class {
		case exposure.Person, exposure.Deceive, exposure.Proof, exposure.Unknown:
			continue
		}
		if q.Owner == "" || a.Owner == q.Owner {
			mine |= 1 << i
		}
	}
	var ways []uint64
	for _, s := range r.minimal(q.Goal, nil) {
		if s&^mine == 0 {
			ways = append(ways, s)
		}
	}
	if len(ways) == 0 || ways[0] == 0 {
		return 0
	}
	best := len(r.atoms)
	for lost := uint64(0); lost < 1<<len(r.atoms); lost++ {
		hits := true
		for _, w := range ways {
			hits = hits && w&lost != 0
		}
		if hits {
			best = min(best, bits.OnesCount64(lost))
		}
	}
	return best
}

// random graphs

// dice is where a graph's random numbers come from.
type dice interface{ IntN(n int) int }

var classes = []exposure.Class{exposure.Know, exposure.Know, exposure.Have, exposure.HaveHW, exposure.HaveHW, exposure.Are, exposure.RecSaved,
	exposure.RecIssued, exposure.RecContact, exposure.Person, exposure.Person, exposure.Deceive, exposure.Proof}

// randomGraph has up to so many atoms, those of undeclared names included.
func randomGraph(d dice, atoms int) exposure.Graph {
	var g exposure.Graph
	undeclared := max(0, d.IntN(6)-3)
	for i := range 1 + d.IntN(atoms-undeclared) {
		g.Atoms = append(g.Atoms, randomAtom(d, i, g.Atoms))
	}
	var names []string
	for _, a := range g.Atoms {
		names = append(names, a.ID)
	}
	for i := range undeclared {
		names = append(names, "undeclared"+strconv.Itoa(i))
	}
	nodes := []string{"goal"}
	for i := range d.IntN(6) {
		nodes = append(nodes, "n"+strconv.Itoa(i))
	}
	for i := range 1 + d.IntN(14) {
		g.Edges = append(g.Edges, randomEdge(d, i, nodes, names, g))
	}
	// Every node is some edge's head: what is not is undeclared by definition.
	for i, n := range nodes {
		if !slices.ContainsFunc(g.Edges, func(e exposure.Edge) bool { return e.Head == n }) {
			e := randomEdge(d, 100+i, nodes, names, g)
			e.Head = n
			g.Edges = append(g.Edges, e)
		}
	}
	return g
}

func randomAtom(d dice, i int, before []exposure.Atom) exposure.Atom {
	a := exposure.Atom{ID: "a" + strconv.Itoa(i), Class: classes[d.IntN(len(classes))], Phishable: d.IntN(3) == 0}
	switch a.Class {
	case exposure.Proof:
		a.IAL = d.IntN(4)
	case exposure.Know, exposure.Are:
		for _, k := range before {
			if (k.Class == exposure.HaveHW || k.Class == exposure.Have) && d.IntN(2) == 0 {
				a.Key = k.ID
			}
		}
	case exposure.Person:
		if d.IntN(2) == 0 {
			a.Pool = exposure.Pool{Of: "p" + strconv.Itoa(d.IntN(2)), K: 1 + d.IntN(3)}
			if slices.ContainsFunc(before, func(b exposure.Atom) bool { return b.Pool == a.Pool }) {
				a.Pool = exposure.Pool{}
			} else {
				a.Phishable = a.Pool.Of == "p1" // all of a pool alike
			}
		}
	}
	if d.IntN(3) == 0 {
		a.Owner = "ada"
	}
	return a
}

func randomEdge(d dice, i int, nodes, names []string, g exposure.Graph) exposure.Edge {
	e := exposure.Edge{ID: "e" + strconv.Itoa(i), Head: nodes[min(d.IntN(len(nodes)), d.IntN(len(nodes)))]}
	if d.IntN(25) == 0 { // an atom that is also a head
		e.Head = g.Atoms[d.IntN(len(g.Atoms))].ID
	}
	size := 1 + d.IntN(4)
	if d.IntN(60) == 0 {
		size = 0
	}
	for range size {
		from := names
		if d.IntN(5) < 2 {
			from = nodes // itself included: loops and cycles
		}
		if b := from[d.IntN(len(from))]; !slices.Contains(e.Body, b) {
			e.Body = append(e.Body, b)
		}
	}
	if len(e.Body) > 1 && d.IntN(2) == 0 {
		e.K = 1 + d.IntN(len(e.Body))
	}
	if d.IntN(3) == 0 {
		e.Recovery, e.NIST = true, d.IntN(3) > 0
	}
	return e
}

func randomQuestion(d dice, g exposure.Graph) exposure.Question {
	q := exposure.Question{Goal: "goal", Required: exposure.Required{AAL: d.IntN(4), Phr: d.IntN(3) == 0}, House: exposure.Usual(), Limit: 5000}
	if d.IntN(3) == 0 {
		q.House = exposure.House{DualControl: d.IntN(4), Onsite: d.IntN(4), Remote: d.IntN(3)}
	}
	for d.IntN(4) == 0 {
		if x := g.Atoms[d.IntN(len(g.Atoms))].ID; !slices.Contains(q.Given, x) {
			q.Given = append(q.Given, x)
		}
	}
	if d.IntN(4) == 0 {
		q.Owner = "ada"
	}
	return q
}
