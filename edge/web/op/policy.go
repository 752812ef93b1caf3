package op

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/authorize"
)

// always: there is one policy for all requests.
func always(*http.Request, *goidc.AuthnSession, *goidc.Client) bool { return true }

// authenticate is asked by the library whenever the browser is at authorize.
func (p *Provider) authenticate(w http.ResponseWriter, r *http.Request, s *goidc.AuthnSession, c *goidc.Client) (goidc.Status, error) {
	call := callOf(r.Context())
	if call.refusal.Code != "" {
		return goidc.StatusFailure, call.refusal
	}
	req := call.asked.request(call.app.ID, strings.Fields(s.Scopes))
	who, err := p.current(r)
	if err == nil && call.posted {
		if who == nil {
			return p.signIn(w, r, call, false)
		}
		if call.decision != "allow" {
			return goidc.StatusFailure, refused(authorize.AccessDenied, "the person said no")
		}
		req.Agreed = true
		err = p.Flow.Agree(r.Context(), req.App, req.Scopes, *who)
	}
	if err != nil {
		call.fault = err
		return goidc.StatusPending, nil // the request stays as it is, to be tried again
	}
	d, err := p.Flow.Decide(r.Context(), req, who)
	if err != nil {
		call.fault = err
		return goidc.StatusPending, nil
	}
	switch d.Next {
	case authorize.SignIn, authorize.StepUp:
		return p.signIn(w, r, call, d.Next == authorize.StepUp)
	case authorize.Consent:
		return p.askConsent(w, r, call, s.RedirectURI, d, who.Person)
	case authorize.Allow:
		call.who, call.acr = *who, d.ACR
		s.Subject, s.GrantedScopes = string(who.Person.ID), s.Scopes
		return goidc.StatusSuccess, nil
	}
	if d.Lack != "" {
		if !slices.Contains(req.Prompt, "none") { // nobody would see the page
			call.lack, call.lackText = d.Lack, d.Text
		}
		// The names of groups are the organisation's own.
		return goidc.StatusFailure, refused(d.Error, "the person or their sign-in does not meet what is required for this application")
	}
	return goidc.StatusFailure, refused(d.Error, d.Text)
}

// current is who is signed in, or nil.
func (p *Provider) current(r *http.Request) (*authorize.SignedIn, error) {
	s, who, err := p.Sessions.Current(r)
	switch {
	case err == nil:
		in := &authorize.SignedIn{Session: s, Person: who}
		if p.Where != nil {
			in.Where, err = p.Where(r)
		}
		return in, err
	case holdfast.KindOf(err) == holdfast.Unsigned:
		return nil, nil
	}
	return nil, err
}

// signIn sends the browser to the door, which sends it back.
func (p *Provider) signIn(w http.ResponseWriter, r *http.Request, c *call, confirm bool) (goidc.Status, error) {
	back, err := p.back(c)
	if err != nil {
		return goidc.StatusFailure, refused("invalid_request", "the request is too long")
	}
	q := url.Values{"return": {back}, "app": {string(c.app.ID)}}
	if confirm {
		q.Set("confirm", "1")
	}
	http.Redirect(w, r, page.PathSignIn+"?"+q.Encode(), http.StatusSeeOther)
	return goidc.StatusPending, nil
}

func (p *Provider) askConsent(w http.ResponseWriter, r *http.Request, c *call, redirect string, d authorize.Decision, who person.Record) (goidc.Status, error) {
	back, err := p.back(c)
	if err != nil {
		return goidc.StatusFailure, refused("invalid_request", "the request is too long")
	}
	var host string
	if u, err := url.Parse(redirect); err == nil {
		host = u.Host
	}
	return goidc.StatusPending, p.Pages.Render(w, http.StatusOK, &page.Consent{
		Frame: p.Frame(r), App: d.App.Name, AppURL: host, Gets: gets(d.Scopes, who), Action: back + "/consent",
	})
}

// gets says in plain words what an application learns.
func gets(scopes []string, who person.Record) []string {
	var out []string
	for _, s := range scopes {
		switch s {
		case grant.ScopeOpenID:
			out = append(out, "That it is you, and how and when you signed in")
		case grant.ScopeProfile:
			out = append(out, "Your name, "+who.Name)
		case grant.ScopeEmail:
			out = append(out, "Your e-mail address, "+who.Email)
		case grant.ScopeGroups:
			out = append(out, "The groups that you are in")
		case grant.ScopeOffline:
			out = append(out, "All this also while you are away, until you sign out")
		}
	}
	return out
}

// fault is how ours are told to a person: an error of the story by its own
// words, anything else as nothing that they could mend.
func (p *Provider) fault(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*holdfast.Error](err)
	status := http.StatusInternalServerError
	if ok {
		status = visit.StatusOf(e.Kind)
	}
	level := slog.LevelInfo // what strangers send is no error of ours
	if status >= 500 {
		level = slog.LevelError
	}
	p.Log.Log(r.Context(), level, "openid refused", "path", r.Pattern, "err", err.Error())
	if status >= 500 {
		p.problem(w, r, status, "unavailable", "The request could not be answered just now. Try again in a moment.")
		return
	}
	p.problem(w, r, status, e.Code, e.Text)
}
