package op

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/spec/ijson"
	"holdfast/spec/jwk"
)

const (
	assertionType  = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2
	assertionLife  = 10 * time.Minute                                         // a stolen one is worth so long at most
	assertionSkew  = 30 * time.Second
	maxJTI         = 256     // bytes
	maxAssertion   = 8 << 10 // bytes
	secretParam    = "client_secret"
	assertParam    = "client_assertion"
	assertTypParam = "client_assertion_type"
)

var (
	errTwoMethods = refused("invalid_request", "the request authenticates the client in more than one way") // RFC 6749 §5.2
	errClient     = refused("invalid_client", "client authentication failed")
)

// authenticateClient says which application sent r, a form post, having
// checked that it proves itself in its own way and in no other (RFC 6749 §2.3).
// The library would take a secret in the header and another in the form. Its
// second result is for the application, its third is our own fault.
func (p *Provider) authenticateClient(r *http.Request) (grant.App, goidc.Error, error) {
	id, secret, how, refusal := credentials(r)
	if refusal.Code != "" {
		return grant.App{}, refusal, nil
	}
	app, err := p.Flow.App(r.Context(), holdfast.AppID(id))
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound && err != nil:
		return grant.App{}, errClient, nil
	case err != nil:
		return grant.App{}, goidc.Error{}, err
	}
	var good bool
	switch app.Method() {
	case grant.MethodNone:
		good = secret == "" && how != byAssertion
	case grant.MethodSecret:
		good = how == bySecret && rightSecret(app.SecretHash, secret)
	case grant.MethodKey:
		if how == byAssertion {
			good, err = p.asserts(r.Context(), app, secret, p.Issuer+r.URL.Path)
		}
	}
	if err != nil || good {
		return app, goidc.Error{}, err
	}
	return grant.App{}, errClient, nil
}

// Ways of proving oneself that a request can carry.
type way int

const (
	byNothing way = iota
	bySecret
	byAssertion
)

// credentials reads who a request says that it is from, and what it shows.
func credentials(r *http.Request) (id, shown string, how way, refusal goidc.Error) {
	form, header := r.PostForm, r.Header.Values("Authorization")
	inForm := form.Get(secretParam) != ""
	asserted := form.Get(assertParam) != "" || form.Get(assertTypParam) != ""
	id = form.Get("client_id")
	switch {
	case len(header) > 1, len(header) == 1 && (inForm || asserted), inForm && asserted:
		return "", "", byNothing, errTwoMethods
	case len(header) == 1:
		name, secret, ok := basic(header[0])
		if !ok || id != "" && id != name {
			return "", "", byNothing, errClient
		}
		return name, secret, bySecret, goidc.Error{}
	case asserted:
		text := form.Get(assertParam)
		issuer := issuerOf(text)
		if form.Get(assertTypParam) != assertionType || issuer == "" || id != "" && id != issuer {
			return "", "", byNothing, errClient
		}
		return issuer, text, byAssertion, goidc.Error{}
	case id == "":
		return "", "", byNothing, errClient
	case inForm:
		return id, form.Get(secretParam), bySecret, goidc.Error{}
	}
	return id, "", byNothing, goidc.Error{}
}

// basic reads an Authorization header. Name and secret are form-encoded inside
// (RFC 6749 §2.3.1), which the base64 of RFC 7617 knows nothing of.
func basic(header string) (name, secret string, ok bool) {
	scheme, value, _ := strings.Cut(header, " ")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	name, secret, ok = strings.Cut(string(raw), ":")
	name, err1 := url.QueryUnescape(name)
	secret, err2 := url.QueryUnescape(secret)
	return name, secret, ok && err1 == nil && err2 == nil
}

// rightSecret compares hashes, in a time that does not tell how much is right.
func rightSecret(stored, presented string) bool {
	return stored != "" && presented != "" &&
		subtle.ConstantTimeCompare([]byte(stored), []byte(holdfast.HashSecret(presented))) == 1
}

