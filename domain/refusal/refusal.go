// Package refusal keeps what is refused on record without letting who is
// refused fill the log: the first of a while are written whole, and of those
// behind them only how many there were, at the first, the tenth, the hundredth
// and the thousandth.
//
// It refuses to refuse. Who may go on is never counted here, so that nobody can
// use up somebody else's sign-ins; and what is counted is counted by what the
// caller has proven (a passkey, a session, a link) beside the network they come
// from, so that a thief elsewhere hides nothing of the rightful person's.
package refusal

import (
	"context"
	"errors"
	"strconv"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

const (
	// Window is the while; it begins with the first refusal after the last one
	// was over.
	Window = 10 * time.Minute
	// Most are written whole in a window: a person who tries each of their
	// passkeys at each of their applications stays below it.
	Most = 20
	// counted bounds how many more are counted. Beyond it nothing is written at
	// all, not even the count.
	counted = 1000
)

// Tx is what is written to.
type Tx interface {
	// Attempt counts one more under key, up to most, and says which it is and when
	// the window ends; most+1 stands for all beyond, which are not counted.
	Attempt(ctx context.Context, key string, window time.Duration, most int64, now time.Time) (n int64, until time.Time, err error)
	Record(ctx context.Context, by audit.By, events ...audit.Event) error
}

// Who was refused, and what.
type Who struct {
	Kind    string            // "sign_in", "authorize": what they wanted
	Proven  string            // id of the person, the link or the application that was shown to be there
	Address string            // of who asks; empty: it does not matter from where
	Person  holdfast.PersonID // whose account it is about

	// Ends is what ends with the refusal. It is written however often somebody was
	// refused before: there is less to end each time.
	Ends []audit.Event
}

func (w Who) key() string {
	return "refused/" + w.Kind + "/" + w.Proven + "/" + holdfast.NetworkOf(w.Address)
}

// Keep records events of what was refused to w, unless there were too many.
// Then dropped says until when none is written.
func Keep(ctx context.Context, tx Tx, w Who, by audit.By, events ...audit.Event) (dropped time.Time, err error) {
	if len(w.Ends) > 0 {
		return time.Time{}, tx.Record(ctx, by, append(events, w.Ends...)...)
	}
	n, until, err := tx.Attempt(ctx, w.key(), Window, Most+counted, by.At)
	if err != nil || n <= Most {
		if err == nil && len(events) > 0 {
			err = tx.Record(ctx, by, events...)
		}
		return time.Time{}, err
	}
	switch n - Most {
	case 1, 10, 100, counted:
		err = tx.Record(ctx, by, audit.New("decision.dropped", string(w.Person), w.Person).
			With("kind", w.Kind).With("dropped", strconv.FormatInt(n-Most, 10)))
	}
	return until, err
}

// Wait is refused for who has to wait until dropped; where nothing was dropped,
// as it was. Who can go on by confirming who they are is told so all the same.
func Wait(refused error, dropped time.Time) error {
	e, ok := errors.AsType[*holdfast.Error](refused)
	if !ok || dropped.IsZero() || e.Kind == holdfast.Unsigned {
		return refused
	}
	out := *e
	out.Kind, out.Code = holdfast.Throttled, "refused_too_often"
	out.Text += " " + Sentence(dropped)
	out.Err = refused
	return &out
}

// Sentence is what to tell who has to wait until dropped.
func Sentence(dropped time.Time) string {
	return "This was refused too often. Wait until " + dropped.UTC().Format("15:04") + " UTC before you try again."
}
