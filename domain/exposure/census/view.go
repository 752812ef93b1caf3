package census

import (
	"slices"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
)

// A View is what a Settle has found. Nothing in it changes, so that whoever reads
// it, however long, waits for nobody and is waited for by nobody: the one who
// writes shares with it what stayed the same.
type View struct {
	at     time.Time
	k      *core               // nil: no policy is in force
	org    *rules.Organisation // as of at
	core   int                 // people of the core
	shapes vector[*shape]
	places vector[place]
	ids    vector[string] // of accounts; empty: nobody
	lefts  []int64        // see place
	order  []uint32       // by id
	recent []uint32       // by id, not in order yet
	index  *index
	top    *toppling
}

// place is where an account stands.
type place struct {
	shape uint32
	left  uint32 // when the person left: one of lefts; 0: they are here
}

// index is the numbers of accounts by id. It is the one thing that the one who
// writes and those who read share: each look takes the time of one look.
type index struct {
	mu sync.RWMutex
	of map[string]uint32
}

func (x *index) get(id string) (uint32, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	i, ok := x.of[id]
	return i, ok
}

func (x *index) set(id string, i uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.of[id] = i
}

func (x *index) drop(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.of, id)
}

func (x *index) len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.of)
}

// A vector is a list in parts. What share gives does not change any more: whoever
// changes the list afterwards copies the part that they change.
type vector[T any] struct {
	parts  []*[partOf]T
	n      int
	mine   []bool // parts that nobody shares
	shared bool   // the list of parts is shared
}

const partOf = 1024

func (v *vector[T]) at(i uint32) T { return v.parts[i/partOf][i%partOf] }

func (v *vector[T]) set(i uint32, x T) {
	p := i / partOf
	if v.own(); !v.mine[p] {
		part := *v.parts[p]
		v.parts[p], v.mine[p] = &part, true
	}
	v.parts[p][i%partOf] = x
}

func (v *vector[T]) append(x T) {
	if v.own(); v.n == len(v.parts)*partOf {
		v.parts, v.mine = append(v.parts, new([partOf]T)), append(v.mine, true)
	}
	v.n++
	v.set(uint32(v.n-1), x)
}

func (v *vector[T]) own() {
	if v.shared {
		v.parts, v.mine, v.shared = slices.Clone(v.parts), make([]bool, len(v.parts)), false
	}
}

// share is the list as it is.
func (v *vector[T]) share() vector[T] {
	v.shared = true
	return vector[T]{parts: v.parts, n: v.n}
}

// all visits everything in order.
func (v *vector[T]) all(yield func(int, T) bool) {
	for i := range v.n {
		if !yield(i, v.parts[i/partOf][i%partOf]) {
			return
		}
	}
}

// View is what the last Settle has found.
func (c *Census) View() *View { return c.view.Load() }

// publish lets readers see what there is now. changed says that results are others.
func (c *Census) publish(changed bool) {
	v := &View{at: c.at, k: c.k, org: c.org, core: len(c.people), shapes: c.shapes.share(), places: c.places.share(), ids: c.ids.share(),
		lefts: c.lefts, order: c.order, recent: c.recent, index: c.index, top: &toppling{}}
	if old := c.view.Load(); old != nil && !changed {
		v.top = old.top
	}
	c.view.Store(v)
}

// Len is how many accounts there are.
func (v *View) Len() int { return v.index.len() }

// Organisation is what all accounts share: for answers about one account. It must
// not be changed. nil: no policy is in force.
func (v *View) Organisation() *rules.Organisation { return v.org }

func (v *View) policy() *policy.Policy {
	if v.org == nil {
		return nil
	}
	return v.org.Policy
}

// find is the number of an account.
func (v *View) find(id holdfast.PersonID) (uint32, bool) {
	i, ok := v.index.get(string(id))
	return i, ok && int(i) < v.ids.n && v.ids.at(i) == string(id)
}
