// Package again judges once more what was let go on: a session, or what an
// application was permitted in it. A decision is put on record when it is the
// first, or another than the one before (decision.Class), and never for each
// time that somebody asks.
//
// It refuses to let a session that moves to and fro between two networks fill
// the log: of one, a bounded number of changes is written, as of refusals.
package again

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/decision"
	"holdfast/domain/ending"
	"holdfast/domain/refusal"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// Tx is what is judged by, and written to.
type Tx interface {
	verdict.Reader
	refusal.Tx
	// Last is what was decided last of id; zero where that is not known.
	Last(ctx context.Context, id string) (decision.Last, error)
	KeepLast(ctx context.Context, id string, l decision.Last, until time.Time) error
	HeldBy(ctx context.Context, id holdfast.PersonID) (ending.Held, error)
}

// Thing is what is judged again.
type Thing struct {
	ID    string // of the session or the grant
	Until time.Time
	Case  verdict.Case // with its session
}

// Judge decides t by the policy of this moment. Where a rule says so, it ends
// everything that the person has.
func Judge(ctx context.Context, tx Tx, j verdict.Judge, t Thing) (verdict.Verdict, error) {
	v, err := j.Of(ctx, tx, t.Case)
	if err != nil {
		return v, err
	}
	last, err := tx.Last(ctx, t.ID)
	if err != nil {
		return v, err
	}
	now, class := t.Case.Now, v.Class()
	on := last.Decision
	if last.Class != class {
		if on, err = write(ctx, tx, t, v); err != nil {
			return v, err
		}
	}
	if v.Record.ID = on; on == "" {
		class = string(v.Decision.Outcome) + ":" // not on record: the next one tries again
	}
	return v, tx.KeepLast(ctx, t.ID, decision.Last{Class: class, Decision: on, At: now}, t.Until)
}

// write puts v on record, and says by which id; empty: there were too many.
func write(ctx context.Context, tx Tx, t Thing, v verdict.Verdict) (holdfast.DecisionID, error) {
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(v.Record.Person), Session: t.Case.Session.ID}, At: t.Case.Now}
	if v.Decision.EndAll {
		held, err := tx.HeldBy(ctx, v.Record.Person)
		if err != nil {
			return "", err
		}
		return v.Record.ID, tx.Record(ctx, by, append([]audit.Event{v.Event()}, held.Everything(session.TooRisky, by.At)...)...)
	}
	dropped, err := refusal.Keep(ctx, tx, refusal.Who{Kind: "again", Proven: t.ID, Person: v.Record.Person}, by, v.Event())
	if !dropped.IsZero() {
		return "", err
	}
	return v.Record.ID, err
}
