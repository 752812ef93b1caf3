package store

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
)

// InTxFor is InTx for a closure that will read the credential id and its owner.
// It changes nothing but time: where each read is a message there and back,
// while all nodes wait for the log's head, the credentials of a batch are read
// at once.
func (db *DB) InTxFor(ctx context.Context, id holdfast.CredentialID, fn func(*Tx) error) error {
	return db.do(&job{ctx: ctx, fn: fn, wants: id, done: make(chan error, 1)})
}

// InTxFor is DB.InTxFor for a closure that takes T.
func (p Port[T]) InTxFor(ctx context.Context, id holdfast.CredentialID, fn func(T) error) error {
	return p.DB.InTxFor(ctx, id, func(tx *Tx) error { return fn(any(tx).(T)) })
}

// foreseen are credentials that closures of the batch will ask for, as they
// stand at this point of the transaction.
type foreseen map[holdfast.CredentialID]owned

type owned struct {
	c credential.Record
	p person.Record
}

// foresee reads what the closures of the batch want, after the log's head is
// locked: nobody else changes it any more.
func (w *writer) foresee(ctx context.Context) error {
	clear(w.foreseen)
	text := w.db.engine.ownersOf()
	if text == "" || len(w.batch) < 2 {
		return nil
	}
	var ids []string
	for _, j := range w.batch {
		if j.wants != "" {
			ids = append(ids, string(j.wants))
		}
	}
	if len(ids) < 2 {
		return nil
	}
	or := newOwnerReader()
	rs, err := w.conn.query(ctx, or.text+text, ids)
	if err != nil {
		return err
	}
	defer rs.Close()
	if w.foreseen == nil {
		w.foreseen = foreseen{}
	}
	for rs.Next() {
		c, p, err := or.row(rs)
		if err != nil {
			return errInternal.Because(err)
		}
		w.foreseen[c.ID] = owned{c, p}
	}
	return rs.Err()
}

// take gives what was foreseen, once: who reads it is about to change it.
func (f foreseen) take(id holdfast.CredentialID) (owned, bool) {
	o, ok := f[id]
	delete(f, id)
	return o, ok
}

// changed forgets what a put makes untrue.
func (f foreseen) changed(p audit.Put) {
	switch {
	case len(f) == 0:
	case p.Table == (*credential.Record)(nil).Table():
		delete(f, holdfast.CredentialID(p.Key))
	case p.Table == (*person.Record)(nil).Table():
		for id, o := range f {
			if string(o.p.ID) == p.Key {
				delete(f, id)
			}
		}
	}
}

// CredentialAndOwner gives the credential of any status and whose it is.
func (tx *Tx) CredentialAndOwner(ctx context.Context, id holdfast.CredentialID) (credential.Record, person.Record, error) {
	if err := tx.usable(); err != nil {
		return credential.Record{}, person.Record{}, err
	}
	if o, ok := tx.foreseen.take(id); ok {
		return o.c, o.p, nil
	}
	return tx.reader.CredentialAndOwner(ctx, id)
}
