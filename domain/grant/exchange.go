package grant

import (
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Exchange gives app, a service that was handed an access token, one for
// another service on behalf of the same person (RFC 8693): for at most the same
// scopes, for at most as long, resting on the same session. id names the new
// grant, accessHash its only token. Both services are the organisation's own.
//
// from, the token's grant, must be meant for app: issued to it, or with it as
// audience. A service cannot exchange what it merely overheard.
func Exchange(id holdfast.GrantID, app, audience App, from Grant, subject Token, f Fresh, now time.Time) (Grant, Token, []audit.Event, error) {
	scopes := f.Scopes
	if len(scopes) == 0 {
		scopes = subject.Scopes
	}
	mine := from.App == app.ID && from.Audience == "" || from.Audience == string(app.ID)
	switch {
	case !app.Live() || !audience.Live():
		return Grant{}, Token{}, nil, errAppRemoved
	case !slices.Contains(app.Kinds, KindExchange):
		return Grant{}, Token{}, nil, errKind
	case !mine || subject.Kind != Access || subject.Grant != from.ID:
		return Grant{}, Token{}, nil, errWrongKind
	case !from.Live(now):
		return Grant{}, Token{}, nil, errGrantOver
	case !subject.Good(now):
		return Grant{}, Token{}, nil, errTokenExpired
	case !app.FirstParty || !audience.FirstParty || audience.ID == app.ID:
		return Grant{}, Token{}, nil, holdfast.Errorf(holdfast.Denied, "exchange_target",
			"Tokens are exchanged between two different applications of the organisation's own.")
	case audience.RequireDPoP && f.JKT == "":
		return Grant{}, Token{}, nil, holdfast.Errorf(holdfast.Denied, "exchange_target",
			"The other application's tokens are bound to a key. Send a DPoP proof with the request.")
	case !subset(scopes, subject.Scopes):
		return Grant{}, Token{}, nil, errScope
	}
	scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == ScopeOffline })
	g := Grant{ID: id, App: app.ID, Person: from.Person, Session: from.Session, Scopes: scopes,
		ACR: from.ACR, AMR: from.AMR, AuthTime: from.AuthTime, Created: now,
		Kind: KindExchange, Audience: string(audience.ID), SubjectApp: from.App}
	t := newToken(g, Access, f.Access, scopes, min(AccessLife, subject.Expires.Sub(now)), now)
	t.JKT = f.JKT
	e := audit.New(Issued, string(g.ID), g.Person, audit.Set(&g), audit.Set(&t)).
		With("app", string(g.App)).With("session", string(g.Session)).With("kind", KindExchange).
		With("audience", g.Audience).With("subject_app", string(g.SubjectApp))
	return g, t, []audit.Event{e}, nil
}
