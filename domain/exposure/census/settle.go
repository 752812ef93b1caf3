package census

import (
	"container/heap"
	"crypto/sha256"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/surroundings"
)

// Settle makes everything count that was noted since, at a moment not before the
// last one.
func (c *Census) Settle(at time.Time) {
	c.move(at)
	touched := c.touched
	c.touched = nil
	changed := true
	switch {
	case c.policy == nil:
		c.uncovered()
	case c.stale:
		c.solve()
	default:
		changed = c.follow(touched)
	}
	c.stale, c.derived = false, nil
	c.publish(changed)
}

// Foresee says whom a Settle at a moment would want, without settling: where
// everybody is to be solved, they are better put before than after. It is for the
// one who writes.
func (c *Census) Foresee(at time.Time) []holdfast.PersonID {
	c.move(at)
	if c.policy == nil || !c.stale {
		return nil
	}
	c.derive()
	return c.Wants()
}

// move goes on to a moment.
func (c *Census) move(at time.Time) {
	if at.Before(c.at) {
		at = c.at
	}
	if t := c.turns(c.at); !t.IsZero() && !t.After(at) || c.reads.now && at.After(c.at) {
		c.stale = true
	}
	c.pass(at)
	c.at = at
	c.arrange()
}

// pass moves accounts whose dates have come to other facts.
func (c *Census) pass(at time.Time) {
	now := holdfast.Micros(at)
	for len(c.due) > 0 && c.due[0].at <= now {
		m := heap.Pop(&c.due).(moment)
		dates, ok := c.dates[m.i]
		if !ok || dates[0] != m.at || !c.accounts[m.i].alive {
			continue // it was put again since
		}
		n, _ := slices.BinarySearch(dates, now+1)
		a := &c.accounts[m.i]
		old := &c.known[a.known].held
		c.departed(m.i, old, dates[:n])
		facts := later(*old, n)
		a.known = c.intern(&facts)
		if h, ok := c.whole[m.i]; ok {
			c.leave(m.i, leftOf(&h, at))
		}
		c.dated(m.i, dates[n:])
		c.touched = append(c.touched, m.i)
	}
}

// departed notes the day when a date that has come is that of an end.
func (c *Census) departed(i uint32, h *rules.Held, came []int64) {
	day := func(t time.Time) int64 {
		if k := slotOf(t); k > 0 && k <= len(came) {
			return came[k-1]
		}
		return 0
	}
	var left int64
	for j := range h.Surroundings {
		if r := &h.Surroundings[j]; r.Kind == surroundings.Departure {
			if d := day(r.From); d != 0 && (left == 0 || d < left) {
				left = d
			}
		}
	}
	if left == 0 {
		left = day(h.Person.Ends)
	}
	if left != 0 && c.left(i) == 0 {
		c.leaveAt(i, left)
	}
}

// uncovered: without a policy nobody is covered, and nothing is required.
func (c *Census) uncovered() {
	s := &shape{base: &base{worth: none(), leaf: &leaf{goal: -1}}}
	c.byShape, c.k = map[string]uint32{"": 0}, nil
	c.shapes = vector[*shape]{}
	c.shapes.append(s)
	c.org, c.people = nil, map[uint32]rules.Account{}
	clear(c.vouched)
	for i := range c.accounts {
		n := noShape
		if c.accounts[i].vouch = 0; c.accounts[i].alive {
			n = 0
			s.count++
		}
		c.stand(uint32(i), n)
	}
}

// organisation begins what all accounts share: without the core, as which
// accounts are read.
func (c *Census) organisation() *rules.Organisation {
	return &rules.Organisation{Policy: c.policy, At: c.at, Shared: c.powers}
}

