package rejudge

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/session"
	ruling "holdfast/domain/verdict"
)

// Judge decides by the policy in force, with where a session came from.
type Judge interface {
	Of(ctx context.Context, r ruling.Reader, c ruling.Case) (ruling.Verdict, error)
}

// deviceTx is what a change of a device's posture is judged by.
type deviceTx interface {
	ruling.Reader
	// SessionsOnDevice gives those that have not ended.
	SessionsOnDevice(ctx context.Context, device string) ([]session.Record, error)
	// GrantsOfSession gives those that have not ended.
	GrantsOfSession(ctx context.Context, id holdfast.SessionID) ([]grant.Grant, error)
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
}

// postures takes from applications what the policy lets them have only on a
// device in good order, when the device is not any more. The person stays
// signed in: what asks for no device goes on.
func (f *Flow) postures(ctx context.Context, entries []audit.Entry) error {
	if f.Judge == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if e.Type != "device.posture_changed" || seen[e.Subject] {
			continue
		}
		seen[e.Subject] = true
		err := f.write(ctx, func(tx Tx, now time.Time) error { return f.posture(ctx, tx, e.Subject, now) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *Flow) posture(ctx context.Context, tx Tx, device string, now time.Time) error {
	sessions, err := tx.SessionsOnDevice(ctx, device)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if !now.Before(s.Expires) {
			continue
		}
		if err := f.grantsOf(ctx, tx, s, now); err != nil {
			return err
		}
	}
	return nil
}

// permissions does the same for people of whom something changed.
func (f *Flow) permissions(ctx context.Context, ids []holdfast.PersonID) error {
	if f.Judge == nil || len(ids) == 0 {
		return nil
	}
	return f.write(ctx, func(tx Tx, now time.Time) error {
		for _, id := range ids {
			held, err := tx.HeldBy(ctx, id)
			if err != nil {
				return err
			}
			if len(held.Grants) == 0 {
				continue
			}
			for _, s := range held.Sessions {
				if !now.Before(s.Expires) {
					continue
				}
				if err := f.grantsOf(ctx, tx, s, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// everyPermission does it for everybody, when another policy came into force:
// what it asks of an application counts for those who are in it already.
func (f *Flow) everyPermission(ctx context.Context) error {
	for after := holdfast.PersonID(""); ; {
		ids, err := f.Store.PeopleWithGrants(ctx, after, inTx)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := f.permissions(ctx, ids); err != nil {
			return err
		}
		if err := f.still(ctx); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (f *Flow) grantsOf(ctx context.Context, tx Tx, s session.Record, now time.Time) error {
	grants, err := tx.GrantsOfSession(ctx, s.ID)
	if err != nil || len(grants) == 0 {
		return err
	}
	who, err := tx.Person(ctx, s.Person)
	if err != nil {
		return err
	}
	for _, g := range grants {
		app, err := tx.App(ctx, g.App)
		if err != nil {
			return err
		}
		v, err := f.Judge.Of(ctx, tx, ruling.Case{Op: policy.SignIn, Person: who, Session: &s, App: ruling.AppOf(app, g.Scopes),
			Began: s.AuthTime, Now: now}) // how recent the sign-in must be was asked when it was fresh
		if err != nil {
			return err
		}
		if v.Allowed() {
			continue
		}
		_, ended := grant.End(g, grant.EndedUnmet, now)
		if err := tx.Record(ctx, f.by(now), append(ended, v.Refused())...); err != nil {
			return err
		}
	}
	return nil
}
