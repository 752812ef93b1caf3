// Package grant is what an application has been given: which applications
// exist, which person let which application in, on the strength of which
// sign-in, and the codes and tokens that carry it.
//
// A Grant is the family of everything that came from one authorization: its
// code, its access tokens, its refresh tokens. A token is good only while its
// grant is, so that ending the grant ends them all in one write, and a refresh
// token that comes back after it was replaced takes the whole family with it
// (RFC 9700 §4.14.2), without a grace period.
//
// Package grant refuses to hold a code, a token or a client secret: it knows
// their hashes only. It refuses every flow but code with PKCE S256.
package grant

import (
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Lifetimes. They are counted from the instant of issue.
const (
	CodeLife   = time.Minute         // RFC 6749 §4.1.2 asks for at most ten; the browser needs one redirect
	AccessLife = 10 * time.Minute    // what a stolen access token is worth at most
	IDLife     = 10 * time.Minute    // of the ID token, which is read once
	RefreshGap = 14 * 24 * time.Hour // a refresh token that is not used for so long is dead
	FamilyLife = 90 * 24 * time.Hour // after which even a busy family ends and the person is asked again
)

// Event types.
const (
	Issued     audit.Type = "grant.issued"    // a person let an application in; its code exists
	Redeemed   audit.Type = "grant.redeemed"  // the code became tokens
	Refreshed  audit.Type = "token.refreshed" // a refresh token became its successor
	Revoked    audit.Type = "token.revoked"   // one access token was given back
	Ended      audit.Type = "grant.ended"     // the grant, and every token of it, is over
	AppCreated audit.Type = "app.created"
	AppRemoved audit.Type = "app.removed"
	Consented  audit.Type = "consent.given"
	Withdrawn  audit.Type = "consent.withdrawn"

	AppSecretChanged audit.Type = "app.secret_changed"
	AppChanged       audit.Type = "app.changed"
	AppRefused       audit.Type = "app.refused" // a person who signed in was not let in
)

// Reason says why a grant ended.
type Reason string

const (
	EndedRevoked     Reason = "revoked"       // the application gave it back (RFC 7009)
	EndedCodeReuse   Reason = "code_reuse"    // its code came a second time (RFC 6749 §4.1.2)
	EndedCodeRefused Reason = "code_refused"  // its code came with something wrong: verifier, client, address, time
	EndedTokenReuse  Reason = "refresh_reuse" // a replaced refresh token came back: somebody holds a copy
	EndedSession     Reason = "session_ended"
	EndedPerson      Reason = "person_ended"
	EndedApp         Reason = "app_removed"
	EndedByHand      Reason = "ended"              // the person or an administrator
	EndedUnmet       Reason = "requirements_unmet" // the application asks for more than the person or the sign-in has now
)

// A Grant is what one authorization gave to one application.
type Grant struct {
	ID      holdfast.GrantID
	App     holdfast.AppID
	Person  holdfast.PersonID
	Session holdfast.SessionID // the sign-in that it rests on; the sid claim
	Scopes  []string

	RedirectURI   string // the code is redeemed with the same one (RFC 6749 §4.1.3)
	CodeChallenge string // PKCE, S256
	Nonce         string // of the request, repeated in the ID token

	ACR      string    // what the sign-in truly was
	AMR      []string  // RFC 8176
	AuthTime time.Time // when the person last proved who they are

	Created time.Time
	Ended   time.Time // zero while the grant lives
	Reason  Reason

	JKT        string         // RFC 9449 §10: thumbprint of the key that redeems the code, and of a public application's refresh tokens; empty: any
	Kind       string         // what it came from: KindDevice …; empty: an authorization code
	Audience   string         // whom its tokens are for, where that is not the application itself
	SubjectApp holdfast.AppID // token exchange: the application whose token was exchanged
}

func (*Grant) Table() string { return "app_grant" }

func (g *Grant) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &g.ID)
	audit.StringColumn(c, "app", &g.App)
	audit.StringColumn(c, "person", &g.Person)
	audit.StringColumn(c, "session", &g.Session)
	c.Strings("scopes", &g.Scopes)
	audit.StringColumn(c, "redirect_uri", &g.RedirectURI)
	audit.StringColumn(c, "code_challenge", &g.CodeChallenge)
	audit.StringColumn(c, "nonce", &g.Nonce)
	audit.StringColumn(c, "acr", &g.ACR)
	c.Strings("amr", &g.AMR)
	c.Time("auth_time", &g.AuthTime)
	c.Time("created", &g.Created)
	c.Time("ended", &g.Ended)
	audit.StringColumn(c, "reason", &g.Reason)
	audit.StringColumn(c, "jkt", &g.JKT)
	audit.StringColumn(c, "kind", &g.Kind)
	audit.StringColumn(c, "audience", &g.Audience)
	audit.StringColumn(c, "subject_app", &g.SubjectApp)
}

