package census

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// A small graph is an account's own with the lists of the core's things that it
// needs in place of the core. What is of the core has no name of its own there:
// the first is "#0", the next "#1". So most accounts of a segment have one and the
// same small graph, whoever the people are, and before and after an event: it is
// assessed once.
type small struct {
	k     *core
	graph exposure.Graph
	goal  string
	owner string

	as    map[string]string // what things of the core are called here
	need  []int32           // of those, whose lists are asked for
	atoms map[int32]bool    // of those, that are in the graph
	names []string          // "#0", …, as far as they were ever needed
	words []string          // room for bodies
	key   []byte
}

// assessed is what is kept of an assessment of a small graph.
type assessed struct {
	bad       bool // an id is there twice: nothing can be said
	verdict   exposure.Verdict
	contest   exposure.Contest
	available int
	ways      int // sets of the account's own things alone
	truncated bool
	mixed     bool // see small.mixed
	learn     []string
}

// assessments are those of small graphs: they hold for every core and policy.
type assessments struct {
	mu   sync.Mutex
	now  map[[sha256.Size]byte]*assessed
	old  map[[sha256.Size]byte]*assessed // of before the last turn
	room sync.Pool                       // of *small
}

// most is how many are kept: twice.
const most = 1 << 17

func newAssessments() *assessments {
	m := &assessments{now: map[[sha256.Size]byte]*assessed{}}
	m.room.New = func() any { return &small{as: map[string]string{}, atoms: map[int32]bool{}} }
	return m
}

// turn forgets what has not been asked for since the last turn.
func (m *assessments) turn() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.old, m.now = m.now, make(map[[sha256.Size]byte]*assessed, len(m.now))
}

func (m *assessments) of(key [sha256.Size]byte, assess func() *assessed) *assessed {
	m.mu.Lock()
	a, ok := m.now[key]
	if !ok {
		if a, ok = m.old[key]; ok {
			m.now[key] = a
		}
	}
	m.mu.Unlock()
	if ok {
		return a
	}
	a = assess()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now[key] = a; len(m.now) > most {
		m.old, m.now = m.now, map[[sha256.Size]byte]*assessed{}
	}
	return a
}

// listed assesses the small graph of an account. all has every set of the core's
// things in it, told what they are to SP 800-63B-4 §4.2.2.
func (e *evaluation) listed(required exposure.Required, all, told bool) (a *assessed, cut bool) {
	s := e.k.assessed.room.Get().(*small)
	defer e.k.assessed.room.Put(s)
	cut = s.of(e, all, told)
	return e.k.assessed.of(s.sum(required), func() *assessed { return s.assess(required, e.l != nil && !all) }), cut
}

// of makes the small graph of an account.
func (s *small) of(e *evaluation, all, told bool) (cut bool) {
	s.k = e.k
	s.graph.Atoms, s.graph.Edges = s.graph.Atoms[:0], s.graph.Edges[:0]
	s.need, s.words = s.need[:0], s.words[:0]
	clear(s.as)
	clear(s.atoms)
	s.goal, s.owner = rules.Session(e.account.ID), e.account.ID
	switch {
	case e.l != nil:
		s.own(e)
	case e.goal >= 0:
		s.goal = s.thing(s.goal)
		s.need = append(s.need, e.goal)
	}
	for _, t := range s.need {
		s.atom(t)
		var ways []setWay
		switch {
		case e.l == nil:
			ways = s.k.setsOf(t, e.account.ID, told)
		case all:
			ways = s.k.ways(t, told)
		default:
			ways = s.k.kinds(t, told)
		}
		s.ways(t, ways)
		cut = cut || s.k.list[t].cut
	}
	s.finish()
	return cut
}

// own adds the account's own things and edges.
func (s *small) own(e *evaluation) {
	s.graph.Atoms = append(s.graph.Atoms, e.l.atoms...)
	for i := range e.graph.Edges {
		if s.k.h.has(e.graph.Edges[i].Head) {
			continue
		}
		edge := e.graph.Edges[i]
		from := len(s.words)
		for _, b := range edge.Body {
			t := s.k.h.number(b)
			if t < 0 {
				s.words = append(s.words, b)
				continue
			}
			s.words = append(s.words, s.thing(b))
			if !edge.Root && !slices.Contains(s.need, t) {
				s.need = append(s.need, t)
			}
		}
		edge.Body = s.words[from:len(s.words):len(s.words)]
		s.graph.Edges = append(s.graph.Edges, edge)
	}
}

// thing is what a thing of the core is called here.
func (s *small) thing(name string) string {
	n, ok := s.as[name]
	if !ok {
		if len(s.as) == len(s.names) {
			s.names = append(s.names, "#"+strconv.Itoa(len(s.names)))
		}
		n = s.names[len(s.as)]
		s.as[name] = n
	}
	return n
}

// atom adds a thing of the core that is an atom.
func (s *small) atom(t int32) {
	if int(t) < len(s.k.h.atoms) && !s.atoms[t] {
		s.atoms[t] = true
		s.graph.Atoms = append(s.graph.Atoms, s.k.h.atoms[t])
	}
}

