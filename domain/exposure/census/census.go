package census

import (
	"container/heap"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"holdfast"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// Limit is how many minimal sets are kept at each node.
const Limit = 64

// Census is all accounts by shape. New makes it.
type Census struct {
	at      time.Time
	policy  *policy.Policy
	powers  []surroundings.Record
	reading reading
	buffer  []byte
	touched []uint32
	stale   bool     // everything is to be solved again
	derived *derived // of the accounts as they are; nil: not yet

	view  atomic.Pointer[View] // what readers see
	index *index

	accounts []account
	ids      vector[string]
	free     []uint32
	order    []uint32 // by id
	recent   []uint32 // by id, not in order yet
	fresh    []uint32 // in neither
	gone     []uint32 // removed, and in order or recent still

	groups  *groupSets
	known   []*known
	byKey   map[string]uint32
	names   []string // managers, from 1
	byName  map[string]uint32
	dates   map[uint32][]int64
	due     moments64
	lefts   []int64               // when people left, each once; the first is never
	leftAt  map[int64]uint32      // in lefts
	whole   map[uint32]rules.Held // accounts of the core
	holders map[string]bool       // of declared powers
	vouched map[string]int        // whose word is taken, by how many accounts

	reads    reads
	bases    map[string]*base
	shapes   vector[*shape]
	byShape  map[string]uint32
	places   vector[place]
	k        *core
	assessed *assessments
	org      *rules.Organisation      // as of now
	people   map[uint32]rules.Account // of the core, as the core has them
}

// account is what is kept of each.
type account struct {
	known   uint32 // facts
	groups  uint32 // set of them
	manager uint32 // name
	vouch   uint32 // name of whose word it takes: counted in vouched
	alive   bool
}

// known are facts that at least one account had.
type known struct {
	held rules.Held
	core bool // by these alone the account is of the core
}

// derivation is what a shape follows from, under a policy at a moment.
type derivation struct {
	known, groups, manager uint32
	only                   uint32 // the account, from 1, where the policy asks who it is
}

// derived is what shapes follow from at a moment, and by account which.
type derived struct {
	at   time.Time
	list []canonical
	of   []uint32
}

// shape is accounts that have the same graph, but for the names of their own.
type shape struct {
	key   string
	word  string // id of the person whose word they take; empty: nobody's
	from  int32  // what stands for that person in the leaf
	to    int32  // the person
	count int64
	*base
}

// base is what shapes have in common that differ in whose word they take, where
// the accounts of these are worth the same.
type base struct {
	account rules.Account
	text    string // of the shape
	leaf    *leaf  // nil: of the core
	worth
}

// noShape is that of an account that no Settle has seen.
const noShape = ^uint32(0)

// New is a census of nobody.
func New(at time.Time) *Census {
	c := &Census{at: at, stale: true, groups: newGroupSets(), index: &index{of: map[string]uint32{}}, lefts: []int64{0}, leftAt: map[int64]uint32{0: 0}, byKey: map[string]uint32{}, names: []string{""}, byName: map[string]uint32{"": 0},
		dates: map[uint32][]int64{}, whole: map[uint32]rules.Held{}, holders: map[string]bool{}, vouched: map[string]int{},
		byShape: map[string]uint32{}, people: map[uint32]rules.Account{}, assessed: newAssessments()}
	c.publish(true)
	return c
}

// Policy puts another policy in force. nil: none, and nobody is covered.
func (c *Census) Policy(p *policy.Policy) {
	c.policy, c.stale, c.derived = p, true, nil
	c.judge()
}

// Powers says what powers are declared: all of them, those of before are
// forgotten.
func (c *Census) Powers(records []surroundings.Record) {
	c.powers, c.stale, c.derived = slices.Clone(records), true, nil
	slices.SortFunc(c.powers, func(a, b surroundings.Record) int { return strings.Compare(string(a.ID), string(b.ID)) })
	clear(c.holders)
	for i := range c.powers {
		for _, p := range c.powers[i].People() {
			c.holders[string(p)] = true
		}
	}
	c.judge()
}

// judge says of all facts which belong to the core.
func (c *Census) judge() {
	c.reads = readsOf(c.policy, c.powers)
	c.groups.forget()
	for _, k := range c.known {
		k.core = c.isCore(&k.held)
	}
}

func (c *Census) isCore(h *rules.Held) bool {
	return c.policy != nil && rules.IsCore(c.policy, *h, c.powers)
}

// Put notes an account as it is now, in place of what was known of it. h must not
// be changed afterwards.
func (c *Census) Put(h rules.Held) {
	facts, dates := c.reading.facts(&h, c.at)
	n := c.intern(&facts)
	id := string(h.Person.ID)
	c.derived = nil
	i, ok := c.index.get(id)
	if !ok {
		i = c.place(id)
	}
	a := &c.accounts[i]
	a.known, a.manager, a.groups = n, c.name(string(h.Person.Manager)), c.groups.of(h.Groups)
	c.dated(i, slices.Clone(dates))
	c.leave(i, leftOf(&h, c.at))
	delete(c.whole, i)
	if c.inCore(i) {
		c.whole[i] = h
	}
	c.touched = append(c.touched, i)
}

// place makes room for an account.
func (c *Census) place(id string) uint32 {
	id = strings.Clone(id)
	var i uint32
	if n := len(c.free); n > 0 {
		i, c.free = c.free[n-1], c.free[:n-1]
		c.accounts[i] = account{alive: true}
		c.ids.set(i, id)
		c.places.set(i, place{shape: noShape})
	} else {
		i = uint32(len(c.accounts))
		c.accounts = append(c.accounts, account{alive: true})
		c.ids.append(id)
		c.places.append(place{shape: noShape})
	}
	c.index.set(id, i)
	c.fresh = append(c.fresh, i)
	return i
}

// intern is the number of facts.
func (c *Census) intern(h *rules.Held) uint32 {
	c.buffer = key(c.buffer[:0], h)
	if n, ok := c.byKey[string(c.buffer)]; ok {
		return n
	}
	n := uint32(len(c.known))
	c.known = append(c.known, &known{held: *h, core: c.isCore(h)})
	c.byKey[string(c.buffer)] = n
	return n
}

func (c *Census) name(id string) uint32 {
	if n, ok := c.byName[id]; ok {
		return n
	}
	id = strings.Clone(id)
	n := uint32(len(c.names))
	c.names = append(c.names, id)
	c.byName[id] = n
	return n
}

// inCore says whether an account has power over others, as far as is known.
func (c *Census) inCore(i uint32) bool {
	a := &c.accounts[i]
	if c.policy == nil || !a.alive {
		return false
	}
	return c.known[a.known].core || c.groups.inCore(c.groups.named(a.groups, &c.reads), c.policy) || c.holders[c.ids.at(i)] || c.vouched[c.ids.at(i)] > 0
}

// dated notes when an account changes by itself.
func (c *Census) dated(i uint32, dates []int64) {
	if len(dates) == 0 {
		delete(c.dates, i)
		return
	}
	c.dates[i] = dates
	heap.Push(&c.due, moment{dates[0], i})
}

// leave notes when somebody left.
func (c *Census) leave(i uint32, at time.Time) {
	var t int64
	if !at.IsZero() {
		t = holdfast.Micros(at)
	}
	c.leaveAt(i, t)
}

func (c *Census) leaveAt(i uint32, at int64) {
	n, ok := c.leftAt[at]
	if !ok {
		n = uint32(len(c.lefts))
		c.lefts = append(c.lefts, at)
		c.leftAt[at] = n
	}
	if p := c.places.at(i); p.left != n {
		c.places.set(i, place{p.shape, n})
	}
}

// left is when somebody left; 0: they are here.
func (c *Census) left(i uint32) int64 { return c.lefts[c.places.at(i).left] }

// leftOf is when the person left: the day of their departure, or the end of their
// employment; zero while they are here.
func leftOf(h *rules.Held, at time.Time) time.Time {
	var out time.Time
	for i := range h.Surroundings {
		r := &h.Surroundings[i]
		if r.Kind == surroundings.Departure && r.State() == surroundings.Stands && !at.Before(r.From) && (out.IsZero() || r.From.Before(out)) {
			out = r.From
		}
	}
	if out.IsZero() && h.Person.Ended(at) {
		out = h.Person.Ends
	}
	return out
}

// Remove forgets an account.
func (c *Census) Remove(id holdfast.PersonID) {
	i, ok := c.index.get(string(id))
	if !ok {
		return
	}
	c.derived = nil
	c.index.drop(string(id))
	delete(c.dates, i)
	delete(c.whole, i)
	c.accounts[i].alive = false
	c.assign(i, noShape)
	c.leave(i, time.Time{})
	c.gone = append(c.gone, i)
	c.touched = append(c.touched, i)
}

// Wants lists accounts of which the census has kept too little: they have gained
// power over others since they were put (the policy names their group, somebody
// names them as sponsor). Put them again, then Settle. Until then they count as
// unknown, that is, as worth nothing. It is for the one who writes.
func (c *Census) Wants() []holdfast.PersonID {
	var out []holdfast.PersonID
	for i := range c.accounts {
		if c.inCore(uint32(i)) {
			if _, ok := c.whole[uint32(i)]; !ok {
				out = append(out, holdfast.PersonID(c.ids.at(uint32(i))))
			}
		}
	}
	slices.Sort(out)
	return out
}

// Due is the next moment at which something changes by time alone: Settle then.
// Zero: never. It is for the one who writes.
func (c *Census) Due() time.Time {
	next := c.turns(c.at)
	if len(c.due) > 0 {
		if t := holdfast.FromMicros(c.due[0].at); next.IsZero() || t.Before(next) {
			next = t
		}
	}
	return next
}

// turns is the next moment at which the policy or a power changes by itself.
func (c *Census) turns(since time.Time) time.Time {
	var next time.Time
	look := func(t time.Time) {
		if t.After(since) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for i := range c.powers {
		p := &c.powers[i]
		look(p.From)
		look(p.Until)
		look(p.ReviewBy.Add(reviewed))
	}
	if c.policy != nil {
		d := c.policy.Document()
		for _, n := range d.Fallbacks.Names {
			if r := d.Fallbacks.Of[n].Retire; !r.IsZero() {
				look(r.End())
			}
		}
		for _, n := range d.Providers.Names {
			if r := d.Providers.Of[n].ReviewBy; !r.IsZero() {
				look(r.End())
				look(r.End().Add(time.Microsecond))
			}
		}
	}
	return next
}

// moment is when an account changes by itself.
type moment struct {
	at int64
	i  uint32
}

// moments64 is a heap of them.
type moments64 []moment

func (m moments64) Len() int           { return len(m) }
func (m moments64) Less(a, b int) bool { return m[a].at < m[b].at }
func (m moments64) Swap(a, b int)      { m[a], m[b] = m[b], m[a] }
func (m *moments64) Push(x any)        { *m = append(*m, x.(moment)) }
func (m *moments64) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}

// reads is what the conditions of a policy read of a person that facts leave out.
type reads struct {
	id, manager, end, now bool
	allGroups             bool
	groups                map[string]bool
}

func readsOf(p *policy.Policy, powers []surroundings.Record) (r reads) {
	r.groups = map[string]bool{}
	if p == nil {
		return r
	}
	for _, path := range p.Conditions() {
		if !strings.HasPrefix(path, "segments") && !strings.HasPrefix(path, "fallbacks.") && !strings.HasPrefix(path, "enrolment.") {
			continue
		}
		c := p.Cond(path)
		r.groupsOf(c.Text())
		whole := slices.Contains(c.Fields(), "user")
		r.allGroups = r.allGroups || whole
		r.id = r.id || whole || c.Reads("user.id")
		r.manager = r.manager || whole || c.Reads("user.manager") || c.Reads("user.sponsor")
		r.end = r.end || whole || c.Reads("user.end_date")
		r.now = r.now || c.Reads("now")
	}
	d := p.Document()
	for _, name := range d.Recovery.Names {
		r.partiesOf(d.Recovery.Of[name])
	}
	for _, name := range d.Enrolment.Names {
		r.partiesOf(d.Enrolment.Of[name])
	}
	for i := range powers {
		if group, ok := strings.CutPrefix(powers[i].Target, "group:"); ok {
			r.groups[group] = true
		}
	}
	return r
}
