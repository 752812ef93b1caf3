package api

import (
	"encoding/json"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/edge/store"
	"holdfast/flow/govern"
)

// App is an application.
type App struct {
	ClientID string    `json:"client_id"`
	Created  time.Time `json:"created"`
	Removed  time.Time `json:"removed,omitzero"`
	AppDraft
}

// AppDraft is what is said of an application.
type AppDraft struct {
	Name           string          `json:"name" maxLength:"400"`
	RedirectURIs   []string        `json:"redirect_uris,omitempty" nullable:"false" doc:"Where codes are sent; compared letter by letter."`
	PostLogoutURIs []string        `json:"post_logout_uris,omitempty" nullable:"false" doc:"Where people return to after signing out. Where it is missing: the front page of each redirect address."`
	Confidential   bool            `json:"confidential,omitempty" doc:"It can keep a secret: it runs on a server."`
	Preset         string          `json:"preset,omitempty" doc:"What its configuration is printed for."`
	ThirdParty     bool            `json:"third_party,omitempty" doc:"Not the organisation's own: each person is asked for consent."`
	AuthMethod     string          `json:"auth_method,omitempty" enum:"none,client_secret,private_key_jwt" doc:"How it proves itself at the token endpoint. Where it is missing: client_secret where it is confidential, else none."`
	JWKS           json.RawMessage `json:"jwks,omitempty" doc:"Its public keys, a JWK set (RFC 7517 §5), for private_key_jwt."`
	RequirePAR     bool            `json:"require_par,omitempty" doc:"RFC 9126: only pushed requests."`
	RequireDPoP    bool            `json:"require_dpop,omitempty" doc:"RFC 9449: only bound tokens."`
	LogoutURI      string          `json:"logout_uri,omitempty" doc:"Back-Channel Logout 1.0 §2.2."`
	MinAAL         int             `json:"min_aal,omitempty" minimum:"0" maximum:"3" doc:"The least assurance of a sign-in; 0: any."`
	RequireACR     string          `json:"require_acr,omitempty" enum:"phr,phrh" doc:"phr: phishing-resistant. phrh: with attested hardware."`
	Groups         []string        `json:"groups,omitempty" nullable:"false" doc:"Ids or names; the person is in at least one. None: everybody."`
	MaxAge         int64           `json:"max_age,omitempty" doc:"Seconds since the last sign-in; 0: any."`
	Kinds          []string        `json:"kinds,omitempty" nullable:"false" doc:"Grant types beyond the authorization code: device, token_exchange."`
	Owners         []string        `json:"owners,omitempty" nullable:"false" doc:"Ids or e-mail addresses of the people who look after it."`
	Domains        []string        `json:"domains,omitempty" nullable:"false" doc:"Hosts that forward-auth protects for it."`
	Upstream       string          `json:"upstream,omitempty" doc:"Where it listens behind the proxy that its configuration is for."`
	PolicyName     string          `json:"policy_name,omitempty" doc:"What the policy calls it; empty: its client_id."`
	Sensitivity    int64           `json:"sensitivity,omitempty" minimum:"0" maximum:"9" doc:"How much is at stake in it, for the policy's conditions."`
}

// AppChange says what to change of an application; what is missing stays. A
// list is given whole.
type AppChange struct {
	Name           *string         `json:"name,omitempty" maxLength:"400"`
	RedirectURIs   *[]string       `json:"redirect_uris,omitempty" nullable:"false"`
	PostLogoutURIs *[]string       `json:"post_logout_uris,omitempty" nullable:"false"`
	Confidential   *bool           `json:"confidential,omitempty"`
	Preset         *string         `json:"preset,omitempty"`
	ThirdParty     *bool           `json:"third_party,omitempty"`
	AuthMethod     *string         `json:"auth_method,omitempty" enum:"none,client_secret,private_key_jwt"`
	JWKS           json.RawMessage `json:"jwks,omitempty" doc:"null: none, as where auth_method comes to be another."`
	RequirePAR     *bool           `json:"require_par,omitempty"`
	RequireDPoP    *bool           `json:"require_dpop,omitempty"`
	LogoutURI      *string         `json:"logout_uri,omitempty"`
	MinAAL         *int            `json:"min_aal,omitempty" minimum:"0" maximum:"3"`
	RequireACR     *string         `json:"require_acr,omitempty" doc:"phr, phrh, or empty."`
	Groups         *[]string       `json:"groups,omitempty" nullable:"false"`
	MaxAge         *int64          `json:"max_age,omitempty"`
	Kinds          *[]string       `json:"kinds,omitempty" nullable:"false"`
	Owners         *[]string       `json:"owners,omitempty" nullable:"false"`
	Domains        *[]string       `json:"domains,omitempty" nullable:"false"`
	Upstream       *string         `json:"upstream,omitempty"`
	PolicyName     *string         `json:"policy_name,omitempty"`
	Sensitivity    *int64          `json:"sensitivity,omitempty" minimum:"0" maximum:"9"`
}

