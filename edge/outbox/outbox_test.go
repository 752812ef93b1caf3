package outbox_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/edge/outbox"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// seal is enough of a key for the outbox to run on.
type seal struct{}

func (seal) Wrap(name string, secret []byte) []byte {
	sum := sha256.Sum256([]byte(name))
	return append(sum[:], secret...)
}

func (s seal) Unwrap(name string, sealed []byte) ([]byte, error) {
	if sum := sha256.Sum256([]byte(name)); string(sum[:]) != string(sealed[:32]) {
		return nil, errors.New("another name")
	}
	return sealed[32:], nil
}

// sent is one call of a sender.
type sent struct {
	target, body string
	at           time.Duration // since the beginning
}

// receiver is a sender that does as it is told and notes what it was given.
type receiver struct {
	begun time.Time
	does  func(ctx context.Context, target, body string, n int) error

	mu    sync.Mutex
	calls []sent
}

func (r *receiver) Send(ctx context.Context, target string, body []byte) error {
	r.mu.Lock()
	r.calls = append(r.calls, sent{target, string(body), time.Since(r.begun)})
	n := 0
	for _, c := range r.calls {
		if c.target == target && c.body == string(body) {
			n++
		}
	}
	r.mu.Unlock()
	return r.does(ctx, target, string(body), n)
}

func (r *receiver) got(target string) (calls []sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		if c.target == target {
			calls = append(calls, c)
		}
	}
	return calls
}

