package survey

import (
	"context"
	"errors"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/exposure/census"
)

const (
	// step is how many records of the log are looked through at once.
	step = 5000
	// few is how many accounts are read again at once.
	few = 256
)

// Step does the next piece of what there is to do and says whether there is
// more: a batch of everybody, then what happened since, then what time changes.
func (f *Flow) Step(ctx context.Context) (more bool, err error) {
	f.solo.Lock()
	defer f.solo.Unlock()
	if !f.begun {
		if err := f.begin(ctx); err != nil {
			return false, err
		}
	}
	if !f.whole {
		return true, f.load(ctx)
	}
	return f.follow(ctx)
}

// begin reads how long the log is before anything else: what happens while
// everybody is read is followed from there, so that none of it is missed.
func (f *Flow) begin(ctx context.Context) error {
	size, err := f.Store.LogSize(ctx)
	if err != nil {
		return err
	}
	total, err := f.Store.CountEverybody(ctx)
	if err != nil {
		return err
	}
	c := census.New(f.Clock())
	f.census, f.next, f.after, f.read, f.total = c, size, "", 0, total
	if err := f.rules(ctx); err != nil {
		return err
	}
	if err := f.powerful(ctx); err != nil {
		return err
	}
	f.begun = true
	f.seen.CompareAndSwap(nil, &seen{total: total})
	return nil
}

// rules puts the policy in force and the powers into the census.
func (f *Flow) rules(ctx context.Context) error {
	p, err := f.Policies.InForce(ctx, f.Store)
	if err != nil {
		return err
	}
	f.census.Policy(p)
	return f.powers(ctx)
}

func (f *Flow) powers(ctx context.Context) error {
	powers, err := f.Store.SharedSurroundings(ctx)
	if err == nil {
		f.census.Powers(powers)
	}
	return err
}

