package census

import (
	"time"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// Standing is what an account is worth.
type Standing struct {
	ID         holdfast.PersonID
	Segment    string            // empty: no rule of the policy covers the account, and nothing is required
	Required   exposure.Required // of the segment
	Privileged bool              // the segment's risk rank is 0
	Core       bool              // it has power over others

	Worst     exposure.Effective // with every unknown as a way
	Best      exposure.Effective // with every unknown harmless
	Verdict   exposure.Verdict
	NIST      bool // 63B-4 alone accepts it
	Singles   int  // single points, at most Limit of them
	Available int  // Assessment.Availability
	Profiles  Profiles
	Truncated bool // there are more sets than were kept; Worst and Best are exact all the same

	Left  time.Time // when the person left, or their employment ended; zero: they are here
	Opens bool      // what the person holds gives a session: after Left it must not
	Shape uint32    // accounts of the same shape are worth the same; a number of this Settle only
}

// Profiles is a set of adversaries.
type Profiles uint16

// Has says whether p gets in.
func (s Profiles) Has(p exposure.Profile) bool { return s&bitOf(p) != 0 }

// Names lists them in the order of exposure.Profiles.
func (s Profiles) Names() []string {
	var out []string
	for _, p := range exposure.Profiles() {
		if s.Has(p) {
			out = append(out, string(p))
		}
	}
	return out
}

func bitOf(p exposure.Profile) Profiles {
	for i, q := range exposure.Profiles() {
		if p == q {
			return 1 << i
		}
	}
	return 0
}

// Filter says which accounts: those that fulfil all that is set.
type Filter struct {
	Segment string
	Below   int // effective assurance below this AAL; 0: any
	Verdict exposure.Verdict
	Profile exposure.Profile // this adversary gets in
	Singles bool             // has a single point
	Left    bool             // has left, and what they hold still gives a session
	Phr     bool             // effective phishing resistance is missing where it is required
}

// Blast is what falls with something.
type Blast struct {
	Accounts   int64 // that fall, without powers over everything; so too the next two, and Segments
	Privileged int64
	Weighted   int64 // an account of risk rank r counts 100 >> r, at least 1
	OneMore    int64 // accounts that take one more atom, and that no atom takes alone
	Through    Rooted
	Segments   []answer.Count
	Powers     []string            // nodes of the core that fall with it, by name
	IDs        []holdfast.PersonID // of accounts that fall, through whatever, by id, from after on
	Next       holdfast.PersonID   // to ask for more; empty: there are no more
}

// Rooted are the accounts that fall besides, through powers over everything alone.
type Rooted struct{ Accounts, Privileged int64 }

// Toppled is one of the greatest blasts.
type Toppled struct {
	Node string // an atom or a node of the core
	Root bool   // it is a power over everything
	Blast
}

// Overview is the organisation in numbers. Lists are in the order of the policy,
// of exposure.Profiles and by number.
type Overview struct {
	At       time.Time
	Accounts int64
	Shapes   int
	Core     int // accounts with power over others
	Segments []answer.Histogram
	Matrix   []answer.Cell
	Verdicts []answer.Count
	Learn    []answer.Count // facts nobody has said, by how many accounts they would move
	Singles  int64          // accounts with single points
	Left     int64          // who left and whose things still open a session
}

// Leaver is somebody who left.
type Leaver struct {
	Standing
	Since time.Time
}

// Counted is what a change would do.
type Counted struct {
	Lifted  int64 // accounts whose verdict would become PASS
	Lowered int64 // accounts whose verdict would cease to be PASS
	Lockout int64 // accounts that would have fewer ways in of their own, and one or none left
	Moved   int64 // accounts that would be worth something else
}
