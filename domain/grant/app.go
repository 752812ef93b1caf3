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
}

// Live says whether the application exists and was not removed.
func (a App) Live() bool { return a.ID != "" && a.Removed.IsZero() }

// A Draft is what an administrator says of a new application.
type Draft struct {
	Name           string
	RedirectURIs   []string
	PostLogoutURIs []string // none: the root of each redirect address
	Confidential   bool
	Preset         string // empty means PresetGeneric
	ThirdParty     bool   // ask each person for consent
}

const (
	maxAppName = 80   // characters: what fits a consent screen
	maxURIs    = 20   // addresses of one application
	maxURI     = 2000 // bytes: what browsers and proxies carry
)

// CreateApp adds an application. secretHash is of the secret that is shown
// once, and empty for a public application.
func CreateApp(id holdfast.AppID, d Draft, secretHash string, now time.Time) (App, []audit.Event, error) {
	if d.Preset == "" {
		d.Preset = PresetGeneric
	}
	if err := checkDraft(d); err != nil {
		return App{}, nil, err
	}
	if d.Confidential != (secretHash != "") {
		panic("grant: internal error: a confidential application has a secret, a public one has none")
	}
	if len(d.PostLogoutURIs) == 0 {
		d.PostLogoutURIs = roots(d.RedirectURIs)
	}
	a := App{
		ID: id, Name: d.Name, RedirectURIs: d.RedirectURIs, PostLogoutURIs: d.PostLogoutURIs,
		Confidential: d.Confidential, SecretHash: secretHash, Preset: d.Preset,
		FirstParty: !d.ThirdParty, Created: now,
	}
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
	case !a.Confidential:
		return a, nil, holdfast.Errorf(holdfast.Conflict, "app_public", "This application has no secret: it is public and proves itself by PKCE alone.")
	}
	a.SecretHash = secretHash
	return a, []audit.Event{audit.New(AppSecretChanged, string(a.ID), "", audit.Change(&a, "secret_hash"))}, nil
}

func checkDraft(d Draft) error {
	switch n := utf8.RuneCountInString(d.Name); {
	case n == 0 || n > maxAppName || strings.TrimSpace(d.Name) != d.Name || strings.ContainsFunc(d.Name, unprintable):
		return holdfast.Errorf(holdfast.Invalid, "app_name", "Give the application a name of 1 to %d printable characters.", maxAppName)
	case len(d.RedirectURIs) == 0:
		return holdfast.Errorf(holdfast.Invalid, "redirect_uri_missing", "Give at least one redirect address: the one that the application's own documentation names.")
	case len(d.RedirectURIs) > maxURIs || len(d.PostLogoutURIs) > maxURIs:
		return holdfast.Errorf(holdfast.Invalid, "redirect_uri_many", "Give at most %d addresses. Add a second application for more.", maxURIs)
	case !slices.Contains(Presets, d.Preset):
		return holdfast.Errorf(holdfast.Invalid, "preset_unknown", "There is no preset of this name. Use one of: %s.", strings.Join(Presets, ", "))
	}
	for _, u := range slices.Concat(d.RedirectURIs, d.PostLogoutURIs) {
		if err := CheckRedirectURI(u); err != nil {
			return err
		}
	}
	return nil
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
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
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
