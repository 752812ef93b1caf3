// Package still is the story of a session that goes on in Holdfast's own pages:
// when the interval of the policy is over, the request that comes next is judged
// by the policy of that moment, from where it comes. Nothing runs by a clock: a
// session that nobody uses is judged when somebody does.
//
// It refuses to take an answer for good that was no: who was refused is judged
// at each request, so that going back to where it is allowed, or confirming who
// one is, is enough.
package still

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/again"
	"holdfast/domain/decision"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// Tx is a transaction.
type Tx interface{ again.Tx }

// Store reads, and runs transactions.
type Store interface {
	verdict.Reader
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Config is what the story needs.
type Config struct {
	Store Store
	Judge verdict.Judge
	Clock holdfast.Clock
}

// Flow is the story. It holds no state and may be used concurrently.
type Flow struct{ Config }

// New makes the story.
func New(c Config) *Flow { return &Flow{c} }

// soonest is how often the policy is asked for its interval at all.
const soonest = time.Minute

// In says why who is signed in by s may not go on, or nil. last is what was
// decided last of the session; where says from where the request comes, and is
// asked only where it matters. The error is of kind Unsigned where it helps to
// confirm who one is.
func (f *Flow) In(ctx context.Context, s session.Record, who person.Record, last decision.Last, where func() (verdict.Circumstances, error)) error {
	now := f.Clock()
	if !last.At.After(s.AuthTime) {
		last = decision.Last{At: s.AuthTime} // the sign-in was judged
	}
	if !last.Refused() {
		if now.Sub(last.At) < soonest {
			return nil
		}
		if due, err := f.Judge.Due(ctx, f.Store, last.At, now); err != nil || !due {
			return err
		}
	}
	from, err := where()
	if err != nil {
		return err
	}
	c := verdict.Case{Op: policy.SignIn, Person: who, Session: &s, Where: from, Here: true, Now: now}
	v, err := f.Judge.Answer(ctx, f.Store, c)
	if err != nil {
		return err
	}
	v.Record.ID = last.Decision
	if v.Class() != last.Class || v.Allowed() {
		err = f.Store.InTx(ctx, func(tx Tx) error {
			v, err = again.Judge(ctx, tx, f.Judge, again.Thing{ID: string(s.ID), Until: s.Expires, Case: c})
			return err
		})
	}
	if err != nil || v.Allowed() {
		return err
	}
	if v.Mends() {
		return errConfirm
	}
	return v.Err()
}

// errConfirm has the code by which pages ask for a confirmation.
var errConfirm = holdfast.Errorf(holdfast.Unsigned, "confirm_first", "The policy asks for a stronger or a more recent sign-in. Confirm that it is you.")
