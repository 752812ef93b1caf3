package page

import (
	"slices"

	"holdfast/domain/grant"
)

// ApplicationForm is what is typed of an application: its name, kind and
// address, and the rest, which most applications need nothing of.
type ApplicationForm struct {
	Name     string
	Preset   Preset // PresetOIDC where empty
	Address  string
	Upstream string

	Further    string // more addresses, one a line
	PostLogout string // likewise
	LogoutURI  string
	Method     string // of grant.Method; empty: a secret
	JWKS       string
	PAR, DPoP  bool

	Demands    bool // whether what follows is the reader's to say
	ThirdParty bool
	MinAAL     string // "0" … "3"
	ACR        string
	MaxAge     string // minutes

	PolicyName  string   // what the policy calls it
	Sensitivity string   // 0 to 9
	Groups      []Option // all groups, the chosen ones marked
	Kinds       []string // chosen
	Owners      string   // e-mail addresses, one a line

	Errors Errors
}

// more are the inputs that stand behind "More": an error in one opens it.
var more = []string{"further", "post_logout", "logout_uri", "auth_method", "jwks", "min_aal", "acr", "max_age", "policy_name", "sensitivity", "group", "kind", "owners"}

// Open says whether "More" is to be open.
func (f ApplicationForm) Open() bool {
	return slices.ContainsFunc(more, func(name string) bool { return f.Errors[name] != "" })
}

// Presets are the choices of the kind.
func (f ApplicationForm) Presets() []Option {
	chosen := f.Preset
	if chosen == "" {
		chosen = PresetOIDC
	}
	var out []Option
	for _, name := range grant.Presets {
		p := Preset(name)
		out = append(out, Option{Value: name, Label: p.String(), Help: p.help(), Chosen: p == chosen})
	}
	return out
}

// Fields are the inputs that everybody fills in.
func (f ApplicationForm) Fields() []Field {
	return atFirstError([]Field{
		{Name: "name", Label: "Name", Value: f.Name, Required: true, Autocomplete: "off", Error: f.Errors["name"], Autofocus: f.Name == "",
			Help: "People see it when they are asked to sign in."},
		{Name: "redirect_uri", Label: "Address", Type: "url", Value: f.Address, Required: true, Autocomplete: "off", Error: f.Errors["redirect_uri"],
			Help: "For OpenID Connect: the redirect URI that its own documentation names, to the letter. For the other kinds: where people open it, such as https://wiki.example.org/."},
	})
}

// Behind is the input for proxies alone.
func (f ApplicationForm) Behind() Field {
	return Field{Name: "upstream", Label: "Where the application itself listens", Type: "url", Value: f.Upstream, Autocomplete: "off",
		Error: f.Errors["upstream"], Help: "Behind the proxy, such as http://127.0.0.1:3000. For oauth2-proxy, nginx, Caddy and Traefik."}
}

// Addresses are further inputs about where the application is.
func (f ApplicationForm) Addresses() []Field {
	return []Field{
		{Name: "further", Label: "Further addresses", Type: "textarea", Value: f.Further, Error: f.Errors["further"], Help: "One a line, of the same kind as the first."},
		{Name: "post_logout", Label: "Addresses after signing out", Type: "textarea", Value: f.PostLogout, Error: f.Errors["post_logout"],
			Help: "One a line. Left empty: the front page of each address."},
		{Name: "logout_uri", Label: "Address for sign-out notices", Type: "url", Value: f.LogoutURI, Autocomplete: "off", Error: f.Errors["logout_uri"],
			Help: "Back-channel logout: Holdfast tells it there when a session ends."},
	}
}

