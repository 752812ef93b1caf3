package op

import (
	"net/http"
	"net/url"
	"slices"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/web/page"
)

// leaving is a request to sign out (OpenID Connect RP-Initiated Logout 1.0 §2)
// that was found to be in order.
type leaving struct {
	app  grant.App // the zero App where none is named
	hint hint      // the zero hint where none is valid
	to   string    // registered for app, with state; empty: stay here
	form url.Values
}

// serveLogout ends the session at once when the application shows an ID token
// of this very session, and asks the person otherwise: a link on any page could
// lead here.
func (p *Provider) serveLogout(w http.ResponseWriter, r *http.Request) {
	l, ok := p.readLeaving(w, r, r.URL.Query())
	if !ok {
		return
	}
	who, err := p.current(r)
	switch {
	case err != nil:
		p.fault(w, r, err)
	case who == nil:
		p.leave(w, r, l)
	case l.hint.Session == string(who.Session.ID) && l.hint.Subject == string(who.Person.ID):
		p.signOut(w, r, l)
	default:
		p.Pages.Render(w, http.StatusOK, &page.SignOut{Frame: p.Frame(r), App: l.app.Name,
			Action: PathLogout + "/confirm", Hidden: l.hidden()})
	}
}

func (p *Provider) serveLogoutConfirmed(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil {
		p.problem(w, r, http.StatusBadRequest, "invalid_request", "The form could not be read. Go back and try again.")
		return
	}
	l, ok := p.readLeaving(w, r, r.PostForm)
	switch {
	case !ok:
	case r.PostFormValue("decision") != "signout":
		http.Redirect(w, r, page.PathHome, http.StatusSeeOther)
	default:
		p.signOut(w, r, l)
	}
}

func (p *Provider) signOut(w http.ResponseWriter, r *http.Request, l leaving) {
	if err := p.Sessions.SignOut(w, r); err != nil {
		p.fault(w, r, err)
		return
	}
	p.leave(w, r, l)
}

// leave answers 200 and navigates, as after consent.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, l leaving) {
	frame := p.Frame(r)
	frame.Person, frame.Console, frame.Signals = "", false, nil
	if l.to == "" {
		p.Pages.Render(w, http.StatusOK, &page.SignedOut{Frame: frame})
		return
	}
	p.Pages.Render(w, http.StatusOK, &page.Navigate{Frame: frame, Target: l.to, Name: l.app.Name, Left: true})
}

// readLeaving checks a request. A hint that is no token of ours counts as none:
// whoever wants to leave is not kept by an old key, but asked.
func (p *Provider) readLeaving(w http.ResponseWriter, r *http.Request, q url.Values) (leaving, bool) {
	refuse := func(code, text string) (leaving, bool) {
		p.problem(w, r, http.StatusBadRequest, code, text)
		return leaving{}, false
	}
	if repeats(q) {
		return refuse("invalid_request", "The application sent a request that cannot be read. You are still signed in.")
	}
	l := leaving{form: q}
	id := q.Get("client_id")
	if h, err := p.readHint(r.Context(), q.Get("id_token_hint")); err == nil && len(h.Audience) == 1 {
		if id != "" && id != h.Audience[0] {
			return refuse("invalid_request", "The application sent a request that contradicts itself. You are still signed in.")
		}
		l.hint, id = h, h.Audience[0]
	}
	if id != "" {
		app, err := p.Flow.App(r.Context(), holdfast.AppID(id))
		switch {
		case err == nil:
			l.app = app
		case holdfast.KindOf(err) != holdfast.NotFound:
			p.fault(w, r, err)
			return leaving{}, false
		}
	}
	to := q.Get("post_logout_redirect_uri")
	if to == "" {
		return l, true
	}
	if !slices.Contains(l.app.PostLogoutURIs, to) {
		// An open redirect otherwise.
		return refuse("post_logout_redirect_uri_unknown",
			"The application asked to be answered at an address that is not registered for it. You are still signed in.")
	}
	l.to = withState(to, q.Get("state"))
	return l, true
}

func withState(to, state string) string {
	u, err := url.Parse(to)
	if err != nil || state == "" {
		return to
	}
	q := u.Query()
	q.Set("state", state)
	u.RawQuery = q.Encode()
	return u.String()
}

func (l leaving) hidden() []page.Hidden {
	var out []page.Hidden
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"} {
		if v := l.form.Get(name); v != "" {
			out = append(out, page.Hidden{Name: name, Value: v})
		}
	}
	return out
}