// play runs a worker against a store in a bubble, whose time jumps.
func play(t *testing.T, route outbox.Route, does func(ctx context.Context, target, body string, n int) error,
	test func(t *testing.T, db *store.DB, r *receiver, w *outbox.Worker, stop func())) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "holdfast.db")
	synctest.Test(t, func(t *testing.T) {
		signer, verifier := storetest.Key()
		db, err := store.Open(t.Context(), store.Config{SQLite: path, Signer: signer, Verifier: verifier, Sealer: seal{}})
		if err != nil {
			t.Fatal(err)
		}
		r := &receiver{begun: time.Now(), does: does}
		route.Sender = r
		w := outbox.New(outbox.Config{Store: db, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
			Routes: map[string]outbox.Route{"k": route}})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		stop := func() { cancel(); <-ended }
		test(t, db, r, w, stop)
		stop()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func put(t *testing.T, db *store.DB, target string, bodies ...string) {
	t.Helper()
	err := db.InTx(t.Context(), func(tx *store.Tx) error {
		for _, b := range bodies {
			if err := tx.PutDelivery(t.Context(), store.Delivery{Kind: "k", Target: target, Body: []byte(b)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *store.DB) store.OutboxCount {
	t.Helper()
	counts, err := db.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(counts) == 0 {
		return store.OutboxCount{}
	}
	return counts[0]
}

func TestWhatIsPutArrivesAtOnceAndIsForgotten(t *testing.T) {
	play(t, outbox.Route{}, func(context.Context, string, string, int) error { return nil },
		func(t *testing.T, db *store.DB, r *receiver, w *outbox.Worker, _ func()) {
			synctest.Wait()
			put(t, db, "a", "1", "2", "3", "4", "5")
			synctest.Wait() // no time passes: the wake-up has done it
			if got := r.got("a"); len(got) != 5 || got[4].at != 0 {
				t.Errorf("got %v", got)
			}
			if c := count(t, db); c.Waiting+c.Dead != 0 {
				t.Errorf("left: %+v", c)
			}
			if s := w.Stats(); s.Delivered != 5 {
				t.Errorf("%+v", s)
			}
		})
}

// A receiver that never answers, with a long queue, and one that is well.
func TestADeadReceiverDelaysNobodyElse(t *testing.T) {
	var mu sync.Mutex
	busy, most := 0, 0
	play(t, outbox.Route{Timeout: 10 * time.Second, PerTarget: 2}, func(ctx context.Context, target, _ string, _ int) error {
		if target != "dead" {
			return nil
		}
		mu.Lock()
		busy++
		most = max(most, busy)
		mu.Unlock()
		<-ctx.Done()
		mu.Lock()
		busy--
		mu.Unlock()
		return ctx.Err()
	}, func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, _ func()) {
		bodies := make([]string, 50)
		for i := range bodies {
			bodies[i] = fmt.Sprint(i)
		}
		put(t, db, "dead", bodies...)
		synctest.Wait()
		for i := range 20 {
			put(t, db, "well", fmt.Sprint(i))
			synctest.Wait()
			if got := r.got("well"); len(got) != i+1 {
				t.Fatalf("%d of %d have arrived", len(got), i+1)
			}
		}
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if most != 2 {
			t.Errorf("%d attempts at one target at once, want 2", most)
		}
		if got := len(r.got("dead")); got < 12 || got > 14 { // two each 10 s
			t.Errorf("the dead one was tried %d times in a minute", got)
		}
	})
}

func TestAttemptsGrowRareAndEnd(t *testing.T) {
	play(t, outbox.Route{GiveUp: 4 * time.Hour}, func(context.Context, string, string, int) error { return errors.New("away") },
		func(t *testing.T, db *store.DB, r *receiver, w *outbox.Worker, _ func()) {
			put(t, db, "a", "1")
			time.Sleep(6 * time.Hour)
			synctest.Wait()
			calls := r.got("a")
			for i := 1; i < len(calls); i++ {
				gap, want := calls[i].at-calls[i-1].at, min(time.Hour, 5*time.Second<<min(i-1, 10))
				if gap < want/2 || gap > want+time.Second {
					t.Errorf("attempt %d came after %v, want %v to %v", i+1, gap, want/2, want)
				}
			}
			last := calls[len(calls)-1].at
			if len(calls) < 13 || last < 4*time.Hour || last > 5*time.Hour+time.Second {
				t.Errorf("%d attempts, the last after %v", len(calls), last)
			}
			if c := count(t, db); c.Dead != 1 || c.Waiting != 0 {
				t.Errorf("%+v", c)
			}
			if s := w.Stats(); s.Dead != 1 || s.Failed != int64(len(calls)) {
				t.Errorf("%+v after %d calls", s, len(calls))
			}
			if n, err := db.ReviveDeliveries(t.Context(), "k", time.Now()); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			synctest.Wait()
			if got := r.got("a"); len(got) != len(calls)+1 {
				t.Error("a revived delivery was not tried")
			}
		})
}

func TestAPermanentErrorEndsItAtOnce(t *testing.T) {
	play(t, outbox.Route{}, func(context.Context, string, string, int) error {
		return fmt.Errorf("answered: %w", outbox.Permanent(errors.New("no such mailbox")))
	}, func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, _ func()) {
		put(t, db, "a", "1")
		time.Sleep(time.Hour)
		synctest.Wait()
		list, err := db.Deliveries(t.Context(), 9)
		if err != nil || len(r.got("a")) != 1 || len(list) != 1 || list[0].Dead.IsZero() || list[0].LastError != "answered: no such mailbox" {
			t.Errorf("%d calls, %+v, %v", len(r.got("a")), list, err)
		}
	})
}

func TestASenderThatPanicsHasFailed(t *testing.T) {
	play(t, outbox.Route{}, func(_ context.Context, _, _ string, n int) error {
		if n == 1 {
			panic("a nil map")
		}
		return nil
	}, func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, _ func()) {
		put(t, db, "a", "1")
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := count(t, db); len(r.got("a")) != 2 || c.Waiting+c.Dead != 0 {
			t.Errorf("%v, %+v", r.got("a"), c)
		}
	})
}

// What a node that died has leased is delivered by another when the lease ends.
func TestALeaseOfADeadNodeEnds(t *testing.T) {
	play(t, outbox.Route{}, func(context.Context, string, string, int) error { return nil },
		func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, stop func()) {
			stop()
			put(t, db, "a", "1")
			now := time.Now()
			ds, err := db.LeaseDeliveries(t.Context(), []store.Lane{{Kind: "k", Target: "a", N: 9}}, now, now.Add(time.Minute))
			if err != nil || len(ds) != 1 {
				t.Fatal(ds, err)
			}
			w := outbox.New(outbox.Config{Store: db, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
				Routes: map[string]outbox.Route{"k": {Sender: r}}})
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() { w.Run(ctx) })
			time.Sleep(59 * time.Second)
			synctest.Wait()
			if got := r.got("a"); len(got) != 0 {
				t.Errorf("delivered within another's lease: %v", got)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if got := r.got("a"); len(got) != 1 || got[0].at != time.Minute {
				t.Errorf("got %v", got)
			}
			cancel()
			wg.Wait()
		})
}

// A stop lets what is under way end, for a moment; the rest is due at once for
// whoever comes next.
func TestStopping(t *testing.T) {
	play(t, outbox.Route{PerTarget: 9, Timeout: time.Minute}, func(ctx context.Context, target, body string, _ int) error {
		if body == "quick" {
			time.Sleep(time.Second)
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}, func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, stop func()) {
		put(t, db, "a", "quick", "slow")
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took < time.Second || took > 4*time.Second {
			t.Errorf("stopping took %v", took)
		}
		lanes, _, err := db.DueDeliveries(t.Context(), time.Now())
		if err != nil || len(lanes) != 1 || lanes[0].N != 1 {
			t.Errorf("left to others: %v, %v", lanes, err)
		}
	})
}

// What was put where it does not open is not sent, and is seen.
func TestWhatDoesNotOpenIsGivenUp(t *testing.T) {
	play(t, outbox.Route{}, func(context.Context, string, string, int) error { return nil },
		func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, stop func()) {
			stop()
			put(t, db, "a", "1")
			now := time.Now()
			ds, err := db.LeaseDeliveries(t.Context(), []store.Lane{{Kind: "k", Target: "a", N: 1}}, now, now)
			if err != nil || len(ds) != 1 {
				t.Fatal(err)
			}
			broken := brokenStore{db}
			w := outbox.New(outbox.Config{Store: broken, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
				Routes: map[string]outbox.Route{"k": {Sender: r}}})
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() { w.Run(ctx) })
			synctest.Wait()
			cancel()
			wg.Wait()
			if c := count(t, db); c.Dead != 1 || len(r.got("a")) != 0 {
				t.Errorf("%+v, sent %v", c, r.got("a"))
			}
		})
}

// brokenStore is a store whose rows were moved about.
type brokenStore struct{ *store.DB }

func (b brokenStore) LeaseDeliveries(ctx context.Context, lanes []store.Lane, now, until time.Time) ([]store.Delivery, error) {
	ds, err := b.DB.LeaseDeliveries(ctx, lanes, now, until)
	for i := range ds {
		ds[i].Broken = errors.New("another name")
	}
	return ds, err
}

// A node that hears no wake-up delivers all the same, a glance later.
func TestDeliveringDoesNotDependOnWakeUps(t *testing.T) {
	play(t, outbox.Route{}, func(context.Context, string, string, int) error { return nil },
		func(t *testing.T, db *store.DB, r *receiver, _ *outbox.Worker, stop func()) {
			stop()
			w := outbox.New(outbox.Config{Store: deaf{db}, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
				Routes: map[string]outbox.Route{"k": {Sender: r}}})
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() { w.Run(ctx) })
			synctest.Wait()
			put(t, db, "a", "1")
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if got := r.got("a"); len(got) != 1 {
				t.Errorf("got %v", got)
			}
			cancel()
			wg.Wait()
		})
}

// deaf is a store whose listener is cut off.
type deaf struct{ *store.DB }

func (deaf) Wakes(context.Context, string) <-chan struct{} { return nil }
