package grant

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/spec/jwk"
)

// Method is how an application proves itself at the token endpoint.
type Method string

const (
	MethodNone   Method = "none"            // public: by PKCE alone
	MethodSecret Method = "client_secret"   // in the Authorization header or the form
	MethodKey    Method = "private_key_jwt" // RFC 7523 §2.2, with a key of JWKS
)

// Method is what the application proves itself by; never empty.
func (a App) Method() Method {
	switch {
	case a.AuthMethod != "":
		return a.AuthMethod
	case a.Confidential:
		return MethodSecret
	}
	return MethodNone
}

// Grant types beyond the authorization code (App.Kinds, Grant.Kind).
const (
	KindDevice   = "device"         // RFC 8628
	KindExchange = "token_exchange" // RFC 8693
)

// Kinds lists them.
var Kinds = []string{KindDevice, KindExchange}

// acr values that an application may require (OpenID Connect EAP ACR Values
// 1.0). phrh asks for attested hardware.
const (
	ACRPhishingResistant = "phr"
	ACRHardware          = "phrh"
)

// A Draft is what an administrator says of an application. The fields that App
// has too mean the same there.
type Draft struct {
	Name           string
	RedirectURIs   []string
	PostLogoutURIs []string // none: the root of each redirect address
	Confidential   bool
	Preset         string // empty means PresetGeneric
	ThirdParty     bool   // ask each person for consent

	AuthMethod  Method // empty: client_secret when Confidential, else none
	JWKS        string
	RequirePAR  bool
	RequireDPoP bool
	LogoutURI   string
	MinAAL      holdfast.AAL
	RequireACR  string
	Groups      []string
	MaxAge      int64 // seconds
	Kinds       []string
	Owners      []string
	Domains     []string
	Upstream    string
	PolicyName  string
	Sensitivity int64
}

// DraftOf is what an application is now, to be edited and given to Change.
func DraftOf(a App) Draft {
	return Draft{
		Name: a.Name, RedirectURIs: a.RedirectURIs, PostLogoutURIs: a.PostLogoutURIs,
		Confidential: a.Confidential, Preset: a.Preset, ThirdParty: !a.FirstParty,
		AuthMethod: a.AuthMethod, JWKS: a.JWKS, RequirePAR: a.RequirePAR, RequireDPoP: a.RequireDPoP,
		LogoutURI: a.LogoutURI, MinAAL: a.MinAAL, RequireACR: a.RequireACR, Groups: a.Groups,
		MaxAge: a.MaxAge, Kinds: a.Kinds, Owners: a.Owners, Domains: a.Domains, Upstream: a.Upstream,
		PolicyName: a.PolicyName, Sensitivity: a.Sensitivity,
	}
}

func (d Draft) onto(a *App) {
	a.Name, a.RedirectURIs, a.PostLogoutURIs = d.Name, d.RedirectURIs, d.PostLogoutURIs
	a.Confidential, a.Preset, a.FirstParty = d.Confidential, d.Preset, !d.ThirdParty
	a.AuthMethod, a.JWKS, a.RequirePAR, a.RequireDPoP = d.AuthMethod, d.JWKS, d.RequirePAR, d.RequireDPoP
	a.LogoutURI, a.MinAAL, a.RequireACR, a.Groups = d.LogoutURI, d.MinAAL, d.RequireACR, d.Groups
	a.MaxAge, a.Kinds, a.Owners, a.Domains, a.Upstream = d.MaxAge, d.Kinds, d.Owners, d.Domains, d.Upstream
	a.PolicyName, a.Sensitivity = d.PolicyName, d.Sensitivity
}

// NeedsSecret says whether the application proves itself by a secret, which
// has to be made for it.
func (d Draft) NeedsSecret() bool {
	if Forwards(d.Preset) {
		return false // Holdfast redeems its own codes
	}
	return d.AuthMethod == MethodSecret || d.AuthMethod == "" && d.Confidential
}

