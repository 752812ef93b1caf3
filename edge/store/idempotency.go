package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"holdfast"
)

// A Call is one that may be sent again: an Idempotency-Key of the
// administration API. Whoever claims it first carries it out; who comes later,
// on any node, is told what came of it.
type Call struct {
	ID      string    // of who calls and the key that they chose
	Request string    // what is asked for, by a hash
	Lease   time.Time // until then whoever claims it is believed to be at it
	Until   time.Time // how long its answer is kept
}

// An Outcome is what came of a call that was claimed before. Status is 0 while
// there is no answer: Busy says that somebody is at it; else the node died, or
// what the answer said was erased, and nobody knows.
type Outcome struct {
	Request string
	Status  int
	Answer  []byte
	Busy    bool
}

// ClaimCall says that c is the caller's to carry out, or what came of it.
func (db *DB) ClaimCall(ctx context.Context, c Call, now time.Time) (mine bool, was Outcome, err error) {
	if db.cfg.Sealer == nil {
		return false, was, errInternal.Because(errNoSealer)
	}
	err = db.InTx(ctx, func(tx *Tx) error {
		// One statement decides, so that of two nodes one claims it.
		n, err := tx.exec(ctx, `insert into idempotency (id, request, status, answer, people, lease_until, until)
			values ($1, $2, 0, $3, '', $4, $5)
			on conflict (id) do update set request = excluded.request, status = 0, answer = excluded.answer, people = '',
				lease_until = excluded.lease_until, until = excluded.until where idempotency.until <= $6`,
			c.ID, c.Request, []byte{}, holdfast.Micros(c.Lease), holdfast.Micros(c.Until), holdfast.Micros(now))
		if mine = n == 1; mine || err != nil {
			return err
		}
		was, err = tx.outcome(ctx, c.ID, now)
		return err
	})
	return mine, was, err
}

func (tx *Tx) outcome(ctx context.Context, id string, now time.Time) (Outcome, error) {
	rs, err := tx.q.query(ctx, "select request, status, answer, lease_until from idempotency where id = $1", id)
	if err != nil {
		return Outcome{}, err
	}
	defer rs.Close()
	var o Outcome
	var status, lease int64
	if !rs.Next() {
		return o, errors.Join(rs.Err(), errInternal)
	}
	if err := rs.Scan(&o.Request, &status, &o.Answer, &lease); err != nil {
		return o, errInternal.Because(err)
	}
	o.Status, o.Busy = int(status), status == 0 && lease > holdfast.Micros(now)
	if o.Status != 0 {
		if o.Answer, err = tx.db.cfg.Sealer.Unwrap(sealedCall(id), o.Answer); err != nil {
			return o, errInternal.Because(err)
		}
	}
	return o, rs.Err()
}

// sealedCall binds an answer to its call: whoever can write to the database
// cannot give one caller another's.
func sealedCall(id string) string { return "idempotency\x00" + id }

// KeepAnswer keeps what a claimed call was answered. people are those whom the
// answer speaks of: it goes when one of them is erased.
func (db *DB) KeepAnswer(ctx context.Context, id string, status int, answer []byte, people []string) error {
	return db.InTx(ctx, func(tx *Tx) error {
		return tx.later(ctx, "update idempotency set status = $2, answer = $3, people = $4 where id = $1",
			id, int64(status), db.cfg.Sealer.Wrap(sealedCall(id), answer), strings.Join(people, " "))
	})
}

// FreeCall gives a claimed call back: it was refused, and nothing was done.
func (db *DB) FreeCall(ctx context.Context, id string) error {
	return db.InTx(ctx, func(tx *Tx) error { return tx.later(ctx, "delete from idempotency where id = $1", id) })
}

// forgetAnswers drops the answers that speak of a person, and keeps that the
// calls were carried out.
func (tx *Tx) forgetAnswers(ctx context.Context, p holdfast.PersonID) error {
	return tx.later(ctx, `update idempotency set status = 0, answer = $1, people = '', lease_until = 0
		where people like $2 escape '\'`, []byte{}, containing(string(p)))
}
