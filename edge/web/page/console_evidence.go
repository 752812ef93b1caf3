package page

import (
	"time"

	"holdfast/domain/authority"
)

// Fact is one thing that is known of a passkey, how it is known and by what.
type Fact struct {
	Name  string   // "Cannot leave its device"
	Value string   // "yes", "FIDO_CERTIFIED_L2"; empty where it is unknown
	Known Evidence // Unknown: nobody says so
	By    string   // "attestation packed, mds:42", "BE=0"
	Code  bool     // Value is set in a fixed-width face
}

// Badge is how it is known.
func (f Fact) Badge() Badge {
	if f.Known == Unknown {
		return Badge{Text: "unknown"}
	}
	return Badge{Text: string(f.Known), Evidence: f.Known}
}

// ModelStatus is one status report of a model in the FIDO metadata.
type ModelStatus struct {
	Status string
	Bad    bool
	Help   string
}

// Credential is one passkey with all that is known of it.
type Credential struct {
	Frame
	Row      CredentialRow
	Heading  string // the answer in a sentence: "It is proven that …"
	Facts    []Fact
	Verdict  string // how the attestation was judged, in words
	Why      string // it is not verified
	Judged   time.Time
	Anchors  []string
	Root     string   // SHA-256 of the certificate
	Chain    []string // likewise, from the attestation certificate to the root
	MDS      int64    // number of the metadata that was consulted; 0: none
	Statuses []ModelStatus
	MadeOn   Fact
	Accepted *KeyStanding // by the policy in force; nil: it cannot be said
	Duties   []Replacement
	Exposure *ExposureLine // nil: it is not shown
	Tech     []Pair
}

// Can says whether who looks may do something to it; see Credentials.Can.
func (c *Credential) Can(scope authority.Scope) bool {
	return !c.Row.Above && !c.Row.Removed && c.May(scope)
}

// Fingerprints are the certificates that the judgement rests on.
func (c *Credential) Fingerprints() Code {
	return Code{ID: "chain", Title: "SHA-256 of the certificates, the key’s own first", Text: lines(c.Chain)}
}

// KeyStanding is what the policy says of one passkey.
type KeyStanding struct {
	Passkey
	Accepted bool
	Class    string   // of authenticators, that it is in
	Level    int      // AAL that it gives
	Reasons  []string // why not, or what to know
}

// Badge is the answer in a word.
func (k KeyStanding) Badge() Badge {
	if k.Accepted {
		return Badge{Text: "accepted", Tone: ToneGood}
	}
	return Badge{Text: "not accepted", Tone: ToneAlarm}
}

// ClassLine is a class of authenticators that a segment accepts.
type ClassLine struct {
	Name, Text string
}

// Standing is what holds for one person: which segment and why, what it asks
// for, and which of their passkeys it accepts.
type Standing struct {
	Segment  string
	Why      string   // which rule matched
	Requires []string // sentences
	Classes  []ClassLine
	Keys     []KeyStanding
	Failed   string // why it cannot be said; all else is empty then
}

// Refused counts the passkeys that are not accepted.
func (s *Standing) Refused() int {
	n := 0
	for _, k := range s.Keys {
		if !k.Accepted {
			n++
		}
	}
	return n
}

// Replacement is a passkey that somebody has to replace.
type Replacement struct {
	ID      string
	Who     Link
	WhoID   string
	Passkey Link
	Why     string // a sentence
	Detail  string // the rule or the status: "segment:privileged", "REVOKED"
	Opened  time.Time
	Due     time.Time // it works until then
	Ended   time.Time
	State   string // open, done, cancelled
	Last    bool   // it is the last way in, so it works
	Linked  bool   // a link was made for it
	Above   bool   // of somebody who holds a role, and who looks may not touch such people
}

// Open says whether it is still to be done.
func (r Replacement) Open() bool { return r.State == "open" }

// Badge says where it stands.
func (r Replacement) Badge() Badge {
	switch {
	case r.State == "done":
		return Badge{Text: "done", Tone: ToneGood}
	case r.State == "cancelled":
		return Badge{Text: "cancelled", Tone: ToneNote}
	case r.Linked:
		return Badge{Text: "a link was made", Tone: ToneNote}
	}
	return Badge{Text: "open", Tone: ToneWarn}
}

// Replacements lists what people have to replace, the oldest first.
type Replacements struct {
	Frame
	Rows   []Replacement
	State  string // filter: "" is open
	Pager  Pager
	Export Export
}

// States are the choices of the filter.
func (r *Replacements) States() []Option {
	var out []Option
	for _, s := range []string{"open", "done", "cancelled", "any"} {
		value := s
		if s == "open" {
			value = ""
		}
		out = append(out, Option{Value: value, Label: s, Chosen: r.State == value})
	}
	return out
}

func (*Credential) name() string    { return "credential" }
func (*Credential) shell() string   { return "console" }
func (*Replacements) name() string  { return "replacements" }
func (*Replacements) shell() string { return "console" }
