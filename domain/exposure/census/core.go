package census

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

// core is everything that has power over others, solved once for all shapes:
// nothing in it depends on an account that has no power, so that a shape looks
// up what it needs.
type core struct {
	org      *rules.Organisation
	graph    exposure.Graph
	h        *horn
	house    exposure.House
	goal     map[string]int32 // session of each core account, by person
	accounts map[string]rules.Account

	asks       []ask
	unaccepted []state   // likewise for the worst case, without the ways back that NIST accepts
	states     []state   // by ask
	profile    []state   // by exposure.Profiles()
	given      [][]int32 // likewise, what they have from the start
	nothing    state     // what follows without anything
	list       []list    // by thing
	one        []gain    // which single atoms of the core give a thing
	slots      []int32   // by thing: number among the single people, or -1
	people     []int32   // things: atoms that are one person each
	halves     bool      // a hardware key of the core can be used in halves: see openers

	recovers bool // the core has a way back
	assessed *assessments

	wordMu sync.Mutex
	firsts map[string]string // see first
	words  map[string]string
	things map[string][]int32 // atoms, by whose they are

	mu    sync.Mutex
	memo  [2]map[int32][]setWay // see ways
	kind  [2]map[int32][]setWay // see kinds
	texts map[*set]string       // see textOf
	walk  *walk
}

// state is what follows from what is given, and what one person more would give.
type state struct {
	has  []bool
	more []gain // nil: not asked
}

// newCore solves a core, whose graph is org's own or that with a change.
func newCore(org *rules.Organisation, graph exposure.Graph, known *assessments) *core {
	k := &core{org: org, house: answer.HouseOf(org.Policy), goal: map[string]int32{}, accounts: make(map[string]rules.Account, len(org.Core)), memo: [2]map[int32][]setWay{{}, {}}, kind: [2]map[int32][]setWay{{}, {}}, texts: map[*set]string{}, assessed: known, firsts: map[string]string{}, words: map[string]string{}}
	k.graph = graph
	k.h = newHorn(&k.graph, org.At)
	for i := range org.Core {
		id := org.Core[i].ID
		k.goal[id], k.accounts[id] = k.h.number(rules.Session(id)), org.Core[i]
	}
	k.walk = newWalk(k.h)
	k.recovers = slices.ContainsFunc(k.h.edges, func(c clause) bool { return !c.root && c.way != plain })
	k.persons()
	k.asks = asksOf(k.house)
	opened, all := k.h.openers()
	k.halves = !all
	for i := range k.asks {
		k.states = append(k.states, k.state(&k.asks[i], opened, noRoots))
		if k.asks[i].worst {
			k.unaccepted = append(k.unaccepted, k.state(&k.asks[i], opened, unaccepted))
		}
	}
	k.nothing = state{has: k.h.follow(nil, noRoots)}
	k.one = k.h.singly(k.nothing.has, func(t int32) int32 {
		if int(t) < len(k.h.atoms) {
			return t
		}
		return -1
	}, len(k.h.atoms), noRoots)
	k.profiles()
	k.list = k.h.lists(k.house)
	return k
}

// persons numbers those who are one person.
func (k *core) persons() {
	k.slots = make([]int32, len(k.h.names))
	for i := range k.slots {
		k.slots[i] = -1
	}
	k.things = map[string][]int32{}
	for i := range k.h.atoms {
		if o := k.h.atoms[i].Owner; o != "" {
			k.things[o] = append(k.things[o], int32(i))
		}
	}
	for i := range k.h.atoms {
		if single(&k.h.atoms[i]) {
			k.slots[i] = int32(len(k.people))
			k.people = append(k.people, int32(i))
		}
	}
}

func single(a *exposure.Atom) bool { return a.Class == exposure.Person && a.Pool.K <= 1 }

func (k *core) slot(t int32) int32 { return k.slots[t] }

// state of an ask.
func (k *core) state(q *ask, opened map[string]bool, use func(*clause) bool) state {
	var given []int32
	for i := range k.h.atoms {
		if a := &k.h.atoms[i]; q.take(a) && !(q.halves && opened[a.ID]) {
			given = append(given, int32(i))
		}
	}
	s := state{has: k.h.follow(given, use)}
	if q.singly {
		s.more = k.h.singly(s.has, k.slot, len(k.people), use)
	}
	return s
}

