package plans_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/policy"
	"holdfast/edge/plans"
	"holdfast/flow/rejudge"
)

// flow counts when it is told to.
type flow struct {
	release chan struct{}
	mu      sync.Mutex
	counts  int
	holds   error
}

func (f *flow) Count(ctx context.Context, _ *policy.Policy, tell func(done, total int64)) (rejudge.Counted, error) {
	f.mu.Lock()
	f.counts++
	f.mu.Unlock()
	tell(31_000, 100_000)
	select {
	case <-f.release:
		return rejudge.Counted{Impact: rejudge.Impact{Digest: "9b1c", People: 100_000}}, nil
	case <-ctx.Done():
		return rejudge.Counted{}, ctx.Err()
	}
}

func (f *flow) Holds(context.Context, *policy.Policy, rejudge.Counted) error { return f.holds }

func (f *flow) Evidence(context.Context, rejudge.Registrations, *policy.Policy, []credential.Record) ([]evidence.Judgement, error) {
	return nil, nil
}

// shelf keeps in memory.
type shelf struct{ kept map[string][]byte }

func (s *shelf) Pending(_ context.Context, space, id string) ([]byte, error) {
	if b, ok := s.kept[space+"/"+id]; ok {
		return b, nil
	}
	return nil, holdfast.Errorf(holdfast.NotFound, "no_such_pending", "No.")
}

func (s *shelf) PutPending(_ context.Context, space, id string, body []byte, _ time.Time) error {
	s.kept[space+"/"+id] = body
	return nil
}

func (s *shelf) InTx(_ context.Context, fn func(plans.Tx) error) error { return fn(s) }

func compiled(t *testing.T, name string) *policy.Policy {
	t.Helper()
	text, ok := policy.Preset(name)
	if !ok {
		t.Fatal(name)
	}
	d, problems := policy.Parse(name, text)
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, nil)
	if p == nil {
		t.Fatal(problems)
	}
	return p.WithDigest(name)
}

// Nobody waits for a count that takes long, it is made once for all who ask, and
// what it gives is shown for a while and kept.
func TestACountGoesOnBehindTheRequest(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f, kept := &flow{release: make(chan struct{})}, &shelf{map[string][]byte{}}
	desk := plans.New(plans.Config{Flow: f, Store: kept, Clock: func() time.Time { return now }, Life: ctx, Patience: time.Nanosecond})
	p := compiled(t, policy.DefaultPreset)
	for {
		i, far, err := desk.Impact(ctx, p)
		if err != nil || i != nil || far == nil {
			t.Fatal(i, far, err)
		}
		if far.Done == 31_000 && far.Total == 100_000 {
			break
		}
	}
	close(f.release)
	for {
		i, _, err := desk.Impact(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		if i != nil {
			if i.Plan() != "9b1c" {
				t.Error(i)
			}
			break
		}
	}
	if f.counts != 1 {
		t.Errorf("everybody was counted %d times", f.counts)
	}

	if err := desk.Holds(ctx, p, "9b1c"); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"one that nobody was shown": desk.Holds(ctx, p, "0000"),
		"one of another policy":     desk.Holds(ctx, compiled(t, "hybrid"), "9b1c"),
	} {
		if e, ok := err.(*holdfast.Error); !ok || e.Code != "plan_gone" {
			t.Errorf("%s: %v", what, err)
		}
	}

	// What facts have outgrown is counted anew for whoever looks next.
	f.holds = holdfast.Errorf(holdfast.Conflict, "plan_outgrown", "More.")
	if err := desk.Holds(ctx, p, "9b1c"); err != f.holds {
		t.Error(err)
	}
	if _, _, err := desk.Impact(ctx, p); err != nil {
		t.Error(err)
	}
	for { // the second count has begun
		f.mu.Lock()
		n := f.counts
		f.mu.Unlock()
		if n == 2 {
			break
		}
	}
}
