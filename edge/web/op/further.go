package op

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
	"github.com/go-jose/go-jose/v4/jwt"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/flow/authorize"
)

// Grant types that the library does not serve, or not as we want them served.
const (
	grantDevice   = "urn:ietf:params:oauth:grant-type:device_code"    // RFC 8628 §3.4
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693 §2.1
	typeAccess    = "urn:ietf:params:oauth:token-type:access_token"   // RFC 8693 §3

	// PathDeviceAuthorization is where a device begins.
	PathDeviceAuthorization = "/device_authorization"
)

// serveDeviceAuthorization has a device wait (RFC 8628 §3.1, §3.2). The answer
// has no verification_uri_complete: the code is typed, never followed.
func (p *Provider) serveDeviceAuthorization(w http.ResponseWriter, r *http.Request) {
	if !p.readForm(w, r) {
		return
	}
	app, refusal, err := p.authenticateClient(r)
	if err != nil || refusal.Code != "" {
		p.refuseClient(w, r, refusal, err)
		return
	}
	scopes := known(strings.Fields(r.PostFormValue("scope")))
	code, d, err := p.Devices.Begin(r.Context(), app, scopes, p.address(r), r.UserAgent())
	if err != nil {
		p.refuseFurther(w, r, err)
		return
	}
	answerJSON(w, map[string]any{
		"device_code": code, "user_code": grant.ShowUserCode(d.UserCode), "verification_uri": p.Issuer + PathDevice,
		"expires_in": int(grant.DeviceCodeLife.Seconds()), "interval": int(grant.DeviceInterval.Seconds()),
	})
}

// address is where a request came from.
func (p *Provider) address(r *http.Request) string {
	if p.Address != nil {
		return p.Address(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// deviceToken answers a device that asks (RFC 8628 §3.4).
func (p *Provider) deviceToken(w http.ResponseWriter, r *http.Request, c *call) {
	code := r.PostFormValue("device_code")
	if !c.app.Allows(grant.KindDevice) {
		write(w, http.StatusBadRequest, "unauthorized_client", "this application may not let devices in")
		return
	}
	err := p.Devices.Poll(r.Context(), c.app.ID, code)
	var g grant.Grant
	if err == nil {
		g, _, err = p.Flow.ByCode(r.Context(), code)
	}
	if err != nil {
		p.refuseFurther(w, r, err)
		return
	}
	v := authorize.Values{Access: holdfast.NewSecret(), Scopes: g.Scopes, Proof: c.proof}
	if g.Offline() {
		v.Refresh = holdfast.NewSecret()
	}
	if err := p.Flow.Redeem(r.Context(), c.app.ID, code, v); err != nil {
		p.refuseFurther(w, r, err)
		return
	}
	p.give(w, r, g, v, int(grant.AccessLife.Seconds()), nil)
}

// exchange gives a service a token for another (RFC 8693 §2). Only access
// tokens are exchanged, for access tokens, and nobody acts for an actor.
func (p *Provider) exchange(w http.ResponseWriter, r *http.Request, c *call) {
	form := r.PostForm
	switch {
	case !c.app.Allows(grant.KindExchange):
		write(w, http.StatusBadRequest, "unauthorized_client", "this application may not exchange tokens")
		return
	case form.Get("subject_token") == "" || form.Get("subject_token_type") != typeAccess,
		form.Get("requested_token_type") != "" && form.Get("requested_token_type") != typeAccess,
		form.Get("actor_token") != "" || form.Get("actor_token_type") != "":
		write(w, http.StatusBadRequest, "invalid_request", "exchange an access token (subject_token, subject_token_type) for an access token, without an actor token")
		return
	case form.Get("audience") == "" || form.Get("resource") != "":
		write(w, http.StatusBadRequest, "invalid_target", "name the other application by its client_id as audience")
		return
	case len(known(c.scopes)) != len(c.scopes):
		write(w, http.StatusBadRequest, "invalid_scope", "there is no such scope")
		return
	}
	v := authorize.Values{Access: holdfast.NewSecret(), Scopes: c.scopes, Proof: c.proof}
	g, t, err := p.Flow.Exchange(r.Context(), c.app, form.Get("subject_token"), holdfast.AppID(form.Get("audience")), v)
	if err != nil {
		p.refuseFurther(w, r, err)
		return
	}
	p.give(w, r, g, v, int(t.Expires.Sub(t.Issued).Seconds()), map[string]any{"issued_token_type": typeAccess})
}

// give answers with tokens (RFC 6749 §5.1).
func (p *Provider) give(w http.ResponseWriter, r *http.Request, g grant.Grant, v authorize.Values, seconds int, more map[string]any) {
	out := map[string]any{"access_token": v.Access, "token_type": "Bearer", "expires_in": seconds, "scope": strings.Join(g.Scopes, " ")}
	if v.Proof.JKT != "" {
		out["token_type"] = "DPoP"
	}
	if v.Refresh != "" {
		out["refresh_token"] = v.Refresh
	}
	if g.Kind == grant.KindDevice && slices.Contains(g.Scopes, grant.ScopeOpenID) {
		id, err := p.idToken(r.Context(), g, v.Access)
		if err != nil {
			p.unavailable(w, r, err)
			return
		}
		out["id_token"] = id
	}
	for name, value := range more {
		out[name] = value
	}
	answerJSON(w, out)
}

// idToken says who let the device in, and how they had signed in.
func (p *Provider) idToken(ctx context.Context, g grant.Grant, access string) (string, error) {
	now := p.Flow.Clock()
	sum := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.Issuer, "sub": string(g.Person), "aud": string(g.App), "sid": string(g.Session),
		"iat": now.Unix(), "exp": now.Add(grant.IDLife).Unix(), "auth_time": g.AuthTime.Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]), // OpenID Connect Core §3.1.3.6
	}
	if g.ACR != "" {
		claims["acr"] = g.ACR
	}
	if len(g.AMR) > 0 {
		claims["amr"] = g.AMR
	}
	return p.sign(ctx, "JWT", claims)
}