// issuerOf is whose assertion text says it is; that is not believed yet.
func issuerOf(text string) string {
	if len(text) > maxAssertion {
		return ""
	}
	s, err := jwk.ReadJWT(text)
	issuer := s.Claims.Get("iss")
	if err != nil || issuer.Kind() != ijson.String || s.Claims.Get("sub").Text() != issuer.Text() {
		return ""
	}
	return issuer.Text()
}

// asserts says whether text is app's assertion for us (RFC 7523 §3), here at
// the address at, and spends its jti. Its audience is one value: one that was
// also for somebody else could have been obtained there and carried here.
func (p *Provider) asserts(ctx context.Context, app grant.App, text, at string) (bool, error) {
	s, err := jwk.ReadJWT(text)
	if err != nil {
		return false, nil
	}
	keys, err := jwk.ParseSet([]byte(app.JWKS))
	if err != nil {
		return false, err // it was checked when it was registered
	}
	if !signedBy(keys, s) {
		return false, nil
	}
	now := p.Flow.Clock()
	exp, ok := instant(s.Claims.Get("exp"))
	jti, aud := s.Claims.Get("jti"), s.Claims.Get("aud")
	if l := aud.List(); len(l) == 1 {
		aud = l[0]
	}
	here := []string{p.Issuer, p.Issuer + PathToken, at} // RFC 9126 §2 names all three
	switch {
	case s.Claims.Get("iss").Text() != string(app.ID), s.Claims.Get("sub").Text() != string(app.ID),
		aud.Kind() != ijson.String || !slices.Contains(here, aud.Text()),
		jti.Kind() != ijson.String || jti.Text() == "" || len(jti.Text()) > maxJTI,
		!ok || exp.Before(now.Add(-assertionSkew)) || exp.After(now.Add(assertionLife+assertionSkew)),
		ahead(s.Claims, "nbf", now) || ahead(s.Claims, "iat", now):
		return false, nil
	}
	return p.Flow.SpendJTI(ctx, string(app.ID)+" "+jti.Text(), exp.Add(assertionSkew))
}

// instant reads a NumericDate (RFC 7519 §2), which may have a fraction.
func instant(v ijson.Value) (time.Time, bool) {
	seconds, err := strconv.ParseFloat(v.Text(), 64)
	if v.Kind() != ijson.Number || err != nil || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)), true
}

// ahead says that a claim is there and is no instant of the past.
func ahead(claims ijson.Value, name string, now time.Time) bool {
	v := claims.Get(name)
	if v.Kind() == ijson.Missing {
		return false
	}
	at, ok := instant(v)
	return !ok || at.After(now.Add(assertionSkew))
}

// signedBy verifies s by the key that its kid names, or, where it names none,
// by any of its algorithm (RFC 7515 §4.1.4: kid is optional).
func signedBy(keys []jwk.Key, s jwk.Signed) bool {
	kid := s.Header.Get("kid").Text()
	for _, k := range keys {
		if (kid == "" || k.ID == kid) && s.Verify(k) {
			return true
		}
	}
	return false
}

// asLibrarySees is r for the library, which has nothing left to authenticate.
func asLibrarySees(r *http.Request, app grant.App) *http.Request {
	inner := r.Clone(r.Context())
	for _, name := range []string{"Authorization", "OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP", "DPoP"} {
		inner.Header.Del(name)
	}
	for _, form := range []url.Values{inner.PostForm, inner.Form} {
		for _, name := range []string{secretParam, assertParam, assertTypParam} {
			form.Del(name)
		}
		form.Set("client_id", string(app.ID))
	}
	return inner
}

// refuseClient answers what authenticateClient refused.
func (p *Provider) refuseClient(w http.ResponseWriter, r *http.Request, refusal goidc.Error, err error) {
	switch {
	case err != nil:
		p.unavailable(w, r, err)
	case refusal.Code == "invalid_client":
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="holdfast"`) // RFC 6749 §5.2
		}
		write(w, http.StatusUnauthorized, string(refusal.Code), refusal.Description)
	default:
		write(w, http.StatusBadRequest, string(refusal.Code), refusal.Description)
	}
}
