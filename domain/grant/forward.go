package grant

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"holdfast/domain/audit"
)

// Forward-auth: a reverse proxy before the application asks Holdfast about
// each request. The person holds a secret for the application's own host; it
// is a token of the grant, and good while the grant and its session are.

// Paths that Holdfast answers on the application's own host.
const (
	ForwardPrefix   = "/.holdfast/"
	ForwardAuth     = ForwardPrefix + "auth"     // asked by the proxy
	ForwardStart    = ForwardPrefix + "start"    // begins a sign-in
	ForwardCallback = ForwardPrefix + "callback" // ends it
	ForwardSignOut  = ForwardPrefix + "sign_out"
	ForwardRefused  = ForwardPrefix + "refused" // what a person is shown who may not enter
)

// Forward is the kind of the token that a browser holds for an application
// behind forward-auth.
const Forward Kind = "forward"

// CodeSpace is where codes are spent, wherever they are redeemed: one code is
// good for one redemption.
const CodeSpace = "authorize.code"

// RedeemForward turns code into the token of a browser, known by hash, which
// is good until then. As with RedeemCode the caller has spent the code.
func RedeemForward(g Grant, code Token, hash string, until, now time.Time) (Token, []audit.Event, error) {
	if err := usable(g, code, Code, now); err != nil {
		return Token{}, nil, err
	}
	code.Status = Used
	t := newToken(g, Forward, hash, g.Scopes, until.Sub(now), now)
	e := audit.New(Redeemed, string(g.ID), g.Person, audit.Change(&code, "status"), audit.Set(&t)).With("app", string(g.App))
	return t, []audit.Event{e}, nil
}

// checkUpstream says whether u can be where an application listens behind what
// the preset configures.
func checkUpstream(d Draft) error {
	if d.Upstream == "" {
		if NeedsUpstream(d.Preset) {
			return invalid("app_upstream", "Give the address where the application itself listens, behind the proxy, such as http://127.0.0.1:3000.")
		}
		return nil
	}
	u, err := url.Parse(d.Upstream)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(d.Upstream) > maxURI ||
		u.Scheme+"://"+u.Host != d.Upstream || !plain.MatchString(d.Upstream) || strings.ContainsAny(u.Host, "!&()*+,=%@") {
		return invalid("app_upstream", "%.200q cannot be where the application listens. Write it as http://127.0.0.1:3000, without a path.", d.Upstream)
	}
	return nil
}

// MayReturnTo says whether a browser may be sent to u after signing out.
func (a App) MayReturnTo(u string) bool { return slices.Contains(a.PostLogoutURIs, u) }
