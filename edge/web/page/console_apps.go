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

// AllSessions lists everybody's sessions.
type AllSessions struct {
	Frame
	Rows  []Session
	Query string // a name
	Pager Pager
}

// AuditRow is one record of the log.
type AuditRow struct {
	Index   string // of the leaf, decimal; empty until integrated
	Type    string // stable: "session.opened"
	Title   string // a sentence: "Ada Lovelace signed in"
	At      time.Time
	Actor   Link
	Subject Link
}

// AuditFilter narrows the log.
type AuditFilter struct {
	Type, Actor, Subject string
	From, To             string // 2006-01-02
}

// Any says whether anything narrows the log.
func (f AuditFilter) Any() bool { return f != AuditFilter{} }

// Audit lists the log, newest first.
type Audit struct {
	Frame
	Rows         []AuditRow
	Types        []string
	Filter       AuditFilter
	Older, Newer string // addresses; empty at the ends
	Size         int64  // of the tree
	Checkpoint   string // the signed note
}

// Choices are the options of the type filter.
func (a *Audit) Choices() []Option {
	out := []Option{{Value: "", Label: "Everything", Chosen: a.Filter.Type == ""}}
	for _, t := range a.Types {
		out = append(out, Option{Value: t, Label: t, Chosen: a.Filter.Type == t})
	}
	return out
}

// Dates are the fields of the date filter.
func (a *Audit) Dates() []Field {
	return atFirstError([]Field{
		{Name: "from", Label: "From", Type: "date", Value: a.Filter.From},
		{Name: "to", Label: "To", Type: "date", Value: a.Filter.To},
	})
}

// Signed is the checkpoint, ready to copy.
func (a *Audit) Signed() Code {
	return Code{ID: "checkpoint", Title: "Checkpoint", Text: a.Checkpoint}
}

// AuditRecord is one record with the proof that it is in the log.
type AuditRecord struct {
	Frame
	Row        AuditRow
	Fields     []AuditField
	LeafHash   string   // base64, as in the checkpoint
	Proof      []string // the audit path, base64
	Size       int64    // of the tree that the proof is for
	Checkpoint string
	Canonical  string // the bytes that were hashed, as text
}

// Path is the proof as text.
func (a *AuditRecord) Path() Code {
	return Code{ID: "proof", Title: "Inclusion proof", Text: lines(a.Proof)}
}

// Signed is the checkpoint, ready to copy.
func (a *AuditRecord) Signed() Code {
	return Code{ID: "checkpoint", Title: "Checkpoint", Text: a.Checkpoint}
}

// Bytes is the record as it was hashed.
func (a *AuditRecord) Bytes() Code {
	return Code{ID: "canonical", Title: "The record as it was hashed", Text: a.Canonical}
}

// AuditField is one field of a record.
type AuditField struct {
	Name, Value string
	Personal    bool // in the log as a commitment only
	Erased      bool // the value is gone; the commitment stays
}

// Settings holds what an administrator may change here.
type Settings struct {
	Frame
	Name      string // of the organisation
	Errors    Errors
	Technical []Pair // origin, RP ID, version, …: read only
}

// Fields are the inputs of the form.
func (s *Settings) Fields() []Field {
	return []Field{{Name: "organisation", Label: "Name of the organisation", Value: s.Name, Required: true,
		Autocomplete: "organization", Error: s.Errors["organisation"], Help: "Shown at sign-in and in every passkey prompt."}}
}

func (*Applications) name() string    { return "applications" }
func (*NewApplication) name() string  { return "newapplication" }
func (*ApplicationMade) name() string { return "applicationmade" }
func (*Application) name() string     { return "application" }
func (*AllSessions) name() string     { return "allsessions" }
func (*Audit) name() string           { return "audit" }
func (*AuditRecord) name() string     { return "auditrecord" }
func (*Settings) name() string        { return "settings" }

func (*Applications) shell() string    { return "console" }
func (*NewApplication) shell() string  { return "console" }
func (*ApplicationMade) shell() string { return "console" }
func (*Application) shell() string     { return "console" }
func (*AllSessions) shell() string     { return "console" }
func (*Audit) shell() string           { return "console" }
func (*AuditRecord) shell() string     { return "console" }
func (*Settings) shell() string        { return "console" }
