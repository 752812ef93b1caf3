package page

import (
	"strings"
	"time"

	"holdfast/domain/grant"
)

// Preset is a kind of application whose configuration we can write out: those
// of grant.Presets.
type Preset string

const (
	PresetOIDC           Preset = grant.PresetGeneric // any OpenID Connect client
	PresetModAuthOpenIDC Preset = grant.PresetApache
	PresetOAuth2Proxy    Preset = grant.PresetProxy
	PresetGrafana        Preset = grant.PresetGrafana
	PresetNginx          Preset = grant.PresetNginx
	PresetCaddy          Preset = grant.PresetCaddy
	PresetTraefik        Preset = grant.PresetTraefik
)

func (p Preset) String() string {
	switch p {
	case PresetModAuthOpenIDC:
		return "Apache, mod_auth_openidc"
	case PresetOAuth2Proxy:
		return "oauth2-proxy"
	case PresetGrafana:
		return "Grafana"
	case PresetNginx:
		return "nginx, auth_request"
	case PresetCaddy:
		return "Caddy, forward_auth"
	case PresetTraefik:
		return "Traefik, forwardAuth"
	}
	return "OpenID Connect"
}

// help says what an administrator gets.
func (p Preset) help() string {
	switch p {
	case PresetModAuthOpenIDC:
		return "A complete block for the virtual host."
	case PresetOAuth2Proxy:
		return "A complete file; it stands before an application that knows no sign-in."
	case PresetGrafana:
		return "The sections of grafana.ini, and the same for a container."
	case PresetNginx:
		return "For an application that knows no sign-in: nginx asks Holdfast at each request."
	case PresetCaddy:
		return "The same for Caddy: a whole site of the Caddyfile."
	case PresetTraefik:
		return "The same for Traefik: a file of the dynamic configuration."
	}
	return "For whatever speaks it by itself: the addresses, and the client's id and secret."
}

// where says where a configuration belongs, for the site on host.
func (p Preset) where(host string) string {
	switch p {
	case PresetModAuthOpenIDC:
		return "In the virtual host of " + host
	case PresetOAuth2Proxy:
		return "oauth2-proxy.cfg"
	case PresetGrafana:
		return "In grafana.ini"
	case PresetNginx:
		return "In the server block of " + host
	case PresetCaddy:
		return "In the Caddyfile"
	case PresetTraefik:
		return "A file of Traefik's dynamic configuration"
	}
	return "Configuration"
}

// ApplicationRow is one line of the list of applications.
type ApplicationRow struct {
	ID, Name string // ID is the client_id
	Host     string // of the first redirect URI
	URL      string // its front page; empty where it has no pages
	Preset   Preset
	Proof    string // how it proves itself: "holds a secret"
	Secret   bool   // it proves itself by a secret, which can be replaced
	Created  time.Time
	LastUsed time.Time
}

// Applications lists the applications.
type Applications struct {
	Frame
	Export Export
	Rows   []ApplicationRow
	MayAdd bool
}

// A Light says whether anybody has signed in to an application yet. While
// nobody has, the page's script waits for it.
type Light struct {
	App string // id
	Who string // who did last; empty with At zero: nobody yet
	At  time.Time
	Now time.Time
}

// justNow ends when a number of seconds says more.
const justNow = 5 * time.Second

// On says whether somebody has.
func (l Light) On() bool { return !l.At.IsZero() }

// Text is a sentence: "Ada Lovelace signed in 2 s ago."
func (l Light) Text() string {
	switch d := l.Now.Sub(l.At); {
	case !l.On():
		return "Waiting for the first sign-in…"
	case d < justNow:
		return l.Who + " signed in just now."
	case d < time.Minute:
		return l.Who + " signed in " + count(int(d.Seconds()), "second", "seconds") + " ago."
	default:
		return l.Who + " signed in " + relative(l.Now, l.At) + "."
	}
}

// ApplicationMade shows what the new application needs; the secret, once.
type ApplicationMade struct {
	Frame
	ID, Name string
	Host     string
	URL      string // as in ApplicationRow
	Secret   string // empty where it has none
	Rotated  bool   // the application existed; only the secret is new
	Issuer   string
	Preset   Preset
	Config   string // the complete configuration block
	Light    Light
}

// Generic says whether it is for any OpenID Connect client.
func (a *ApplicationMade) Generic() bool { return a.Preset == PresetOIDC }

// ClientSecret is the secret as a one-time secret.
func (a *ApplicationMade) ClientSecret() Secret {
	return Secret{ID: "secret", Label: "Client secret", Value: a.Secret,
		Note: "Shown only now. It is in the configuration below too."}
}

// Block is the configuration, ready to copy.
func (a *ApplicationMade) Block() Code {
	return Code{ID: "config", Title: a.Preset.where(a.Host), Text: a.Config}
}

// Application is one application.
type Application struct {
	Frame
	Row          ApplicationRow
	RedirectURIs []string
	Upstream     string
	Issuer       string
	Config       string // without the secret
	People       int    // signed in through it now
	Light        Light
	Demands      []string // sentences: who may enter
	Owners       []Link
	Technical    []Pair
	MayEdit      bool
	MayRemove    bool
}

// Block is the configuration, ready to copy.
func (a *Application) Block() Code {
	title := a.Row.Preset.where(a.Row.Host)
	if a.Row.Secret {
		title += ", without the secret"
	}
	return Code{ID: "config", Title: title, Text: a.Config}
}

// Lines joins what stands one to a line in a text area, and SplitLines reads
// it back: blank lines and white space around a line count for nothing.
func Lines(list []string) string { return strings.Join(list, "\n") }

// SplitLines is the reverse of Lines.
func SplitLines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (*Applications) name() string    { return "applications" }
func (*NewApplication) name() string  { return "newapplication" }
func (*EditApplication) name() string { return "editapplication" }
func (*ApplicationMade) name() string { return "applicationmade" }
func (*Application) name() string     { return "application" }

func (*Applications) shell() string    { return "console" }
func (*NewApplication) shell() string  { return "console" }
func (*EditApplication) shell() string { return "console" }
func (*ApplicationMade) shell() string { return "console" }
func (*Application) shell() string     { return "console" }
