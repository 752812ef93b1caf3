package authorize

import (
	"context"
	"time"

	"holdfast"
)

// Proof is a DPoP proof whose form and signature are right (RFC 9449 §4.3). The
// zero Proof is none.
type Proof struct {
	JKT   string    // thumbprint of its key
	ID    string    // its jti, with what it is for
	Until time.Time // after which its iat is too old
}

// ErrReplay is of a proof that was used before, on whichever node.
var ErrReplay = holdfast.Errorf(holdfast.Denied, "dpop_replay", "This DPoP proof was used before. Make a new one for each request.").At("RFC 9449 §11.1", "")

// spend lets a proof pass once. Only the digest of an id is kept: its length is
// the sender's choice. Two keys may use one jti.
func (p Proof) spend(ctx context.Context, tx Tx) error {
	if p.JKT == "" {
		return nil
	}
	won, err := tx.Spend(ctx, spaceProof, holdfast.HashSecret(p.JKT+" "+p.ID), p.Until.Add(margin))
	if err == nil && !won {
		err = ErrReplay
	}
	return err
}

// UseProof spends a proof that comes with something else than a code or a
// refresh token.
func (f *Flow) UseProof(ctx context.Context, p Proof) error {
	return f.Store.InTx(ctx, func(tx Tx) error { return p.spend(ctx, tx) })
}