// Change makes an application what d says: begin with DraftOf. A secret stands
// only while the application proves itself by one; where it comes to do so, it
// has none until ChangeSecret. What did not change is in no event.
func Change(a App, d Draft, _ time.Time) (App, []audit.Event, error) {
	if !a.Live() {
		return a, nil, errAppRemoved
	}
	d, err := settle(d)
	if err != nil {
		return a, nil, err
	}
	b := a
	d.onto(&b)
	if !d.NeedsSecret() {
		b.SecretHash = ""
	}
	var changed []string
	before, after := audit.ColumnsOf(&a), audit.ColumnsOf(&b)
	for i := range after {
		if before[i].Value() != after[i].Value() { // an app has no bytes
			changed = append(changed, after[i].Name)
		}
	}
	if len(changed) == 0 {
		return a, nil, nil
	}
	e := audit.New(AppChanged, string(b.ID), "", audit.Change(&b, changed...))
	return b, []audit.Event{e.With("changed", strings.Join(changed, " "))}, nil
}

const (
	maxAppName = 80   // characters: what fits a consent screen
	maxURIs    = 20   // addresses of one application
	maxURI     = 2000 // bytes: what browsers and proxies carry
	maxList    = 100  // groups, owners, domains
	minMaxAge  = 60   // seconds: below, the redirect and a slow passkey would never be in time
)

// settle fills what follows from the rest, and checks.
func settle(d Draft) (Draft, error) {
	if d.Preset == "" {
		d.Preset = PresetGeneric
	}
	d = d.suited()
	if d.AuthMethod != "" {
		d.Confidential = d.AuthMethod != MethodNone
	}
	if len(d.PostLogoutURIs) == 0 {
		d.PostLogoutURIs = roots(d.RedirectURIs)
	}
	return d, CheckDraft(d)
}

// CheckDraft says what is wrong with a draft: each code is of one field.
func CheckDraft(d Draft) error {
	for _, check := range []func(Draft) error{checkName, checkAddresses, checkMethod, checkDemands, checkLists, checkUpstream} {
		if err := check(d); err != nil {
			return err
		}
	}
	return nil
}

func invalid(code, format string, args ...any) error {
	return holdfast.Errorf(holdfast.Invalid, code, format, args...)
}

func checkName(d Draft) error {
	n := utf8.RuneCountInString(d.Name)
	if n == 0 || n > maxAppName || strings.TrimSpace(d.Name) != d.Name || strings.ContainsFunc(d.Name, unprintable) {
		return invalid("app_name", "Give the application a name of 1 to %d printable characters.", maxAppName)
	}
	if d.Preset != "" && !slices.Contains(Presets, d.Preset) {
		return invalid("preset_unknown", "There is no preset of this name. Use one of: %s.", strings.Join(Presets, ", "))
	}
	return nil
}

func checkAddresses(d Draft) error {
	switch {
	case len(d.RedirectURIs) == 0 && (len(d.Kinds) == 0 || d.Preset != "" && d.Preset != PresetGeneric):
		return invalid("redirect_uri_missing", "Give at least one redirect address: the one that the application's own documentation names.")
	case len(d.RedirectURIs) > maxURIs || len(d.PostLogoutURIs) > maxURIs:
		return invalid("redirect_uri_many", "Give at most %d addresses. Add a second application for more.", maxURIs)
	}
	for _, u := range slices.Concat(d.RedirectURIs, d.PostLogoutURIs) {
		if err := CheckRedirectURI(u); err != nil {
			return err
		}
	}
	if d.LogoutURI == "" {
		return nil
	}
	// Whether the host may be called is for whoever calls it: names move.
	if err := CheckRedirectURI(d.LogoutURI); err != nil {
		return invalid("app_logout_uri", "The address for sign-out notices cannot be used. Give an https address in its normal form, without a part after #. (Back-Channel Logout 1.0 §2.2)")
	}
	return nil
}