// ways adds edges that lead to a thing of the core.
func (s *small) ways(t int32, ways []setWay) {
	head := s.thing(s.k.h.names[t])
	if len(ways) == 0 && int(t) >= len(s.k.h.atoms) { // it is known, and nothing leads to it
		s.graph.Edges = append(s.graph.Edges, exposure.Edge{Head: head, Body: []string{"\x00"}, Root: true})
	}
	for _, w := range ways {
		from := len(s.words)
		for _, a := range w.set.atoms {
			s.words = append(s.words, s.thing(s.k.h.names[a]))
			s.atom(a)
		}
		edge := exposure.Edge{Head: head, Body: s.words[from:len(s.words):len(s.words)]}
		refused, accepted := edge, edge
		refused.Recovery, accepted.Recovery, accepted.NIST = true, true, true
		switch w.by {
		case inside:
			s.graph.Edges = append(s.graph.Edges, edge)
		case byRefused:
			s.graph.Edges = append(s.graph.Edges, refused)
		case byAccepted:
			s.graph.Edges = append(s.graph.Edges, accepted)
		case byEither:
			s.graph.Edges = append(s.graph.Edges, refused, accepted)
		case byBoth: // it takes both
			refused.Head = "#" + strconv.Itoa(len(s.graph.Edges)) + "+"
			accepted.Body = []string{refused.Head}
			s.graph.Edges = append(s.graph.Edges, refused, accepted)
		}
	}
}

// finish puts the new names where others are named: what is not here at all is "#".
func (s *small) finish() {
	here := func(name string) string {
		if name == "" || !s.k.h.has(name) {
			return name
		}
		if n, ok := s.as[name]; ok {
			return n
		}
		return "#"
	}
	for i := range s.graph.Atoms {
		a := &s.graph.Atoms[i]
		if n, ok := s.as[a.ID]; ok {
			if a.ID, a.Key, a.Label = n, here(a.Key), ""; a.Owner != s.owner {
				a.Owner = ""
			}
		}
		if a.Pool.K > 0 {
			a.Pool.Of = s.thing("\x00" + a.Pool.Of)
		}
	}
	for i := range s.graph.Edges {
		edge := &s.graph.Edges[i]
		for len(s.names) <= i {
			s.names = append(s.names, "#"+strconv.Itoa(len(s.names)))
		}
		edge.ID, edge.Approver = s.names[i], here(edge.Approver)
		if len(edge.Notify) > 0 {
			edge.Notify = slices.Clone(edge.Notify)
			for j := range edge.Notify {
				edge.Notify[j] = here(edge.Notify[j])
			}
		}
	}
}

// sum is equal for small graphs that are the same, asked the same. Everything that
// package exposure reads of a graph goes into it.
func (s *small) sum(required exposure.Required) [sha256.Size]byte {
	b, h := s.key[:0], &s.k.house
	b = append(b, byte(required.AAL), byte(number(required.Phr)), byte(h.DualControl), byte(h.Onsite), byte(h.Remote))
	b = texts(b, s.goal)
	b = binary.AppendUvarint(b, uint64(len(s.graph.Atoms)))
	for i := range s.graph.Atoms {
		a := &s.graph.Atoms[i]
		b = texts(b, a.ID, string(a.Class), a.Key, a.Pool.Of, a.Learn)
		b = append(binary.AppendUvarint(b, uint64(a.Pool.K)), byte(a.IAL), byte(number(a.Phishable)|number(a.Owner == s.owner)<<1))
	}
	for i := range s.graph.Edges {
		edge := &s.graph.Edges[i]
		b = words(words(texts(b, edge.Head, edge.Approver), edge.Body), edge.Notify)
		b = binary.AppendVarint(binary.AppendVarint(b, int64(edge.K)), int64(edge.Hold))
		b = append(b, byte(number(edge.Recovery)|number(edge.NIST)<<1|number(edge.Root)<<2|number(edge.Contest)<<3|number(edge.At(s.k.org.At))<<4))
	}
	s.key = b
	return sha256.Sum256(b)
}

// assess is what sum is the sum of, assessed.
func (s *small) assess(required exposure.Required, few bool) *assessed {
	n, err := exposure.Compile(s.graph, exposure.Options{At: s.k.org.At})
	if err != nil {
		return &assessed{bad: true}
	}
	a := n.Assess(exposure.Question{Goal: s.goal, Required: required, House: s.k.house, Owner: s.owner, Limit: Limit})
	out := &assessed{verdict: a.Verdict, contest: a.Effective.Contest, available: a.Availability, truncated: a.Truncated, learn: a.Unknown}
	for i := range a.Sets {
		set := a.Sets[i].Atoms
		out.mixed = out.mixed || few && s.mixed(set)
		if !slices.ContainsFunc(set, func(id string) bool {
			atom, _ := n.Atom(id)
			return !keeps(&atom, s.owner)
		}) {
			out.ways++
		}
	}
	return out
}

// mixed says whether what a set has of the core is not one of the core's sets: it
// takes things of the core by two ways, and it matters which.
func (s *small) mixed(set []string) bool {
	var core []string
	for _, id := range set {
		if strings.HasPrefix(id, "#") {
			core = append(core, id)
		}
	}
	if len(core) < 2 {
		return false
	}
	for i := range s.graph.Edges {
		if b := s.graph.Edges[i].Body; len(b) == len(core) && !slices.ContainsFunc(b, func(id string) bool { return !slices.Contains(core, id) }) {
			return false
		}
	}
	return true
}

// keeps says whether an atom is something that its owner has or knows.
func keeps(a *exposure.Atom, owner string) bool {
	switch a.Class {
	case exposure.Person, exposure.Deceive, exposure.Proof, exposure.Unknown:
		return false
	}
	return a.Owner == owner
}
