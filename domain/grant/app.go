package grant

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
)

// Scopes that an application may ask for. There are no others.
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile" // name, preferred_username
	ScopeEmail   = "email"
	ScopeGroups  = "groups"
	ScopeOffline = "offline_access" // a refresh token
)

// Scopes lists them all, in the order in which a person is told of them.
var Scopes = []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeGroups, ScopeOffline}

// An App is an application that people sign in to: an OAuth client.
type App struct {
	ID             holdfast.AppID // the client_id
	Name           string
	RedirectURIs   []string
	PostLogoutURIs []string
	Confidential   bool
	SecretHash     string // holdfast.HashSecret; empty for a public application
	Preset         string // what its printed configuration is for
	FirstParty     bool   // the organisation's own: nobody is asked for consent
	Created        time.Time
	Removed        time.Time // zero while it exists

	AuthMethod  Method       // how it proves itself at the token endpoint; empty: as Confidential says
	JWKS        string       // its public keys, a JWK set (RFC 7517 §5), for MethodKey
	RequirePAR  bool         // RFC 9126 §5: only pushed requests
	RequireDPoP bool         // RFC 9449: only bound tokens
	LogoutURI   string       // OpenID Connect Back-Channel Logout 1.0 §2.2; empty: none
	MinAAL      holdfast.AAL // of the sign-in; zero: any
	RequireACR  string       // phr, phrh; empty: any
	Groups      []string     // ids; the person is in at least one; empty: everybody
	MaxAge      int64        // seconds since the last sign-in; zero: any
	Kinds       []string     // grant types beyond the authorization code: KindDevice …
	Owners      []string     // ids of the people who look after it
	Domains     []string     // hosts that forward-auth protects for it
	Upstream    string       // where it listens behind the proxy that its configuration is for; empty: not said
	PolicyName  string       // what the policy calls it; empty: its id
	Sensitivity int64        // how much is at stake in it, for the policy: 0 to 9
}

func (*App) Table() string { return "app" }

func (a *App) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &a.ID)
	audit.StringColumn(c, "name", &a.Name)
	c.Strings("redirect_uris", &a.RedirectURIs)
	c.Strings("post_logout_uris", &a.PostLogoutURIs)
	c.Bool("confidential", &a.Confidential)
	audit.StringColumn(c, "secret_hash", &a.SecretHash)
	audit.StringColumn(c, "preset", &a.Preset)
	c.Bool("first_party", &a.FirstParty)
	c.Time("created", &a.Created)
	c.Time("removed", &a.Removed)
	audit.StringColumn(c, "auth_method", &a.AuthMethod)
	audit.StringColumn(c, "jwks", &a.JWKS)
	c.Bool("require_par", &a.RequirePAR)
	c.Bool("require_dpop", &a.RequireDPoP)
	audit.StringColumn(c, "logout_uri", &a.LogoutURI)
	audit.IntColumn(c, "min_aal", &a.MinAAL)
	audit.StringColumn(c, "require_acr", &a.RequireACR)
	c.Strings("groups", &a.Groups)
	audit.IntColumn(c, "max_age", &a.MaxAge)
	c.Strings("kinds", &a.Kinds)
	c.Strings("owners", &a.Owners)
	c.Strings("domains", &a.Domains)
	audit.StringColumn(c, "upstream", &a.Upstream)
	audit.StringColumn(c, "policy_name", &a.PolicyName)
	audit.IntColumn(c, "sensitivity", &a.Sensitivity)
}

// Live says whether the application exists and was not removed.
func (a App) Live() bool { return a.ID != "" && a.Removed.IsZero() }

// CreateApp adds an application. secretHash is of the secret that is shown
// once; it is empty where d.NeedsSecret is false.
func CreateApp(id holdfast.AppID, d Draft, secretHash string, now time.Time) (App, []audit.Event, error) {
	if d.LogoutURI == "" {
		d.LogoutURI = LogoutURIOf(d)
	}
	d, err := settle(d)
	if err != nil {
		return App{}, nil, err
	}
	if d.NeedsSecret() != (secretHash != "") {
		panic("grant: internal error: an application has a secret where it proves itself by one, and nowhere else")
	}
	a := App{ID: id, SecretHash: secretHash, Created: now}
	d.onto(&a)
	return a, []audit.Event{audit.New(AppCreated, string(id), "", audit.Set(&a))}, nil
}

// RemoveApp removes an application and ends its grants.
func RemoveApp(a App, grants []Grant, now time.Time) (App, []audit.Event, error) {
	if !a.Live() {
		return a, nil, errAppRemoved
	}
	a.Removed = now
	events := []audit.Event{audit.New(AppRemoved, string(a.ID), "", audit.Change(&a, "removed"))}
	return a, append(events, EndAll(grants, EndedApp, now)...), nil
}

// ChangeSecret replaces the secret of a confidential application; the old one
// is void at once.
func ChangeSecret(a App, secretHash string, now time.Time) (App, []audit.Event, error) {
	switch {
	case !a.Live():
		return a, nil, errAppRemoved
	case a.Method() != MethodSecret:
		return a, nil, holdfast.Errorf(holdfast.Conflict, "app_public", "This application has no secret: it proves itself by a key of its own, or by PKCE alone.")
	}
	a.SecretHash = secretHash
	return a, []audit.Event{audit.New(AppSecretChanged, string(a.ID), "", audit.Change(&a, "secret_hash"))}, nil
}

// CheckRedirectURI says whether an application may be sent back to u. It must
// be compared as a string (RFC 9700 §2.1), so it has to be in normal form.
func CheckRedirectURI(u string) error {
	refuse := func(why string) error {
		return holdfast.Errorf(holdfast.Invalid, "redirect_uri", "The address %.200q cannot be used: %s", u, why)
	}
	p, err := url.Parse(u)
	switch {
	case len(u) > maxURI:
		return refuse("it is too long.")
	case err != nil || strings.ContainsFunc(u, unprintable) || strings.ContainsAny(u, "\\ "):
		return refuse("it is no web address.")
	case strings.Contains(u, "#"):
		return refuse("leave out the part after #. (RFC 6749 §3.1.2)")
	case strings.Contains(u, "*"):
		return refuse("write it in full, without *.")
	case p.User != nil:
		return refuse("leave out the name and password before @.")
	case p.Hostname() == "":
		return refuse("it names no host.")
	case p.Scheme == "https":
	case p.Scheme == "http" && isLoopback(p.Hostname()):
	default:
		return refuse("use https. Plain http is only for localhost, 127.0.0.1 and [::1].")
	}
	if p.String() != u || p.Host != strings.ToLower(p.Host) || p.Path == "" {
		if p.Path == "" {
			p.Path = "/"
		}
		p.Host = strings.ToLower(p.Host)
		return refuse("write it in its normal form, " + p.String() + ".")
	}
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" || host == "::1"
}

func unprintable(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// roots are the front pages of the hosts in uris, without repeats.
func roots(uris []string) []string {
	var out []string
	for _, u := range uris {
		p, err := url.Parse(u)
		if err != nil {
			continue
		}
		root := p.Scheme + "://" + p.Host + "/"
		if !slices.Contains(out, root) {
			out = append(out, root)
		}
	}
	return out
}

// OwnedBy says whether a person looks after the application.
func (a App) OwnedBy(id holdfast.PersonID) bool {
	return id != "" && slices.Contains(a.Owners, string(id))
}