func checkMethod(d Draft) error {
	switch d.AuthMethod {
	case "", MethodNone, MethodSecret:
		if d.JWKS != "" {
			return invalid("app_jwks", "Keys are for applications that prove themselves by private_key_jwt. Choose that, or leave the keys out.")
		}
	case MethodKey:
		_, err := jwk.ParseSet([]byte(d.JWKS))
		switch {
		case d.JWKS == "":
			return invalid("app_jwks_missing", "Give the application's public keys as a JWK set: {\"keys\":[…]}.")
		case errors.Is(err, jwk.ErrPrivate):
			return invalid("app_jwks_private", "These are private keys. Make new ones, since these were shown to somebody, and give their public halves alone.")
		case err != nil:
			return invalid("app_jwks", "The key set cannot be used: %.200s.", err.Error())
		}
	default:
		return invalid("app_auth_method", "An application proves itself by one of: none, client_secret, private_key_jwt.")
	}
	return nil
}

var policyName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func checkDemands(d Draft) error {
	switch {
	case d.MinAAL < holdfast.AALNone || d.MinAAL > holdfast.AAL3:
		return invalid("app_min_aal", "The least assurance is a level from 1 to 3, or 0 for any.")
	case d.RequireACR != "" && d.RequireACR != ACRPhishingResistant && d.RequireACR != ACRHardware:
		return invalid("app_require_acr", "What can be required of a sign-in is phr (phishing-resistant) or phrh (with attested hardware).")
	case d.PolicyName != "" && !policyName.MatchString(d.PolicyName):
		return invalid("app_policy_name", "%.80q cannot be what the policy calls an application: 1 to 64 of a-z, 0-9, - and _.", d.PolicyName)
	case d.Sensitivity < 0 || d.Sensitivity > 9:
		return invalid("app_sensitivity", "How much is at stake is a number from 0 to 9.")
	case d.MaxAge != 0 && (d.MaxAge < minMaxAge || d.MaxAge > int64(FamilyLife.Seconds())):
		return invalid("app_max_age", "The age of a sign-in is limited to something from %d seconds to %d days, or 0 for no limit.", minMaxAge, int(FamilyLife.Hours()/24))
	}
	return nil
}

func checkLists(d Draft) error {
	for i, k := range d.Kinds {
		switch {
		case !slices.Contains(Kinds, k) || slices.Contains(d.Kinds[:i], k):
			return invalid("app_kinds", "The further grant types are: %s; each once.", strings.Join(Kinds, ", "))
		case k != KindDevice && !d.Confidential && !d.NeedsSecret() && d.AuthMethod != MethodKey:
			return invalid("app_kinds_public", "%s is for applications that prove themselves by a secret or a key. (RFC 8693 §2.1)", k)
		}
	}
	for _, l := range []struct {
		code, what string
		list       []string
		good       func(string) bool
	}{
		{"app_groups", "groups, by id", d.Groups, func(s string) bool { return named(s, "grp_") }},
		{"app_owners", "people, by id", d.Owners, func(s string) bool { return named(s, "per_") }},
		{"app_domains", "host names, in lower case, without scheme and path", d.Domains, isHost},
	} {
		for i, s := range l.list {
			if len(l.list) > maxList || !l.good(s) || slices.Contains(l.list[:i], s) {
				return invalid(l.code, "Give at most %d %s, each once. %.80q is none.", maxList, l.what, s)
			}
		}
	}
	return nil
}

func named(id, prefix string) bool {
	return strings.HasPrefix(id, prefix) && len(id) > len(prefix) && len(id) < 80 && !strings.ContainsFunc(id, unprintable)
}

// isHost takes "grafana.example.org" and "grafana.example.org:8443".
func isHost(s string) bool {
	u, err := url.Parse("https://" + s + "/")
	return err == nil && s != "" && len(s) < 260 && u.Host == s && u.User == nil && u.Hostname() != "" &&
		s == strings.ToLower(s) && !strings.ContainsAny(s, "*/?#@\\ ") && !strings.ContainsFunc(s, unprintable)
}
