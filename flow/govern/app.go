package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
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
	if d.Confidential {
		secret = holdfast.NewSecret()
		hash = holdfast.HashSecret(secret)
	}
	var app grant.App
	err := f.do(ctx, by, func(Tx) (events []audit.Event, err error) {
		app, events, err = grant.CreateApp(holdfast.NewAppID(), d, hash, f.clock())
		return events, err
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
	err := f.do(ctx, by, func(tx Tx) (events []audit.Event, err error) {
		if app, err = tx.App(ctx, id); err != nil {
			return nil, err
		}
		app, events, err = grant.ChangeSecret(app, holdfast.HashSecret(secret), f.clock())
		return events, err
	})
	if err != nil {
		return Added{}, err
	}
	return f.added(app, secret)
}

// RemoveApp removes an application and ends what it was granted.
func (f *Flow) RemoveApp(ctx context.Context, by holdfast.Actor, id holdfast.AppID) error {
	return f.do(ctx, by, func(tx Tx) ([]audit.Event, error) {
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
