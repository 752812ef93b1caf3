package page

import (
	"strings"
	"time"
)

// Settings holds what an administrator may change here, and what they may want
// to know of the deployment.
type Settings struct {
	Frame
	Name      string // of the organisation
	Origins   []string
	Keys      []SigningKey
	Outbox    []OutboxLine
	Undone    []DeadLetter // given up, a part of them
	Sends     bool         // messages leave by mail
	Technical []Pair       // origin, RP ID, version, …: read only
	Docs      []Link
	Errors    Errors
	Typed     string // related origins as they were typed, where Errors is set
	Confirm   string // what has to be written to take an origin away
}

// Fields are the inputs of the form for the name.
func (s *Settings) Fields() []Field {
	return []Field{{Name: "organisation", Label: "Name of the organisation", Value: s.Name, Required: true,
		Autocomplete: "organization", Error: s.Errors["organisation"], Help: "Shown at sign-in and in every passkey prompt."}}
}

// Related are the inputs of the form for related origins.
func (s *Settings) Related() []Field {
	text := strings.Join(s.Origins, "\n")
	if s.Errors["origins"] != "" || s.Confirm != "" {
		text = s.Typed
	}
	fields := []Field{{Name: "origins", Label: "Further addresses", Type: "textarea", Value: text, Error: s.Errors["origins"],
		Placeholder: "https://login.example.com",
		Help:        "One a line, such as https://login.example.com. People sign in there with the same passkeys. Each must lead to this server."}}
	if s.Confirm != "" {
		fields = append(fields, Field{Name: "confirm", Label: "To do it all the same, write: " + s.Confirm, Autocomplete: "off"})
	}
	return fields
}

// SigningKey is a key that signs tokens for applications.
type SigningKey struct {
	ID, Algorithm string
	State         KeyState
	Created       time.Time
	Starts        time.Time
	Retired       time.Time
}

// KeyState is where a signing key stands.
type KeyState string

const (
	KeyWaiting   KeyState = "waiting"
	KeySigning   KeyState = "signing"
	KeyRetired   KeyState = "retired"
	KeyDropped   KeyState = "dropped"
	KeyOver      KeyState = "over"
	KeyWithdrawn KeyState = "withdrawn"
)

// Badge shows the state.
func (s KeyState) Badge() Badge {
	switch s {
	case KeyWaiting:
		return Badge{Text: "signs soon", Tone: ToneNote}
	case KeySigning:
		return Badge{Text: "signs", Tone: ToneGood}
	case KeyRetired, KeyDropped:
		return Badge{Text: "retired", Tone: ToneNote}
	case KeyWithdrawn:
		return Badge{Text: "withdrawn", Tone: ToneAlarm}
	}
	return Badge{Text: "over", Tone: ToneNote}
}

// Help says what the state means.
func (s KeyState) Help() string {
	switch s {
	case KeyWaiting:
		return "Published, so that applications know it before it signs."
	case KeySigning:
		return "Signs what applications are told of people."
	case KeyRetired:
		return "Published until its last token is over."
	case KeyDropped:
		return "Not published any more; sign-outs that name it still work."
	case KeyWithdrawn:
		return "Nothing that it signed is believed."
	}
	return "Nothing that it signed is of use."
}

// OutboxLine is how one kind of delivery stands.
type OutboxLine struct {
	ID            string // as the outbox has it: "mail"
	Kind          string // "Mail", "Sign-out of applications"
	Waiting, Dead int
	Failing       int
	Oldest        time.Time // that waits
}

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	Kind, Target string
	Tries        int
	Created      time.Time
	Why          string
}

func (*Settings) name() string  { return "settings" }
func (*Settings) shell() string { return "console" }
