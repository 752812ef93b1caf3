// Package keystest is a store of signing keys in memory, for the tests of what
// signs tokens. It refuses to be of use in the product: it forgets at exit.
package keystest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
)

// Store holds signing keys. It runs closures one after another.
type Store struct {
	mu     sync.Mutex // covers what follows
	Woken  int        // how often keys.Topic was
	Events []audit.Event
	rows   map[string]*signingkey.Record
	order  []string
}

// InTx runs fn on the store itself: one that fails is the test's failure.
func (s *Store) InTx(_ context.Context, fn func(keys.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fn(tx{s})
}

// SigningKeys lists all, the oldest first.
func (s *Store) SigningKeys(ctx context.Context) (all []signingkey.Record, err error) {
	err = s.InTx(ctx, func(tx keys.Tx) error {
		all, err = tx.SigningKeys(ctx)
		return err
	})
	return all, err
}

type tx struct{ s *Store }

func (t tx) Wake(topic string) {
	if topic == keys.Topic {
		t.s.Woken++
	}
}

func (t tx) SigningKeys(context.Context) ([]signingkey.Record, error) {
	var all []signingkey.Record
	for _, id := range t.s.order {
		all = append(all, *t.s.rows[id])
	}
	return all, nil
}

func (t tx) Record(_ context.Context, _ audit.By, events ...audit.Event) error {
	for _, e := range events {
		t.s.Events = append(t.s.Events, e)
		for _, p := range e.Puts {
			if t.s.rows[p.Key] == nil {
				if t.s.rows == nil {
					t.s.rows = map[string]*signingkey.Record{}
				}
				t.s.rows[p.Key] = &signingkey.Record{}
				t.s.order = append(t.s.order, p.Key)
			}
			mine := audit.ColumnsOf(t.s.rows[p.Key])
			for _, c := range p.Columns {
				i := slices.IndexFunc(mine, func(m audit.Column) bool { return m.Name == c.Name })
				if err := mine[i].SetValue(c.Value()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Master is a master key of the test's own.
func Master(t testing.TB) keys.Master {
	t.Helper()
	m, err := keys.Load(filepath.Join(t.TempDir(), "master.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// founded are made once: an RSA key takes long to find.
var founded = sync.OnceValues(func() (keys.Master, *Store) {
	dir, err := os.MkdirTemp("", "keystest")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	m, err := keys.Load(filepath.Join(dir, "master.key"), true)
	if err != nil {
		panic(err)
	}
	s := &Store{}
	if err := m.Found(context.Background(), s, holdfast.FromMicros(1)); err != nil {
		panic(err)
	}
	return m, s
})

// Ring is of keys that all tests of a package share.
func Ring(clock holdfast.Clock) *keys.Ring {
	m, s := founded()
	return keys.NewRing(m, s, clock)
}
