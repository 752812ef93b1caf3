// Package visit is what every request to the web shares: who is signed in on
// it, what its page frame shows, how an error is answered, how a body is read.
// It refuses to keep a session in memory: it reads the store at each request.
package visit

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
)

// Store is what a visit reads and notes.
type Store interface {
	// SessionBySecret takes the hash of what the cookie carries.
	SessionBySecret(ctx context.Context, hash string) (store.Visit, error)
	// Seen notes the activity of a session. It may be lost.
	Seen(ctx context.Context, id holdfast.SessionID, at time.Time) error
	Setting(ctx context.Context, id string) (org.Setting, error)
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
}

// Config is what visits need.
type Config struct {
	Store   Store
	Pages   *page.Pages
	Clock   holdfast.Clock
	Log     *slog.Logger
	Secure  bool // https
	Demo    bool
	Proxies *Proxies // whose X-Forwarded-For is believed; nil: nobody's

	// Circumstances are those of a request: the device that shows itself and the
	// network that it comes from. Nil: nothing is known of any.
	Circumstances func(*http.Request) (verdict.Circumstances, error)

	// Still says why somebody who is signed in may not go on, or nil; see
	// flow/still. Nil: nobody asks.
	Still func(ctx context.Context, s session.Record, who person.Record, last decision.Last, where func() (verdict.Circumstances, error)) error
}

// Visits makes a Visit of each request. It may be used concurrently.
type Visits struct{ Config }

// Where is where a request comes from, as far as it is known.
func (vs *Visits) Where(r *http.Request) (verdict.Circumstances, error) {
	if vs.Circumstances == nil {
		return verdict.Circumstances{}, nil
	}
	return vs.Circumstances(r)
}

// New makes Visits.
func New(c Config) *Visits { return &Visits{c} }

// Visit is one request by somebody who is signed in, or nobody.
type Visit struct {
	Session session.Record // zero: nobody is signed in
	Person  person.Record
	At      time.Time

	last decision.Last // what was decided last of the session
}

// SignedIn says whether anybody is.
func (v Visit) SignedIn() bool { return v.Session.ID != "" }

// Actor is who acts by this visit.
func (v Visit) Actor() holdfast.Actor {
	if !v.SignedIn() {
		return holdfast.Actor{Kind: holdfast.ActorNobody}
	}
	return holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(v.Person.ID), Session: v.Session.ID}
}

// Holds is what the visitor may do in Holdfast itself.
func (v Visit) Holds() authority.Set {
	if !v.SignedIn() || v.Session.AAL < holdfast.AAL2 {
		return authority.Set{}
	}
	return authority.OfPerson(v.Person, v.At)
}

// seenEvery is how exactly the last activity is kept: a write per request
// would cost more than the request.
const seenEvery = time.Minute

// Of says who is signed in on r. Only a failing store is an error.
func (vs *Visits) Of(r *http.Request) (Visit, error) {
	if v, ok := r.Context().Value(visitKey{}).(Visit); ok {
		return v, nil
	}
	secret := vs.secret(r)
	if secret == "" {
		return Visit{}, nil
	}
	found, err := vs.Store.SessionBySecret(r.Context(), holdfast.HashSecret(secret))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return Visit{}, nil
	}
	if err != nil {
		return Visit{}, err
	}
	s, p, seen, now := found.Session, found.Person, found.LastSeen, vs.Clock()
	if !s.Live(seen, now) || s.Origin != Origin(r) || !p.MaySignIn(now) || found.Credential != credential.Active {
		return Visit{}, nil
	}
	if now.Sub(seen) >= seenEvery && now.Sub(s.AuthTime) >= seenEvery {
		if err := vs.Store.Seen(r.Context(), s.ID, now); err != nil {
			vs.Log.WarnContext(r.Context(), "note the activity of a session", "session", s.ID, "error", err)
		}
	}
	return Visit{s, p, now, found.Last}, nil
}

// Frame is what the page around r's answer shows, with what the last action
// left to say.
func (vs *Visits) Frame(w http.ResponseWriter, r *http.Request, v Visit) page.Frame {
	f := vs.Bare(r, v)
	f.Flash = vs.takeFlash(w, r)
	return f
}

// Bare is a Frame that leaves what there is to say for the next page.
func (vs *Visits) Bare(r *http.Request, v Visit) page.Frame {
	f := page.Frame{Demo: vs.Demo, Now: vs.Clock()}
	if s, err := vs.Store.Setting(r.Context(), org.SettingName); err == nil {
		f.Organisation = s.Value
	}
	if v.SignedIn() {
		f.Person, f.Scopes = v.Person.Name, v.Holds().Strings()
		f.Console = len(f.Scopes) > 0
	}
	return f
}

// Address is the network address of who asks: the peer, or what a trusted
// proxy says of it.
func (vs *Visits) Address(r *http.Request) string {
	address, _ := addressOf(r, vs.Proxies.now())
	return address
}

// Client is the same for a decision: empty where a trusted proxy says what is no
// address, so that nobody is taken to be where their proxy is.
func (vs *Visits) Client(r *http.Request) string {
	if address, known := addressOf(r, vs.Proxies.now()); known {
		return address
	}
	return ""
}

// Render answers with a page.
func (vs *Visits) Render(w http.ResponseWriter, r *http.Request, status int, p page.Page) {
	if err := vs.Pages.Render(w, status, p); err != nil && r.Context().Err() == nil {
		vs.Log.ErrorContext(r.Context(), "render a page", "path", r.URL.Path, "error", err)
	}
}
