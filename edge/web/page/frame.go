package page

import (
	"slices"
	"time"

	"holdfast/domain/authority"
)

// Page is one of the structs of this package, ready to be drawn.
type Page interface {
	name() string  // of its template file, without .html
	shell() string // door, portal, console or demo
	frame() *Frame
}

// Frame is what every page shares. Handlers fill it once for each request.
type Frame struct {
	Organisation string    // the operator's name for itself; "Holdfast" where empty
	Person       string    // display name of who is signed in; empty: nobody is
	Console      bool      // this person may open the console
	Scopes       []string  // what they hold: the console shows what is within
	Demo         bool      // show the banner of the demo
	Flash        Flash     // what the last action did
	Theme        Theme     // forced by the server; empty: the person's choice, else the system's
	Now          time.Time // the instant that relative times are relative to
	Story        bool      // drawn for the storybook: the script starts no ceremony
	Find         string    // what was searched for, in the console
	Signals      *Signals  // on the portal: what the browser should tell the passkey provider
}

func (f *Frame) frame() *Frame { return f }

// Org is the organisation's name, or the product's.
func (f *Frame) Org() string {
	if f.Organisation == "" {
		return "Holdfast"
	}
	return f.Organisation
}

// May says whether who is signed in holds a scope of Holdfast, such as
// "people:write". Pages show what is within; the routes and the flows decide.
func (f *Frame) May(scope authority.Scope) bool { return slices.Contains(f.Scopes, string(scope)) }

// Theme forces a colour scheme.
type Theme string

const (
	ThemeAuto  Theme = ""
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// Tone is how much a notice or badge matters. Each has a sign of its own, so
// that colour never speaks alone.
type Tone string

const (
	ToneNote  Tone = "note"
	ToneGood  Tone = "good"
	ToneWarn  Tone = "warn"
	ToneAlarm Tone = "alarm"
)

// Flash is a sentence about what the last action did, shown once as a toast.
type Flash struct {
	Tone Tone // empty is ToneGood
	Text string
}

// Badge is the tone of the flash.
func (f Flash) Badge() Badge {
	if f.Tone == "" {
		return Badge{Tone: ToneGood}
	}
	return Badge{Tone: f.Tone}
}

// Signals is what WebAuthn's signal methods tell the passkey provider when a
// portal page loads (WebAuthn L3 §5.1.10), so that removed passkeys leave its
// list and renamed people are shown by their new name.
type Signals struct {
	RPID        string
	UserID      string   // user handle, base64url without padding
	Name        string   // PublicKeyCredentialUserEntity.name
	DisplayName string   // PublicKeyCredentialUserEntity.displayName
	Credentials []string // every accepted credential id, base64url without padding
}

// Errors are sentences by the name of the input that they are about. The name
// "" is about the whole form.
type Errors map[string]string