// solve solves everything again: facts become shapes, each once, then the core,
// then each shape.
func (c *Census) solve() {
	list, of := c.derive()
	k, people := c.solveCore()

	all := &bases{k: k, of: map[string]*base{}}
	shapes, byShape := vector[*shape]{}, map[string]uint32{}
	derived := map[uint64]uint32{} // by number in list, and manager where it matters
	for i := range c.accounts {
		a := &c.accounts[i]
		if !a.alive {
			c.stand(uint32(i), noShape)
			continue
		}
		pair := uint64(of[i]) << 32
		if list[of[i]].word != "" {
			pair |= uint64(a.manager)
		}
		s, ok := derived[pair]
		if person, is := people[uint32(i)]; is {
			s = uint32(shapes.n)
			key := "=" + c.ids.at(uint32(i))
			shapes.append(&shape{key: key, base: &base{account: person}})
			all.all = append(all.all, shapes.at(s).base)
			byShape[key] = s
		} else if !ok {
			x := list[of[i]].takes(c.names[a.manager])
			key := x.key()
			if s, ok = byShape[key]; !ok {
				s = uint32(shapes.n)
				shapes.append(all.shape(key, &x))
				byShape[key] = s
			}
			derived[pair] = s
		}
		c.stand(uint32(i), s)
		shapes.at(s).count++ // nobody sees it yet
	}
	each(len(all.all), func(i int, r *room) { all.all[i].worth, all.all[i].leaf = k.evaluate(&all.all[i].account, r) })
	k.forget()
	c.assessed.turn()
	c.k, c.org, c.people, c.shapes, c.byShape, c.bases = k, k.org, people, shapes, byShape, all.of
	for i := range c.accounts {
		a := &c.accounts[i]
		if a.vouch = 0; a.alive && list[of[i]].word != "" {
			a.vouch = a.manager
		}
	}
}

// derive is derivations, and counts whose word is taken. Settle need not do again
// what Foresee did, unless something was noted since.
func (c *Census) derive() (list []canonical, of []uint32) {
	if d := c.derived; d != nil && d.at.Equal(c.at) {
		return d.list, d.of
	}
	list, of = c.derivations(c.organisation())
	c.derived = &derived{c.at, list, of}
	vouched := map[string]int{}
	for i := range c.accounts {
		if a := &c.accounts[i]; a.alive && list[of[i]].word != "" && a.manager != 0 {
			vouched[c.names[a.manager]]++
		}
	}
	c.vouched = vouched
	return list, of
}

// derivations are what shapes follow from, each once, and by account which.
func (c *Census) derivations(org *rules.Organisation) (list []canonical, of []uint32) {
	var keys []derivation
	of = make([]uint32, len(c.accounts))
	at, plain := map[derivation]uint32{}, map[uint64]uint32{} // plain: by facts and groups alone
	find := func(d derivation) uint32 {
		n, ok := uint32(0), false
		short, pair := d.manager == 0 && d.only == 0, uint64(d.known)<<32|uint64(d.groups)
		if short {
			n, ok = plain[pair]
		} else {
			n, ok = at[d]
		}
		if !ok {
			n = uint32(len(keys))
			keys = append(keys, d)
			if short {
				plain[pair] = n
			} else {
				at[d] = n
			}
		}
		return n
	}
	for i := range c.accounts {
		if c.accounts[i].alive {
			of[i] = find(c.derivation(uint32(i)))
		}
	}
	list = make([]canonical, len(keys))
	each(len(keys), func(i int, _ *room) { list[i] = c.canon(org, keys[i]) })
	return list, of
}

// derivation of an account.
func (c *Census) derivation(i uint32) derivation {
	a := &c.accounts[i]
	d := derivation{known: a.known, groups: c.groups.named(a.groups, &c.reads)}
	if c.reads.manager {
		d.manager = a.manager
	}
	if c.reads.id || c.reads.end && (len(c.dates[i]) > 0 || c.left(i) != 0) {
		d.only = i + 1
	}
	return d
}

// canonical is an account without names, and whose word it takes.
type canonical struct {
	account rules.Account // takes the word of someone, if anybody's
	text    string        // of the shape
	word    string        // id; empty: nobody's
}