// profiles is what every adversary has of the core.
func (k *core) profiles() {
	for _, p := range exposure.Profiles() {
		var given []int32
		one := p == exposure.SingleOperator || p == exposure.ProviderInsider
		for i := range k.h.atoms {
			if !one && p.Has(&k.h.atoms[i], nobody) {
				given = append(given, int32(i))
			}
		}
		if p == exposure.MailAdmin {
			for i, name := range k.h.names {
				if p.Holds(name) {
					given = append(given, int32(i))
				}
			}
		}
		s := state{has: k.h.follow(given, noRoots)}
		if one {
			s.more = k.h.singly(s.has, func(t int32) int32 {
				if s := k.slots[t]; s >= 0 && p.Has(&k.h.atoms[t], nobody) {
					return s
				}
				return -1
			}, len(k.people), noRoots)
		}
		k.profile, k.given = append(k.profile, s), append(k.given, given)
	}
}

// nobody owns nothing, and is not "".
const nobody = "\x00"

// openers are the atoms that activate a hardware key and are worth nothing without
// it: every edge that takes one takes its key as well. Whoever must not have both
// loses nothing by having the key. all is false where that is not so of some.
func (h *horn) openers() (opened map[string]bool, all bool) {
	opened, all = map[string]bool{}, true
	for i := range h.atoms {
		a := &h.atoms[i]
		if a.Key == "" || a.Class != exposure.Know && a.Class != exposure.Are {
			continue
		}
		key := h.number(a.Key)
		if key < 0 || int(key) >= len(h.atoms) || h.atoms[key].Class != exposure.HaveHW {
			continue
		}
		with := len(h.lower[i]) == 0
		for _, e := range h.uses[i] {
			c := &h.edges[e]
			with = with && (c.root || int(c.k) == len(c.body) && slices.Contains(c.body, key))
		}
		if with {
			opened[a.ID] = true
		} else {
			all = false
		}
	}
	return opened, all
}

// An ask is one question of the level: does the goal follow from all atoms that
// take says? See package exposure: following is monotone, so that one question
// with everything of a kind answers for every set of them.
type ask struct {
	take   func(*exposure.Atom) bool
	level  int  // that is found where it does
	singly bool // or from them and one person
	halves bool // hardware keys without what activates them
	phr    bool // it says that nothing resists
	worst  bool // what is unknown counts
}

// asksOf are the questions, for the worst case and then for the best, by level.
func asksOf(h exposure.House) []ask {
	var out []ask
	for _, worst := range []bool{true, false} {
		known := func(a *exposure.Atom) bool { return worst || a.Class != exposure.Unknown }
		add := func(level int, take func(*exposure.Atom) bool) *ask {
			out = append(out, ask{level: level, worst: worst, take: func(a *exposure.Atom) bool { return known(a) && take(a) }})
			return &out[len(out)-1]
		}
		nothing := func(a *exposure.Atom) bool { return units(h, a) == 0 }
		add(0, nothing).singly = h.DualControl > 1
		for _, c := range [][]exposure.Class{{exposure.Know}, {exposure.Have, exposure.HaveHW}, {exposure.Are}, {exposure.RecSaved}, {exposure.RecIssued}, {exposure.RecContact}} {
			add(1, func(a *exposure.Atom) bool { return nothing(a) || slices.Contains(c, a.Class) })
		}
		add(1, func(a *exposure.Atom) bool { return nothing(a) || a.Class == exposure.Proof && units(h, a) <= 1 })
		if h.DualControl == 1 {
			add(1, func(a *exposure.Atom) bool { return nothing(a) || a.Class == exposure.Person })
		}
		two := add(2, func(a *exposure.Atom) bool {
			return !(a.Class == exposure.Person && h.DualControl == 3) && !(a.Class == exposure.Proof && units(h, a) == 3)
		})
		two.halves, two.singly = true, h.DualControl == 3
		add(0, func(a *exposure.Atom) bool {
			return a.Phishable || a.Class == exposure.Deceive || a.Class == exposure.Unknown
		}).phr = true
	}
	return out
}

// units is what one atom is worth by itself: see exposure.Level.
func units(h exposure.House, a *exposure.Atom) int {
	n, _ := exposure.Level([]exposure.Atom{*a}, h)
	return n
}

// How a set leads to a thing of the core, to SP 800-63B-4 §4.2.2.
type byWay uint8

const (
	inside     byWay = iota // by no way back, or it does not matter
	byAccepted              // only by ways back that it accepts
	byRefused               // only by others
	byEither                // by the ones or the others
	byBoth                  // by the ones and the others together
)

// setWay is a minimal set of a thing.
type setWay struct {
	set  *set
	by   byWay
	text string // equal for those that are worth the same; empty: it is worth everything
}

