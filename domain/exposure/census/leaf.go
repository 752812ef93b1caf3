package census

import (
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// A leaf is the graph of an account without power over others, in numbers: its
// own things from 0, atoms first, and ^t for the thing t of the core.
type leaf struct {
	names []string
	atoms []exposure.Atom
	edges []leafEdge
	goal  int32 // -1: nothing leads there
	slow  bool  // one of its hardware keys can be used in halves
	left  way   // edges of this sort do not count; plain: all do
	owner string
}

type leafEdge struct {
	head int32
	k    int32
	root bool
	way  way
	body []int32
}

// newLeaf numbers the graph of an account.
func newLeaf(k *core, owner string, g *exposure.Graph) *leaf {
	l := &leaf{owner: owner, goal: -1}
	index := map[string]int32{}
	add := func(name string) {
		if _, ok := index[name]; !ok && !k.h.has(name) {
			index[name] = int32(len(l.names))
			l.names = append(l.names, name)
		}
	}
	head := map[string]bool{}
	for i := range g.Edges {
		head[g.Edges[i].Head] = true
	}
	atom := func(a exposure.Atom) {
		n := len(l.names)
		if add(a.ID); len(l.names) > n {
			if own(a.ID) {
				a.Label = ""
			}
			l.atoms = append(l.atoms, a)
		}
	}
	for i := range g.Atoms {
		atom(g.Atoms[i])
	}
	for i := range g.Edges {
		for _, b := range g.Edges[i].Body {
			if !head[b] {
				atom(exposure.Atom{ID: b, Class: exposure.Unknown, Status: exposure.Assumed, Label: b, Learn: b})
			}
		}
	}
	for i := range g.Edges {
		add(g.Edges[i].Head)
	}
	ref := func(name string) int32 {
		if t := k.h.number(name); t >= 0 {
			return ^t
		}
		return index[name]
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		if !e.At(k.org.At) || k.h.has(e.Head) {
			continue
		}
		c := leafEdge{head: index[e.Head], k: int32(e.K), root: e.Root, way: wayOf(e)}
		for _, b := range e.Body {
			c.body = append(c.body, ref(b))
		}
		if c.k <= 0 {
			c.k = int32(len(c.body))
		}
		l.edges = append(l.edges, c)
	}
	if t, ok := index[rules.Session(owner)]; ok {
		l.goal = t
	}
	l.slow = l.apart()
	return l
}

// apart says whether something that activates a hardware key is worth something
// without it: see horn.openers.
func (l *leaf) apart() bool {
	for i := range l.atoms {
		a := &l.atoms[i]
		if !l.opens(a) {
			continue
		}
		if a.Pool.K > 0 {
			return true
		}
		for _, e := range l.edges {
			with, key := false, false
			for _, b := range e.body {
				with = with || b == int32(i)
				key = key || b >= 0 && l.names[b] == a.Key
			}
			if with && !e.root && (!key || int(e.k) < len(e.body)) {
				return true
			}
		}
	}
	return false
}

// opens says whether an atom activates a hardware key of this account.
func (l *leaf) opens(a *exposure.Atom) bool {
	if a.Key == "" || a.Class != exposure.Know && a.Class != exposure.Are {
		return false
	}
	for i := range l.atoms {
		if l.atoms[i].ID == a.Key {
			return l.atoms[i].Class == exposure.HaveHW
		}
	}
	return false
}

// reach says whether the goal follows from what is given of the leaf's own, where
// so much of the core is there.
func (l *leaf) reach(core []bool, given func(i int) bool, roots bool, r *room) bool {
	if l.goal < 0 {
		return false
	}
	has := l.start(given, r)
	for changed := true; changed && !has[l.goal]; {
		changed = false
		for i := range l.edges {
			e := &l.edges[i]
			if has[e.head] || e.root && !roots || l.left != plain && e.way == l.left {
				continue
			}
			n := int32(0)
			for _, b := range e.body {
				if b >= 0 && has[b] || b < 0 && core[^b] {
					n++
				}
			}
			if n >= e.k {
				has[e.head], changed = true, true
			}
		}
	}
	return has[l.goal]
}

// room is what one goroutine works in.
type room struct {
	has   []bool
	gains []gain
	bits  bitset
}

func (l *leaf) start(given func(i int) bool, r *room) []bool {
	if cap(r.has) < len(l.names) {
		r.has = make([]bool, 2*len(l.names))
	}
	has := r.has[:len(l.names)]
	for i := range has {
		has[i] = given(i)
	}
	return has
}

// gain is what the goal takes where the core's things take so much. It is good
// until the room is used again.
func (l *leaf) gain(core []gain, given func(i int) bool, width int, roots bool, r *room) gain {
	if l.goal < 0 {
		return gain{}
	}
	one := (width + 63) / 64
	if cap(r.gains) < len(l.names) {
		r.gains = make([]gain, 2*len(l.names))
	}
	if need := one * (len(l.names) + 1); len(r.bits) < need {
		r.bits = make(bitset, 2*need)
	}
	out, sum := r.gains[:len(l.names)], r.bits[one*len(l.names):one*(len(l.names)+1)]
	for i := range out {
		out[i] = gain{all: given(i)}
	}
	for changed := true; changed && !out[l.goal].all; {
		changed = false
		for i := range l.edges {
			e := &l.edges[i]
			h := &out[e.head]
			if h.all || e.root && !roots || l.left != plain && e.way == l.left {
				continue
			}
			g := threshold(e.k, len(e.body), func(i int) gain {
				if b := e.body[i]; b < 0 {
					return core[^b]
				}
				return out[e.body[i]]
			}, sum)
			switch {
			case g.all:
				*h, changed = g, true
			case g.any != nil && h.any == nil:
				h.any, changed = r.bits[one*int(e.head):one*(int(e.head)+1)], true
				copy(h.any, g.any)
			case g.any != nil:
				changed = h.any.or(g.any) || changed
			}
		}
	}
	return out[l.goal]
}