// key of the shape.
func (x *canonical) key() string {
	sum := sha256.Sum256([]byte(x.text + "\x00" + x.word))
	return string(sum[:16])
}

// takes is x with the word of a person, where it takes any.
func (x canonical) takes(person string) canonical {
	if x.word == someone {
		x.word = person
	}
	return x
}

// canon is the account that follows from facts.
func (c *Census) canon(org *rules.Organisation, d derivation) canonical {
	a := org.From(c.heldOf(d))
	x, _ := rules.Canon(a)
	x.Segment = a.Segment // also of an account that nothing leads into: it is counted where it belongs
	word := wordOfAccount(&x)
	x = under(x, someone)
	return canonical{x, rules.Shape(x), word}
}

// heldOf are the facts of an account, with what the policy reads beside them.
func (c *Census) heldOf(d derivation) rules.Held {
	h := c.known[d.known].held
	h.Groups = c.groups.list(d.groups)
	if d.manager != 0 {
		h.Person.Manager = holdfast.PersonID(c.names[d.manager])
	}
	if d.only == 0 {
		return h
	}
	i := d.only - 1
	h.Person.ID = holdfast.PersonID(c.ids.at(i))
	if k := slotOf(h.Person.Ends); k > 0 && k <= len(c.dates[i]) {
		h.Person.Ends = holdfast.FromMicros(c.dates[i][k-1])
	} else if left := c.left(i); left != 0 && !h.Person.Ends.IsZero() {
		h.Person.Ends = holdfast.FromMicros(left)
	}
	return h
}

// solveCore reads the accounts of the core and solves it.
func (c *Census) solveCore() (*core, map[uint32]rules.Account) {
	read := c.organisation()
	people := map[uint32]rules.Account{}
	var all []uint32
	for i, h := range c.whole {
		if c.inCore(i) {
			people[i] = read.From(h)
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b uint32) int { return strings.Compare(c.ids.at(a), c.ids.at(b)) })
	org := c.organisation()
	for _, i := range all {
		org.Core = append(org.Core, people[i])
	}
	return newCore(org, org.Graph(), c.assessed), people
}

// follow solves again what the touched accounts are, and says whether anything is
// other than before.
func (c *Census) follow(touched []uint32) (changed bool) {
	org := c.k.org
	if !org.At.Equal(c.at) {
		org = c.organisation()
		now := c.organisation()
		now.Core = c.k.org.Core
		c.org = now
	}
	list, again := c.look(org, touched)
	if again {
		c.refresh()
	}
	for i, x := range list {
		if c.accounts[i].alive {
			c.assign(i, c.shapeFor(i, &x))
		}
	}
	return len(list) > 0
}

// look reads what the touched accounts are now, and says whether the core is
// another one by that.
func (c *Census) look(org *rules.Organisation, touched []uint32) (list map[uint32]canonical, again bool) {
	list = make(map[uint32]canonical, len(touched))
	for at := 0; at < len(touched); at++ {
		i := touched[at]
		if _, ok := list[i]; ok {
			continue
		}
		a, x := &c.accounts[i], canonical{}
		if a.alive {
			x = c.canon(org, c.derivation(i)).takes(c.names[a.manager])
		}
		list[i] = x
		touched = append(touched, c.vouch(a, x.word != "")...)
		again = c.changesCore(org, i) || again
	}
	return list, again
}

// vouch counts whose word an account takes now, and says who is a part of the
// core or ceases to be one by that.
func (c *Census) vouch(a *account, takes bool) (changed []uint32) {
	now := uint32(0)
	if takes {
		now = a.manager
	}
	if a.vouch == now {
		return nil
	}
	count := func(name uint32, by int) {
		if name == 0 {
			return
		}
		id := c.names[name]
		was := c.vouched[id] > 0
		if c.vouched[id] += by; c.vouched[id] == 0 {
			delete(c.vouched, id)
		}
		if i, ok := c.index.get(id); ok && was != (c.vouched[id] > 0) {
			changed = append(changed, i)
		}
	}
	count(a.vouch, -1)
	count(now, 1)
	a.vouch = now
	return changed
}

