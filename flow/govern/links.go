package govern

import (
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/domain/posture"
	"holdfast/domain/ticket"
)

// linkTx finds what somebody made that is not used yet.
type linkTx interface {
	// OpenTicketsBy gives the tickets that are neither used nor revoked, by their
	// maker, as ticket.Record.By names them.
	OpenTicketsBy(ctx context.Context, maker string) ([]ticket.Record, error)
	DevicesLinkedBy(ctx context.Context, maker string) ([]posture.Device, error)
	OpenOnboardingsBy(ctx context.Context, maker string) ([]posture.Onboarding, error)
}

// orphan ends the links of a maker who holds no more than holds from now on, as
// far as these are not enough for them. Whoever made a link has seen it, and a
// link that outlives its maker's power is a way back in.
func orphan(ctx context.Context, tx Tx, maker string, holds authority.Set, now time.Time) ([]audit.Event, error) {
	var events []audit.Event
	tickets, err := tx.OpenTicketsBy(ctx, maker)
	if err != nil {
		return nil, err
	}
	for _, t := range tickets {
		whose, err := orNone(tx.Person(ctx, t.Person))
		if err != nil {
			return nil, err
		}
		if holds.Covers(t.Kind.Needs()) && holds.Over(whose, now) == nil {
			continue
		}
		if _, ended, err := ticket.Orphan(t, now); err == nil { // an expired one needs no end
			events = append(events, ended...)
		}
	}
	if holds.Has(authority.DevicesWrite) {
		return events, nil
	}
	devices, err := tx.DevicesLinkedBy(ctx, maker)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		_, ended := posture.EndLink(d)
		events = append(events, ended...)
	}
	rights, err := tx.OpenOnboardingsBy(ctx, maker)
	for _, o := range rights {
		_, ended := posture.EndOnboarding(o, now)
		events = append(events, ended...)
	}
	return events, err
}

// orphans ends what p, as they are from now on, and their tokens may not make
// any more, and the tokens that they made for others with more than they hold now.
func orphans(ctx context.Context, tx Tx, p person.Record, now time.Time) ([]audit.Event, error) {
	events, err := orphan(ctx, tx, personActor(p.ID), authority.OfPerson(p, now), now)
	if err != nil {
		return nil, err
	}
	tokens, err := tx.APITokensOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		ended, err := orphan(ctx, tx, tokenMaker(t.ID), t.Holds(p, now), now)
		if err != nil {
			return nil, err
		}
		events = append(events, ended...)
	}
	made, err := tx.APITokensBy(ctx, personActor(p.ID))
	if err != nil {
		return nil, err
	}
	made = slices.DeleteFunc(made, func(t apitoken.Record) bool {
		scopes, err := authority.Parse(t.Scopes)
		return t.Owner == p.ID || err == nil && authority.OfPerson(p, now).Covers(scopes)
	})
	ended, err := endTokens(ctx, tx, made, now)
	return append(events, ended...), err
}

func tokenMaker(id holdfast.APITokenID) string {
	return apitoken.Maker(holdfast.Actor{Kind: holdfast.ActorToken, ID: string(id)})
}
