package census

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

// Blast is what falls with given: atoms and nodes of the core, and atoms that
// many accounts have in common (a story that is believed, a proof that is
// passed). What falls through powers over everything alone is counted apart. What somebody has for themselves, such
// as a passkey or a device, is not known here: ask about that account. The list
// of ids begins behind after and has at most limit.
func (v *View) Blast(given []string, after holdfast.PersonID, limit int) Blast {
	if v.k == nil {
		return Blast{}
	}
	f := v.fall(given)
	out := Blast{Powers: f.powers}
	segments := map[string]int64{}
	for i, s := range v.shapes.all {
		if s.count == 0 {
			continue
		}
		if f.one[i] {
			out.OneMore += s.count
		}
		switch {
		case f.falls[i]:
			out.count(s)
			segments[s.segment] += s.count
		case f.rooted[i]:
			out.Through.Accounts += s.count
			if s.privileged {
				out.Through.Privileged += s.count
			}
		}
	}
	out.Segments = v.counts(segments)
	if limit > 0 {
		for i := range v.inOrder(string(after)) {
			if s := v.places.at(i).shape; s == noShape || !f.falls[s] && !f.rooted[s] {
				continue
			}
			if len(out.IDs) == limit {
				out.Next = out.IDs[limit-1]
				break
			}
			out.IDs = append(out.IDs, holdfast.PersonID(v.ids.at(i)))
		}
	}
	return out
}

func (b *Blast) count(s *shape) {
	b.Accounts += s.count
	b.Weighted += s.count * s.weight
	if s.privileged {
		b.Privileged += s.count
	}
}

// counts lists segments in the order of the policy; who is in none comes last.
func (v *View) counts(of map[string]int64) []answer.Count {
	var out []answer.Count
	for _, name := range v.segments() {
		if of[name] > 0 {
			out = append(out, answer.Count{Name: name, Count: of[name]})
		}
	}
	return out
}

func (v *View) segments() []string {
	var out []string
	if p := v.policy(); p != nil {
		for _, s := range p.Document().Segments {
			out = append(out, s.Name)
		}
	}
	return append(out, "")
}

// falling is which shapes fall, which fall through powers over everything alone,
// and which take one thing more. Those that fall to
// one thing anyway, whatever is given, are not of the latter: what is given is no
// help there.
type falling struct {
	falls, rooted, one []bool
	powers             []string
}

func (v *View) fall(given []string) falling {
	k, n := v.k, v.shapes.n
	f := falling{falls: make([]bool, n), rooted: make([]bool, n), one: make([]bool, n)}
	var things []int32
	for _, g := range given {
		if t := k.h.number(g); t >= 0 {
			things = append(things, t)
		}
	}
	free, with := k.h.follow(nil, everyEdge), k.h.follow(things, everyEdge)
	for t := len(k.h.atoms); t < len(with); t++ {
		if with[t] && !free[t] {
			f.powers = append(f.powers, k.h.names[t])
		}
	}
	slices.Sort(f.powers)
	alone, beside := k.oneMore(nil), k.oneMore(things)
	each(n, func(i int, r *room) {
		s := v.shapes.at(uint32(i))
		switch {
		case s.count == 0:
		case s.leaf == nil:
			if t := k.goal[s.account.ID]; t >= 0 {
				f.falls[i] = beside.has[t] && !alone.has[t]
				f.rooted[i] = with[t] && !free[t] && !beside.has[t]
				f.one[i] = !with[t] && beside.more[t].enough() && !alone.more[t].enough()
			}
		default:
			l := s.own()
			switch theirs, none := l.among(given), l.among(nil); {
			case l.reach(beside.has, theirs, false, r):
				f.falls[i] = !l.reach(alone.has, none, false, r)
				return
			case l.reach(with, theirs, true, r):
				f.rooted[i] = !l.reach(free, none, true, r)
				return
			}
			f.one[i] = l.withOne(given, beside, r) && !l.withOne(nil, alone, r)
		}
	})
	return f
}

