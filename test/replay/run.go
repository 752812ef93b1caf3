package replay

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
)

// Outcome is what came of an attack.
type Outcome struct {
	*Attack
	Err     error // why it failed; nil: somebody is signed in as the target
	AAL     int   // of the session
	Removed bool  // a passkey of the target was removed on the way
	Moved   bool  // likewise, the target was made another than they are
}

// Run says how attacks are carried out.
type Run struct {
	Binary  string
	Mutant  string // HOLDFAST_MUTANT of the server
	Workers int

	// Stop ends it after the attack whose outcome it says yes to. Nil: never.
	Stop func(Outcome) bool
}

// Go carries attacks out, each by itself, and gives the outcomes by name.
func (r Run) Go(ctx context.Context, t testing.TB, o *Organisation, attacks []*Attack) map[string]Outcome {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan *Attack)
	var mu sync.Mutex
	out, failed := map[string]Outcome{}, error(nil)
	var all sync.WaitGroup
	for range max(1, r.Workers) {
		all.Go(func() {
			err := r.work(ctx, t, o, queue, func(a Outcome) {
				mu.Lock()
				defer mu.Unlock()
				out[a.Name] = a
				if r.Stop != nil && r.Stop(a) {
					cancel()
				}
			})
			if err != nil && ctx.Err() == nil {
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, err)
				cancel()
			}
		})
	}
	for _, a := range attacks {
		select {
		case queue <- a:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	all.Wait()
	must(t, failed)
	return out
}

// work carries attacks out one after another. Who rests on an account that an
// earlier one has changed gets a new scene.
func (r Run) work(ctx context.Context, t testing.TB, o *Organisation, queue <-chan *Attack, done func(Outcome)) error {
	var s *scene
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	for a := range queue {
		if s != nil && !s.fits(a) {
			s.close()
			s = nil
		}
		if s == nil {
			var err error
			if s, err = o.open(ctx, t, r.Binary, r.Mutant); err != nil {
				return err
			}
		}
		out := s.try(a)
		if ctx.Err() != nil {
			return nil
		}
		done(out)
	}
	return nil
}

// fits says whether everybody on whose account a rests is as they were.
func (s *scene) fits(a *Attack) bool {
	return !slices.ContainsFunc(append([]*Person{a.Target}, a.rests...), func(p *Person) bool { return s.spoilt[p] })
}

// try carries one attack out.
func (s *scene) try(a *Attack) Outcome {
	s.removed, s.moved, s.dirty = false, false, false
	out := Outcome{Attack: a}
	c, err := a.do(s)
	if err == nil {
		out.AAL, err = s.witness(c, a.Target)
	}
	if out.Err, out.Removed, out.Moved = err, s.removed, s.moved; s.dirty {
		for _, p := range append([]*Person{a.Target}, a.spoils...) {
			s.spoilt[p] = true
		}
	}
	return out
}

// names are the attacks' names, sorted.
func names(m map[string]Outcome) []string { return slices.Sorted(maps.Keys(m)) }