// sign makes a JWT with the key that all applications understand.
func (p *Provider) sign(ctx context.Context, kind string, claims map[string]any) (string, error) {
	k, err := p.Keys.Signing(ctx, string(jose.RS256))
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(kind)).WithHeader("kid", k.ID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: cryptosigner.Opaque(k.Signer)}, options)
	if err != nil {
		return "", fmt.Errorf("sign a %s: %w", kind, err)
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// refuseFurther answers in the words of the grant's own specification.
func (p *Provider) refuseFurther(w http.ResponseWriter, r *http.Request, err error) {
	code := holdfast.CodeOf(err)
	switch {
	case strings.HasPrefix(code, "dpop_"):
		write(w, http.StatusBadRequest, invalidProof, err.Error())
	case slices.Contains([]string{"authorization_pending", "slow_down", "access_denied", "expired_token", "unauthorized_client"}, code):
		write(w, http.StatusBadRequest, code, textOf(err))
	case code == "exchange_target":
		write(w, http.StatusBadRequest, "invalid_target", textOf(err))
	case code == "scope_not_granted":
		write(w, http.StatusBadRequest, "invalid_scope", textOf(err))
	case code == "device_begins":
		w.Header().Set("Retry-After", "60")
		write(w, http.StatusTooManyRequests, "slow_down", textOf(err))
	case holdfast.KindOf(err) == holdfast.Unavailable || holdfast.KindOf(err) == holdfast.Internal:
		p.unavailable(w, r, err)
	default:
		write(w, http.StatusBadRequest, "invalid_grant", "this code or token cannot be used")
	}
}

func answerJSON(w http.ResponseWriter, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	json.NewEncoder(w).Encode(v)
}

// textOf is the sentence of err for outsiders.
func textOf(err error) string {
	if e, ok := errors.AsType[*holdfast.Error](err); ok {
		return e.Text
	}
	return "The request could not be answered."
}
