package rules

import (
	"holdfast/domain/exposure"
)

// Whoever may suspend may take it back: a passkey that is suspended, an account
// that is closed, is one that somebody opens again. So is a passkey that the
// policy refuses where its owner is, of whoever can be put where it does not.

// in is the node of being signed in as somebody, or of all that it takes but an
// open account.
func (b *build) in(a *Account) string {
	if a.Open {
		return Session(a.ID)
	}
	return Ready(a.ID)
}

// opened says whether anything can lead into the account, and adds what opens it
// where it is closed. Of an account that no segment covers nobody says anything:
// lint sees to it that there is none.
func (b *build) opened(a *Account) bool {
	if a.Open || a.Segment == "" || !a.Stopped() {
		return a.Open && a.Segment != ""
	}
	return b.gate(Session(a.ID), both([][]string{{Ready(a.ID)}}, b.opening(a)),
		exposure.Edge{Rule: "reopened", Of: "closed:" + a.ID, Label: whose(a.Name) + " account is opened again"})
}

// opening is what it takes to open an account again. A suspension that is not by a
// directory is ended in person, or by a token that may give roles as well.
func (b *build) opening(a *Account) [][]string {
	if a.Barred {
		return b.held(OpenAnybody)
	}
	return b.over(a, OpenMembers, OpenAnybody)
}

// usable adds what makes a passkey sign in that does not, and says whether
// anything does: the end of its suspension, a segment that admits it.
func (b *build) usable(a *Account, c *Credential) bool {
	e := exposure.Edge{Of: "credential:" + c.ID}
	var bodies [][]string
	switch {
	case c.Admitted:
		bodies, e.Rule, e.Label = [][]string{nil}, "restored", label(whose(a.Name), c.Name, "passkey")+" is no longer suspended"
	default:
		for _, by := range c.Elsewhere {
			bodies = append(bodies, b.bodies(a, by)...)
		}
		e.Rule, e.Label = "moved-passkey", orElse(a.Name, "the person")+" is put where "+label("their", c.Name, "passkey")+" is admitted"
	}
	restore := [][]string{nil}
	if !c.Active {
		restore = b.over(a, RestoreMembers, RestoreAnybody)
	}
	return b.gate(Usable(c.ID), both(bodies, restore), e)
}

// bare adds what makes a passkey sign in without PIN, fingerprint or face.
func (b *build) bare(a *Account, c *Credential) {
	e := exposure.Edge{Of: "credential:" + c.ID, Rule: "moved-unverified",
		Label: orElse(a.Name, "the person") + " is put where a passkey signs in without what unlocks it"}
	var bodies [][]string
	for _, by := range c.Bare {
		bodies = append(bodies, b.bodies(a, by)...)
	}
	b.isBare = b.gate(Bare(c.ID), bodies, e)
}

// use is what a passkey is used with: where it does not sign in, what makes it.
func (b *build) use(c *Credential, with ...string) []string {
	if c.Signs() {
		return with
	}
	return append(with, Usable(c.ID))
}
