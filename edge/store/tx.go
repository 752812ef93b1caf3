package store

import (
	"context"
	"fmt"

	"holdfast"
	"holdfast/domain/audit"
)

// Tx is one closure's view of the writer's transaction. It may be used only
// inside the closure and by its goroutine. Its reads see its own writes and
// those of every closure before it.
type Tx struct {
	reader
	ctx      context.Context // the batch's: a caller's would end what everybody shares
	db       *DB
	conn     conn
	job      *job
	foreseen *foreseen
	earlier  []leaf // of the closures before it in the batch, which are not in the log yet
	bad      error  // the first error of the database; after it nothing more is run
	wrote    bool   // something of it must be undone if it fails
	over     bool   // the closure has returned
}

func newTx(ctx context.Context, db *DB, c conn, j *job) *Tx {
	tx := &Tx{ctx: ctx, db: db, conn: c, job: j}
	tx.reader = reader{txQuerier{tx}, db.cfg.Clock, db.tables}
	return tx
}

// fail notes an error of the database and gives it as a caller may see it.
func (tx *Tx) fail(err error) error {
	if err == nil {
		return nil
	}
	if tx.bad == nil {
		tx.bad = err
	}
	return tx.db.engine.wrap(err)
}

// usable refuses a Tx that was kept, or that goes on after an error.
func (tx *Tx) usable() error {
	if tx.over {
		return errOver
	}
	if tx.bad != nil {
		return tx.db.engine.wrap(tx.bad)
	}
	return nil
}

func (tx *Tx) exec(_ context.Context, text string, args ...any) (int64, error) {
	if err := tx.usable(); err != nil {
		return 0, err
	}
	n, err := tx.conn.exec(tx.ctx, text, args...)
	tx.wrote = tx.wrote || n > 0
	return n, tx.fail(err)
}

func (tx *Tx) later(_ context.Context, text string, args ...any) error {
	if err := tx.usable(); err != nil {
		return err
	}
	tx.wrote = true
	return tx.fail(tx.conn.later(tx.ctx, text, args...))
}

type txQuerier struct{ tx *Tx }

func (q txQuerier) query(_ context.Context, text string, args ...any) (rows, error) {
	if err := q.tx.usable(); err != nil {
		return nil, err
	}
	rs, err := q.tx.conn.query(q.tx.ctx, text, args...)
	if err != nil {
		return nil, q.tx.fail(err)
	}
	return txRows{rs, q.tx}, nil
}

type txRows struct {
	rows
	tx *Tx
}

func (r txRows) Err() error { return r.tx.fail(r.rows.Err()) }

// Record makes events happen: their rows are written, and they enter the log
// when the transaction is committed. It is the only way to change a row.
// A By without an actor or an instant is refused, as is a row of a table that
// the log could not rebuild.
func (tx *Tx) Record(ctx context.Context, by audit.By, events ...audit.Event) error {
	if by.Actor.Kind == "" || by.At.IsZero() {
		return errNoActor
	}
	for _, e := range events {
		if err := tx.record(ctx, by, e); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) record(ctx context.Context, by audit.By, e audit.Event) error {
	l, err := newLeaf(e, by)
	if err != nil {
		return err
	}
	for _, p := range e.Puts {
		t, ok := tx.db.tables[p.Table]
		if !ok {
			return errInternal.Because(fmt.Errorf("record %s: no table %q is known to the log", e.Type, p.Table))
		}
		tx.foreseen.changed(p)
		if err := tx.put(ctx, t, p); err != nil {
			return err
		}
	}
	tx.job.leaves = append(tx.job.leaves, l)
	return nil
}

func (tx *Tx) put(_ context.Context, t *table, p audit.Put) error {
	w, err := t.write(p)
	if err != nil {
		if !isOurs(err) {
			err = errInternal.Because(err)
		}
		return err
	}
	if err := tx.usable(); err != nil {
		return err
	}
	tx.wrote = true
	return tx.fail(tx.conn.put(tx.ctx, w))
}

// Erase forgets what opens a person's commitments, and what the outbox holds of
// them. The log
// keeps verifying. It belongs with a person.erased event, and with events that
// blank every personal column of that person's rows.
func (tx *Tx) Erase(ctx context.Context, p holdfast.PersonID) error {
	if p == "" {
		return errInternal.Because(fmt.Errorf("erase: no person"))
	}
	if err := tx.later(ctx, "delete from log_opening where person = $1", string(p)); err != nil {
		return err
	}
	forget(tx.job.leaves, p)
	tx.job.erased = append(tx.job.erased, p)
	if err := tx.later(ctx, "delete from delivery where person = $1", string(p)); err != nil {
		return err
	}
	if err := tx.later(ctx, "delete from device where person = $1", string(p)); err != nil {
		return err
	}
	if err := tx.forgetAnswers(ctx, p); err != nil {
		return err
	}
	return tx.later(ctx, "delete from mail where person = $1", string(p))
}

// forget drops the openings of p's leaves that are not yet written.
func forget(leaves []leaf, p holdfast.PersonID) {
	for i := range leaves {
		if leaves[i].person == p {
			leaves[i].openings = nil
		}
	}
}
