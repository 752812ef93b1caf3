package authorize

import (
	"context"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/refusal"
)

// Exchange gives a service that was handed an access token one for another
// service (RFC 8693); see grant.Exchange. A token that is bound to a key needs
// a proof by that key.
func (f *Flow) Exchange(ctx context.Context, app grant.App, subject string, audience holdfast.AppID, v Values) (grant.Grant, grant.Token, error) {
	var g grant.Grant
	var t grant.Token
	var refused error // that is on record, so the transaction stands
	err := f.Store.InTx(ctx, func(tx Tx) error {
		refused = nil
		now := f.Clock()
		from, token, err := granted(ctx, tx, subject, grant.Access)
		if err != nil {
			return err
		}
		target, err := tx.App(ctx, audience)
		if holdfast.KindOf(err) == holdfast.NotFound && err != nil || err == nil && !target.Live() {
			return errTarget
		}
		if err != nil {
			return err
		}
		if token.JKT != "" && token.JKT != v.Proof.JKT {
			return errBound
		}
		if err := v.Proof.spend(ctx, tx); err != nil {
			return err
		}
		made, access, events, err := grant.Exchange(holdfast.NewGrantID(), app, target, from, token, v.fresh(), now)
		if err != nil {
			return err
		}
		// The person, their session and the first application's demands; then the
		// other service's.
		if err := stands(ctx, tx, from, counts, now); err != nil {
			return err
		}
		s, err := tx.Session(ctx, from.Session)
		if err != nil {
			return err
		}
		if lack, err := lacks(ctx, tx, target, from.Person, s, now); err != nil || len(lack) > 0 {
			if err == nil {
				err = errTarget
			}
			return err
		}
		// And the policy's, for the other service: nobody may come to it by way of
		// the first with less than it asks for, or with an older proof.
		judged, err := f.judgeExchange(ctx, tx, target, made, s, now)
		if err != nil {
			return err
		}
		if !judged.Allowed() {
			refused = errTarget
			who := refusal.Who{Kind: "exchange", Proven: string(app.ID) + "/" + string(from.Person), Person: from.Person}
			_, err := refusal.Keep(ctx, tx, who, byApp(app.ID, now), judged.Refused())
			return err
		}
		g, t = made, access
		return tx.Record(ctx, byApp(app.ID, now), judged.With(events)...)
	})
	if err == nil {
		err = refused
	}
	return g, t, err
}

var (
	errTarget = holdfast.Errorf(holdfast.Denied, "exchange_target", "There is no such application to get a token for, or this person may not use it.")
	errBound  = holdfast.Errorf(holdfast.Denied, "dpop_key", "The token is bound to a key. Send a DPoP proof by that key with the request.").At("RFC 9449 §7", "")
)