// Proof are the inputs about how it proves itself.
func (f ApplicationForm) Proof() []Field {
	option := func(value grant.Method, label string) Option {
		return Option{Value: string(value), Label: label, Chosen: f.Method == string(value)}
	}
	return []Field{
		{Name: "auth_method", Label: "It proves itself by", Type: "select", Error: f.Errors["auth_method"], Options: []Option{
			option(grant.MethodSecret, "a secret: it runs on a server"),
			option(grant.MethodKey, "a key of its own (private_key_jwt)"),
			option(grant.MethodNone, "nothing but PKCE: it runs on a phone or in a browser"),
		}},
		{Name: "jwks", Label: "Its public keys", Type: "textarea", Value: f.JWKS, Error: f.Errors["jwks"], Help: `For a key of its own: a JWK set, {"keys": […]}.`},
	}
}

// A Tick is a checkbox.
type Tick struct {
	ID, Name, Value, Label, Help string
	On                           bool
}

// Strictness are the checkboxes about requests and tokens.
func (f ApplicationForm) Strictness() []Tick {
	return []Tick{
		{"par", "require_par", "yes", "Pushed requests only", "PAR, RFC 9126. The application must support it.", f.PAR},
		{"dpop", "require_dpop", "yes", "Tokens bound to a key", "DPoP, RFC 9449. The application must support it.", f.DPoP},
	}
}

// Consent is the checkbox of applications that others run.
func (f ApplicationForm) Consent() []Tick {
	return []Tick{{"third-party", "third_party", "yes", "It is not the organisation's own", "Each person is asked, the first time, what it may know.", f.ThirdParty}}
}

// KindTicks are the grant types beyond the authorization code.
func (f ApplicationForm) KindTicks() []Tick {
	words := map[string][2]string{
		grant.KindDevice:   {"Devices without a browser", "Device authorization, RFC 8628: the person types a code at Holdfast."},
		grant.KindExchange: {"Token exchange", "RFC 8693: a service acts with a token that it was given."},
	}
	var out []Tick
	for _, k := range grant.Kinds {
		out = append(out, Tick{"kind-" + k, "kind", k, words[k][0], words[k][1], slices.Contains(f.Kinds, k)})
	}
	return out
}

// Required are the inputs about the sign-in that it demands.
func (f ApplicationForm) Required() []Field {
	options := func(chosen string, pairs ...string) []Option {
		var out []Option
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, Option{Value: pairs[i], Label: pairs[i+1], Chosen: pairs[i] == chosen})
		}
		return out
	}
	return []Field{
		{Name: "min_aal", Label: "Least level of the sign-in", Type: "select", Error: f.Errors["min_aal"],
			Options: options(f.MinAAL, "0", "any", "1", "1, one factor", "2", "2, a passkey that checks who holds it", "3", "3, proven hardware")},
		{Name: "acr", Label: "Kind of sign-in", Type: "select", Error: f.Errors["acr"],
			Options: options(f.ACR, "", "any", grant.ACRPhishingResistant, "phishing-resistant (phr)", grant.ACRHardware, "on proven hardware (phrh)")},
		{Name: "max_age", Label: "Minutes since the last sign-in, at most", Value: f.MaxAge, Autocomplete: "off", Error: f.Errors["max_age"], Help: "Left empty: as long as the session lasts."},
		{Name: "policy_name", Label: "Name in the policy", Value: f.PolicyName, Autocomplete: "off", Error: f.Errors["policy_name"], Help: "What the policy's rules call it, such as ehr. Left empty: its client id."},
		{Name: "sensitivity", Label: "How much is at stake, 0 to 9", Value: f.Sensitivity, Autocomplete: "off", Error: f.Errors["sensitivity"], Help: "For the policy's rules; left empty: 0."},
	}
}

// Owner is the input for the people who look after it.
func (f ApplicationForm) Owner() Field {
	return Field{Name: "owners", Label: "Owners", Type: "textarea", Value: f.Owners, Error: f.Errors["owners"],
		Help: "E-mail addresses, one a line. They may change where it is and give it a new secret, not what it demands."}
}

// NewApplication is the form that adds an application.
type NewApplication struct {
	Frame
	ApplicationForm
}

// EditApplication is the form that changes one.
type EditApplication struct {
	Frame
	ApplicationForm
	ID, Title string // as it is called now
}
