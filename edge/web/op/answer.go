package op

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/web/page"
)

const invalidProof = "invalid_dpop_proof" // RFC 9449 §5

var errOtherKey = holdfast.Errorf(holdfast.Denied, "dpop_key", "The proof is by another key than dpop_jkt names.")

// serveKeys, serveUserInfo and serveClient hand a request to the library.
func (p *Provider) serveKeys(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, r, &call{at: atKeys})
}

// serveUserInfo takes an access token from the Authorization header, and with a
// bound one the proof of its key (RFC 9449 §7).
func (p *Provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && !p.readForm(w, r) {
		return
	}
	scheme, token := presented(r)
	if token == "" {
		challengeAccess(w.Header(), "", "")
		write(w, http.StatusUnauthorized, "invalid_token", "an access token is required")
		return
	}
	c := &call{at: atUserInfo, scheme: scheme}
	if scheme == headerDPoP {
		proof, err := p.readProof(r, PathUserInfo, token)
		if err == nil && proof.JKT == "" {
			err = errNoProof
		}
		if err != nil {
			challengeAccess(w.Header(), scheme, invalidProof)
			write(w, http.StatusUnauthorized, invalidProof, err.Error())
			return
		}
		c.proof = proof
	}
	inner := r.Clone(r.Context())
	inner.Header.Del(headerDPoP)
	p.answer(w, r, inner, c)
}

var errNoProof = holdfast.Errorf(holdfast.Denied, "dpop_required", "A DPoP proof is required.")

// serveClient is for the endpoints where an application proves itself.
func (p *Provider) serveClient(at endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.readForm(w, r) {
			return
		}
		app, refusal, err := p.authenticateClient(r)
		if err != nil || refusal.Code != "" {
			p.refuseClient(w, r, refusal, err)
			return
		}
		c := &call{at: at, app: app, known: true, scopes: strings.Fields(r.PostFormValue("scope"))}
		if at == atToken {
			if c.proof, err = p.readProof(r, PathToken, ""); err == nil && c.proof.JKT == "" && app.RequireDPoP {
				err = errNoProof
			}
			if err != nil {
				write(w, http.StatusBadRequest, invalidProof, err.Error())
				return
			}
			if serve, ok := p.further[r.PostFormValue("grant_type")]; ok {
				serve(w, r, c)
				return
			}
		}
		p.answer(w, r, asLibrarySees(r, app), c)
	}
}

// readForm answers a form that is too long, no form, or ambiguous.
func (p *Provider) readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil || repeats(r.PostForm) {
		write(w, http.StatusBadRequest, "invalid_request", "the form cannot be read")
		return false
	}
	return true
}

// answer runs the library on inner, against a buffer, and sends as the answer
// to r what is right to send.
func (p *Provider) answer(w http.ResponseWriter, r, inner *http.Request, c *call) {
	out := &buffer{header: http.Header{}, status: http.StatusOK}
	p.library.ServeHTTP(out, inner.WithContext(withCall(r.Context(), c)))
	location := out.header.Get("Location")
	switch {
	case c.fault != nil && c.at == atAuthorize:
		p.fault(w, r, c.fault)
	case c.fault != nil:
		p.unavailable(w, r, c.fault)
	case c.refused != nil && c.at == atToken:
		p.refuseProof(w, r, c.refused)
	case c.lack != "" && leaves(location):
		p.turnAway(w, r, c, location)
	case location != "" && r.Method == http.MethodPost && leaves(location):
		// form-action 'self' also forbids the redirect that answers a form.
		denied := strings.Contains(location, "error=")
		p.Pages.Render(w, http.StatusOK, &page.Navigate{Frame: p.Frame(r), Target: location, Name: c.app.Name, Denied: denied})
	default:
		out.send(w, r, c)
	}
}

// unavailable keeps our own trouble apart from invalid_grant, upon which an
// application would throw a good token away.
func (p *Provider) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	p.Log.ErrorContext(r.Context(), "openid failed", "path", r.URL.Path, "err", err.Error())
	w.Header().Set("Retry-After", "5")
	write(w, http.StatusServiceUnavailable, "temporarily_unavailable", "try again in a moment")
}

func (p *Provider) refuseProof(w http.ResponseWriter, r *http.Request, err error) {
	if !strings.HasPrefix(holdfast.CodeOf(err), "dpop_") {
		p.unavailable(w, r, err)
		return
	}
	write(w, http.StatusBadRequest, invalidProof, err.Error())
}

// turnAway tells a person what the application demands and they do not have;
// the way on tells the application.
func (p *Provider) turnAway(w http.ResponseWriter, r *http.Request, c *call, location string) {
	code := map[grant.Lack]string{grant.LackGroup: "app_needs_group", grant.LackAAL: "app_needs_aal", grant.LackACR: "app_needs_acr"}[c.lack]
	p.Pages.Render(w, http.StatusForbidden, &page.Problem{Frame: p.Frame(r), Status: http.StatusForbidden, Code: code,
		Title: "You cannot use " + c.app.Name + " yet", Text: c.lackText,
		Action: page.Link{URL: location, Text: "Back to " + c.app.Name}})
}

func leaves(location string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Host != ""
}

// buffer holds an answer until it is sure: the library writes a page before it
// saves what the page leads on to.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
	wrote  bool
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(status int) {
	if !b.wrote {
		b.status, b.wrote = status, true
	}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.wrote = true
	return b.body.Write(p)
}

func (b *buffer) send(w http.ResponseWriter, r *http.Request, c *call) {
	h := w.Header()
	for name, values := range b.header {
		h[name] = values
	}
	h.Set("Cache-Control", "no-store") // RFC 6749 §5.1
	h.Set("X-Content-Type-Options", "nosniff")
	if c.at == atKeys {
		public(h)
	}
	if b.header.Get("Location") != "" {
		h.Set("Referrer-Policy", "no-referrer") // RFC 9700 §4.2.4: the code is in no Referer
	}
	if b.status == http.StatusUnauthorized && c.at == atUserInfo {
		code := "invalid_token"
		if c.refused != nil {
			code = invalidProof
		}
		challengeAccess(h, c.scheme, code)
	}
	w.WriteHeader(b.status)
	w.Write(b.body.Bytes())
}

// public is for what is the same for everybody and may be read from any page.
func public(h http.Header) {
	h.Del("Pragma")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
}

// write is an OAuth error (RFC 6749 §5.2).
func write(w http.ResponseWriter, status int, code, text string) {
	writeJSON(w, status, map[string]any{"error": code, "error_description": text})
}

func writeJSON(w http.ResponseWriter, status int, body map[string]any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func refused(code, text string) goidc.Error { return goidc.NewError(goidc.ErrorCode(code), text) }
