package grant

import (
	"regexp"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Refusals. What an application hears is the OAuth error of RFC 6749 §5.2 that
// the web edge chooses by code.
var (
	errGrantOver    = holdfast.Errorf(holdfast.Expired, "grant_over", "This permission has ended. Send the person to sign in again.")
	errTokenSpent   = holdfast.Errorf(holdfast.Conflict, "token_spent", "This code or token was used before. Send the person to sign in again.")
	errTokenExpired = holdfast.Errorf(holdfast.Expired, "token_expired", "This code or token has expired. Send the person to sign in again.")
	errWrongKind    = holdfast.Errorf(holdfast.Invalid, "token_kind", "This value cannot be used here. Use the one that the token endpoint gave for it.")
	errAppRemoved   = holdfast.Errorf(holdfast.NotFound, "no_such_app", "There is no such application. Ask the administrator to add it.")
	errRedirectURI  = holdfast.Errorf(holdfast.Invalid, "redirect_uri_unknown", "The address to return to is not registered for this application. Ask the administrator to add it exactly as it is sent.")
	errChallenge    = holdfast.Errorf(holdfast.Invalid, "pkce_required", "The request carries no PKCE code_challenge of method S256. Turn PKCE on in the application.").At("RFC 7636 §4.3", "")
	errScope        = holdfast.Errorf(holdfast.Invalid, "scope_not_granted", "More was asked for than was granted. Ask for less, or send the person to sign in again.")
)

// challengeS256 is base64url(SHA-256): 43 characters (RFC 7636 §4.2).
var challengeS256 = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// An Authorization is what a person just let an application do.
type Authorization struct {
	ID          holdfast.GrantID
	Person      holdfast.PersonID
	Session     holdfast.SessionID
	Scopes      []string
	RedirectURI string
	Challenge   string
	Nonce       string
	ACR         string
	AMR         []string
	AuthTime    time.Time
	JKT         string   // RFC 9449 §10: who may redeem the code; empty: anybody
	Operations  []string // what the application said that it is about to do; kept nowhere
}

// IssueCode opens a grant and its code, which is known by codeHash.
func IssueCode(app App, a Authorization, codeHash string, now time.Time) (Grant, Token, []audit.Event, error) {
	switch {
	case !app.Live():
		return Grant{}, Token{}, nil, errAppRemoved
	case !slices.Contains(app.RedirectURIs, a.RedirectURI):
		return Grant{}, Token{}, nil, errRedirectURI
	case !challengeS256.MatchString(a.Challenge):
		return Grant{}, Token{}, nil, errChallenge
	case !subset(a.Scopes, Scopes):
		return Grant{}, Token{}, nil, errScope
	}
	g := Grant{
		ID: a.ID, App: app.ID, Person: a.Person, Session: a.Session, Scopes: a.Scopes,
		RedirectURI: a.RedirectURI, CodeChallenge: a.Challenge, Nonce: a.Nonce,
		ACR: a.ACR, AMR: a.AMR, AuthTime: a.AuthTime, Created: now, JKT: a.JKT,
	}
	code := newToken(g, Code, codeHash, g.Scopes, CodeLife, now)
	e := audit.New(Issued, string(g.ID), g.Person, audit.Set(&g), audit.Set(&code)).
		With("app", string(g.App)).With("session", string(g.Session)).With("acr", g.ACR)
	return g, code, []audit.Event{e}, nil
}

// Fresh are the hashes of the tokens that a code or a refresh token becomes.
// Refresh is empty when the application did not ask for offline access.
type Fresh struct {
	Access  string
	Refresh string
	Scopes  []string // of the access token; empty means all of the grant's
	JKT     string   // both are bound to this key; empty: bearer tokens
}

// RedeemCode turns code into tokens. The caller has spent the code by one
// conditional statement in the same transaction; whoever finds it spent ends
// the grant with EndedCodeReuse instead.
func RedeemCode(g Grant, code Token, f Fresh, now time.Time) ([]Token, []audit.Event, error) {
	if err := usable(g, code, Code, now); err != nil {
		return nil, nil, err
	}
	code.Status = Used
	return become(Redeemed, g, code, f, now)
}

// Rotate turns a refresh token into its successor and a new access token. A
// token that is Retired already was copied: the answer is an error of kind
// Conflict, and the caller ends the grant with EndedTokenReuse.
func Rotate(g Grant, old Token, f Fresh, now time.Time) ([]Token, []audit.Event, error) {
	if err := usable(g, old, Refresh, now); err != nil {
		return nil, nil, err
	}
	if f.Refresh == "" {
		panic("grant: internal error: a rotation without a successor")
	}
	old.Status = Retired
	return become(Refreshed, g, old, f, now)
}

// usable says in which order the doubts are raised: reuse first, since it is
// the one that has consequences for the whole family.
func usable(g Grant, t Token, kind Kind, now time.Time) error {
	switch {
	case t.Kind != kind || t.Grant != g.ID:
		return errWrongKind
	case t.Status != Active:
		return errTokenSpent
	case !g.Live(now):
		return errGrantOver
	case !now.Before(t.Expires):
		return errTokenExpired
	}
	return nil
}

func become(what audit.Type, g Grant, old Token, f Fresh, now time.Time) ([]Token, []audit.Event, error) {
	scopes := f.Scopes
	if len(scopes) == 0 {
		scopes = g.Scopes
	}
	if !subset(scopes, g.Scopes) {
		return nil, nil, errScope
	}
	tokens := []Token{newToken(g, Access, f.Access, scopes, AccessLife, now)}
	if f.Refresh != "" {
		tokens = append(tokens, newToken(g, Refresh, f.Refresh, g.Scopes, RefreshGap, now))
	}
	for i := range tokens {
		tokens[i].JKT = f.JKT
	}
	e := audit.New(what, string(g.ID), g.Person, audit.Change(&old, "status")).With("app", string(g.App))
	for i := range tokens {
		e.Puts = append(e.Puts, audit.Set(&tokens[i]))
	}
	return tokens, []audit.Event{e}, nil
}

// newToken never outlives its family.
func newToken(g Grant, k Kind, hash string, scopes []string, life time.Duration, now time.Time) Token {
	expires := now.Add(life)
	if end := g.Created.Add(FamilyLife); expires.After(end) {
		expires = end
	}
	return Token{ID: hash, Grant: g.ID, Kind: k, Scopes: scopes, Status: Active, Issued: now, Expires: expires}
}

// Revoke gives a token back (RFC 7009 §2.1): an access token alone, a code or
// a refresh token, retired ones too, with its whole family. What is over
// already gives no event.
func Revoke(g Grant, t Token, now time.Time) ([]audit.Event, error) {
	if t.Grant != g.ID {
		return nil, errWrongKind
	}
	if t.Kind != Access {
		_, events := End(g, EndedRevoked, now)
		return events, nil
	}
	if !t.Good(now) || !g.Live(now) {
		return nil, nil
	}
	t.Status = Dropped
	return []audit.Event{audit.New(Revoked, string(g.ID), g.Person, audit.Change(&t, "status")).With("app", string(g.App))}, nil
}

// End ends a grant and with it every token of it. Ending twice keeps the first
// reason and gives no event.
func End(g Grant, why Reason, now time.Time) (Grant, []audit.Event) {
	if !g.Ended.IsZero() {
		return g, nil
	}
	g.Ended, g.Reason = now, why
	return g, []audit.Event{audit.New(Ended, string(g.ID), g.Person, audit.Change(&g, "ended", "reason")).
		With("app", string(g.App)).With("reason", string(why))}
}

// EndAll ends the grants of a session, a person or an application.
func EndAll(grants []Grant, why Reason, now time.Time) []audit.Event {
	var events []audit.Event
	for _, g := range grants {
		_, e := End(g, why, now)
		events = append(events, e...)
	}
	return events
}
