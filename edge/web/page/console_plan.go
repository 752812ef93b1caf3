package page

import "time"

// PlanMove is how many people go from one segment to another.
type PlanMove struct {
	From, To string // empty: none
	People   int
	Who      []Link // some of them
}

// Stays says whether they are where they were.
func (m PlanMove) Stays() bool { return m.From == m.To }

// More is how many are not named.
func (m PlanMove) More() int { return m.People - len(m.Who) }

// PlanCause is why people could not sign in any more, and the shortest way for
// them to be ready.
type PlanCause struct {
	Segment  string // empty: none
	Why, Way string
	People   int
	Who      []Link // some of them
}

// More is how many are not named.
func (c PlanCause) More() int { return c.People - len(c.Who) }

// PlanKey is a passkey that would be suspended.
type PlanKey struct {
	Passkey, Who Link
	Why          string // code
}

// Plan is what would become of people if a revision came into force.
type Plan struct {
	Frame
	Row      RevisionRow
	Counting *Progress // what follows is being counted
	Digest   string
	Taken    time.Time

	People, Passkeys    int
	Moves               []PlanMove
	Causes              []PlanCause
	LockedOut           int
	Suspends            []PlanKey
	Suspended, Sessions int
	Lapsed, Uncovered   int
	Before, After       int // administrators who can sign in

	Check    Check // what is lowered, and what lint says of it here
	Asks     string
	Refused  string // why it cannot come into force at all
	MayApply bool
	WhyNot   string // may not be put in force by who looks, or not yet
	Export   Export
}

// MoreKeys is how many passkeys are not listed.
func (p *Plan) MoreKeys() int { return p.Suspended - len(p.Suspends) }

// Says is the answer, as a sentence.
func (p *Plan) Says() string {
	switch {
	case p.Counting != nil:
		return "What would become of people is being counted"
	case p.Refused != "":
		return "It cannot come into force like this"
	case p.LockedOut == 1:
		return "1 person could not sign in any more"
	case p.LockedOut > 1:
		return capital(count(p.LockedOut, "person", "people")) + " could not sign in any more"
	case p.Suspended > 0:
		return "Nobody is shut out, and " + count(p.Suspended, "passkey is", "passkeys are") + " suspended"
	}
	return "Nobody is shut out, and no passkey is suspended"
}

// Moved counts who changes segment.
func (p *Plan) Moved() (n int) {
	for _, m := range p.Moves {
		if !m.Stays() {
			n += m.People
		}
	}
	return n
}

// Lowered are the changes that lower somebody, or may.
func (p *Plan) Lowered() (out []PolicyChange) {
	for _, c := range p.Check.Changes {
		if c.Lowers {
			out = append(out, c)
		}
	}
	return out
}

// Asked is what the button says once more before it is done.
func (p *Plan) Asked() string {
	s := "It decides from the next sign-in on. " + capital(count(p.Suspended, "passkey is", "passkeys are")) + " suspended, " +
		count(p.Sessions, "session ends", "sessions end") + ", and " + count(p.LockedOut, "person", "people") + " could not sign in. "
	return s + "If facts have changed since so that it would shut out anybody else, nothing is done and you are told."
}

func (*Plan) name() string  { return "plan" }
func (*Plan) shell() string { return "console" }
