package op

import (
	"context"
	"net/http"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/flow/authorize"
)

// endpoint is where a request came in. The library asks the same questions of
// its managers at several endpoints, and the answers differ: a refresh token
// is none at userinfo, and asking about a replaced one is not using it.
type endpoint int

const (
	atKeys endpoint = iota
	atAuthorize
	atToken
	atIntrospect
	atRevoke
	atUserInfo
)

func (e endpoint) String() string {
	return [...]string{PathJWKS, PathAuthorize, PathToken, PathIntrospect, PathRevoke, PathUserInfo}[e]
}

// call is what one HTTP request gathers while the library works on it. It is
// used by that request's goroutine alone.
type call struct {
	at       endpoint
	app      grant.App // the application that sent the request, or that it is about
	known    bool      // the application sent it, and has proved who it is
	scopes   []string  // asked for at the token endpoint
	fault    error     // ours, which the library would blame on somebody else
	rendered bool      // an error page was drawn

	asked    asked       // at authorize: the request, as far as it is ours to judge
	query    string      // at authorize: the request, as the library sees it
	sealed   string      // at authorize: both, sealed, where the person comes back; else empty
	refusal  goidc.Error // at authorize: to be told once the client and its address are known
	posted   bool        // at authorize: the person answered the question for consent
	decision string      // what they answered
	lack     grant.Lack  // at authorize: what the person does not have
	lackText string
	who      authorize.SignedIn
	acr      string

	grant   grant.Grant
	token   grant.Token
	code    string           // presented at the token endpoint
	refresh string           // likewise
	values  authorize.Values // what it becomes
	turned  bool             // it did

	scheme  string          // at userinfo: of the Authorization header
	proof   authorize.Proof // RFC 9449; zero: none came
	refused error           // the proof was
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf never gives nil: outside of a request it gives an empty call, with
// which every manager refuses.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// fail turns an error of ours into one that the library handles rightly. What
// is nobody's fault but ours is kept aside and answered by serve, since the
// library calls some of it invalid_grant, and an application would throw a good
// refresh token away.
func (c *call) fail(err error) error {
	if strings.HasPrefix(holdfast.CodeOf(err), "dpop_") {
		c.refused = err
		return goidc.WrapError(invalidProof, "invalid DPoP proof", err)
	}
	switch holdfast.KindOf(err) {
	case holdfast.NotFound:
		return goidc.ErrNotFound
	case holdfast.Invalid, holdfast.Denied, holdfast.Conflict, holdfast.Expired, holdfast.Unsigned:
		return goidc.WrapError(goidc.ErrorCodeInvalidGrant, "invalid grant", err)
	}
	c.fault = err
	return err
}

func nextAccess(ctx context.Context, _ *goidc.Grant) string { return callOf(ctx).values.Access }
func nextRefresh(ctx context.Context) string                { return callOf(ctx).values.Refresh }

// postToGet sends the browser of a cross-site form post on as a top-level GET,
// which carries the SameSite=Lax session cookie that the post did not.
func postToGet(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The request is too long or no form.", http.StatusBadRequest)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, r.URL.Path+"?"+r.PostForm.Encode(), http.StatusSeeOther)
}
