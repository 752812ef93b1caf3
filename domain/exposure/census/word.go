package census

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"holdfast/domain/exposure/rules"
)

// Many shapes differ in one thing only: whose word they take, as that of a
// sponsor. Of sponsors whose accounts are kept alike there need be one, called
// their first: an account under one is worth what an account under another is.

// first is the first of those who are like a person as far as a word goes.
func (k *core) first(person string) string {
	t := k.h.number(rules.Act(person))
	if t < 0 {
		return person
	}
	k.wordMu.Lock()
	defer k.wordMu.Unlock()
	if f, ok := k.firsts[person]; ok {
		return f
	}
	f := person
	if _, ok := k.accounts[person]; ok && len(k.h.uses[t]) == 0 { // else it matters who it is
		text := k.wordOf(t, person)
		if known, ok := k.words[text]; ok {
			f = known
		} else {
			k.words[text] = person
		}
	}
	k.firsts[person] = f
	return f
}

// wordOf is a text that is equal for people who are alike. What others have to do
// with it is told by who they are, the person's own things by what they are.
func (k *core) wordOf(t int32, person string) string {
	var b []byte
	theirs := k.things[person]
	gained := func(g gain, slot func(int32) int32) {
		b = append(b, byte(number(g.all)))
		if g.any == nil {
			b = append(b, '-')
			return
		}
		others, words := slices.Clone(g.any), []string{}
		for _, i := range theirs {
			if s := slot(i); s >= 0 && others.has(s) {
				others.drop(s)
				a := &k.h.atoms[i]
				words = append(words, fmt.Sprint(units(k.house, a), a.Class))
			}
		}
		for len(others) > 0 && others[len(others)-1] == 0 {
			others = others[:len(others)-1]
		}
		b = binary.AppendUvarint(b, uint64(len(others)))
		for _, w := range others {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		slices.Sort(words)
		b = texts(b, words...)
	}
	states := func(list []state) {
		for i := range list {
			b = append(b, byte(number(list[i].has[t])))
			if list[i].more != nil {
				gained(list[i].more[t], k.slot)
			}
		}
	}
	canonical, _ := rules.Canon(k.accounts[person])
	b = texts(b, rules.Shape(canonical)) // whose own edges are the same, too
	states(k.states)
	states(k.unaccepted)
	states(k.profile)
	b = append(b, byte(number(k.nothing.has[t])), byte(number(k.list[t].cut)))
	gained(k.one[t], func(i int32) int32 { return i })
	var sets []string
	for _, w := range k.ways(t, false) {
		text := w.text
		for _, a := range w.set.atoms {
			if k.h.atoms[a].Owner != person {
				text += " " + strconv.Itoa(int(a))
			}
		}
		sets = append(sets, text)
	}
	slices.Sort(sets)
	return string(words(b, sets))
}

// wordOfAccount is whose word an account takes.
func wordOfAccount(a *rules.Account) string {
	if a.Sponsor != "" {
		return a.Sponsor
	}
	return a.Manager // the same person, where there are both: policy.User has one manager
}

// under is an account that takes the word of somebody else.
func under(a rules.Account, person string) rules.Account {
	if a.Sponsor != "" {
		a.Sponsor = person
	}
	if a.Manager != "" {
		a.Manager = person
	}
	return a
}

// bases are those of one core, by the key of their first.
type bases struct {
	k   *core
	of  map[string]*base
	all []*base
}

// shape makes a shape, whose base may be new: then it is not evaluated yet.
func (b *bases) shape(key string, x *canonical) *shape {
	s, f := &shape{key: key, word: x.word}, ""
	if x.word != "" {
		if f = b.k.first(x.word); f != x.word {
			s.from, s.to = b.k.h.number(rules.Act(f)), b.k.h.number(rules.Act(x.word))
		}
	}
	baseKey := x.text + "\x00" + f
	if s.base = b.of[baseKey]; s.base == nil {
		s.base = &base{account: under(x.account, f), text: x.text}
		b.of[baseKey] = s.base
		b.all = append(b.all, s.base)
	}
	return s
}

// own is the leaf of a shape, with whose word its accounts take.
func (s *shape) own() *leaf {
	if s.from == s.to || s.leaf == nil {
		return s.leaf
	}
	return s.leaf.with(s.from, s.to)
}

// with is the leaf with another thing of the core in place of one.
func (l *leaf) with(from, to int32) *leaf {
	out := *l
	out.edges = slices.Clone(l.edges)
	for i := range out.edges {
		if e := &out.edges[i]; slices.Contains(e.body, ^from) {
			e.body = slices.Clone(e.body)
			for j := range e.body {
				if e.body[j] == ^from {
					e.body[j] = ^to
				}
			}
		}
	}
	return &out
}
