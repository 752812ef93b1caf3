// Package join is the story of a browser that is told on which device of the
// organisation it runs: the device management opens a link on the device, and
// the browser takes a cookie for it. It refuses a link that was used, that was
// replaced, or that is over, and it identifies no person: a device is not who
// uses it.
package join

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/posture"
	"holdfast/domain/ticket"
)

// Reader is what the story reads. What is not there is holdfast.NotFound.
type Reader interface {
	// ManagedDeviceByLink takes the hash of the link's secret.
	ManagedDeviceByLink(ctx context.Context, hash string) (posture.Device, error)
	ticket.Makers
}

// Tx is a transaction.
type Tx interface {
	Reader
	Record(ctx context.Context, by audit.By, events ...audit.Event) error
	// MustSpend fails with spent when id was spent before.
	MustSpend(ctx context.Context, space, id string, until time.Time, spent error) error
}

// Store runs transactions; see signin.Store.
type Store interface {
	Reader
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Flow is the story. It holds no state and may be used concurrently.
type Flow struct {
	store Store
	clock holdfast.Clock
}

// New makes the story.
func New(s Store, c holdfast.Clock) *Flow { return &Flow{s, c} }

// Done is a device that a browser shows from now on.
type Done struct {
	Device posture.Device
	Secret string // for the cookie; shown once
}

// Join uses the link of this secret up.
func (f *Flow) Join(ctx context.Context, secret string) (Done, error) {
	hash := holdfast.HashSecret(secret)
	// Who guesses does not come as far as the one writer.
	if _, err := device(ctx, f.store, hash, f.clock()); err != nil {
		return Done{}, err
	}
	var done Done
	err := f.store.InTx(ctx, func(tx Tx) error {
		now := f.clock()
		d, err := device(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		d, cookie, events, err := posture.Join(d, now)
		if err != nil {
			return err
		}
		// The row says that it was used; this says it where a row was put back.
		if err := tx.MustSpend(ctx, "device link", hash, now.Add(posture.LinkLife), posture.ErrLinkUnknown); err != nil {
			return err
		}
		done = Done{d, cookie}
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorTicket, ID: d.ID}, At: now}, events...)
	})
	return done, err
}

func device(ctx context.Context, r Reader, hash string, now time.Time) (posture.Device, error) {
	d, err := r.ManagedDeviceByLink(ctx, hash)
	if holdfast.KindOf(err) == holdfast.NotFound {
		err = posture.ErrLinkUnknown
	}
	if err != nil || d.LinkBy == "" { // made by an older version, within these ten minutes
		return d, err
	}
	// Who made it is asked for again: a link is worth what its maker is.
	holds, err := ticket.MakerHolds(ctx, r, d.LinkBy, now)
	if err == nil && !holds.Has(authority.DevicesWrite) {
		err = ticket.ErrOrphaned
	}
	return d, err
}
