package forward

import (
	"net/http"
	"net/url"
	"strings"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/forward"
)

// start sends a browser to sign in to the application of its host, or back
// where it has already.
func (f *Forward) start(w http.ResponseWriter, r *http.Request) {
	t, app, ok := f.begun(w, r)
	if !ok {
		return
	}
	back := "/"
	if rd := r.URL.Query()["rd"]; len(rd) == 1 {
		back = localTo(t.origin, rd[0])
	}
	_, err := f.check(r, t, app.ID)
	switch holdfast.KindOf(err) {
	case holdfast.Unsigned:
	default:
		if err != nil {
			f.problem(w, r, err)
			return
		}
		redirect(w, t.origin+back)
		return
	}
	browser := f.secret(r, t, cookieBegin)
	if browser == "" {
		browser = holdfast.NewSecret()
	}
	asked := f.Flow.Begin(app, t.origin, back, browser)
	f.keep(w, t, cookieBegin, browser)
	q := url.Values{
		"client_id": {string(app.ID)}, "redirect_uri": {t.origin + grant.ForwardCallback}, "response_type": {"code"},
		"scope": {strings.Join([]string{grant.ScopeOpenID, grant.ScopeProfile, grant.ScopeEmail, grant.ScopeGroups}, " ")},
		"state": {asked.State}, "code_challenge": {asked.Challenge}, "code_challenge_method": {"S256"},
	}
	if holdfast.CodeOf(err) == forward.CodeConfirm {
		// What is known there of the browser may be enough for a code at once, and
		// was not enough here: it would go round in circles.
		q.Set("prompt", "login")
	}
	redirect(w, f.Issuer+"/authorize?"+q.Encode())
}

// begun reads what the proxy says and finds the application, or answers why not.
func (f *Forward) begun(w http.ResponseWriter, r *http.Request) (told, grant.App, bool) {
	t, err := f.told(r)
	var app grant.App
	if err == nil {
		app, err = f.Flow.AppAt(r.Context(), t.origin)
	}
	if err != nil {
		f.problem(w, r, err)
		return t, app, false
	}
	return t, app, true
}

// callback takes the answer of /authorize.
func (f *Forward) callback(w http.ResponseWriter, r *http.Request) {
	t, app, ok := f.begun(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	b, err := f.Flow.Open(t.origin, one(q, "state"), f.secret(r, t, cookieBegin))
	switch {
	case err != nil:
	case b.App != app.ID:
		err = errRefused // the host went to another application meanwhile
	case one(q, "iss") != f.Issuer: // RFC 9207 §2.4
		err = errIssuer
	case one(q, "error") != "":
		err = refusal(one(q, "error"))
	}
	if err != nil {
		f.problem(w, r, err)
		return
	}
	if _, err := f.check(r, t, app.ID); err == nil {
		redirect(w, t.origin+b.Back) // the same answer again, by "back" or a reload
		return
	}
	secret, err := f.Flow.Finish(r.Context(), b, one(q, "code"))
	if err != nil {
		f.problem(w, r, err)
		return
	}
	f.keep(w, t, cookieApp, secret)
	redirect(w, t.origin+b.Back)
}

// one is the value of a parameter that is there once, else "".
func one(q url.Values, name string) string {
	if vs := q[name]; len(vs) == 1 {
		return vs[0]
	}
	return ""
}

var errIssuer = holdfast.Errorf(holdfast.Invalid, "forward_issuer", "The answer to this sign-in is not Holdfast's. Open the application's address again.").
	At("RFC 9207 §2.4", "")

// refusal says why /authorize gave no code. Nothing of the address is shown.
func refusal(code string) error {
	switch code {
	case "access_denied":
		return holdfast.Errorf(holdfast.Denied, "access_denied", "You were not let in to this application. Ask your administrator if you should be.")
	case "unmet_authentication_requirements":
		return holdfast.Errorf(holdfast.Denied, code, "This application asks for a stronger passkey than yours. Ask your administrator which.")
	}
	return holdfast.Errorf(holdfast.Denied, "forward_refused", "The sign-in did not come to an end. Open the application's address again.")
}

// askSignOut signs out at once where the application itself leads here, and
// asks where another site might.
func (f *Forward) askSignOut(w http.ResponseWriter, r *http.Request) {
	t, app, ok := f.begun(w, r)
	if !ok {
		return
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none", "":
		to, err := f.leave(w, r, t, app)
		if err != nil {
			f.problem(w, r, err)
			return
		}
		redirect(w, to)
	default:
		f.pages.Render(w, r, http.StatusOK, &page.SignOut{Frame: f.pages.Bare(r, visit.Visit{}), App: app.Name, Action: grant.ForwardSignOut})
	}
}

// signOut is the form of askSignOut. Its answer navigates: a redirect after a
// form would be refused by form-action 'self'.
func (f *Forward) signOut(w http.ResponseWriter, r *http.Request) {
	t, app, ok := f.begun(w, r)
	if !ok {
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "same-origin" && (site != "" || r.Header.Get("Origin") != t.origin) {
		f.problem(w, r, errCrossOrigin)
		return
	}
	err := visit.Form(w, r)
	to := t.origin + "/"
	if err == nil && r.PostFormValue("decision") == "signout" {
		to, err = f.leave(w, r, t, app)
	}
	if err != nil {
		f.problem(w, r, err)
		return
	}
	f.pages.Render(w, r, http.StatusOK, &page.Navigate{Frame: f.pages.Bare(r, visit.Visit{}), Target: to, Name: app.Name,
		Left: r.PostFormValue("decision") == "signout"})
}

var errCrossOrigin = holdfast.Errorf(holdfast.Denied, "cross_origin", "This request came from another site and was refused. Open the page here and try again.")

// leave ends what the browser holds here, and says where to end the session
// itself, which knows the browser by its own cookie.
func (f *Forward) leave(w http.ResponseWriter, r *http.Request, t told, app grant.App) (string, error) {
	f.drop(w, t, cookieApp)
	q := url.Values{"client_id": {string(app.ID)}, "post_logout_redirect_uri": {t.origin + "/"}}
	if !app.MayReturnTo(t.origin + "/") {
		q.Del("post_logout_redirect_uri")
	}
	secret := f.secret(r, t, cookieApp)
	if secret == "" {
		return t.origin + "/", nil
	}
	g, err := f.Flow.Leave(r.Context(), app.ID, secret)
	switch holdfast.KindOf(err) {
	case holdfast.NotFound, holdfast.Unsigned:
		return t.origin + "/", nil
	}
	if err != nil {
		return "", err
	}
	hint, err := f.hint(r.Context(), app, g)
	if err != nil {
		return "", err
	}
	q.Set("id_token_hint", hint)
	return f.Issuer + "/logout?" + q.Encode(), nil
}

// redirect goes to an address that was checked.
func redirect(w http.ResponseWriter, to string) {
	page.Headers(w.Header())
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
