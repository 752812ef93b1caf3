package keys_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/keys/keystest"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	admin = holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}
)

// nodes runs test with two nodes of one deployment; on SQLite they are one.
func nodes(t *testing.T, test func(t *testing.T, m keys.Master, nodes [2]keys.Store, read *store.DB)) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			p := place(t)
			a := p.Open(t)
			b := a
			if p.Shared {
				b = p.Open(t)
			}
			test(t, keystest.Master(t), [2]keys.Store{store.Port[keys.Tx]{DB: a}, store.Port[keys.Tx]{DB: b}}, b)
		})
	}
}

// atOnce does it on both nodes, twice.
func atOnce(t *testing.T, nodes [2]keys.Store, do func(keys.Store) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			if err := do(nodes[i%2]); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestKeysAreFoundedOnce(t *testing.T) {
	nodes(t, func(t *testing.T, m keys.Master, nodes [2]keys.Store, db *store.DB) {
		atOnce(t, nodes, func(s keys.Store) error { return m.Found(t.Context(), s, noon) })
		all, err := db.SigningKeys(t.Context())
		if err != nil || len(all) != 2 || all[0].Algorithm == all[1].Algorithm {
			t.Errorf("%d keys, %v", len(all), err)
		}
	})
}

func TestRotation(t *testing.T) {
	nodes(t, func(t *testing.T, m keys.Master, nodes [2]keys.Store, db *store.DB) {
		now := noon
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(m.Found(t.Context(), nodes[0], now))
		ring := keys.NewRing(m, db, func() time.Time { return now }) // on the other node
		first, err := ring.Signing(t.Context(), "RS256")
		must(err)

		var mu sync.Mutex
		made := map[holdfast.KeyID]bool{}
		atOnce(t, nodes, func(s keys.Store) error {
			next, err := m.Rotate(t.Context(), s, admin, signingkey.Overlap, now)
			mu.Lock()
			defer mu.Unlock()
			for _, k := range next {
				made[k.ID] = true
			}
			return err
		})
		all, err := db.SigningKeys(t.Context())
		must(err)
		if len(all) != 4 || len(made) != 2 {
			t.Fatalf("four rotations at once made %d keys, %d were told", len(all)-2, len(made))
		}
		published := func() int {
			t.Helper()
			p, err := ring.Published(t.Context())
			must(err)
			return len(p)
		}
		signs := func(want bool) keys.Key {
			t.Helper()
			k, err := ring.Signing(t.Context(), "RS256")
			must(err)
			if (k.ID == first.ID) != want {
				t.Errorf("at %v: signed by the first key: %v", now.Sub(noon), !want)
			}
			return k
		}
		now = now.Add(31 * time.Second) // the ring reads again
		if published() != 4 {
			t.Errorf("%d keys are published: the new ones must be before they sign", published())
		}
		signs(true)
		now = noon.Add(signingkey.Overlap)
		second := signs(false)
		if _, err := ring.Find(t.Context(), first.ID, "RS256"); err != nil || published() != 4 {
			t.Errorf("the retired key: %v, %d are published", err, published())
		}
		now = noon.Add(signingkey.Overlap + 2*time.Hour)
		if _, err := ring.Find(t.Context(), first.ID, "RS256"); err != nil || published() != 2 {
			t.Errorf("the dropped key: %v, %d are published", err, published())
		}
		if _, err := ring.Find(t.Context(), first.ID, "ES256"); holdfast.KindOf(err) != holdfast.NotFound {
			t.Errorf("a key for another algorithm: %v", err)
		}
		now = noon.Add(40 * 24 * time.Hour)
		if _, err := ring.Find(t.Context(), first.ID, "RS256"); holdfast.KindOf(err) != holdfast.NotFound {
			t.Errorf("after its time: %v", err)
		}

		_, err = m.Withdraw(t.Context(), nodes[0], admin, now)
		must(err)
		now = now.Add(time.Second)
		if _, err := ring.Find(t.Context(), "key_unknown", "RS256"); err == nil { // which makes it read
			t.Error("an unknown key was found")
		}
		if k := signs(false); k.ID == second.ID {
			t.Error("the withdrawn key signs")
		}
		if _, err := ring.Find(t.Context(), second.ID, "RS256"); holdfast.KindOf(err) != holdfast.NotFound || published() != 2 {
			t.Errorf("the withdrawn key is believed: %v, %d are published", err, published())
		}
		report, err := db.Verify(t.Context(), nil)
		if err != nil || !report.Whole() {
			t.Errorf("%v %+v", err, report.Findings)
		}
	})
}

func TestRotateRefuses(t *testing.T) {
	m, s := keystest.Master(t), &keystest.Store{}
	for _, overlap := range []time.Duration{0, time.Minute, 31 * 24 * time.Hour, -time.Hour} {
		if _, err := m.Rotate(t.Context(), s, admin, overlap, noon); holdfast.CodeOf(err) != "key_overlap" {
			t.Errorf("%v: %v", overlap, err)
		}
	}
}

// down is a source that answers once.
type down struct {
	*keystest.Store
	asked int
}

func (d *down) SigningKeys(ctx context.Context) ([]signingkey.Record, error) {
	if d.asked++; d.asked > 1 {
		return nil, errors.New("the database is away")
	}
	return d.Store.SigningKeys(ctx)
}

func TestARingOutlivesItsStore(t *testing.T) {
	m, now := keystest.Master(t), noon
	s := &down{Store: &keystest.Store{}}
	if err := m.Found(t.Context(), s.Store, now); err != nil {
		t.Fatal(err)
	}
	ring := keys.NewRing(m, s, func() time.Time { return now })
	if err := ring.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := ring.Check(t.Context()); err != nil || s.asked < 2 {
		t.Errorf("%v after %d questions", err, s.asked)
	}
	other := keys.NewRing(keystest.Master(t), s.Store, func() time.Time { return now })
	if err := other.Check(t.Context()); err == nil {
		t.Error("another master key opened the keys")
	}
}

func TestARingFollowsItsWakes(t *testing.T) {
	m, s := keystest.Master(t), &keystest.Store{}
	if err := m.Found(t.Context(), s, noon); err != nil {
		t.Fatal(err)
	}
	ring := keys.NewRing(m, s, func() time.Time { return noon })
	if err := ring.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Rotate(t.Context(), s, admin, signingkey.Overlap, noon); err != nil || s.Woken == 0 {
		t.Fatalf("%v, woken %d times", err, s.Woken)
	}
	ctx, stop := context.WithCancel(t.Context())
	wakes := make(chan struct{}) // nobody waits in it: the second is taken after the first was done
	done := make(chan struct{})
	go func() { ring.Follow(ctx, wakes); close(done) }()
	wakes <- struct{}{}
	wakes <- struct{}{}
	stop()
	<-done
	if p, err := ring.Published(t.Context()); err != nil || len(p) != 4 {
		t.Errorf("%d keys, %v", len(p), err)
	}
}
