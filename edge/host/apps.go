package host

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/grant"
)

// App is an application as the CLI shows one.
type App struct {
	ClientID     string    `json:"client_id"`
	Name         string    `json:"name"`
	RedirectURIs []string  `json:"redirect_uris"`
	Confidential bool      `json:"confidential"`
	Created      time.Time `json:"created"`
}

func appView(a grant.App) App {
	return App{string(a.ID), a.Name, a.RedirectURIs, a.Confidential, a.Created}
}

// NewApp is an application to add.
type NewApp struct {
	Name           string   `json:"name"`
	RedirectURIs   []string `json:"redirect_uris"`
	PostLogoutURIs []string `json:"post_logout_uris,omitempty"`
	Confidential   bool     `json:"confidential,omitempty"`
	ThirdParty     bool     `json:"third_party,omitempty"`
	Preset         string   `json:"preset,omitempty"`
	Upstream       string   `json:"upstream,omitempty"`

	AuthMethod  string   `json:"auth_method,omitempty"`
	JWKS        string   `json:"jwks,omitempty"`
	RequirePAR  bool     `json:"require_par,omitempty"`
	RequireDPoP bool     `json:"require_dpop,omitempty"`
	MinAAL      int      `json:"min_aal,omitempty"`
	RequireACR  string   `json:"require_acr,omitempty"`
	MaxAge      int64    `json:"max_age,omitempty"` // seconds
	Groups      []string `json:"groups,omitempty"`  // ids
}

func (in NewApp) draft() grant.Draft {
	return grant.Draft{Name: in.Name, RedirectURIs: in.RedirectURIs,
		PostLogoutURIs: in.PostLogoutURIs, Confidential: in.Confidential, Preset: in.Preset, ThirdParty: in.ThirdParty, Upstream: in.Upstream,
		AuthMethod: grant.Method(in.AuthMethod), JWKS: in.JWKS, RequirePAR: in.RequirePAR, RequireDPoP: in.RequireDPoP,
		MinAAL: holdfast.AAL(in.MinAAL), RequireACR: in.RequireACR, MaxAge: in.MaxAge, Groups: in.Groups}
}

// AppMade is a new application, or one with a new secret. The secret is shown
// this once.
type AppMade struct {
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret,omitempty"`
	Configuration string `json:"configuration,omitempty"`
}

func (s *Server) apps() {
	on(s, "app/create", func(ctx context.Context, by holdfast.Actor, in NewApp) (any, error) {
		added, err := s.Govern.CreateApp(ctx, by, in.draft())
		return AppMade{string(added.App.ID), added.Secret, added.Configuration}, err
	})
	on(s, "app/secret", func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		added, err := s.Govern.ChangeSecret(ctx, by, holdfast.AppID(in.ID))
		return AppMade{string(added.App.ID), added.Secret, added.Configuration}, err
	})
	reads(s, "app/config", func(ctx context.Context, in byID) (any, error) {
		text, err := s.Govern.Configuration(ctx, holdfast.AppID(in.ID))
		return AppMade{ClientID: in.ID, Configuration: text}, err
	})
	on(s, "app/remove", func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		if err := s.Govern.RemoveApp(ctx, by, holdfast.AppID(in.ID)); err != nil {
			return nil, err
		}
		a, err := s.Store.App(ctx, holdfast.AppID(in.ID))
		return appView(a), err
	})
	reads(s, "app/list", func(ctx context.Context, _ none) (any, error) {
		apps, err := s.Store.Apps(ctx)
		list := []App{}
		for _, a := range apps {
			list = append(list, appView(a))
		}
		return list, err
	})
}
