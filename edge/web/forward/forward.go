// Package forward answers the reverse proxy of an application that asks, at
// each request, who is there (nginx auth_request, Caddy forward_auth, Traefik
// forwardAuth), and the browser that the proxy sends to /.holdfast/ on the
// application's own host, where a cookie for that host can be set.
//
// It refuses to believe anybody but a trusted proxy about which host was asked
// for, to answer for another application than the one that the proxy was
// configured for, and to send a browser to another host than it came from.
package forward

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/policy"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/flow/forward"
)

// Config is what forward-auth needs. Nothing in it may be nil.
type Config struct {
	Issuer string // the origin, without a slash at the end
	Flow   *forward.Flow
	Visits *visit.Visits
	Store  Store
	// Signer is the ES256 key that assertions are signed with, and its kid.
	Signer func(context.Context) (kid string, key crypto.Signer, err error)
	// Locate says where an address is, in the words of the policy.
	Locate func(address string) policy.Net
	Clock  holdfast.Clock
	Log    *slog.Logger
}

// Store is where activity is noted.
type Store interface {
	// Seen notes the activity of a session. It may be lost.
	Seen(ctx context.Context, id holdfast.SessionID, at time.Time) error
}

// Forward serves forward-auth. It may be used concurrently.
type Forward struct {
	Config
	own   string        // host of the issuer
	pages *visit.Visits // draws pages on an application's host, whose assets are below ForwardPrefix too
}

// pathAssets is where pages on an application's host find what they are drawn with.
const pathAssets = grant.ForwardPrefix + "assets/"

// New makes the handlers.
func New(c Config) (*Forward, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, err
	}
	drawn, err := page.New(page.Config{Base: pathAssets})
	if err != nil {
		return nil, err
	}
	vc := c.Visits.Config
	vc.Pages = drawn
	return &Forward{c, issuer.Host, visit.New(vc)}, nil
}

// Routes adds everything below ForwardPrefix, on whatever host.
func (f *Forward) Routes(mux *route.Mux) {
	mux.HandleFunc("GET "+grant.ForwardAuth, route.Proxy, f.auth)
	mux.HandleFunc("GET "+grant.ForwardStart, route.Proxy, f.start)
	mux.HandleFunc("GET "+grant.ForwardCallback, route.Proxy, f.callback)
	mux.HandleFunc("GET "+grant.ForwardSignOut, route.Proxy, f.askSignOut)
	mux.HandleFunc("POST "+grant.ForwardSignOut, route.Proxy, f.signOut)
	mux.HandleFunc("GET "+grant.ForwardRefused, route.Proxy, f.refused)
	mux.HandleFunc("GET "+pathAssets, route.Anyone, f.assets)
	mux.HandleFunc(grant.ForwardPrefix, route.Anyone, func(w http.ResponseWriter, r *http.Request) { f.problem(w, r, errNoPage) })
}

func (f *Forward) assets(w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	r.URL.Path = page.PathAssets + strings.TrimPrefix(r.URL.Path, pathAssets)
	f.pages.Pages.Assets().ServeHTTP(w, r)
}

// auth answers the proxy: 204 with who it is; 401, or in mode=redirect 302, for
// who has to sign in; 403 for who may not enter; 503 where that cannot be told
// just now, so that nothing stays shut which another try would open.
func (f *Forward) auth(w http.ResponseWriter, r *http.Request) {
	redirects := r.URL.Query().Get("mode") == "redirect"
	t, err := f.told(r)
	if err != nil {
		f.answer(w, r, redirects, err)
		return
	}
	app := holdfast.AppID(r.URL.Query().Get("app"))
	if app == "" {
		f.answer(w, r, redirects, errNoApp)
		return
	}
	h, err := f.check(r, t, app)
	if err == nil {
		err = f.identify(r.Context(), w.Header(), h, t)
	}
	switch {
	case err == nil:
		f.seen(r, h)
		w.WriteHeader(http.StatusNoContent)
	case holdfast.KindOf(err) == holdfast.Unsigned:
		f.signInFirst(w, r, t, redirects, err)
	default:
		f.answer(w, r, redirects, err)
	}
}

// check asks the story who is there. An error of ours is told as one that
// passes.
func (f *Forward) check(r *http.Request, t told, app holdfast.AppID) (forward.Holder, error) {
	h, err := f.Flow.Check(r.Context(), app, t.origin, f.secret(r, t, cookieApp), f.whence(t))
	if k := holdfast.KindOf(err); err != nil && (k == holdfast.Internal || k == holdfast.Unavailable) {
		err = errLater.Because(err)
	}
	return h, err
}

// whence is where the client of the proxy is. The address of the proxy itself,
// which may stand in one of the organisation's networks, is never taken for its
// client's.
func (f *Forward) whence(t told) policy.Net {
	if t.address == "" {
		return policy.Net{}
	}
	return f.Locate(t.address)
}

// seenEvery is how exactly the last activity is kept, as on our own pages.
const seenEvery = time.Minute