// stock is what follows from what is given without powers over everything, and
// what each thing of the core takes besides: one more atom of the core, if that.
type stock struct {
	has   []bool
	more  []gain
	width int // atoms of the core
}

func (k *core) oneMore(given []int32) stock {
	has := k.h.follow(given, noRoots)
	width := len(k.h.atoms)
	return stock{has, k.h.singly(has, func(t int32) int32 {
		if int(t) < width {
			return t
		}
		return -1
	}, width, noRoots), width}
}

// among says which of the leaf's own things have one of these names.
func (l *leaf) among(names []string) func(i int) bool {
	return func(i int) bool { return slices.Contains(names, l.names[i]) }
}

// withOne says whether a session follows from what is given and at most one atom
// more, of the core or the leaf's own.
func (l *leaf) withOne(given []string, core stock, r *room) bool {
	theirs := l.among(given)
	if l.gain(core.more, theirs, core.width, false, r).enough() {
		return true
	}
	for j := range l.atoms {
		if l.reach(core.has, func(i int) bool { return i == j || theirs(i) }, false, r) {
			return true
		}
	}
	return false
}

// toppling is the blasts of all single things, counted when they are first asked for.
type toppling struct {
	once sync.Once
	list []Toppled
}

// Top lists the n greatest blasts of single atoms, declared powers, sync accounts
// and pools: by privileged accounts, then weight, then accounts that fall through
// powers over everything alone, then name.
func (v *View) Top(n int) []Toppled {
	if v.k == nil {
		return nil
	}
	v.top.once.Do(func() { v.top.list = v.topple() })
	return slices.Clone(v.top.list[:min(n, len(v.top.list))])
}

// topple asks of each shape at once with which single things it falls.
func (v *View) topple() []Toppled {
	k := v.k
	names := slices.Clone(k.h.names)
	number := map[string]int32{}
	for _, s := range v.shapes.all {
		if s.leaf == nil || s.count == 0 {
			continue
		}
		for i := range s.leaf.atoms { // many accounts have it in common
			if id := s.leaf.atoms[i].ID; !own(id) && number[id] == 0 {
				number[id] = int32(len(names))
				names = append(names, id)
			}
		}
	}
	width := len(names)
	slot := func(t int32) int32 {
		if int(t) < len(k.h.atoms) || candidate(k.h.names[t]) {
			return t
		}
		return -1
	}
	blasts, whole := make([]Blast, width), make([]Blast, width)
	for _, roots := range []bool{true, false} {
		use := noRoots
		if roots {
			use = everyEdge
		}
		t := &topples{k: k, number: number, width: width, roots: roots, has: k.h.follow(nil, use)}
		t.more = k.h.singly(t.has, slot, width, use)
		for thing, b := range t.all(&v.shapes) {
			if roots {
				whole[thing] = b
			} else {
				blasts[thing] = b
			}
		}
	}
	var out []Toppled
	for t := range blasts {
		b := &blasts[t] // where all accounts fall to nothing at all through a root, whole is empty
		b.Through = Rooted{max(0, whole[t].Accounts-b.Accounts), max(0, whole[t].Privileged-b.Privileged)}
		if b.Accounts+b.Through.Accounts > 0 {
			out = append(out, Toppled{Node: names[t], Root: b.Through.Accounts > 0, Blast: *b})
		}
	}
	slices.SortFunc(out, func(a, b Toppled) int {
		return cmp.Or(cmp.Compare(b.Privileged, a.Privileged), cmp.Compare(b.Weighted, a.Weighted),
			cmp.Compare(b.Through.Accounts, a.Through.Accounts), strings.Compare(a.Node, b.Node))
	})
	return out
}