// kinds are the minimal sets of a thing of the core by what they are worth: of
// sets that are worth the same in every respect there is one, and of those that
// are worth everything, none. In how far somebody inside the core could contest is
// not told by them.
func (k *core) kinds(t int32, told bool) []setWay {
	ways := k.ways(t, told)
	k.mu.Lock()
	defer k.mu.Unlock()
	memo := k.kind[number(told)]
	kinds, ok := memo[t]
	if !ok {
		kinds = append([]setWay{}, ways...)
		slices.SortStableFunc(kinds, func(a, b setWay) int { return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.by, b.by)) })
		kinds = slices.CompactFunc(kinds, func(a, b setWay) bool { return a.text == b.text && a.by == b.by })
		kinds = slices.DeleteFunc(kinds, func(w setWay) bool { return w.text == "" })
		memo[t] = kinds
	}
	return kinds
}

// setsOf are the sets of the session of an account of the core: nobody takes
// their own account over, and what consists of their own things is all there.
func (k *core) setsOf(t int32, person string, told bool) (out []setWay) {
	type kind struct {
		text string
		by   byWay
	}
	seen, self := map[kind]bool{}, k.h.number(rules.Corrupt(person))
	for _, w := range k.ways(t, told) {
		theirs := !slices.ContainsFunc(w.set.atoms, func(a int32) bool { return !keeps(&k.h.atoms[a], person) })
		if slices.Contains(w.set.atoms, self) || !theirs && (w.text == "" || seen[kind{w.text, w.by}]) {
			continue
		}
		if !theirs {
			seen[kind{w.text, w.by}] = true
		}
		out = append(out, w)
	}
	return out
}

// forget drops what is seldom asked for again.
func (k *core) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, told := range []int{0, 1} {
		clear(k.memo[told])
		clear(k.kind[told])
	}
	clear(k.texts)
}

// ways are the sets of a thing, made when they are first asked for. told says
// what they are to NIST; else all pass for ways that are none back.
func (k *core) ways(t int32, told bool) []setWay {
	k.mu.Lock()
	defer k.mu.Unlock()
	memo := k.memo[number(told)]
	if ways, ok := memo[t]; ok {
		return ways
	}
	ways := make([]setWay, 0, len(k.list[t].sets))
	for _, x := range k.list[t].sets {
		if len(x.atoms) == 1 && x.atoms[0] == t {
			continue
		}
		w := setWay{set: x, text: k.textOf(x)}
		if told && x.level < 3 { // at AAL3 it does not matter
			w.by = k.wayOf(x.atoms, t)
		}
		ways = append(ways, w)
	}
	memo[t] = ways
	return ways
}

// textOf is equal for sets that are worth the same whatever else is had; empty
// where nothing can come of it: it is worth AAL3, resists, and is known.
func (k *core) textOf(x *set) string {
	if text, ok := k.texts[x]; ok {
		return text
	}
	atoms := make([]exposure.Atom, len(x.atoms))
	unknown := false
	for i, t := range x.atoms {
		atoms[i] = k.h.atoms[t]
		unknown = unknown || atoms[i].Class == exposure.Unknown
	}
	text := ""
	if x.level < 3 || unknown || !exposure.Resists(atoms) {
		words := make([]string, len(atoms))
		for i := range atoms {
			a := &atoms[i]
			together := slices.ContainsFunc(atoms, func(b exposure.Atom) bool { return b.ID == a.Key || b.Key == a.ID })
			words[i] = fmt.Sprint(a.Class, a.IAL, a.Phishable, max(a.Pool.K, 1), together, a.Learn, ";")
		}
		slices.Sort(words)
		text = strings.Join(words, "")
	}
	k.texts[x] = text
	return text
}

// wayOf is how a set leads to a thing.
func (k *core) wayOf(set []int32, t int32) byWay {
	if !k.recovers || k.by(set, t, plain) {
		return inside
	}
	switch accepted, refused := k.by(set, t, accept), k.by(set, t, refuse); {
	case accepted && refused:
		return byEither
	case accepted:
		return byAccepted
	case refused:
		return byRefused
	}
	return byBoth
}

// by says whether a thing follows from a set by edges that are no way back, and
// by ways back of one sort.
func (k *core) by(set []int32, t int32, sort way) bool {
	return k.walk.reaches(set, t, func(c *clause) bool { return !c.root && (c.way == plain || c.way == sort) })
}

// unaccepted leaves the ways back out that NIST accepts.
func unaccepted(c *clause) bool { return !c.root && c.way != accept }

// own says whether a name in a canonical graph is the account's own.
func own(name string) bool { return strings.Contains(name, "~") }