// seen notes that somebody is there, who would otherwise be signed out in the
// middle of their work: once a minute, not at each request.
func (f *Forward) seen(r *http.Request, h forward.Holder) {
	now := f.Clock()
	if now.Sub(h.LastSeen) < seenEvery || now.Sub(h.Session.AuthTime) < seenEvery {
		return
	}
	if err := f.Store.Seen(r.Context(), h.Session.ID, now); err != nil {
		f.Log.WarnContext(r.Context(), "note the activity of a session", "session", h.Session.ID, "error", err)
	}
}

// signInFirst sends a person's navigation to sign in, and tells everything
// else (scripts, images, websockets, forms) that it is not signed in: a form
// that went through a sign-in would arrive empty, or twice.
func (f *Forward) signInFirst(w http.ResponseWriter, r *http.Request, t told, redirects bool, why error) {
	page.Headers(w.Header())
	if !t.navigates(r) {
		said := errSignedOut
		if holdfast.CodeOf(why) == forward.CodeConfirm {
			said = errConfirmFirst
		}
		f.signedOut(w, r, redirects, said)
		return
	}
	start := t.origin + grant.ForwardStart + "?" + url.Values{"rd": {t.back()}}.Encode()
	w.Header().Set("X-Holdfast-Start", start) // for nginx, which hears yes or no only
	if !redirects {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, start, http.StatusFound)
}

// signedOut is the answer to what is no navigation. It is not logged: a page
// that is left open asks again and again.
func (f *Forward) signedOut(w http.ResponseWriter, r *http.Request, redirects bool, said *holdfast.Error) {
	if redirects && strings.Contains(r.Header.Get("Accept"), "text/html") {
		f.problem(w, r, said)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusUnauthorized)
	json.NewEncoder(w).Encode(visit.Problem{Type: "about:blank", Title: http.StatusText(http.StatusUnauthorized), Status: http.StatusUnauthorized,
		Detail: said.Text, Code: said.Code})
}

// answer is a refusal: a page for a person whose proxy passes it on.
func (f *Forward) answer(w http.ResponseWriter, r *http.Request, redirects bool, err error) {
	if redirects && strings.Contains(r.Header.Get("Accept"), "text/html") {
		f.problem(w, r, err)
		return
	}
	if holdfast.KindOf(err) == holdfast.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	f.pages.JSONError(w, r, err)
}

// problem answers err as a page on the application's host.
func (f *Forward) problem(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*holdfast.Error](err)
	if !ok {
		if r.Context().Err() == nil {
			f.Log.ErrorContext(r.Context(), "forward-auth", "path", r.URL.Path, "error", err)
		}
		e = errInternal
	}
	status := visit.StatusOf(e.Kind)
	if e.Kind == holdfast.Unavailable {
		f.Log.ErrorContext(r.Context(), "forward-auth", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "5")
	}
	p := &page.Problem{Frame: f.pages.Bare(r, visit.Visit{}), Status: status, Text: e.Text, Code: e.Code, Step: e.Step, At: f.Clock(),
		Action: page.Link{Text: "Go to the application", URL: "/"}}
	switch e.Code {
	case errSignedOut.Code:
		p.Title, p.Action.Text = "You are signed out", "Sign in again"
	case errConfirmFirst.Code:
		p.Title, p.Action.Text = "Confirm that it is you", "Confirm"
	}
	f.pages.Render(w, r, status, p)
}

// refused is the page behind a proxy's 403.
func (f *Forward) refused(w http.ResponseWriter, r *http.Request) {
	err := error(errRefused)
	if t, told := f.told(r); told != nil {
		err = told
	} else if app, found := f.Flow.AppAt(r.Context(), t.origin); found != nil {
		err = found
	} else if _, why := f.check(r, t, app.ID); holdfast.KindOf(why) == holdfast.Denied {
		err = why
	}
	f.problem(w, r, err)
}

var (
	errNoApp        = holdfast.Errorf(holdfast.Invalid, "forward_app", "The proxy's question names no application. Use the configuration that Holdfast prints for it, unedited.")
	errSignedOut    = holdfast.Errorf(holdfast.Unsigned, "signed_out", "You are signed out, and nothing was done. Open the page again to sign in.")
	errConfirmFirst = holdfast.Errorf(holdfast.Unsigned, forward.CodeConfirm, "Confirm that it is you first; nothing was done. Open the page again to do so.")
	errLater        = holdfast.Errorf(holdfast.Unavailable, "unavailable", "Holdfast could not find out just now whether you may open this. Try again in a moment.")
	errRefused      = holdfast.Errorf(holdfast.Denied, "forward_refused", "You may not open this application. Ask your administrator.")
	errNoPage       = holdfast.Errorf(holdfast.NotFound, "no_such_page", "There is no page at this address.")
	errInternal     = holdfast.Errorf(holdfast.Internal, "internal", "Something went wrong on our side. Try again; if it stays, tell your administrator.")
)