// changesCore says whether an account is another one in the core than before.
func (c *Census) changesCore(org *rules.Organisation, i uint32) bool {
	was, ok := c.people[i]
	h, kept := c.whole[i]
	if kept && !c.inCore(i) {
		delete(c.whole, i)
	}
	if !kept || !c.inCore(i) {
		return ok
	}
	return !ok || !same(was, org.From(h))
}

// same says whether two accounts have the same edges, names included.
func same(a, b rules.Account) bool {
	for _, x := range []*rules.Account{&a, &b} {
		x.At = time.Time{}
		x.Credentials = slices.Clone(x.Credentials)
		for i := range x.Credentials {
			f := &x.Credentials[i].Facts
			f.AgeDays, f.LastUsedDays, f.MDSAgeDays, f.BS = 0, 0, 0, false
		}
	}
	return reflect.DeepEqual(a, b)
}

// refresh solves the core again, and then the shapes that look something up in it
// which is not what it was.
func (c *Census) refresh() {
	k, people := c.solveCore()
	fresh := &bases{k: k, of: map[string]*base{}}
	shapes := vector[*shape]{}
	for _, s := range c.shapes.all {
		if s.leaf != nil {
			count := s.count
			s = fresh.shape(s.key, &canonical{under(s.account, someone), s.text, s.word})
			s.count = count
		}
		shapes.append(s)
	}
	each(len(fresh.all), func(i int, r *room) { fresh.all[i].worth, fresh.all[i].leaf = k.evaluate(&fresh.all[i].account, r) })
	all := slices.Collect(maps.Keys(people))
	slices.SortFunc(all, c.byID)
	core := make([]*base, len(all))
	each(len(all), func(i int, r *room) {
		core[i] = &base{account: people[all[i]]}
		core[i].worth, core[i].leaf = k.evaluate(&core[i].account, r)
	})
	k.forget()
	c.k, c.org, c.people, c.bases = k, k.org, people, fresh.of
	for j, i := range all {
		key := "=" + c.ids.at(i)
		n, ok := c.byShape[key]
		if !ok {
			n = uint32(shapes.n)
			c.byShape[key] = n
			shapes.append(&shape{key: key})
		}
		shapes.set(n, &shape{key: key, base: core[j], count: shapes.at(n).count})
	}
	c.shapes = shapes
}

// shapeFor finds or makes the shape of an account.
func (c *Census) shapeFor(i uint32, x *canonical) uint32 {
	if _, ok := c.people[i]; ok {
		return c.byShape["="+c.ids.at(i)]
	}
	key := x.key()
	n, ok := c.byShape[key]
	if !ok {
		more := &bases{k: c.k, of: c.bases}
		s := more.shape(key, x)
		for _, b := range more.all {
			b.worth, b.leaf = c.k.evaluate(&b.account, new(room))
		}
		n = uint32(c.shapes.n)
		c.shapes.append(s)
		c.byShape[key] = n
	}
	return n
}

// assign gives an account another shape; noShape: none.
func (c *Census) assign(i, s uint32) {
	old := c.places.at(i).shape
	if old == s {
		return
	}
	for _, by := range []struct {
		shape uint32
		more  int64
	}{{old, -1}, {s, 1}} {
		if by.shape != noShape {
			x := *c.shapes.at(by.shape) // readers have what it was
			x.count += by.more
			c.shapes.set(by.shape, &x)
		}
	}
	c.stand(i, s)
}

// stand notes the shape of an account, and counts nothing.
func (c *Census) stand(i, s uint32) {
	if p := c.places.at(i); p.shape != s {
		c.places.set(i, place{s, p.left})
	}
}
