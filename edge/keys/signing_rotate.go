package keys

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/signingkey"
)

var errOverlap = holdfast.Errorf(holdfast.Invalid, "key_overlap",
	"The overlap is from 5 minutes, for which applications may cache the keys, to 30 days.")

// minOverlap is what the key set's Cache-Control allows.
const minOverlap = 5 * time.Minute

// Rotate puts new keys in the place of those that sign tokens. They are
// published at once and sign after overlap, when applications that cache the
// key set have them; the old ones stay published until the last ID token by
// them is over. Where keys wait to sign already, from another node or an hour
// ago, they are the new ones, and nothing is made.
//
// It gives the keys that will sign. by must be somebody who may: Rotate does
// not ask.
func (m Master) Rotate(ctx context.Context, s Store, by holdfast.Actor, overlap time.Duration, now time.Time) ([]signingkey.Record, error) {
	if overlap < minOverlap || overlap > signingkey.MaxOverlap {
		return nil, errOverlap
	}
	return m.rotate(ctx, s, by, overlap, false, now)
}

// Withdraw is for keys that somebody else may have: new ones sign at once, and
// nothing that the old ones signed is believed any more. Applications that
// cache the key set refuse sign-ins until they read it again.
func (m Master) Withdraw(ctx context.Context, s Store, by holdfast.Actor, now time.Time) ([]signingkey.Record, error) {
	return m.rotate(ctx, s, by, 0, true, now)
}

func (m Master) rotate(ctx context.Context, s Store, by holdfast.Actor, overlap time.Duration, withdraw bool, now time.Time) ([]signingkey.Record, error) {
	seen, err := list(ctx, s)
	if err != nil {
		return nil, err
	}
	var fresh []signingkey.Record
	for _, alg := range algorithms {
		k, err := m.make(alg, now.Add(overlap), now)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, k)
	}
	var made []signingkey.Record
	err = s.InTx(ctx, func(tx Tx) error {
		made = nil
		all, err := tx.SigningKeys(ctx)
		if err != nil {
			return err
		}
		var events []audit.Event
		for _, k := range fresh {
			if next, ok := successor(seen, all, k.Algorithm, withdraw, now); ok {
				made = append(made, next)
				continue
			}
			made = append(made, k)
			events = append(events, signingkey.Rotate(all, k, withdraw, now)...)
		}
		return change(ctx, tx, by, events, now)
	})
	return made, err
}

// successor is the key that another rotation has made meanwhile; for one that
// has time, also the key that waits already.
func successor(seen, all []signingkey.Record, alg string, withdraw bool, now time.Time) (signingkey.Record, bool) {
	standing := signingkey.Standing(all, alg, now)
	if len(standing) == 0 {
		return signingkey.Record{}, false
	}
	last := standing[len(standing)-1]
	known := false
	for _, k := range seen {
		known = known || k.ID == last.ID
	}
	return last, !known || !withdraw && last.State(now) == signingkey.Waiting
}

// List gives all signing keys that there ever were, the oldest first; see
// signingkey.Record.State.
func List(ctx context.Context, s Store) ([]signingkey.Record, error) { return list(ctx, s) }