// candidate says whether a node is shown beside atoms.
func candidate(name string) bool {
	for _, p := range []string{"power:", "sync:", "approved:", "root"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// topples asks with which single things shapes fall.
type topples struct {
	k      *core
	number map[string]int32 // of atoms that are no part of the core
	width  int
	roots  bool
	has    []bool
	more   []gain
}

// all counts, by thing, what falls with it. Shapes that differ in whose word they
// take fall with the same things, and where that word is enough, with what gives
// it: so each is asked but once.
func (t *topples) all(shapes *vector[*shape]) []Blast {
	never, always := int32(len(t.has)), int32(len(t.has))+1
	t.has, t.more = append(t.has, false, true), append(t.more, gain{}, gain{all: true})
	type sum struct {
		Blast
		words map[int32]*Blast // by who gives theirs
		leaf  *leaf
		word  int32 // in the leaf; -1: nobody's
		falls []int32
		apart []*shape
	}
	by, order := map[*base]*sum{}, []*sum{}
	for _, s := range shapes.all {
		if s.count == 0 {
			continue
		}
		u := by[s.base]
		if u == nil {
			u = &sum{leaf: s.leaf, word: -1, words: map[int32]*Blast{}}
			by[s.base] = u
			order = append(order, u)
			if s.leaf == nil {
				u.falls = t.core(s)
			}
		}
		if s.word != "" && s.from == s.to { // the first themselves
			s = &shape{key: s.key, word: s.word, count: s.count, base: s.base, to: t.k.h.number(rules.Act(s.word))}
			s.from = s.to
		}
		if s.leaf != nil && s.word != "" && s.to >= 0 {
			u.word = s.from
			if u.words[s.to] == nil {
				u.words[s.to] = &Blast{}
			}
			u.words[s.to].count(s)
			u.apart = append(u.apart, s)
		}
		u.count(s)
	}
	out := make([]Blast, t.width)
	each(len(order), func(i int, r *room) {
		u := order[i]
		switch {
		case u.leaf == nil:
		case u.word < 0:
			u.falls = t.single(u.leaf, r)
		case u.leaf.with(u.word, always).reach(t.has, func(int) bool { return false }, t.roots, r):
			u.falls = t.single(u.leaf.with(u.word, never), r)
			u.apart = nil
		}
	})
	for _, u := range order {
		if len(u.apart) > 0 { // whose word it is matters together with something else
			for _, s := range u.apart {
				for _, thing := range t.single(u.leaf.with(u.word, s.to), new(room)) {
					out[thing].count(s)
				}
			}
			continue
		}
		seen := map[int32]bool{}
		for _, thing := range u.falls {
			seen[thing] = true
			out[thing].add(&u.Blast)
		}
		for to, b := range u.words {
			if g := t.more[to]; g.any != nil {
				g.any.each(func(thing int32) {
					if !seen[thing] {
						out[thing].add(b)
					}
				})
			}
		}
	}
	return out
}

func (b *Blast) add(o *Blast) {
	b.Accounts, b.Privileged, b.Weighted = b.Accounts+o.Accounts, b.Privileged+o.Privileged, b.Weighted+o.Weighted
}

// core lists the things with each of which an account of the core falls.
func (t *topples) core(s *shape) (out []int32) {
	if n := t.k.goal[s.account.ID]; n >= 0 && t.more[n].any != nil {
		t.more[n].any.each(func(i int32) { out = append(out, i) })
	}
	return out
}

// single lists the things with each of which a leaf falls.
func (t *topples) single(l *leaf, r *room) (out []int32) {
	g := l.gain(t.more, func(int) bool { return false }, t.width, t.roots, r)
	if g.all {
		return nil
	}
	if g.any != nil {
		g.any.each(func(i int32) { out = append(out, i) })
	}
	for j := range l.atoms {
		if id := l.atoms[j].ID; !own(id) && l.reach(t.has, func(i int) bool { return i == j }, t.roots, r) {
			out = append(out, t.number[id])
		}
	}
	return out
}

// Shared are the atoms that accounts have in common and that are no part of what
// all share: a story that those who run a procedure believe, a fact that nobody
// has said.
func (v *View) Shared() []exposure.Atom {
	var out []exposure.Atom
	seen := map[string]bool{}
	for _, s := range v.shapes.all {
		if s.leaf == nil || s.count == 0 {
			continue
		}
		for i := range s.leaf.atoms {
			if a := &s.leaf.atoms[i]; !own(a.ID) && !seen[a.ID] {
				seen[a.ID] = true
				out = append(out, *a)
			}
		}
	}
	return out
}
