package op

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/flow/authorize"
)

const (
	maxRequest = 16 << 10 // bytes of a form or query: far above what any application sends
	maxNonce   = 512      // bytes, since it is stored and repeated
	maxState   = 2 << 10  // bytes, since it is sealed into an address while the person signs in
)

// asked is what of an authorization request is ours to judge.
type asked struct {
	ID        string   `json:"id,omitempty"` // spent with the code
	Began     int64    `json:"began,omitempty"`
	Prompt    []string `json:"prompt,omitempty"`
	MaxAge    *int64   `json:"max_age,omitempty"` // seconds
	Subject   string   `json:"sub,omitempty"`
	ACRValues []string `json:"acr,omitempty"`
	Essential bool     `json:"essential,omitempty"`
	JKT       string   `json:"jkt,omitempty"`    // RFC 9449 §10
	Pushed    bool     `json:"pushed,omitempty"` // RFC 9126

	// Operations are scopes that are not ours: what the application is about to
	// do, for which the policy may ask for more (step_up). They are not granted.
	Operations []string `json:"ops,omitempty"`
}

func (a asked) request(app holdfast.AppID, scopes []string) authorize.Request {
	r := authorize.Request{
		App: app, Scopes: scopes, Prompt: a.Prompt, Subject: a.Subject,
		ACRValues: a.ACRValues, Essential: a.Essential, Began: holdfast.FromMicros(a.Began), Pushed: a.Pushed, Operations: a.Operations,
	}
	if a.MaxAge != nil {
		d := time.Duration(*a.MaxAge) * time.Second
		r.MaxAge = &d
	}
	return r
}

// passed are the parameters that the library sees. It would refuse an acr value
// or a scope that it does not know, where the standard says to ignore it, and
// would silently ignore a request object or a claims parameter that it cannot
// read, where the standard says to refuse.
var passed = []string{"client_id", "redirect_uri", "response_type", "state", "nonce", "code_challenge", "code_challenge_method"}

var challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// screen fills a with what is ours of a request, and gives what the library
// sees of it, and what has to be refused, or the zero Error.
func (p *Provider) screen(ctx context.Context, q url.Values, a *asked) (url.Values, goidc.Error) {
	out := url.Values{}
	for _, name := range passed {
		if v, ok := q[name]; ok {
			out[name] = v
		}
	}
	out.Set("scope", strings.Join(known(strings.Fields(q.Get("scope"))), " "))
	if q.Get("code_challenge") != "" && q.Get("code_challenge_method") == "" {
		out.Set("code_challenge_method", "plain") // the default of RFC 7636 §4.3; the library would take S256 for granted
	}
	refusal := p.read(ctx, q, a)
	switch {
	case refusal.Code == "unsupported_response_type":
		out.Set("response_type", "code")
	case len(q.Get("state")) > maxState:
		out.Del("state") // it would be repeated, being the trouble
	}
	return out, refusal
}

func repeats(q url.Values) bool {
	for name, values := range q {
		if len(values) > 1 && name != "resource" {
			return true
		}
	}
	return false
}

// known drops scopes that do not exist (OpenID Connect Core §3.1.2.1: not
// understood, hence ignored).
func known(scopes []string) []string {
	var out []string
	for _, s := range scopes {
		if slices.Contains(grant.Scopes, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// maxOperations bounds what an application may say that it is about to do.
const maxOperations = 8

// operations are the scopes that known drops.
func operations(scopes []string) []string {
	rest := slices.DeleteFunc(scopes, func(s string) bool { return slices.Contains(grant.Scopes, s) || len(s) > 64 })
	return rest[:min(len(rest), maxOperations)]
}

// read fills a and says what has to be refused, or the zero Error.
func (p *Provider) read(ctx context.Context, q url.Values, a *asked) goidc.Error {
	if e := checkForm(q); e.Code != "" {
		return e
	}
	a.Prompt = strings.Fields(q.Get("prompt"))
	a.ACRValues = strings.Fields(q.Get("acr_values"))
	a.Operations = operations(strings.Fields(q.Get("scope")))
	a.JKT = q.Get("dpop_jkt")
	if v := q.Get("max_age"); v != "" {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 0 {
			return refused("invalid_request", "max_age is a number of seconds")
		}
		a.MaxAge = &n
	}
	if v := q.Get("claims"); v != "" {
		if err := a.readClaims(v); err != "" {
			return refused("invalid_request", err)
		}
	}
	if v := q.Get("id_token_hint"); v != "" {
		hint, err := p.readHint(ctx, v)
		if err != nil || !slices.Contains(hint.Audience, q.Get("client_id")) {
			return refused("invalid_request", "the id_token_hint is not one of ours for this client")
		}
		if a.Subject != "" && a.Subject != hint.Subject {
			return refused("invalid_request", "id_token_hint and claims name different people")
		}
		a.Subject = hint.Subject
	}
	return goidc.Error{}
}

// checkForm refuses what this provider does not do.
func checkForm(q url.Values) goidc.Error {
	switch {
	case q.Get("request") != "":
		return refused("request_not_supported", "request objects are not supported")
	case q.Get("request_uri") != "":
		return refused("request_uri_not_supported", "a request_uri is one that this server gave")
	case q.Get("dpop_jkt") != "" && !challenge.MatchString(q.Get("dpop_jkt")):
		return refused("invalid_request", "dpop_jkt is no base64url of a SHA-256")
	case q.Get("registration") != "":
		return refused("registration_not_supported", "registration is not supported")
	case q.Get("response_type") != "" && q.Get("response_type") != "code":
		return refused("unsupported_response_type", "use response_type=code")
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return refused("invalid_request", "use response_mode=query")
	case q.Get("code_challenge") != "" && !challenge.MatchString(q.Get("code_challenge")):
		return refused("invalid_request", "code_challenge is no base64url of a SHA-256")
	case len(q.Get("nonce")) > maxNonce || strings.ContainsFunc(q.Get("nonce"), unprintable):
		return refused("invalid_request", "the nonce is too long or not printable")
	case len(q.Get("state")) > maxState:
		return refused("invalid_request", "the state is too long")
	}
	return goidc.Error{}
}

func unprintable(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

// readClaims takes acr and sub of the claims parameter (OpenID Connect Core
// §5.5); others are voluntary and given by scope. It says what is wrong.
func (a *asked) readClaims(v string) string {
	type member struct {
		Essential bool     `json:"essential"`
		Value     string   `json:"value"`
		Values    []string `json:"values"`
	}
	var c struct {
		IDToken struct {
			ACR *member `json:"acr"`
			Sub *member `json:"sub"`
		} `json:"id_token"`
		UserInfo struct {
			Sub *member `json:"sub"`
		} `json:"userinfo"`
	}
	// A demand that cannot be read must not pass for none.
	if err := json.Unmarshal([]byte(v), &c); err != nil {
		return "the claims parameter cannot be read"
	}
	if m := c.IDToken.ACR; m != nil {
		values := m.Values
		if m.Value != "" {
			values = append([]string{m.Value}, values...)
		}
		if len(values) > 0 {
			a.ACRValues, a.Essential = values, m.Essential
		}
	}
	for _, m := range []*member{c.IDToken.Sub, c.UserInfo.Sub} {
		switch {
		case m == nil || m.Value == "":
		case a.Subject != "" && a.Subject != m.Value:
			return "the claims parameter names different people"
		default:
			a.Subject = m.Value
		}
	}
	return ""
}
