package store

import (
	"context"
	"sync"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
)

// owners reads credentials with their owners for callers that ask at the same
// time, where a read is a message: whoever asks while others are being read
// goes with the next read, so that nobody is told what was true before they
// asked, and a lone caller waits for nobody.
type owners struct {
	mu      sync.Mutex
	waiting []*wanted
	running bool
}

type wanted struct {
	id    holdfast.CredentialID
	owned owned
	err   error
	done  chan struct{}
}

// CredentialAndOwner gives the credential of any status and whose it is.
func (db *DB) CredentialAndOwner(ctx context.Context, id holdfast.CredentialID) (credential.Record, person.Record, error) {
	if !db.engine.messages() {
		return db.reader.CredentialAndOwner(ctx, id)
	}
	w := &wanted{id: id, done: make(chan struct{})}
	o := &db.owners
	o.mu.Lock()
	o.waiting = append(o.waiting, w)
	first := !o.running
	o.running = true
	o.mu.Unlock()
	if first {
		go db.readOwners()
	}
	select {
	case <-w.done:
		return w.owned.c, w.owned.p, w.err
	case <-ctx.Done():
		return credential.Record{}, person.Record{}, errCancelled.Because(ctx.Err())
	}
}

// readOwners reads until nobody waits.
func (db *DB) readOwners() {
	o := &db.owners
	for {
		o.mu.Lock()
		some := o.waiting[:min(len(o.waiting), maxBatch)]
		o.waiting = o.waiting[len(some):]
		if o.running = len(some) > 0; !o.running {
			o.waiting = nil
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		db.readThese(some)
		for _, w := range some {
			close(w.done)
		}
	}
}

func (db *DB) readThese(some []*wanted) {
	ctx, cancel := context.WithTimeout(db.life, db.engine.batchLimit())
	defer cancel()
	if len(some) == 1 {
		w := some[0]
		w.owned.c, w.owned.p, w.err = db.reader.CredentialAndOwner(ctx, w.id)
		return
	}
	ids := make([]string, len(some))
	for i, w := range some {
		ids[i] = askableText(string(w.id))
	}
	found, err := db.ownersOf(ctx, ids)
	if holdfast.KindOf(err) == holdfast.Internal { // a row that nobody can read is its owner's trouble alone
		for _, w := range some {
			w.owned.c, w.owned.p, w.err = db.reader.CredentialAndOwner(ctx, w.id)
		}
		return
	}
	for _, w := range some {
		if w.err = err; err != nil {
			continue
		}
		var ok bool
		if w.owned, ok = found[w.id]; !ok {
			w.err = errNoCredential()
		}
	}
}

func (r reader) ownersOf(ctx context.Context, ids []string) (map[holdfast.CredentialID]owned, error) {
	t := r.tables[(*credential.Record)(nil).Table()]
	or, ok := t.owners.Get().(*ownerReader)
	if !ok {
		or = newOwnerReader()
	}
	defer t.owners.Put(or)
	rs, err := r.q.query(ctx, or.several, ids)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	found := make(map[holdfast.CredentialID]owned, len(ids))
	for rs.Next() {
		c, p, err := or.row(rs)
		if err != nil {
			return nil, errInternal.Because(err)
		}
		found[c.ID] = owned{c, p}
	}
	return found, rs.Err()
}
