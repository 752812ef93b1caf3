package govern

import (
	"context"
	"errors"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/policy"
	written "holdfast/domain/refusal"
	"holdfast/domain/verdict"
)

// AdminApp is what the policy calls the administration.
const AdminApp = "holdfast-admin"

// refusal is the policy's; it is put on record after the transaction that it
// stopped.
type refusal struct {
	error
	verdict verdict.Verdict
}

func (r *refusal) Unwrap() error { return r.error }

// mayAdminister holds whoever changes something for others against the policy,
// in the session that they have.
func (f *Flow) mayAdminister(ctx context.Context, tx Tx, r right) (verdict.Verdict, error) {
	who, err := tx.Person(ctx, r.person)
	if err != nil {
		return verdict.Verdict{}, err
	}
	s, err := tx.Session(ctx, r.actor.Session)
	if err != nil {
		return verdict.Verdict{}, err
	}
	v, err := f.judge.Of(ctx, tx, verdict.Case{Op: policy.Admin, Person: who, Session: &s, App: policy.App{ID: AdminApp, Sensitivity: 9}, Now: r.now})
	if err == nil && !v.Allowed() {
		err = &refusal{v.Err(), v}
	}
	return v, err
}

// inTx is a transaction of somebody who acts. A refusal of the policy is kept,
// in a transaction of its own.
func (f *Flow) inTx(ctx context.Context, fn func(Tx) error) error {
	err := f.store.InTx(ctx, fn)
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		return err
	}
	v := refused.verdict
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(v.Record.Person)}, At: v.Record.At}
	var dropped time.Time
	kept := f.store.InTx(ctx, func(tx Tx) (err error) {
		dropped, err = written.Keep(ctx, tx, written.Who{Kind: "admin", Proven: string(v.Record.Person), Person: v.Record.Person}, by, v.Refused())
		return err
	})
	return errors.Join(written.Wait(refused.error, dropped), kept)
}
