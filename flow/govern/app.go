package govern

import (
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/domain/person"
)

// Added is a new application, or one with a new secret.
type Added struct {
	App           grant.App
	Secret        string // shown this once; empty for a public application
	Configuration string // to paste into the application, complete
}

// CreateApp adds an application.
func (f *Flow) CreateApp(ctx context.Context, by holdfast.Actor, d grant.Draft) (Added, error) {
	secret, hash := "", ""
	if d.NeedsSecret() {
		secret = holdfast.NewSecret()
		hash = holdfast.HashSecret(secret)
	}
	var app grant.App
	err := f.do(ctx, by, authority.AppsWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if err = ownersStand(ctx, tx, d.Owners); err != nil {
			return nil, err
		}
		if app, events, err = grant.CreateApp(holdfast.NewAppID(), d, hash, f.clock()); err != nil {
			return nil, err
		}
		return events, hostsFree(ctx, tx, app)
	})
	if err != nil {
		return Added{}, err
	}
	return f.added(app, secret)
}

// ChangeSecret gives a confidential application a new secret.
func (f *Flow) ChangeSecret(ctx context.Context, by holdfast.Actor, id holdfast.AppID) (Added, error) {
	var app grant.App
	secret := holdfast.NewSecret()
	err := f.app(ctx, by, id, func(_ Tx, _ right, a grant.App) (events []audit.Event, err error) {
		app, events, err = grant.ChangeSecret(a, holdfast.HashSecret(secret), f.clock())
		return events, err
	})
	if err != nil {
		return Added{}, err
	}
	return f.added(app, secret)
}

// ChangeApp changes of an application what change changes: it is given what is
// known now. An owner of the application may change where it is and how it
// proves itself, not what it demands of people, nor who owns it.
func (f *Flow) ChangeApp(ctx context.Context, by holdfast.Actor, id holdfast.AppID, change func(*grant.Draft)) error {
	return f.app(ctx, by, id, func(tx Tx, r right, app grant.App) ([]audit.Event, error) {
		before := grant.DraftOf(app)
		after := grant.DraftOf(app)
		change(&after)
		if !r.holds.Has(authority.AppsWrite) && grant.DemandsDiffer(before, after) {
			return nil, holdfast.Errorf(holdfast.Denied, "not_for_owners",
				"What an application demands of people, what it may do and who owns it is changed by an administrator.")
		}
		if err := ownersStand(ctx, tx, after.Owners); err != nil {
			return nil, err
		}
		app, events, err := grant.Change(app, after, r.now)
		if err != nil {
			return nil, err
		}
		return events, hostsFree(ctx, tx, app)
	})
}

// hostsFree refuses a host that forward-auth protects for another application:
// nobody could say whose demands hold there.
func hostsFree(ctx context.Context, tx Tx, app grant.App) error {
	if len(app.Domains) == 0 {
		return nil
	}
	apps, err := tx.AppsWithDomains(ctx)
	if err != nil {
		return err
	}
	for _, other := range apps {
		for _, d := range other.Domains {
			if other.ID != app.ID && slices.Contains(app.Domains, d) {
				return holdfast.Errorf(holdfast.Conflict, "app_domain_taken", "%s is the address of “%s” already. Change or remove that application first.", d, other.Name)
			}
		}
	}
	return nil
}

// app does something to an application for who holds apps:write, or owns it.
func (f *Flow) app(ctx context.Context, by holdfast.Actor, id holdfast.AppID, what func(Tx, right, grant.App) ([]audit.Event, error)) error {
	return f.inTx(ctx, func(tx Tx) error {
		r, err := f.rightOf(ctx, tx, by, false)
		if err != nil {
			return err
		}
		app, err := tx.App(ctx, id)
		if err != nil {
			return err
		}
		if owns := by.Kind == holdfast.ActorPerson && app.OwnedBy(r.person); !owns && !r.holds.Has(authority.AppsWrite) {
			return authority.Need(authority.AppsWrite)
		}
		return f.run(ctx, tx, r, func(tx Tx, r right) ([]audit.Event, error) { return what(tx, r, app) })
	})
}

// ownersStand refuses owners whom nobody knows.
func ownersStand(ctx context.Context, tx Tx, ids []string) error {
	for _, id := range ids {
		p, err := tx.Person(ctx, holdfast.PersonID(id))
		if holdfast.KindOf(err) == holdfast.NotFound || err == nil && p.Status == person.Erased {
			return holdfast.Errorf(holdfast.Invalid, "app_owner", "There is no such person to own the application.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// RemoveApp removes an application and ends what it was granted.
func (f *Flow) RemoveApp(ctx context.Context, by holdfast.Actor, id holdfast.AppID) error {
	return f.do(ctx, by, authority.AppsWrite, func(tx Tx, _ right) ([]audit.Event, error) {
		app, err := tx.App(ctx, id)
		if err != nil {
			return nil, err
		}
		grants, err := tx.GrantsOfApp(ctx, id)
		if err != nil {
			return nil, err
		}
		_, events, err := grant.RemoveApp(app, grants, f.clock())
		return events, err
	})
}

// Configuration prints an application's configuration again, without its
// secret, which nobody has any more.
func (f *Flow) Configuration(ctx context.Context, id holdfast.AppID) (string, error) {
	app, err := f.store.App(ctx, id)
	if err == nil && !app.Live() {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_app", "There is no such application, or it was removed.")
	}
	if err != nil {
		return "", err
	}
	added, err := f.added(app, "")
	return added.Configuration, err
}

func (f *Flow) added(app grant.App, secret string) (Added, error) {
	text, err := grant.Configuration(grant.Setting{Issuer: f.origin, App: app, Secret: secret, Passphrase: holdfast.NewSecret()})
	return Added{App: app, Secret: secret, Configuration: text}, err
}
