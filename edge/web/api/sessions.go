package api

import (
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/edge/store"
)

// Session is a sign-in that lasts.
type Session struct {
	ID       string    `json:"id" doc:"Names the session; opens nothing. The sid claim of its ID tokens."`
	Person   string    `json:"person"`
	Name     string    `json:"name,omitempty" doc:"Of the person; told to those who hold people:read."`
	AAL      string    `json:"aal" enum:"none,aal1,aal2,aal3"`
	AuthTime time.Time `json:"auth_time" doc:"When a passkey was last used for it."`
	LastSeen time.Time `json:"last_seen,omitzero" doc:"To the minute."`
	Created  time.Time `json:"created"`
	Ends     time.Time `json:"ends" doc:"Its overall limit."`
	Address  string    `json:"address,omitempty"`
	Device   string    `json:"user_agent,omitempty"`
}

func sessionView(v store.Visit, named bool) Session {
	s := Session{ID: string(v.Session.ID), Person: string(v.Session.Person), AAL: v.Session.AAL.String(),
		AuthTime: v.Session.AuthTime, LastSeen: v.LastSeen, Created: v.Session.Created, Ends: v.Session.Expires,
		Address: v.Session.Address, Device: v.Session.UserAgent}
	if named {
		s.Name = v.Person.Name
	}
	return s
}

// Grant is what a person let an application do.
type Grant struct {
	ID       string    `json:"id"`
	App      string    `json:"app"`
	Person   string    `json:"person,omitempty"`
	Session  string    `json:"session,omitempty"`
	Scopes   []string  `json:"scopes" nullable:"false"`
	ACR      string    `json:"acr,omitempty"`
	AuthTime time.Time `json:"auth_time,omitzero"`
	Created  time.Time `json:"created"`
}

func grantView(g grant.Grant) Grant {
	return Grant{ID: string(g.ID), App: string(g.App), Person: string(g.Person), Session: string(g.Session),
		Scopes: append([]string{}, g.Scopes...), ACR: g.ACR, AuthTime: g.AuthTime, Created: g.Created}
}

type ByID struct {
	ID string `path:"id" maxLength:"200"`
}

func (a *API) sessions() {
	write := by(authority.SessionsWrite)
	add(a, operation{id: "list-sessions", method: http.MethodGet, path: "/sessions", access: by(authority.SessionsRead), tag: "sessions",
		summary: "List open sessions, the newest first", more: "Those that were silent for too long are listed until they are over by themselves."}, a.listSessions)
	add(a, operation{id: "end-session", method: http.MethodDelete, path: "/sessions/{id}", access: write, tag: "sessions",
		summary: "End a session", more: "What applications were given in it ends too."},
		func(c call, in *ByID) (*noBody, error) {
			return &noBody{}, a.Govern.EndSession(c, c.Actor, holdfast.SessionID(in.ID))
		})
	add(a, operation{id: "end-sessions-of", method: http.MethodDelete, path: "/people/{person}/sessions", access: write, tag: "sessions",
		summary: "End all sessions of a person"}, func(c call, in *OfPerson) (*noBody, error) {
		p, err := a.find(c, in.Person)
		if err != nil {
			return nil, err
		}
		return &noBody{}, a.Govern.EndSessionsOf(c, c.Actor, p.ID)
	})
}

func (a *API) listSessions(c call, in *struct {
	Paging
	Person string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
}) (*listed[Session], error) {
	who, err := a.findAny(c, in.Person)
	if err != nil {
		return nil, err
	}
	named := c.Holds.Has(authority.PeopleRead)
	return paged(a, c, in.Paging, pager[store.Visit, Session]{
		read: func(after store.Cut, limit int) ([]store.Visit, error) {
			return a.Store.ListSessions(c, who, after, limit)
		},
		cut: func(v store.Visit) store.Cut { return store.CutAt(v.Session.Created, string(v.Session.ID)) },
		view: func(vs []store.Visit) ([]Session, error) {
			return views(vs, func(v store.Visit) Session { return sessionView(v, named) }), nil
		},
	})
}

func (a *API) grants() {
	add(a, operation{id: "list-grants", method: http.MethodGet, path: "/grants", access: by(authority.SessionsRead), tag: "grants",
		summary: "List what people let applications do, the newest first"},
		func(c call, in *struct {
			Paging
			Person string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
			App    string `query:"app" maxLength:"200" doc:"Client id."`
		}) (*listed[Grant], error) {
			who, err := a.findAny(c, in.Person)
			if err != nil {
				return nil, err
			}
			return paged(a, c, in.Paging, pager[grant.Grant, Grant]{
				read: func(after store.Cut, limit int) ([]grant.Grant, error) {
					return a.Store.ListGrants(c, who, holdfast.AppID(in.App), after, limit)
				},
				cut:  func(g grant.Grant) store.Cut { return store.CutAt(g.Created, string(g.ID)) },
				view: func(gs []grant.Grant) ([]Grant, error) { return views(gs, grantView), nil },
			})
		})
	add(a, operation{id: "end-grant", method: http.MethodDelete, path: "/grants/{id}", access: by(authority.SessionsWrite), tag: "grants",
		summary: "Take from an application what a person let it do", more: "Its tokens are over at once."},
		func(c call, in *ByID) (*noBody, error) {
			return &noBody{}, a.Govern.EndGrant(c, c.Actor, holdfast.GrantID(in.ID))
		})
}
