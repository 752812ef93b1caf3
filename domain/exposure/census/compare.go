package census

import (
	"slices"
	"sync"

	"holdfast/domain/exposure"
)

// A comparison says which things of the core are to a shape what they were in
// the core of before.
type comparison struct {
	was, now *core
	mu       sync.Mutex
	memo     map[string]bool
}

func newComparison(was, now *core) *comparison {
	return &comparison{was: was, now: now, memo: map[string]bool{}}
}

// same says whether a leaf has the same edges, and all that it looks up is what
// it was.
func (m *comparison) same(old, l *leaf) bool {
	if !slices.Equal(old.names, l.names) || len(old.edges) != len(l.edges) || old.slow || l.slow || m.was.halves || m.now.halves {
		return false
	}
	if !slices.EqualFunc(old.atoms, l.atoms, sameAtom) {
		return false
	}
	for i := range old.edges {
		a, b := &old.edges[i], &l.edges[i]
		if a.head != b.head || a.k != b.k || a.root != b.root || len(a.body) != len(b.body) {
			return false
		}
		for j := range a.body {
			x, y := a.body[j], b.body[j]
			switch {
			case (x < 0) != (y < 0), x >= 0 && x != y:
				return false
			case x < 0 && (m.was.h.names[^x] != m.now.h.names[^y] || !m.thing(^x, ^y)):
				return false
			}
		}
	}
	return true
}

func sameAtom(a, b exposure.Atom) bool {
	a.Label, b.Label = "", ""
	return a == b
}

// thing compares one thing.
func (m *comparison) thing(x, y int32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := m.now.h.names[y]
	if same, ok := m.memo[name]; ok {
		return same
	}
	same := m.states(x, y) && m.sets(x, y)
	m.memo[name] = same
	return same
}

func (m *comparison) states(x, y int32) bool {
	equal := func(a, b *state) bool {
		if a.has[x] != b.has[y] || (a.more == nil) != (b.more == nil) {
			return false
		}
		return a.more == nil || slices.Equal(m.was.who(a.more[x]), m.now.who(b.more[y]))
	}
	for i := range m.was.states {
		if !equal(&m.was.states[i], &m.now.states[i]) {
			return false
		}
	}
	for i := range m.was.unaccepted {
		if !equal(&m.was.unaccepted[i], &m.now.unaccepted[i]) {
			return false
		}
	}
	for i := range m.was.profile {
		if !equal(&m.was.profile[i], &m.now.profile[i]) {
			return false
		}
	}
	return m.was.nothing.has[x] == m.now.nothing.has[y] && slices.Equal(m.was.ones(x), m.now.ones(y))
}

// ones are the atoms each of which gives a thing.
func (k *core) ones(t int32) (out []string) {
	if g := k.one[t]; g.any != nil {
		g.any.each(func(i int32) { out = append(out, k.h.names[i]) })
	}
	slices.Sort(out)
	return out
}

// who are the people of a gain, by name.
func (k *core) who(g gain) (out []string) {
	if g.any != nil {
		g.any.each(func(i int32) { out = append(out, k.h.names[k.people[i]]) })
	}
	slices.Sort(out)
	return out
}

func (m *comparison) sets(x, y int32) bool {
	a, cutA := m.was.sets(x, true, true)
	b, cutB := m.now.sets(y, true, true)
	return cutA == cutB && slices.EqualFunc(a, b, func(a, b exposure.Edge) bool {
		return a.Head == b.Head && a.Recovery == b.Recovery && a.NIST == b.NIST && slices.Equal(a.Body, b.Body) &&
			!slices.ContainsFunc(a.Body, func(id string) bool { return !m.atom(id) })
	}) && m.atom(m.now.h.names[y])
}

// atom says whether an atom is what it was; of all else it says so.
func (m *comparison) atom(id string) bool {
	x, y := m.was.h.number(id), m.now.h.number(id)
	if x < 0 || y < 0 || int(x) >= len(m.was.h.atoms) || int(y) >= len(m.now.h.atoms) {
		return (x < 0 || int(x) >= len(m.was.h.atoms)) == (y < 0 || int(y) >= len(m.now.h.atoms))
	}
	return sameAtom(m.was.h.atoms[x], m.now.h.atoms[y])
}
