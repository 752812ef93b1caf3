package govern

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// CreateToken makes an API token for owner, or for whoever asks where owner is
// empty. The secret is shown this once.
//
// A program makes no tokens that outlive its own: a leaked token would live on.
func (f *Flow) CreateToken(ctx context.Context, by holdfast.Actor, owner holdfast.PersonID, n apitoken.New) (apitoken.Record, string, error) {
	var t apitoken.Record
	var secret string
	err := f.do(ctx, by, authority.TokensWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if owner == "" {
			owner = r.person
		}
		p, err := tx.Person(ctx, owner)
		if holdfast.KindOf(err) == holdfast.NotFound {
			return nil, holdfast.Errorf(holdfast.Invalid, "token_owner", "Say whose token it is: somebody who holds these scopes.")
		}
		if err != nil {
			return nil, err
		}
		if t, secret, events, err = apitoken.Create(n, p, r.holds, by, r.now); err != nil {
			return nil, err
		}
		return events, within(ctx, tx, by, t)
	})
	return t, secret, err
}

// within refuses a token that outlives the token that makes it.
func within(ctx context.Context, tx Tx, by holdfast.Actor, t apitoken.Record) error {
	if by.Kind != holdfast.ActorToken {
		return nil
	}
	maker, err := tx.APIToken(ctx, holdfast.APITokenID(by.ID))
	if err == nil && t.Expires.After(maker.Expires) {
		err = holdfast.Errorf(holdfast.Denied, "token_outlives", "A token cannot make one that lives longer than itself.")
	}
	return err
}

// RevokeToken ends a token at once, and those that were made by it. People may
// end their own, and a token may end itself: whoever found a leaked one does no
// harm by it.
func (f *Flow) RevokeToken(ctx context.Context, by holdfast.Actor, id holdfast.APITokenID) error {
	return f.inTx(ctx, func(tx Tx) error {
		r, err := f.rightOf(ctx, tx, by, false)
		if err != nil {
			return err
		}
		t, err := tx.APIToken(ctx, id)
		if err != nil {
			return err
		}
		own := by.Kind == holdfast.ActorPerson && r.person == t.Owner || by.Kind == holdfast.ActorToken && by.ID == string(t.ID)
		if !own && !r.holds.Has(authority.TokensWrite) {
			return authority.Need(authority.TokensWrite)
		}
		return f.run(ctx, tx, r, func(tx Tx, r right) ([]audit.Event, error) {
			if err := r.overOwner(ctx, tx, t); err != nil {
				return nil, err
			}
			if _, _, err := apitoken.Revoke(t, r.now); err != nil {
				return nil, err
			}
			return endTokens(ctx, tx, []apitoken.Record{t}, r.now)
		})
	})
}

// endTokens ends tokens with all that were made by them, directly or not, links
// included: who had one that leaked may have made others by it. One that is over
// needs no end.
func endTokens(ctx context.Context, tx Tx, tokens []apitoken.Record, now time.Time) ([]audit.Event, error) {
	var events []audit.Event
	ended := map[holdfast.APITokenID]bool{}
	for len(tokens) > 0 {
		t := tokens[0]
		tokens = tokens[1:]
		_, revoked, err := apitoken.Revoke(t, now)
		if err != nil || ended[t.ID] {
			continue
		}
		ended[t.ID] = true
		events = append(events, revoked...)
		links, err := orphan(ctx, tx, tokenMaker(t.ID), authority.Set{}, now)
		if err != nil {
			return nil, err
		}
		events = append(events, links...)
		made, err := tx.APITokensBy(ctx, tokenMaker(t.ID))
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, made...)
	}
	return events, nil
}

func (r right) overOwner(ctx context.Context, tx Tx, t apitoken.Record) error {
	if r.person == t.Owner {
		return nil
	}
	owner, err := tx.Person(ctx, t.Owner)
	if err == nil && owner.Status != person.Erased {
		err = r.over(owner)
	}
	return err
}
