package page

import "time"

// Preset is a kind of application whose configuration we can write out.
type Preset string

const (
	PresetOIDC           Preset = "oidc" // any OpenID Connect client
	PresetModAuthOpenIDC Preset = "mod_auth_openidc"
)

func (p Preset) String() string {
	if p == PresetModAuthOpenIDC {
		return "Apache, mod_auth_openidc"
	}
	return "OpenID Connect"
}

// ApplicationRow is one line of the list of applications.
type ApplicationRow struct {
	ID, Name     string // ID is the client_id
	Host         string // of the first redirect URI
	Preset       Preset
	Confidential bool // holds a client secret
	Created      time.Time
	LastUsed     time.Time
}

// Applications lists the applications.
type Applications struct {
	Frame
	Rows []ApplicationRow
}

// NewApplication is the form that adds an application.
type NewApplication struct {
	Frame
	Name        string
	RedirectURI string
	Preset      Preset // PresetOIDC where empty
	Public      bool   // holds no secret: runs on a phone or in a browser
	Errors      Errors
}

// Fields are the text inputs of the form.
func (n *NewApplication) Fields() []Field {
	return atFirstError([]Field{
		{Name: "name", Label: "Name", Value: n.Name, Required: true, Autocomplete: "off", Error: n.Errors["name"], Autofocus: true,
			Help: "People see it when they are asked whether to sign in."},
		{Name: "redirect_uri", Label: "Redirect URI", Type: "url", Value: n.RedirectURI, Required: true, Autocomplete: "off", Error: n.Errors["redirect_uri"],
			Help: "Where the browser returns to, to the letter. For Apache: a path under the protected site that nothing else uses, such as https://wiki.example.org/oidc/return."},
	})
}

// Presets are the choices of the kind.
func (n *NewApplication) Presets() []Option {
	apache := n.Preset == PresetModAuthOpenIDC
	return []Option{
		{Value: string(PresetOIDC), Label: PresetOIDC.String(), Help: "You get the addresses and the client's id and secret.", Chosen: !apache},
		{Value: string(PresetModAuthOpenIDC), Label: PresetModAuthOpenIDC.String(), Help: "You get a complete block for the virtual host.", Chosen: apache},
	}
}

// ApplicationMade shows what the new application needs; the secret, once.
type ApplicationMade struct {
	Frame
	ID, Name string
	Secret   string // empty for a public client
	Rotated  bool   // the application existed; only the secret is new
	Issuer   string
	Preset   Preset
	Config   string // the complete configuration block
	File     string // where it belongs ("/etc/apache2/sites-available/…"), as its title
}

// ClientSecret is the secret as a one-time secret.
func (a *ApplicationMade) ClientSecret() Secret {
	return Secret{ID: "secret", Label: "Client secret", Value: a.Secret,
		Note: "Shown only now. It is in the configuration below too."}
}

// Block is the configuration, ready to copy.
func (a *ApplicationMade) Block() Code {
	title := a.File
	if title == "" {
		title = "Configuration"
	}
	return Code{ID: "config", Title: title, Text: a.Config}
}

// Application is one application.
type Application struct {
	Frame
	Row          ApplicationRow
	RedirectURIs []string
	Issuer       string
	Config       string // without the secret
	People       int    // signed in through it now
	Technical    []Pair
}

// Block is the configuration, ready to copy.
func (a *Application) Block() Code {
	return Code{ID: "config", Title: "Configuration, without the secret", Text: a.Config}
}

func (*Applications) name() string    { return "applications" }
func (*NewApplication) name() string  { return "newapplication" }
func (*ApplicationMade) name() string { return "applicationmade" }
func (*Application) name() string     { return "application" }

func (*Applications) shell() string    { return "console" }
func (*NewApplication) shell() string  { return "console" }
func (*ApplicationMade) shell() string { return "console" }
func (*Application) shell() string     { return "console" }