// AppMade is a new application, or one with a new secret.
type AppMade struct {
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret,omitempty" doc:"Shown this once."`
	Configuration string `json:"configuration,omitempty" doc:"To paste into the application, complete."`
}

func appMade(m govern.Added) *appMadeAnswer {
	return &appMadeAnswer{AppMade{string(m.App.ID), m.Secret, m.Configuration}}
}

func appView(p grant.App) App {
	d := grant.DraftOf(p)
	v := App{ClientID: string(p.ID), Created: p.Created, Removed: p.Removed, AppDraft: AppDraft{Name: d.Name, RedirectURIs: d.RedirectURIs,
		PostLogoutURIs: d.PostLogoutURIs, Confidential: d.Confidential, Preset: d.Preset, ThirdParty: d.ThirdParty,
		AuthMethod: string(p.Method()), RequirePAR: d.RequirePAR, RequireDPoP: d.RequireDPoP, LogoutURI: d.LogoutURI,
		MinAAL: int(d.MinAAL), RequireACR: d.RequireACR, Groups: d.Groups, MaxAge: d.MaxAge, Kinds: d.Kinds, Owners: d.Owners,
		Domains: d.Domains, Upstream: d.Upstream, PolicyName: d.PolicyName, Sensitivity: d.Sensitivity}}
	if d.JWKS != "" {
		v.JWKS = json.RawMessage(d.JWKS)
	}
	return v
}

type appAnswer struct{ Body App }

type appMadeAnswer struct{ Body AppMade }

func (a *API) apps() {
	read, write := by(authority.AppsRead), by(authority.AppsWrite)
	add(a, operation{id: "list-apps", method: http.MethodGet, path: "/apps", access: read, tag: "apps", summary: "List applications by name"}, a.listApps)
	add(a, operation{id: "get-app", method: http.MethodGet, path: "/apps/{id}", access: read, tag: "apps", summary: "Show an application"},
		func(c call, in *ByID) (*appAnswer, error) { return a.onApp(c, in.ID, nil) })
	add(a, operation{id: "create-app", method: http.MethodPost, path: "/apps", access: write, tag: "apps", status: http.StatusCreated,
		summary: "Add an application", more: "Its secret is shown this once."},
		func(c call, in *struct{ Body AppDraft }) (*appMadeAnswer, error) {
			d, err := a.draft(c, in.Body)
			if err != nil {
				return nil, err
			}
			made, err := a.Govern.CreateApp(c, c.Actor, d)
			return appMade(made), err
		})
	add(a, operation{id: "change-app", method: http.MethodPatch, path: "/apps/{id}", access: write, tag: "apps", summary: "Change an application"}, a.changeApp)
	add(a, operation{id: "change-app-secret", method: http.MethodPost, path: "/apps/{id}/secret", access: write, tag: "apps",
		summary: "Give an application a new secret", more: "The old one is void at once; the new one is shown this once."},
		func(c call, in *ByID) (*appMadeAnswer, error) {
			made, err := a.Govern.ChangeSecret(c, c.Actor, holdfast.AppID(in.ID))
			return appMade(made), err
		})
	add(a, operation{id: "get-app-configuration", method: http.MethodGet, path: "/apps/{id}/configuration", access: read, tag: "apps",
		summary: "Print the configuration of an application again", more: "Without its secret, which nobody has any more."},
		func(c call, in *ByID) (*appMadeAnswer, error) {
			text, err := a.Govern.Configuration(c, holdfast.AppID(in.ID))
			return &appMadeAnswer{AppMade{ClientID: in.ID, Configuration: text}}, err
		})
	add(a, operation{id: "remove-app", method: http.MethodDelete, path: "/apps/{id}", access: write, tag: "apps",
		summary: "Remove an application", more: "What people let it do ends."},
		func(c call, in *ByID) (*appAnswer, error) {
			return a.onApp(c, in.ID, func(id holdfast.AppID) error { return a.Govern.RemoveApp(c, c.Actor, id) })
		})
}

