package store

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/revision"
	"holdfast/domain/standing"
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

// foreseen is what the closures of a batch will ask for, as it stands at this
// point of the transaction.
type foreseen struct {
	size      int64 // records in the log when the batch began
	owners    map[holdfast.CredentialID]owned
	standings map[holdfast.PersonID]standing.Account
	inForce   *inForce // the policy; nil: nobody has asked yet
}

type owned struct {
	c credential.Record
	p person.Record
}

type inForce struct {
	id     holdfast.RevisionID
	digest string
}

func (f *foreseen) begin(size int64) {
	if f.owners == nil {
		f.owners, f.standings = map[holdfast.CredentialID]owned{}, map[holdfast.PersonID]standing.Account{}
	}
	f.size = size
	f.forget()
}

// forget is for when a part of the transaction was undone.
func (f *foreseen) forget() {
	clear(f.owners)
	clear(f.standings)
	f.inForce = nil
}

// foresee reads what the closures of the batch want, after the log's head is
// locked: nobody else changes it any more.
func (w *writer) foresee(ctx context.Context, size int64) error {
	w.foreseen.begin(size)
	if !w.db.engine.messages() || len(w.batch) < 2 {
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
	const owners = "= any(array(select person from credential where id = any($1)))"
	var people []person.Record
	var gathered standings
	ofPeople := w.db.tables[(*person.Record)(nil).Table()]
	all := append(gathered.asks(w.db.tables, owners, ids),
		ask{ofPeople.where("where id " + owners), []any{ids}, func(rs rows) (err error) {
			people, err = listed[person.Record](ofPeople, rs)
			return err
		}},
		ask{policyInForce, nil, func(rs rows) error {
			id, digest, err := readPolicyInForce(rs)
			w.foreseen.inForce = &inForce{id, digest}
			return err
		}})
	if err := w.conn.asks(ctx, all); err != nil {
		return err
	}
	w.foreseen.standings = gathered.all
	for _, p := range people {
		for _, c := range gathered.all[p.ID].Credentials {
			w.foreseen.owners[c.ID] = owned{c, p}
		}
	}
	return nil
}

// take gives what was foreseen, once: who reads it is about to change it.
func (f *foreseen) take(id holdfast.CredentialID) (owned, bool) {
	o, ok := f.owners[id]
	delete(f.owners, id)
	return o, ok
}

// changed forgets what a put makes untrue.
func (f *foreseen) changed(p audit.Put) {
	switch p.Table {
	case (*credential.Record)(nil).Table():
		delete(f.owners, holdfast.CredentialID(p.Key))
		f.forgetStandings(p, holdfast.CredentialID(p.Key))
	case (*evidence.Judgement)(nil).Table():
		f.forgetStandings(p, holdfast.CredentialID(p.Key))
	case (*person.Record)(nil).Table():
		for id, o := range f.owners {
			if string(o.p.ID) == p.Key {
				delete(f.owners, id)
			}
		}
	case (*person.Group)(nil).Table(), (*person.Membership)(nil).Table():
		clear(f.standings)
	case (*revision.Record)(nil).Table():
		f.inForce = nil
	}
}

// forgetStandings: a change of a few columns concerns whoever has the
// credential; another row may be anybody's.
func (f *foreseen) forgetStandings(p audit.Put, id holdfast.CredentialID) {
	if !p.Partial {
		clear(f.standings)
		return
	}
	for who, a := range f.standings {
		for _, c := range a.Credentials {
			if c.ID == id {
				delete(f.standings, who)
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

// PolicyInForce is read once for a batch.
func (tx *Tx) PolicyInForce(ctx context.Context) (holdfast.RevisionID, string, error) {
	if err := tx.usable(); err != nil {
		return "", "", err
	}
	if f := tx.foreseen.inForce; f != nil {
		return f.id, f.digest, nil
	}
	id, digest, err := tx.reader.PolicyInForce(ctx)
	if err == nil {
		tx.foreseen.inForce = &inForce{id, digest}
	}
	return id, digest, err
}

// Standing is a person with all that decisions about them rest on. The facts
// are those of the log as it was when the batch began, or later ones.
func (tx *Tx) Standing(ctx context.Context, p person.Record) (standing.Account, error) {
	if err := tx.usable(); err != nil {
		return standing.Account{}, err
	}
	a, ok := tx.foreseen.standings[p.ID]
	if !ok {
		all, err := tx.standings(ctx, string(p.ID))
		if err != nil {
			return a, err
		}
		a = all[p.ID]
	}
	a.Person, a.Facts = p, tx.foreseen.size
	return a, nil
}
