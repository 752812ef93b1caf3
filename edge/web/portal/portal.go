// Package portal is what everybody sees of their own account: their
// applications, their passkeys, where they are signed in, and the way out. It
// turns requests into the story of account and its results into pages. It
// refuses to show or touch anybody else's: the person is always the session's.
package portal

import (
	"context"
	"net/http"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/device"
	"holdfast/domain/evidence"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/domain/task"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
)

// Store is what the portal reads.
type Store interface {
	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	JudgementsOf(ctx context.Context, id holdfast.PersonID) ([]evidence.Judgement, error)
	TasksOf(ctx context.Context, id holdfast.PersonID) ([]task.Record, error)
	OpenSessionsOf(ctx context.Context, id holdfast.PersonID) ([]store.Visit, error)
	Apps(ctx context.Context) ([]grant.App, error)
	// Device is what the person's browser with this hash of its cookie said it can do.
	Device(ctx context.Context, hash string, who holdfast.PersonID) (device.Record, error)
	// AppsUsedBy says when a person last let each application in.
	AppsUsedBy(ctx context.Context, id holdfast.PersonID) ([]store.AppUse, error)
}

// Account is the story that changes things; see account.Flow.
type Account interface {
	Rename(ctx context.Context, s session.Record, id holdfast.CredentialID, name string) error
	Remove(ctx context.Context, s session.Record, id holdfast.CredentialID) (endedSelf bool, err error)
	EndSession(ctx context.Context, s session.Record, id holdfast.SessionID) error
	SignOutEverywhere(ctx context.Context, s session.Record) error
}

// Config is what the portal needs.
type Config struct {
	Visits  *visit.Visits
	Account Account
	Store   Store
	RPID    string // for the signals to passkey providers
}

// Portal serves the portal.
type Portal struct{ Config }

// New makes the portal.
func New(c Config) *Portal { return &Portal{c} }

// Routes adds the portal to mux, which stands behind cross-origin protection.
func (p *Portal) Routes(mux *route.Mux) {
	mux.HandleFunc("GET "+page.PathHome+"{$}", route.SignedIn, p.signedIn(p.home))
	mux.HandleFunc("GET "+page.PathPasskeys, route.SignedIn, p.signedIn(p.passkeys))
	mux.HandleFunc("POST "+page.PathPasskeys+"/{id}/rename", route.SignedIn, p.signedIn(p.rename))
	mux.HandleFunc("POST "+page.PathPasskeys+"/{id}/remove", route.SignedIn, p.signedIn(p.remove))
	mux.HandleFunc("GET "+page.PathSessions, route.SignedIn, p.signedIn(p.sessions))
	mux.HandleFunc("POST "+page.PathSessions+"/{id}/end", route.SignedIn, p.signedIn(p.endSession))
	mux.HandleFunc("POST "+page.PathSessions+"/end", route.SignedIn, p.signedIn(p.signOutEverywhere))
	mux.HandleFunc("GET "+page.PathSignOut, route.Anyone, p.signOutPage)
	mux.HandleFunc("POST "+page.PathSignOut, route.Anyone, p.signOut)
}

// signedIn gives do the visit of somebody who is signed in; the route's guard
// has seen to that. An error of do becomes a page.
func (p *Portal) signedIn(do func(http.ResponseWriter, *http.Request, visit.Visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := p.Visits.Of(r)
		if err == nil {
			err = visit.Form(w, r)
		}
		if err == nil {
			err = do(w, r, v)
		}
		if err != nil {
			p.Visits.PageError(w, r, v, err)
		}
	}
}

// frame is the page frame with what the browser should tell the passkey
// provider: every page of the portal says it, so that a passkey which was
// removed, by whomever, leaves the provider's list at the next visit.
func (p *Portal) frame(w http.ResponseWriter, r *http.Request, v visit.Visit, creds []credential.Record) page.Frame {
	f := p.Visits.Frame(w, r, v)
	f.Signals = signals(p.RPID, v.Person, creds)
	return f
}