func (a *API) onApp(c call, id string, do func(holdfast.AppID) error) (*appAnswer, error) {
	if do != nil {
		if err := do(holdfast.AppID(id)); err != nil {
			return nil, err
		}
	}
	p, err := a.Store.App(c, holdfast.AppID(id))
	return &appAnswer{appView(p)}, err
}

func (a *API) listApps(c call, in *struct {
	Paging
	Query string `query:"query" maxLength:"200" doc:"Part of the name."`
}) (*listed[App], error) {
	return paged(a, c, in.Paging, pager[grant.App, App]{
		read: func(after store.Cut, limit int) ([]grant.App, error) {
			return a.Store.ListApps(c, in.Query, after, limit)
		},
		cut:  func(p grant.App) store.Cut { return store.Cut{Text: p.Name, ID: string(p.ID)} },
		view: func(apps []grant.App) ([]App, error) { return views(apps, appView), nil },
	})
}

// draft takes groups by name and owners by address, too.
func (a *API) draft(c call, n AppDraft) (grant.Draft, error) {
	d := grant.Draft{Name: n.Name, RedirectURIs: n.RedirectURIs, PostLogoutURIs: n.PostLogoutURIs, Confidential: n.Confidential,
		Preset: n.Preset, ThirdParty: n.ThirdParty, AuthMethod: grant.Method(n.AuthMethod), JWKS: keySet(n.JWKS),
		RequirePAR: n.RequirePAR, RequireDPoP: n.RequireDPoP, LogoutURI: n.LogoutURI, MinAAL: holdfast.AAL(n.MinAAL),
		RequireACR: n.RequireACR, MaxAge: n.MaxAge, Kinds: n.Kinds, Domains: n.Domains, Upstream: n.Upstream,
		PolicyName: n.PolicyName, Sensitivity: n.Sensitivity}
	var err error
	if d.Groups, err = a.groupIDs(c, n.Groups); err == nil {
		d.Owners, err = a.personIDs(c, n.Owners)
	}
	return d, err
}

// keySet is a JWK set as text; null is none.
func keySet(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

func (a *API) groupIDs(c call, names []string) (ids []string, err error) {
	for _, n := range names {
		g, err := a.findGroup(c, n)
		if err != nil {
			return nil, err
		}
		ids = append(ids, string(g.ID))
	}
	return ids, nil
}

func (a *API) personIDs(c call, names []string) (ids []string, err error) {
	for _, n := range names {
		p, err := a.find(c, n)
		if err != nil {
			return nil, err
		}
		ids = append(ids, string(p.ID))
	}
	return ids, nil
}

func (a *API) changeApp(c call, in *struct {
	ByID
	Body AppChange
}) (*appAnswer, error) {
	d := in.Body
	var groups, owners []string
	var err error
	if d.Groups != nil {
		if groups, err = a.groupIDs(c, *d.Groups); err != nil {
			return nil, err
		}
	}
	if d.Owners != nil {
		if owners, err = a.personIDs(c, *d.Owners); err != nil {
			return nil, err
		}
	}
	return a.onApp(c, in.ID, func(id holdfast.AppID) error {
		return a.Govern.ChangeApp(c, c.Actor, id, func(n *grant.Draft) {
			d.onto(n)
			if d.Groups != nil {
				n.Groups = groups
			}
			if d.Owners != nil {
				n.Owners = owners
			}
		})
	})
}

// onto changes all but groups and owners, which are looked up.
func (d AppChange) onto(n *grant.Draft) {
	set(&n.Name, d.Name)
	set(&n.RedirectURIs, d.RedirectURIs)
	set(&n.PostLogoutURIs, d.PostLogoutURIs)
	set(&n.Confidential, d.Confidential)
	set(&n.Preset, d.Preset)
	set(&n.ThirdParty, d.ThirdParty)
	set(&n.AuthMethod, (*grant.Method)(d.AuthMethod))
	switch {
	case d.JWKS != nil:
		n.JWKS = keySet(d.JWKS)
	case d.AuthMethod != nil && n.AuthMethod != grant.MethodKey:
		n.JWKS = ""
	}
	set(&n.RequirePAR, d.RequirePAR)
	set(&n.RequireDPoP, d.RequireDPoP)
	set(&n.LogoutURI, d.LogoutURI)
	set(&n.MinAAL, (*holdfast.AAL)(d.MinAAL))
	set(&n.RequireACR, d.RequireACR)
	set(&n.MaxAge, d.MaxAge)
	set(&n.Kinds, d.Kinds)
	set(&n.Domains, d.Domains)
	set(&n.Upstream, d.Upstream)
	set(&n.PolicyName, d.PolicyName)
	set(&n.Sensitivity, d.Sensitivity)
}
