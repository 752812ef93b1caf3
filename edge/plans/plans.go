// Package plans keeps at hand what a policy would do to everybody. Counting it
// takes long where there are many people, so it goes on behind the request that
// asked first, and whoever asks again hears how far it is. What was shown is
// kept for a day, by its digest, so that it can be carried out as it was shown.
// It stands at the edge because it is a thing of the process: it outlives
// requests and holds a lock.
//
// It refuses to give half a count for a whole one, and to carry out a plan that
// is not kept, is of another policy, or that facts have outgrown.
package plans

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/policy"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
)

// Flow counts; see rejudge.Flow. It is asked from several goroutines.
type Flow interface {
	Count(ctx context.Context, candidate *policy.Policy, tell func(done, total int64)) (rejudge.Counted, error)
	Holds(ctx context.Context, candidate *policy.Policy, shown rejudge.Counted) error
	Evidence(ctx context.Context, from rejudge.Registrations, candidate *policy.Policy, of []credential.Record) ([]evidence.Judgement, error)
}

// Tx keeps what was shown.
type Tx interface {
	PutPending(ctx context.Context, space, id string, body []byte, until time.Time) error
}

// Store is where.
type Store interface {
	Pending(ctx context.Context, space, id string) ([]byte, error)
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Config is what a desk is made of.
type Config struct {
	Flow  Flow
	Store Store
	Clock holdfast.Clock
	// Life ends counts that go on when the process ends.
	Life context.Context
	// Patience is how long a request waits for a count; 0: 1.5 s.
	Patience time.Duration
}

const (
	space = "plan"
	// keeps is how long a plan can be carried out.
	keeps = 24 * time.Hour
	// fresh is for how long a count that took long is shown again.
	fresh = 5 * time.Minute
	// unasked is how long a count goes on for which nobody asks any more.
	unasked = time.Minute
	// atOnce bounds counts that go on side by side.
	atOnce = 2
)

// Desk counts and keeps. It may be used concurrently.
type Desk struct {
	Config
	turn chan struct{}

	mu   sync.Mutex
	runs map[string]*run // by the digest of the policy
}

// run is one count.
type run struct {
	done chan struct{} // closed at its end

	mu    sync.Mutex // covers what follows
	far   govern.Counting
	asked time.Time

	// Written before done is closed.
	counted rejudge.Counted
	err     error
	ended   time.Time
	long    bool // longer than anybody waits
}

// New makes a desk.
func New(c Config) *Desk {
	if c.Patience == 0 {
		c.Patience = 1500 * time.Millisecond
	}
	return &Desk{Config: c, turn: make(chan struct{}, atOnce), runs: map[string]*run{}}
}

// Impact gives what candidate would do, or how far counting it is.
func (d *Desk) Impact(ctx context.Context, candidate *policy.Policy) (govern.Impact, *govern.Counting, error) {
	r := d.run(candidate)
	patience := time.NewTimer(d.Patience)
	defer patience.Stop()
	select {
	case <-r.done:
	case <-patience.C:
		far := r.howFar()
		return nil, &far, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if errors.Is(r.err, context.Canceled) { // nobody had asked for long: it begins anew
		return nil, &govern.Counting{}, nil
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	return r.counted.Impact, nil, d.keep(ctx, candidate, r.counted)
}

// run finds the count of a policy that can be shown, or begins it.
func (d *Desk) run(candidate *policy.Policy) *run {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, digest := d.Clock(), candidate.Digest()
	for other, r := range d.runs {
		if r.over() && (r.err != nil || !r.long || !now.Before(r.ended.Add(fresh))) {
			delete(d.runs, other)
		}
	}
	r := d.runs[digest]
	if r == nil {
		r = &run{done: make(chan struct{})}
		d.runs[digest] = r
		go d.count(r, candidate)
	}
	r.mu.Lock()
	r.asked = now
	r.mu.Unlock()
	return r
}

func (d *Desk) count(r *run, candidate *policy.Policy) {
	ctx, cancel := context.WithCancel(d.Life)
	defer cancel()
	defer close(r.done)
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		r.err = ctx.Err()
		return
	}
	began := time.Now()
	r.counted, r.err = d.Flow.Count(ctx, candidate, func(done, total int64) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.far = govern.Counting{Done: done, Total: total}
		if !d.Clock().Before(r.asked.Add(unasked)) {
			cancel() // nobody asks any more
		}
	})
	r.ended, r.long = d.Clock(), time.Since(began) >= d.Patience
}

func (r *run) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *run) howFar() govern.Counting {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.far
}

// plan is a count as it is kept.
type plan struct {
	Policy string // digest
	rejudge.Counted
}

// keep puts what is shown where every node finds it.
func (d *Desk) keep(ctx context.Context, candidate *policy.Policy, c rejudge.Counted) error {
	p, err := d.kept(ctx, c.Impact.Digest)
	if err == nil && c.Impact.At.Before(p.Impact.At.Add(fresh)) || err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return err // the same is kept already
	}
	body, err := json.Marshal(plan{candidate.Digest(), c})
	if err != nil {
		return err
	}
	return d.Store.InTx(ctx, func(tx Tx) error {
		return tx.PutPending(ctx, space, c.Impact.Digest, body, c.Impact.At.Add(keeps))
	})
}

func (d *Desk) kept(ctx context.Context, digest string) (p plan, err error) {
	body, err := d.Store.Pending(ctx, space, digest)
	if err == nil {
		err = json.Unmarshal(body, &p)
	}
	return p, err
}

// Holds says whether the plan with a digest, which somebody was shown, can be
// carried out: nil, or why not.
func (d *Desk) Holds(ctx context.Context, candidate *policy.Policy, digest string) error {
	p, err := d.kept(ctx, digest)
	if holdfast.KindOf(err) == holdfast.NotFound && err != nil || err == nil && p.Policy != candidate.Digest() {
		return holdfast.Errorf(holdfast.Conflict, "plan_gone",
			"This plan is not one of this revision, or is more than a day old. Nothing was changed. Look at the plan again.")
	}
	if err != nil {
		return err
	}
	if err := d.Flow.Holds(ctx, candidate, p.Counted); err != nil {
		d.forget(candidate.Digest())
		return err
	}
	return nil
}

// forget makes the next who asks have it counted anew.
func (d *Desk) forget(digest string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.runs[digest]; r != nil && r.over() {
		delete(d.runs, digest)
	}
}

// Evidence says how passkeys would be judged under candidate.
func (d *Desk) Evidence(ctx context.Context, from govern.Registrations, candidate *policy.Policy, of []credential.Record) ([]evidence.Judgement, error) {
	return d.Flow.Evidence(ctx, from, candidate, of)
}
