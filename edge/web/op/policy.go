package op

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/authorize"
)

const kept = "holdfast" // the member of the library's session that asked is kept in

// setUp keeps what serveAuthorize read, for the day the person comes back.
func (p *Provider) setUp(r *http.Request, s *goidc.AuthnSession, _ *goidc.Client) bool {
	b, err := json.Marshal(callOf(r.Context()).asked)
	if err != nil {
		return false
	}
	s.Store = map[string]any{kept: string(b)}
	return true
}

// authenticate is asked by the library whenever the browser is at authorize.
func (p *Provider) authenticate(w http.ResponseWriter, r *http.Request, s *goidc.AuthnSession, c *goidc.Client) (goidc.Status, error) {
	call := callOf(r.Context())
	if call.refusal.Code != "" {
		return goidc.StatusFailure, call.refusal
	}
	text, _ := s.Store[kept].(string)
	if err := json.Unmarshal([]byte(text), &call.asked); err != nil {
		return goidc.StatusFailure, err
	}
	call.asked.ID = s.ID
	req := call.asked.request(call.app.ID, strings.Fields(s.Scopes))
	who, err := p.current(r)
	if err == nil && r.Method == http.MethodPost {
		if who == nil {
			return goidc.StatusPending, p.signIn(w, r, s, false)
		}
		if r.PostFormValue("decision") != "allow" {
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
		return goidc.StatusPending, p.signIn(w, r, s, d.Next == authorize.StepUp)
	case authorize.Consent:
		return goidc.StatusPending, p.askConsent(w, r, s, d, who.Person)
	case authorize.Allow:
		call.who, call.acr = *who, d.ACR
		s.Subject, s.GrantedScopes = string(who.Person.ID), s.Scopes
		return goidc.StatusSuccess, nil
	}
	return goidc.StatusFailure, refused(d.Error, d.Text)
}

// current is who is signed in, or nil.
func (p *Provider) current(r *http.Request) (*authorize.SignedIn, error) {
	s, who, err := p.Sessions.Current(r)
	switch {
	case err == nil:
		return &authorize.SignedIn{Session: s, Person: who}, nil
	case holdfast.KindOf(err) == holdfast.Unsigned:
		return nil, nil
	}
	return nil, err
}

// signIn sends the browser to the door, which sends it back.
func (p *Provider) signIn(w http.ResponseWriter, r *http.Request, s *goidc.AuthnSession, confirm bool) error {
	q := url.Values{"return": {PathAuthorize + "/" + s.ID}, "app": {s.ClientID}}
	if confirm {
		q.Set("confirm", "1")
	}
	http.Redirect(w, r, page.PathSignIn+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}

func (p *Provider) askConsent(w http.ResponseWriter, r *http.Request, s *goidc.AuthnSession, d authorize.Decision, who person.Record) error {
	var host string
	if u, err := url.Parse(s.RedirectURI); err == nil {
		host = u.Host
	}
	return p.Pages.Render(w, http.StatusOK, &page.Consent{
		Frame: p.Frame(r), App: d.App.Name, AppURL: host, Gets: gets(d.Scopes, who),
		Action: PathAuthorize + "/" + s.ID + "/consent",
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
	p.Log.ErrorContext(r.Context(), "openid failed", "path", r.URL.Path, "err", err.Error())
	e, ok := errors.AsType[*holdfast.Error](err)
	status := http.StatusInternalServerError
	if ok {
		status = visit.StatusOf(e.Kind)
	}
	if !ok || status >= 500 {
		p.problem(w, r, status, "unavailable", "The request could not be answered just now. Try again in a moment.")
		return
	}
	p.problem(w, r, status, e.Code, e.Text)
}