// Live says whether the grant still gives anything.
func (g Grant) Live(now time.Time) bool {
	return g.Ended.IsZero() && now.Before(g.Created.Add(FamilyLife))
}

// Offline says whether the application asked to act while the person is away,
// which is what a refresh token is for (OpenID Connect Core §11).
func (g Grant) Offline() bool { return slices.Contains(g.Scopes, ScopeOffline) }

// Kind of token.
type Kind string

const (
	Code    Kind = "code"
	Access  Kind = "access"
	Refresh Kind = "refresh"
)

// Status of a token.
type Status string

const (
	Active  Status = "active"
	Used    Status = "used"    // a code that was redeemed
	Retired Status = "retired" // a refresh token that has a successor
	Dropped Status = "revoked" // an access token that was given back
)

// A Token is a code, an access token or a refresh token, by its hash.
type Token struct {
	ID      string // holdfast.HashSecret of the value
	Grant   holdfast.GrantID
	Kind    Kind
	Scopes  []string // at most the grant's
	Status  Status
	Issued  time.Time
	Expires time.Time
	JKT     string // RFC 9449: thumbprint of the key that must be shown with it; empty: a bearer token
}

func (*Token) Table() string { return "token" }

func (t *Token) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &t.ID)
	audit.StringColumn(c, "grant_id", &t.Grant)
	audit.StringColumn(c, "kind", &t.Kind)
	c.Strings("scopes", &t.Scopes)
	audit.StringColumn(c, "status", &t.Status)
	c.Time("issued", &t.Issued)
	c.Time("expires", &t.Expires)
	audit.StringColumn(c, "jkt", &t.JKT)
}

// Good says whether the token may be used now; its grant must be Live as well.
func (t Token) Good(now time.Time) bool { return t.Status == Active && now.Before(t.Expires) }

// A Consent is a person's standing permission for an application. An
// organisation's own applications need none.
type Consent struct {
	ID     string // ConsentID
	Person holdfast.PersonID
	App    holdfast.AppID
	Scopes []string
	Given  time.Time
}

// ConsentID names the one consent of a person for an application.
func ConsentID(p holdfast.PersonID, a holdfast.AppID) string { return string(p) + "." + string(a) }

func (*Consent) Table() string { return "consent" }

func (c *Consent) Columns(cs *audit.Columns) {
	audit.StringColumn(cs, "id", &c.ID)
	audit.StringColumn(cs, "person", &c.Person)
	audit.StringColumn(cs, "app", &c.App)
	cs.Strings("scopes", &c.Scopes)
	cs.Time("given", &c.Given)
}

// Covers says whether scopes were all agreed to. The zero Consent covers
// nothing.
func (c Consent) Covers(scopes []string) bool {
	return !c.Given.IsZero() && subset(scopes, c.Scopes)
}

// Agree records a person's consent to scopes, on top of what was agreed before.
func Agree(before Consent, p holdfast.PersonID, a holdfast.AppID, scopes []string, now time.Time) (Consent, []audit.Event) {
	all := slices.Clone(before.Scopes)
	for _, s := range scopes {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	slices.Sort(all)
	c := Consent{ID: ConsentID(p, a), Person: p, App: a, Scopes: all, Given: now}
	return c, []audit.Event{audit.New(Consented, string(a), p, audit.Set(&c))}
}

// Withdraw ends consents: with what an application was let do ends that it may do
// it again unasked.
func Withdraw(all ...Consent) []audit.Event {
	var events []audit.Event
	for _, c := range all {
		if c.ID != "" {
			events = append(events, audit.New(Withdrawn, string(c.App), c.Person, audit.Remove(&c)))
		}
	}
	return events
}

func subset(part, whole []string) bool {
	for _, s := range part {
		if !slices.Contains(whole, s) {
			return false
		}
	}
	return true
}
