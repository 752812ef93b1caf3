package exposure

// House are the house rules: what NIST does not grade.
type House struct {
	DualControl int // what two distinct dishonest people are worth: 3 is AAL3
	Onsite      int // what Proof(3) is worth
	Remote      int // what Proof(1) and Proof(2) are worth: at most 2
}

// Usual are the house rules of an organisation that has said none.
func Usual() House { return House{DualControl: 3, Onsite: 3, Remote: 2} }

// Required is what an account must be worth.
type Required struct {
	AAL int  `json:"aal"`
	Phr bool `json:"phr"`
}

// Contest is how well somebody who is attacked can notice and stop it.
type Contest int

const (
	C0 Contest = iota // nobody is told
	C1                // a channel is told that the attacker does not hold
	C2                // likewise, 24 hours before, with a way to say no
	C3                // likewise, and 72 hours before, or somebody else must agree
)

func (c Contest) String() string { return "C" + string(rune('0'+c)) }

// Effective is what an account is worth by its weakest path.
type Effective struct {
	AAL     int     `json:"aal"`
	Phr     bool    `json:"phr"`
	Contest Contest `json:"-"`
}

// Verdict is what comes of holding Effective against Required.
type Verdict string

const (
	Pass        Verdict = "PASS"
	NISTOnly    Verdict = "NIST-ONLY" // short only by ways back that 63B-4 §4.2.2 accepts
	Fail        Verdict = "FAIL"
	FailUnknown Verdict = "FAIL-UNKNOWN" // short by a set that rests on what nobody has said
)

// Set is one way to access: all of its atoms, and none could be left out.
type Set struct {
	Atoms   []string // sorted
	Level   int
	Phr     bool // one of them can be neither relayed nor talked out of somebody
	Contest Contest
	Path    []string // ids of the edges that lead from the atoms to the goal, in an order in which they can be gone
	NIST    bool     // it leads through a way back, and only through such as 63B-4 accepts
	House   []string // the house rules that its level rests on: "dual_control: 3"
	Unknown []string // those of its atoms that nobody has declared
}

// Question is what Assess is asked.
type Question struct {
	Goal     string
	Required Required
	House    House
	Given    []string // what the attacker has already: atoms or nodes
	Owner    string   // whose atoms count for availability; empty: all that are not people, stories or proofs
	Limit    int      // of sets at each node; 0: 64
}

// Assessment is the answer.
type Assessment struct {
	Effective    Effective
	Best         Effective // if everything that is unknown turned out not to be a way
	Sets         []Set     // by level, then size, then name
	Verdict      Verdict   // by equivalent assurance
	NIST         bool      // 63B-4 alone accepts it: PASS or NIST-ONLY
	SinglePoints []string
	Collusion    int      // the size of the smallest set
	Availability int      // how many of the owner's things may be lost before none is left that works, that one included
	House        []string // the house rules that the verdict rests on
	Unknown      []string // the facts to go and learn
	Truncated    bool     // there are more sets; Effective is exact all the same
}
