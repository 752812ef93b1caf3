package authorize

import (
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
)

// Issue opens a grant and its code. request is Waiting.ID; one request gives one
// code, whoever comes back with its address.
func (f *Flow) Issue(ctx context.Context, request string, app holdfast.AppID, a grant.Authorization, code string, who SignedIn) error {
	now := f.Clock()
	return f.Store.InTx(ctx, func(tx Tx) error {
		if err := f.finish(ctx, tx, request); err != nil {
			return err
		}
		registered, err := tx.App(ctx, app)
		if err != nil {
			return err
		}
		g, _, events, err := grant.IssueCode(registered, a, holdfast.HashSecret(code), now)
		if err != nil {
			return err
		}
		// The session was read when the request came in; it may have ended since.
		if err := stands(ctx, tx, g, asked, now); err != nil {
			return err
		}
		v, err := f.stillJudged(ctx, tx, registered, slices.Concat(a.Scopes, a.Operations), who, now)
		if err != nil {
			return err
		}
		return tx.Record(ctx, f.byPerson(who), v.With(events)...)
	})
}

// ByCode gives the grant that a code belongs to, for checking before Redeem.
// The code may be used already, and the grant may have ended.
func (f *Flow) ByCode(ctx context.Context, code string) (grant.Grant, grant.Token, error) {
	return granted(ctx, f.Store, code, grant.Code)
}

// Values are the secrets that become tokens. Refresh is empty for none.
type Values struct {
	Access  string
	Refresh string
	Scopes  []string // of the access token; empty: all of the grant's
	Proof   Proof    // RFC 9449: of the key that they are bound to; zero: none
}

func (v Values) fresh() grant.Fresh {
	f := grant.Fresh{Access: holdfast.HashSecret(v.Access), Scopes: v.Scopes, JKT: v.Proof.JKT}
	if v.Refresh != "" {
		f.Refresh = holdfast.HashSecret(v.Refresh)
	}
	return f
}

// Redeem turns a code into tokens, exactly once. A code that comes again ends
// its grant and what it gave before (RFC 6749 §4.1.2).
func (f *Flow) Redeem(ctx context.Context, app holdfast.AppID, code string, v Values) error {
	return f.turn(ctx, app, code, grant.Code, spaceCode, grant.EndedCodeReuse, v, grant.RedeemCode)
}

// ByRefresh gives the grant that a refresh token belongs to, for checking
// before Refresh. One that was replaced is a copy, in whosever hands: its
// family ends here (RFC 9700 §4.14.2).
func (f *Flow) ByRefresh(ctx context.Context, app holdfast.AppID, token string) (grant.Grant, grant.Token, error) {
	g, t, err := f.PeekRefresh(ctx, token)
	if err != nil {
		return g, t, err
	}
	if t.Status != grant.Active {
		if err := f.End(ctx, app, g.ID, grant.EndedTokenReuse); err != nil {
			return g, t, err
		}
		return g, t, errNoToken
	}
	return g, t, nil
}

// PeekRefresh is ByRefresh without consequences: for introspection and
// revocation, where the token is asked about and not used.
func (f *Flow) PeekRefresh(ctx context.Context, token string) (grant.Grant, grant.Token, error) {
	return granted(ctx, f.Store, token, grant.Refresh)
}

// Refresh turns a refresh token into its successor and a new access token,
// exactly once.
func (f *Flow) Refresh(ctx context.Context, app holdfast.AppID, token string, v Values) error {
	return f.turn(ctx, app, token, grant.Refresh, spaceRefresh, grant.EndedTokenReuse, v, grant.Rotate)
}

type become func(grant.Grant, grant.Token, grant.Fresh, time.Time) ([]grant.Token, []audit.Event, error)

// turn spends value by one conditional statement and, in the same transaction,
// writes what it becomes. Whoever loses the race ends the family, and so does
// whoever does not meet the application's demands any more; both have to be
// kept although the answer is an error: hence the second result. A proof by the
// wrong key, or one that was used, spends nothing.
func (f *Flow) turn(ctx context.Context, app holdfast.AppID, value string, kind grant.Kind, space string, reuse grant.Reason, v Values, to become) error {
	var refused error
	err := f.Store.InTx(ctx, func(tx Tx) (err error) {
		refused = nil
		now := f.Clock()
		g, t, err := granted(ctx, tx, value, kind)
		if err != nil {
			return err
		}
		if g.App != app {
			return errNoToken
		}
		registered, err := tx.App(ctx, app)
		if err != nil {
			return err
		}
		if err := grant.CheckKey(registered, g, t, v.Proof.JKT); err != nil && t.Status == grant.Active {
			return err
		}
		if err := v.Proof.spend(ctx, tx); err != nil {
			return err
		}
		won, err := tx.Spend(ctx, space, t.ID, t.Expires.Add(margin))
		if err != nil {
			return err
		}
		if !won || t.Status != grant.Active {
			refused = errNoToken
			_, events := grant.End(g, reuse, now)
			return record(ctx, tx, byApp(app, now), events)
		}
		if lack, err := f.outgrown(ctx, tx, registered, g, now); err != nil || lack != "" {
			refused = errUnmet
			_, events := grant.End(g, grant.EndedUnmet, now)
			events = append(events, grant.Refused(registered, g.Person, lack))
			if err == nil {
				err = tx.Record(ctx, byApp(app, now), events...)
			}
			return err
		}
		if err := stands(ctx, tx, g, asked, now); err != nil {
			return err
		}
		judged, err := f.judgeGrant(ctx, tx, registered, g, kind == grant.Refresh, now)
		if err != nil {
			return err
		}
		if !judged.Allowed() {
			refused = errUnmet
			_, events := grant.End(g, grant.EndedUnmet, now)
			return tx.Record(ctx, byApp(app, now), append(events, judged.Refused())...)
		}
		_, events, err := to(g, t, v.fresh(), now)
		if err != nil {
			return err
		}
		return tx.Record(ctx, byApp(app, now), judged.With(events)...)
	})
	if err != nil {
		return err
	}
	return refused
}

