package page

import "time"

// DecisionRow is one decision of the policy.
type DecisionRow struct {
	ID      string
	At      time.Time
	Op      string // in words: "sign in"
	Who     Link
	To      Link   // the application; empty: Holdfast's own pages
	Key     Link   // the passkey; empty: none
	Outcome string // allow, need, deny
	Code    string
	Segment string
	Says    string // a sentence
}

// Badge is the outcome.
func (d DecisionRow) Badge() Badge {
	switch d.Outcome {
	case "allow":
		return Badge{Text: "allowed", Tone: ToneGood}
	case "need":
		return Badge{Text: "needs more", Tone: ToneWarn}
	}
	return Badge{Text: "refused", Tone: ToneAlarm}
}

// Decisions lists decisions, the newest first.
type Decisions struct {
	Frame
	Rows    []DecisionRow
	Query   string // a person
	Outcome string // "" is all that were not allowed
	Op      string
	Code    string
	Unnamed bool // what allowed was asked for, of everybody: there is one for each sign-in
	Ops     []Option
	Codes   []Option
	Pager   Pager
	Export  Export
}

// Any says whether anything narrows the list.
func (d *Decisions) Any() bool { return d.Query+d.Outcome+d.Op+d.Code != "" }

// Outcomes are the choices of the filter; what was refused comes first, since
// that is what somebody asks about.
func (d *Decisions) Outcomes() []Option {
	var out []Option
	for _, o := range [][2]string{{"", "not allowed"}, {"deny", "refused"}, {"need", "needs more"}, {"allow", "allowed"}, {"any", "any"}} {
		out = append(out, Option{Value: o[0], Label: o[1], Chosen: d.Outcome == o[0]})
	}
	return out
}

// RuleLine is a rule that spoke.
type RuleLine struct {
	Rule string // "class:key-fips"
	Text string // what it said; may be empty
	Line int    // in the text of the revision
}

// Replay is a decision made again from its inputs.
type Replay struct {
	Same   bool
	Text   string // what came out, or why it cannot be made again
	Failed bool   // it cannot be made again
}

// Badge is what came of it.
func (r Replay) Badge() Badge {
	switch {
	case r.Failed:
		return Badge{Text: "cannot be replayed"}
	case r.Same:
		return Badge{Text: "the same, byte for byte", Tone: ToneGood}
	}
	return Badge{Text: "differs", Tone: ToneAlarm}
}

// Decision explains one decision.
type Decision struct {
	Frame
	Row      DecisionRow
	Rules    []RuleLine
	Reasons  []RuleLine // why not
	Missing  []RuleLine // what would make it an allow
	Inputs   []Pair
	Policy   Link // the revision
	Facts    int64
	Digest   string
	Again    Replay
	Document string // the inputs, as they are kept
}

// Kept is the inputs to copy.
func (d *Decision) Kept() Code {
	return Code{ID: "inputs", Title: "The inputs, as they are kept", Text: d.Document}
}

// FindingRow is something that is wrong and what to do about it.
type FindingRow struct {
	ID       string
	Code     string
	Severity string // high, medium, low
	About    Link
	Text     string
	Remedy   string
	Opened   time.Time
	Ended    time.Time
}

// Badge is how bad it is.
func (f FindingRow) Badge() Badge {
	switch f.Severity {
	case "high":
		return Badge{Text: "high", Tone: ToneAlarm}
	case "medium":
		return Badge{Text: "medium", Tone: ToneWarn}
	}
	return Badge{Text: "low", Tone: ToneNote}
}

// Findings lists what is true now and should not be.
type Findings struct {
	Frame
	Rows   []FindingRow
	Export Export
}

// MetadataModel is one model that is in use here, as the metadata has it.
type MetadataModel struct {
	AAGUID        string
	Name          string
	InUse         int
	Certification string
	Statuses      []ModelStatus
	Known         bool // the metadata has it
}

// Metadata is how the FIDO metadata stands.
type Metadata struct {
	Frame
	Loaded   bool
	Number   int64
	Next     time.Time // the next is to be there by then
	Imported time.Time
	Entries  int
	Source   string
	MaxAge   string // that the policy tolerates, in words
	Alarm    string // what is wrong with it; empty: nothing
	Refused  string // why the last try was refused
	Models   []MetadataModel
	Export   Export
}

// ProviderRow is one sync provider as the policy knows it.
type ProviderRow struct {
	Name, Kind string
	Managed    bool
	Standing   string   // current, overdue, incomplete
	Lacks      []string // what a profile must say and this does not
	Status     string   // observed, declared, assumed
	Source     string
	ReviewBy   time.Time
	InUse      int // passkeys that say they are there
	Facts      []Pair
	Line       int
}

// Badge is what the profile is worth.
func (p ProviderRow) Badge() Badge {
	if p.Standing == "current" {
		return Badge{Text: "current", Tone: ToneGood}
	}
	return Badge{Text: p.Standing + ": counts as unknown", Tone: ToneWarn}
}

// Providers lists them.
type Providers struct {
	Frame
	Rows   []ProviderRow
	Export Export
}

// ManagedDevice is a device of the organisation.
type ManagedDevice struct {
	ID        string
	Name      string
	Owner     Link
	OS        string
	Managed   bool
	Compliant bool
	Stale     bool // its posture is too old to count
	Never     bool // nothing was reported yet
	Reported  time.Time
	Source    string // who reported
	Bound     string // how it is recognised: certificate, cookie
	Passkeys  int    // made on it
	Shared    bool   // by several people
	Lost      bool   // it was taken out
}

// Badge is what its posture is worth now.
func (d ManagedDevice) Badge() Badge {
	switch {
	case d.Lost:
		return Badge{Text: "retired", Tone: ToneNote}
	case d.Never:
		return Badge{Text: "nothing reported"}
	case d.Stale:
		return Badge{Text: "stale: counts as not compliant", Tone: ToneWarn}
	case d.Compliant:
		return Badge{Text: "compliant", Tone: ToneGood}
	}
	return Badge{Text: "not compliant", Tone: ToneAlarm}
}

// ManagedDevices lists the organisation's devices.
type ManagedDevices struct {
	Frame
	Rows   []ManagedDevice
	Query  string
	Fresh  string // how long a posture counts, in words
	Pager  Pager
	Export Export
}

func (*Decisions) name() string       { return "decisions" }
func (*Decision) name() string        { return "decision" }
func (*Findings) name() string        { return "findings" }
func (*Metadata) name() string        { return "metadata" }
func (*Providers) name() string       { return "providers" }
func (*ManagedDevices) name() string  { return "manageddevices" }
func (*Decisions) shell() string      { return "console" }
func (*Decision) shell() string       { return "console" }
func (*Findings) shell() string       { return "console" }
func (*Metadata) shell() string       { return "console" }
func (*Providers) shell() string      { return "console" }
func (*ManagedDevices) shell() string { return "console" }
