package govern

import (
	"context"
	"strconv"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
)

// outboxTx is what the administration does with what is to leave the server.
type outboxTx interface {
	// ReviveDeliveries makes all of a kind that were given up due again, and says
	// how many.
	ReviveDeliveries(ctx context.Context, kind string, now time.Time) (int64, error)
}

// Revive tries again what was given up of a kind, such as mail after the mail
// server was mended. What has ended meanwhile, such as an invitation, has ended
// all the same: its link opens nothing.
func (f *Flow) Revive(ctx context.Context, by holdfast.Actor, kind string) (int64, error) {
	var n int64
	err := f.do(ctx, by, authority.SettingsWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if n, err = tx.ReviveDeliveries(ctx, kind, r.now); err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, holdfast.Errorf(holdfast.Conflict, "nothing_given_up", "Nothing of this kind was given up: there is nothing to try again.")
		}
		return []audit.Event{audit.New("outbox.revived", kind, "").With("deliveries", strconv.FormatInt(n, 10))}, nil
	})
	return n, err
}
