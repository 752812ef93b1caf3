package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
)

// EndGrant takes from an application what somebody let it do: its tokens are
// over at once, and the person is asked again before it may do so anew.
func (f *Flow) EndGrant(ctx context.Context, by holdfast.Actor, id holdfast.GrantID) error {
	return f.do(ctx, by, authority.SessionsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		g, err := tx.Grant(ctx, id)
		if err != nil {
			return nil, err
		}
		if g.Person != "" {
			p, err := tx.Person(ctx, g.Person)
			if err == nil {
				err = r.over(p)
			}
			if err != nil {
				return nil, err
			}
		}
		if !g.Ended.IsZero() {
			return nil, holdfast.Errorf(holdfast.Conflict, "grant_over", "This permission has ended already.")
		}
		consent, err := orNone(tx.Consent(ctx, grant.ConsentID(g.Person, g.App)))
		if err != nil {
			return nil, err
		}
		return append(grant.EndAll([]grant.Grant{g}, grant.EndedByHand, r.now), grant.Withdraw(consent)...), nil
	})
}

// Allowed says whether by holds scope at this moment: for what is done outside
// of govern, such as a change of keys.
func (f *Flow) Allowed(ctx context.Context, by holdfast.Actor, scope authority.Scope) error {
	return f.do(ctx, by, scope, func(Tx, right) ([]audit.Event, error) { return nil, nil })
}
