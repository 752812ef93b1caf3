// Package accounts keeps at hand what decisions about a person rest on, for
// those who ask at each request. What it gives is never older than the last
// record of the log about that person, which the caller has read: passkeys and
// what was judged of them change with such a record, in its transaction.
//
// It refuses to answer for anything that can change otherwise: the groups are
// the caller's to read, and so is the person.
package accounts

import (
	"container/list"
	"context"
	"sync"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/standing"
)

// Store is where accounts are read.
type Store interface {
	Standing(ctx context.Context, p person.Record) (standing.Account, error)
}

// most bounds how many accounts are kept, some 3 kB each.
const most = 2048

// Accounts may be used concurrently.
type Accounts struct {
	store Store

	mu     sync.Mutex
	known  map[holdfast.PersonID]*list.Element // of account
	recent list.List                           // the one asked for last in front
}

type account struct {
	version int64
	standing.Account
}

// New makes Accounts that know nobody yet.
func New(s Store) *Accounts {
	return &Accounts{store: s, known: map[holdfast.PersonID]*list.Element{}}
}

// At is p's account as of version, the index of the last record about p, or
// later. Its groups are those of the moment when it was read.
func (a *Accounts) At(ctx context.Context, p person.Record, version int64) (standing.Account, error) {
	if known, ok := a.have(p.ID, version); ok {
		known.Person = p
		return known, nil
	}
	read, err := a.store.Standing(ctx, p)
	if err != nil {
		return read, err
	}
	a.keep(account{version, read})
	return read, nil
}

func (a *Accounts) have(id holdfast.PersonID, version int64) (standing.Account, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.known[id]
	if !ok || e.Value.(account).version != version {
		return standing.Account{}, false
	}
	a.recent.MoveToFront(e)
	return e.Value.(account).Account, true
}

func (a *Accounts) keep(n account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := a.known[n.Person.ID]; ok {
		e.Value = n
		a.recent.MoveToFront(e)
		return
	}
	a.known[n.Person.ID] = a.recent.PushFront(n)
	if a.recent.Len() > most {
		last := a.recent.Back()
		a.recent.Remove(last)
		delete(a.known, last.Value.(account).Person.ID)
	}
}
