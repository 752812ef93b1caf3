package op

import (
	"encoding/json"
	"net/http"
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
	maxState   = 4 << 10  // bytes, since it is kept while the person signs in
)

// asked is what of an authorization request is ours to judge. It is kept with
// the library's session.
type asked struct {
	ID        string   `json:"-"` // of that session
	Began     int64    `json:"began"`
	Prompt    []string `json:"prompt,omitempty"`
	MaxAge    *int64   `json:"max_age,omitempty"` // seconds
	Subject   string   `json:"sub,omitempty"`
	ACRValues []string `json:"acr,omitempty"`
	Essential bool     `json:"essential,omitempty"`
}

func (a asked) request(app holdfast.AppID, scopes []string) authorize.Request {
	r := authorize.Request{
		App: app, Scopes: scopes, Prompt: a.Prompt, Subject: a.Subject,
		ACRValues: a.ACRValues, Essential: a.Essential, Began: holdfast.FromMicros(a.Began),
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

// serveAuthorize screens a request and hands the rest of it to the library.
// What is wrong with it is told by the library's redirect, once the client and
// its address are known to be good.
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	switch {
	case len(r.URL.RawQuery) > maxRequest:
		p.problem(w, r, http.StatusRequestURITooLong, "invalid_request", "The application sent a request that is too long. Go back to it and start again.")
		return
	case err != nil || repeats(q):
		// RFC 6749 §3.1: parameters must not be included more than once.
		p.problem(w, r, http.StatusBadRequest, "invalid_request", "The application sent a request that cannot be read. Go back to it and start again.")
		return
	}
	c := &call{at: atAuthorize}
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
	c.asked.Began = holdfast.Micros(p.Flow.Clock())
	c.refusal = p.read(q, &c.asked)
	if c.refusal.Code == "unsupported_response_type" {
		out.Set("response_type", "code")
	}
	inner := r.Clone(r.Context())
	inner.URL.RawQuery = out.Encode()
	p.answer(w, inner, c)
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

// read fills a and says what has to be refused, or the zero Error.
func (p *Provider) read(q url.Values, a *asked) goidc.Error {
	if e := checkForm(q); e.Code != "" {
		return e
	}
	a.Prompt = strings.Fields(q.Get("prompt"))
	a.ACRValues = strings.Fields(q.Get("acr_values"))
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
		hint, err := p.readHint(v)
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
		return refused("request_uri_not_supported", "request_uri is not supported")
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
		// The state would be repeated; it is not, being the trouble.
		q.Del("state")
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

func refused(code, text string) goidc.Error { return goidc.NewError(goidc.ErrorCode(code), text) }
