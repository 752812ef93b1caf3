package authorize

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
	now, id := f.Clock(), holdfast.NewAppID()
	secret, hash := "", ""
	if d.Confidential {
		secret = holdfast.NewSecret()
		hash = holdfast.HashSecret(secret)
	}
	app, events, err := grant.CreateApp(id, d, hash, now)
	if err != nil {
		return Added{}, err
	}
	added, err := f.added(app, secret)
	if err != nil {
		return Added{}, err
	}
	err = f.Store.InTx(ctx, func(tx Tx) error {
		return tx.Record(ctx, audit.By{Actor: by, At: now}, events...)
	})
	return added, err
}

// ChangeSecret gives a confidential application a new secret.
func (f *Flow) ChangeSecret(ctx context.Context, by holdfast.Actor, id holdfast.AppID) (Added, error) {
	var app grant.App
	secret := holdfast.NewSecret()
	err := f.Store.InTx(ctx, func(tx Tx) error {
		now := f.Clock()
		before, err := tx.App(ctx, id)
		if err != nil {
			return err
		}
		changed, events, err := grant.ChangeSecret(before, holdfast.HashSecret(secret), now)
		if err != nil {
			return err
		}
		app = changed
		return tx.Record(ctx, audit.By{Actor: by, At: now}, events...)
	})
	if err != nil {
		return Added{}, err
	}
	return f.added(app, secret)
}

// RemoveApp removes an application and ends what it was granted.
func (f *Flow) RemoveApp(ctx context.Context, by holdfast.Actor, id holdfast.AppID) error {
	return f.Store.InTx(ctx, func(tx Tx) error {
		app, err := tx.App(ctx, id)
		if err != nil {
			return err
		}
		grants, err := tx.GrantsOfApp(ctx, id)
		if err != nil {
			return err
		}
		now := f.Clock()
		_, events, err := grant.RemoveApp(app, grants, now)
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.By{Actor: by, At: now}, events...)
	})
}

// Apps lists the applications.
func (f *Flow) Apps(ctx context.Context) ([]grant.App, error) { return f.Store.Apps(ctx) }

// App gives one that exists, or holdfast.NotFound.
func (f *Flow) App(ctx context.Context, id holdfast.AppID) (grant.App, error) {
	a, err := f.Store.App(ctx, id)
	if err == nil && !a.Live() {
		return grant.App{}, holdfast.Errorf(holdfast.NotFound, "no_such_app", "There is no such application. Ask the administrator to add it.")
	}
	return a, err
}

// Configuration prints an application's configuration again, without its
// secret, which nobody has any more.
func (f *Flow) Configuration(ctx context.Context, id holdfast.AppID) (string, error) {
	a, err := f.App(ctx, id)
	if err != nil {
		return "", err
	}
	added, err := f.added(a, "")
	return added.Configuration, err
}

func (f *Flow) added(app grant.App, secret string) (Added, error) {
	text, err := grant.Configuration(grant.Setting{Issuer: f.Issuer, App: app, Secret: secret, Passphrase: holdfast.NewSecret()})
	return Added{App: app, Secret: secret, Configuration: text}, err
}
