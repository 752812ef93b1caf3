package page

import "time"

// Passkey is one credential as a person sees it.
type Passkey struct {
	ID          string   // for addresses
	Name        string   // the owner's
	Provider    string   // "iCloud Keychain"; empty where unknown
	SecurityKey bool     // a separate key, not a phone or computer
	Synced      bool     // backup eligible: copies may exist elsewhere
	Bound       Evidence // that it cannot leave its device: Proven or Claimed, where it is not Synced
	Hardware    bool     // proven: the key is in hardware
	Vouched     bool     // proven: who makes it
	Suspended   bool
	Current     bool // this session was opened with it
	Created     time.Time
	LastUsed    time.Time
	Technical   []Pair // for the details fold: algorithm, format, AAGUID, …
}

// Where says in a word where it lives. That a copy may be elsewhere is the
// authenticator's word against itself, so it needs no proof; that none is does.
func (p Passkey) Where() Badge {
	switch {
	case p.Synced:
		return Badge{Text: "synced", Tone: ToneNote}
	case p.Bound == Proven:
		return Badge{Text: "this device only", Evidence: Proven}
	}
	return Badge{Text: "this device only, not proven", Evidence: Claimed}
}

// Says is what is known of it in plain words, for its owner.
func (p Passkey) Says() string {
	switch {
	case p.Synced && p.Provider != "" && p.Vouched:
		return "Synced; kept by " + p.Provider + "."
	case p.Synced && p.Provider != "":
		return "Synced; kept by " + p.Provider + " (it says)."
	case p.Synced:
		return "Synced: copies of it may be on your other devices."
	case p.Bound == Proven && p.Hardware:
		return "This key’s hardware is proven, and the passkey cannot leave it."
	case p.Bound == Proven:
		return "It is proven that this passkey cannot leave its device."
	}
	return "It says that it cannot leave this device. Nothing proves that, so it counts as if it could."
}

// Label is the name, or the provider, or a neutral word.
func (p Passkey) Label() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Provider != "":
		return p.Provider
	case p.SecurityKey:
		return "Security key"
	}
	return "Passkey"
}

// Glyph is the icon of its kind.
func (p Passkey) Glyph() string {
	if p.SecurityKey {
		return "usb"
	}
	return "key"
}

// Session is one sign-in as its owner or an administrator sees it.
type Session struct {
	ID       string
	Person   string // display name; empty in the portal
	PersonID string
	Device   string // "Firefox on Linux"
	Address  string // of the network
	Passkey  string // the name of the one used
	Current  bool   // this very session
	Started  time.Time
	Active   time.Time // last seen
	Ends     time.Time // at the latest
	Above    bool      // of somebody who holds a role, and who looks may not touch such people
	Apps     []string  // signed in to through it
}

// App is an application as a person sees it.
type App struct {
	Name     string
	URL      string // where it starts; empty where unknown
	Host     string
	LastUsed time.Time
}

// Home is the portal's first page.
type Home struct {
	Frame
	Apps     []App
	Owned    []Link // applications that are theirs to look after
	Passkeys []Passkey
	Sessions []Session
	Duties   []Duty
}

// Duty is a passkey that its owner has to replace, and what to do.
type Duty struct {
	Passkey string    // its name
	Why     string    // a sentence
	Due     time.Time // it works until then; zero: it does not work any more
	Last    bool      // it is the only way in, so it works until there is another
}

// Usable is the number of passkeys that can sign in.
func (h *Home) Usable() int { return usable(h.Passkeys) }

// Passkeys lists a person's own passkeys.
type Passkeys struct {
	Frame
	Passkeys []Passkey
	Duties   []Duty
	Errors   Errors // "name" for the passkey Editing
	Editing  string // id of the one whose rename was refused
	Typed    string // what was typed there

	Browser []Ability // what this browser says it can do
}

// Usable is the number of passkeys that can sign in.
func (p *Passkeys) Usable() int { return usable(p.Passkeys) }

// Without is what remains when one is removed.
func (p *Passkeys) Without(id string) []Passkey { return without(p.Passkeys, id) }

// Rename is the field of the inline form of one passkey.
func (p *Passkeys) Rename(k Passkey) Field {
	f := Field{ID: "name-" + k.ID, Name: "name", Label: "New name", Value: k.Label(), Required: true, Autocomplete: "off"}
	if k.ID == p.Editing {
		f.Value, f.Error = p.Typed, p.Errors["name"]
	}
	return f
}

// Sessions lists a person's own sessions.
type Sessions struct {
	Frame
	Sessions []Session
}

func usable(ps []Passkey) int {
	n := 0
	for _, p := range ps {
		if !p.Suspended {
			n++
		}
	}
	return n
}

func without(ps []Passkey, id string) []Passkey {
	var out []Passkey
	for _, p := range ps {
		if p.ID != id && !p.Suspended {
			out = append(out, p)
		}
	}
	return out
}

func (*Home) name() string     { return "home" }
func (*Passkeys) name() string { return "passkeys" }
func (*Sessions) name() string { return "sessions" }

func (*Home) shell() string     { return "portal" }
func (*Passkeys) shell() string { return "portal" }
func (*Sessions) shell() string { return "portal" }