// outgrown gives what an application demands of a person and their sign-in that
// is not there any more, the age of the sign-in included.
func (f *Flow) outgrown(ctx context.Context, tx Tx, app grant.App, g grant.Grant, now time.Time) (grant.Lack, error) {
	s, err := tx.Session(ctx, g.Session)
	if err != nil {
		return "", err
	}
	lack, err := lacks(ctx, tx, app, g.Person, s, now)
	if err != nil || len(lack) == 0 || !g.Live(now) {
		return "", err
	}
	return lack[0], nil
}

// End ends a grant on behalf of app. Ending twice is nothing.
func (f *Flow) End(ctx context.Context, app holdfast.AppID, id holdfast.GrantID, why grant.Reason) error {
	return f.Store.InTx(ctx, func(tx Tx) error {
		g, err := tx.Grant(ctx, id)
		if err != nil {
			return err
		}
		now := f.Clock()
		_, events := grant.End(g, why, now)
		return record(ctx, tx, byApp(app, now), events)
	})
}

// Revoke gives a token back (RFC 7009). Only the application that has it can.
func (f *Flow) Revoke(ctx context.Context, app holdfast.AppID, hash string) error {
	return f.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Token(ctx, hash)
		if err != nil {
			return err
		}
		g, err := tx.Grant(ctx, t.Grant)
		if err != nil {
			return err
		}
		if g.App != app {
			return errNoToken
		}
		now := f.Clock()
		events, err := grant.Revoke(g, t, now)
		if err != nil {
			return err
		}
		return record(ctx, tx, byApp(app, now), events)
	})
}

// ByAccess gives the grant of an access token that is good now.
func (f *Flow) ByAccess(ctx context.Context, token string) (grant.Grant, grant.Token, error) {
	g, t, err := granted(ctx, f.Store, token, grant.Access)
	if err != nil {
		return g, t, err
	}
	now := f.Clock()
	if !t.Good(now) {
		return g, t, errNoToken
	}
	return g, t, f.good(ctx, g, t, now)
}

// Good says why a token of g that is shown or asked about is worth nothing, or
// nil: what it rests on is gone, the application demands more, or the policy
// does, which is asked again when its interval is over.
func (f *Flow) Good(ctx context.Context, g grant.Grant, t grant.Token) error {
	now := f.Clock()
	if !t.Good(now) {
		return errNoToken
	}
	return f.good(ctx, g, t, now)
}

func (f *Flow) good(ctx context.Context, g grant.Grant, t grant.Token, now time.Time) error {
	if err := stands(ctx, f.Store, g, counts, now); err != nil {
		return err
	}
	return f.judgeAgain(ctx, g, t.Issued, now)
}

// SpendJTI is true exactly once for the id of a signed statement by an
// application.
func (f *Flow) SpendJTI(ctx context.Context, jti string, until time.Time) (won bool, err error) {
	err = f.Store.InTx(ctx, func(tx Tx) error {
		won, err = tx.Spend(ctx, spaceJTI, holdfast.HashSecret(jti), until)
		return err
	})
	return won, err
}

// Claims are what an application may know of a person by the scopes it was
// granted (OpenID Connect Core §5.4).
func (f *Flow) Claims(ctx context.Context, id holdfast.PersonID, scopes []string) (map[string]any, error) {
	p, err := f.Store.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{}
	for _, s := range scopes {
		switch s {
		case grant.ScopeProfile:
			claims["name"], claims["preferred_username"] = p.Name, p.Email
		case grant.ScopeEmail:
			// Whoever enrolled with an invitation sent to it could read it; that is
			// not the same as having verified it, so nothing is said.
			claims["email"] = p.Email
		case grant.ScopeGroups:
			groups, err := f.Store.GroupsOf(ctx, id)
			if err != nil {
				return nil, err
			}
			names := make([]string, 0, len(groups))
			for _, g := range groups {
				names = append(names, g.Name)
			}
			claims["groups"] = names
		}
	}
	return claims, nil
}

func record(ctx context.Context, tx Tx, by audit.By, events []audit.Event) error {
	if len(events) == 0 {
		return nil
	}
	return tx.Record(ctx, by, events...)
}

func (f *Flow) byPerson(who SignedIn) audit.By {
	return audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(who.Person.ID), Session: who.Session.ID}, At: f.Clock()}
}
