package page

import (
	"strings"
	"time"
)

// RevisionRow is one revision of the policy.
type RevisionRow struct {
	ID       string
	Number   int64
	Name     string // metadata.name
	Digest   string // SHA-256, hex
	Previous string // that it builds on
	State    string // proposed, approved, in force, superseded, withdrawn
	Author   Link
	Note     string
	Lowers   bool // some segment's assurance
	Needs    int  // approvals
	Have     int
	Created  time.Time
	Applied  time.Time
	Ended    time.Time
}

// Badge is where it stands.
func (r RevisionRow) Badge() Badge {
	switch r.State {
	case "in force":
		return Badge{Text: "in force", Tone: ToneGood}
	case "proposed":
		return Badge{Text: "proposed", Tone: ToneWarn}
	case "approved":
		return Badge{Text: "approved, not in force", Tone: ToneWarn}
	}
	return Badge{Text: r.State, Tone: ToneNote}
}

// Open says whether something can still become of it.
func (r RevisionRow) Open() bool { return r.State == "proposed" || r.State == "approved" }

// Short is the beginning of the digest, enough to compare by eye.
func (r RevisionRow) Short() string { return r.Digest[:min(12, len(r.Digest))] }

// ApprovalRow is one approval.
type ApprovalRow struct {
	By  Link
	At  time.Time
	Why string
}

// Clause is a part of the policy as sentences.
type Clause struct {
	Name      string
	Line      int // in the text; 0: nowhere
	Mark      string
	Sentences []string
}

// Source is a text with numbered lines.
type Source struct {
	Lines []string
	Flaws map[int]bool // lines with a problem
}

// SourceOf splits text into lines.
func SourceOf(text string) Source {
	if text == "" {
		return Source{}
	}
	return Source{Lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
}

// Number is that of the i-th line.
func (Source) Number(i int) int { return i + 1 }

// Text is the whole of it, to copy.
func (s Source) Text() string { return lines(s.Lines) }

// Policy is the policy in force, what is proposed, and what was.
type Policy struct {
	Frame
	InForce   RevisionRow // the zero one: none was ever applied
	Preset    string      // that decides where none was
	Approvals []ApprovalRow
	Segments  []Clause
	Clauses   []Clause // the rest: access, recovery, enrolment, fallbacks
	Text      Source
	Pending   []RevisionRow
	History   []RevisionRow
	Jobs      []Rejudging
	Failed    string // why the text in force cannot be read
}

// Rejudging is a run over everybody's passkeys after a change.
type Rejudging struct {
	Why     string // what changed
	Bar     Progress
	Started time.Time
	Ended   time.Time // zero: it runs
	Says    string    // what came of it
}

// Runs says whether it has not ended.
func (r Rejudging) Runs() bool { return r.Ended.IsZero() }

// Flaw is something wrong, or doubtful, in a text of a policy.
type Flaw struct {
	Line, Column int // 0: the text as a whole
	Rule         string
	Warning      bool // it loads all the same
	Text         string
	Remedy       string
}

// Badge is how bad it is.
func (f Flaw) Badge() Badge {
	if f.Warning {
		return Badge{Text: "warning", Tone: ToneWarn}
	}
	return Badge{Text: "error", Tone: ToneAlarm}
}

// PolicyChange is one difference between two policies, in its meaning.
type PolicyChange struct {
	Where   string // "segment workforce"
	Text    string // a sentence
	Raises  bool
	Lowers  bool
	Was, Is string
}

// Badge is what it does to the assurance.
func (c PolicyChange) Badge() Badge {
	switch {
	case c.Lowers:
		return Badge{Text: "lowers", Tone: ToneAlarm}
	case c.Raises:
		return Badge{Text: "raises", Tone: ToneGood}
	}
	return Badge{Text: "neither", Tone: ToneNote}
}

// Check is what was found in a text.
type Check struct {
	Done    bool
	Flaws   []Flaw
	Changes []PolicyChange
	Same    bool   // it says what is in force already
	Lowers  bool   // some segment's assurance
	Needs   int    // approvals
	From    string // who may approve, in words
}

// Bad counts what keeps the text from loading.
func (c Check) Bad() int {
	n := 0
	for _, f := range c.Flaws {
		if !f.Warning {
			n++
		}
	}
	return n
}

// Says sums it up.
func (c Check) Says() string {
	bad := c.Bad()
	warnings := len(c.Flaws) - bad
	switch {
	case !c.Done:
		return ""
	case bad > 0:
		return capital(count(bad, "error", "errors")) + ": it cannot be proposed like this."
	case c.Same:
		return "It says what is in force already."
	case warnings > 0:
		return "It loads. " + capital(count(warnings, "warning", "warnings")) + " to read."
	}
	return "It loads, and nothing is doubtful in it."
}

// Asks says what proposing it takes.
func (c Check) Asks() string {
	if !c.Done || c.Bad() > 0 || c.Same || c.Needs == 0 {
		return ""
	}
	s := "It takes " + count(c.Needs, "approval", "approvals")
	if c.From != "" {
		s += " from " + c.From
	}
	if c.Lowers {
		return s + ", more than usual, since it lowers what a segment is worth."
	}
	return s + "."
}

// PolicyEdit is the editor.
type PolicyEdit struct {
	Frame
	Text    string
	Note    string
	Base    string // what the text began as, in words
	Presets []Option
	Check   Check
	Confirm bool // who proposed it has to confirm first
	Errors  Errors
}

// Why is the field for the reason.
func (e *PolicyEdit) Why() Field {
	return Field{Name: "note", Label: "Why", Type: "textarea", Value: e.Note, Error: e.Errors["note"],
		Help: "For those who approve. It stays with the revision."}
}

// Revision is one revision of the policy, to judge and to approve.
type Revision struct {
	Frame
	Row        RevisionRow
	Approvals  []ApprovalRow
	Check      Check // against what is in force, or was when it was applied
	Against    string
	Segments   []Clause
	Text       Source
	MayApprove bool
	WhyNot     string // may not be approved by who looks
	MayApply   bool
	MayDrop    bool // withdraw
}

// Left is how many approvals are missing.
func (r *Revision) Left() int { return max(0, r.Row.Needs-r.Row.Have) }

func (*Policy) name() string      { return "policy" }
func (*PolicyEdit) name() string  { return "policyedit" }
func (*Revision) name() string    { return "revision" }
func (*Policy) shell() string     { return "console" }
func (*PolicyEdit) shell() string { return "console" }
func (*Revision) shell() string   { return "console" }
