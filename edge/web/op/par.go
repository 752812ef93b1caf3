package op

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/flow/authorize"
)

// PathPushed is the pushed authorization request endpoint (RFC 9126 §2).
const PathPushed = "/par"

const requestURI = "urn:ietf:params:oauth:request_uri:" // RFC 9126 §2.2

// kept is what of an authorization request outlives a visit: what the library
// sees of it, and what is ours to judge.
type kept struct {
	Query string `json:"q"`
	Asked asked  `json:"a"`
}

// servePushed takes an authorization request from the application itself. The
// whole of it is in the request_uri, sealed: a stranger who knows a public
// application's id can push for ever and writes nothing. One request_uri gives
// one code, on whichever node; opening it twice before that is a reload.
func (p *Provider) servePushed(w http.ResponseWriter, r *http.Request) {
	if !p.readForm(w, r) {
		return
	}
	app, refusal, err := p.authenticateClient(r)
	if err != nil || refusal.Code != "" {
		p.refuseClient(w, r, refusal, err)
		return
	}
	k := kept{Asked: asked{Pushed: true}}
	q := r.PostForm
	if q.Has("request_uri") { // RFC 9126 §2.1
		write(w, http.StatusBadRequest, "invalid_request", "a pushed request has no request_uri")
		return
	}
	q.Set("client_id", string(app.ID))
	out, refusal := p.screen(r.Context(), q, &k.Asked)
	if refusal.Code == "" {
		refusal = checkPushed(q, out, app)
	}
	if refusal.Code != "" {
		write(w, http.StatusBadRequest, string(refusal.Code), refusal.Description)
		return
	}
	proof, err := p.readProof(r, PathPushed, "")
	if err != nil || proof.JKT != "" && k.Asked.JKT != "" && proof.JKT != k.Asked.JKT {
		if err == nil {
			err = errOtherKey
		}
		write(w, http.StatusBadRequest, invalidProof, err.Error())
		return
	}
	if proof.JKT != "" {
		k.Asked.JKT = proof.JKT
	}
	// A proof of a public application is not spent: with it nothing can be had
	// but a code for its own key, and strangers would fill the disk.
	if proof.JKT != "" && app.Method() != grant.MethodNone {
		if err := p.Flow.UseProof(r.Context(), proof); err != nil {
			p.refuseProof(w, r, err)
			return
		}
	}
	k.Query = out.Encode()
	p.pushed(w, r, app, k)
}

func (p *Provider) pushed(w http.ResponseWriter, r *http.Request, app grant.App, k kept) {
	body, err := json.Marshal(k)
	if err != nil {
		p.unavailable(w, r, err)
		return
	}
	sealed, err := p.Flow.Seal(authorize.Pushed, p.Flow.NewWaiting(app.ID, body, authorize.PushedLife))
	if err != nil {
		write(w, http.StatusBadRequest, "invalid_request", "the request is too long")
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{
		"request_uri": requestURI + sealed, "expires_in": int(authorize.PushedLife.Seconds()),
	})
}

// checkPushed is what the library checks at authorize, where it is too late to
// tell the application directly (RFC 9126 §2.1, step 3).
func checkPushed(q, out url.Values, app grant.App) goidc.Error {
	switch {
	case !slices.Contains(app.RedirectURIs, q.Get("redirect_uri")):
		return refused("invalid_request", "the redirect_uri is not registered for this client")
	case q.Get("response_type") != "code":
		return refused("invalid_request", "use response_type=code")
	case !slices.Contains(strings.Fields(out.Get("scope")), grant.ScopeOpenID):
		return refused("invalid_scope", "the scope openid is required")
	case q.Get("code_challenge") == "" || q.Get("code_challenge_method") != "S256":
		return refused("invalid_request", "PKCE with S256 is required")
	}
	return goidc.Error{}
}

// readPushed gives the request that q's request_uri stands for. All other
// parameters but client_id are ignored (RFC 9126 §4, RFC 9101 §5).
func (p *Provider) readPushed(q url.Values) (authorize.Waiting, kept, error) {
	sealed, _ := strings.CutPrefix(q.Get("request_uri"), requestURI)
	w, err := p.Flow.Open(authorize.Pushed, sealed)
	if err != nil {
		return w, kept{}, err
	}
	if string(w.App) != q.Get("client_id") {
		return w, kept{}, holdfast.Errorf(holdfast.Invalid, "invalid_request",
			"The application sent another application's request. Go back to it and start again.")
	}
	var k kept
	err = json.Unmarshal(w.Body, &k)
	return w, k, err
}