// powerful reads those whole who may have power over others: answers name them.
func (f *Flow) powerful(ctx context.Context) error {
	p, err := f.Policies.InForce(ctx, f.Store)
	if err != nil {
		return err
	}
	ids, err := f.Store.Powerful(ctx, pools(p))
	if err != nil {
		return err
	}
	powers, err := f.Store.SharedSurroundings(ctx)
	if err != nil {
		return err
	}
	for _, r := range powers {
		ids = append(ids, r.People()...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	f.named = make(map[holdfast.PersonID]bool, len(ids))
	for _, id := range ids {
		f.named[id] = true
	}
	return f.reread(ctx, ids)
}

// load reads the next batch of everybody.
func (f *Flow) load(ctx context.Context) error {
	some, err := f.Store.HeldAfter(ctx, f.after, f.Batch)
	if err != nil {
		return err
	}
	for _, h := range some {
		if !f.named[h.Person.ID] {
			f.census.Put(h)
		}
	}
	f.read += int64(len(some))
	if len(some) == f.Batch {
		f.after = some[len(some)-1].Person.ID
		if s := f.seen.Load(); !s.whole { // else one that is whole goes on answering
			f.seen.Store(&seen{read: f.read, total: max(f.total, f.read)})
		}
		return nil
	}
	f.whole = true
	if err := f.settle(ctx); err != nil {
		f.whole = false
		f.read -= int64(len(some)) // they are read again
		return err
	}
	f.named = nil
	return nil
}

// follow looks through the records that came.
func (f *Flow) follow(ctx context.Context) (more bool, err error) {
	size, err := f.Store.LogSize(ctx)
	if err != nil {
		return false, err
	}
	if size < f.next {
		f.begun, f.whole = false, false // the log was put back: what is known is of another one
		return true, nil
	}
	to := min(f.next+step, size)
	entries, err := f.Store.Happened(ctx, f.next, to, watches)
	if err != nil {
		return false, err
	}
	t := touchedBy(entries)
	if t.anew {
		f.begun, f.whole = false, false
		return true, nil
	}
	f.dirty = f.dirty || len(entries) > 0
	if err := f.put(ctx, t); err != nil {
		return false, err // it is put again, which changes nothing twice
	}
	f.next = to
	s := f.seen.Load()
	if f.dirty || !s.due.IsZero() && !f.Clock().Before(s.due) {
		return to < size, f.settle(ctx)
	}
	if s.facts != to { // nothing that matters happened
		again := *s
		again.facts = to
		f.seen.Store(&again)
	}
	return to < size, nil
}

// put reads again what was touched.
func (f *Flow) put(ctx context.Context, t touched) error {
	if t.all {
		if err := f.rules(ctx); err != nil {
			return err
		}
	} else if t.core {
		if err := f.powers(ctx); err != nil {
			return err
		}
	}
	if err := f.reread(ctx, t.people); err != nil {
		return err
	}
	for _, g := range t.groups {
		for after := holdfast.PersonID(""); ; {
			part, err := f.Store.MembersAfter(ctx, g, after, few)
			if err != nil {
				return err
			}
			if len(part) == 0 {
				break
			}
			if err := f.reread(ctx, part); err != nil {
				return err
			}
			after = part[len(part)-1]
		}
	}
	return nil
}

// reread puts accounts as they are now. Their state may be newer than the record
// that touched them: what made it so comes behind, and changes nothing twice.
func (f *Flow) reread(ctx context.Context, ids []holdfast.PersonID) error {
	for part := range slices.Chunk(ids, few) {
		held, err := f.Store.Held(ctx, part)
		if err != nil {
			return err
		}
		there := make(map[holdfast.PersonID]bool, len(held))
		for _, h := range held {
			there[h.Person.ID] = true
			f.census.Put(h)
		}
		for _, id := range part {
			if !there[id] {
				f.census.Remove(id)
			}
		}
	}
	return nil
}

// settle makes what was put count, and lets whoever asks see it.
func (f *Flow) settle(ctx context.Context) error {
	now := f.Clock()
	if s := f.seen.Load(); s != nil && now.Before(s.at) {
		now = s.at // clocks are set back
	}
	for tries := 0; tries < 8; tries++ { // before everybody is solved, not after
		wants := f.census.Foresee(now)
		if len(wants) == 0 {
			break
		}
		if err := f.reread(ctx, wants); err != nil {
			return err
		}
	}
	f.census.Settle(now)
	for tries := 0; ; tries++ {
		wants := f.census.Wants()
		if len(wants) == 0 {
			break
		}
		if tries == 8 {
			return errUnsettled
		}
		if err := f.reread(ctx, wants); err != nil {
			return err
		}
		f.census.Settle(now)
	}
	f.dirty = false
	view := f.census.View()
	n := int64(view.Len())
	f.seen.Store(&seen{census: view, policy: view.Organisation().Policy, facts: f.next, at: now, due: f.census.Due(), read: n, total: n, whole: true,
		kinds: newKinds(), edited: &edited{by: map[string]census.Counted{}}, core: &index{}})
	return nil
}

// errUnsettled cannot be: who has gained power was read whole once.
var errUnsettled = errors.New("survey: internal error: the census wants accounts that it was given")

// Run follows until ctx ends. news wakes it when the log grew. Errors go to
// tell; what failed is tried again.
func (f *Flow) Run(ctx context.Context, news <-chan struct{}, tell func(error)) {
	f.running.Store(true)
	defer f.running.Store(false)
	for ctx.Err() == nil {
		more, err := f.Step(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			tell(err)
			rest(ctx, nil, glance)
		case more:
		default:
			// A storm of sign-ins makes the log grow all the time: it is looked at a
			// few times a second and no more.
			rest(ctx, nil, quiet)
			rest(ctx, news, f.untilDue())
		}
	}
}

const (
	quiet  = 100 * time.Millisecond
	glance = 2 * time.Second
)

// untilDue is how long nothing changes by time alone, at most a glance.
func (f *Flow) untilDue() time.Duration {
	s := f.seen.Load()
	if s == nil || s.due.IsZero() {
		return glance
	}
	return min(glance, max(0, s.due.Sub(f.Clock())))
}

func rest(ctx context.Context, news <-chan struct{}, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-news:
	case <-t.C:
	}
}

// Settle does all that there is to do.
func (f *Flow) Settle(ctx context.Context) error {
	for {
		more, err := f.Step(ctx)
		if err != nil || !more {
			return err
		}
	}
}
