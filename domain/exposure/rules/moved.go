package rules

import (
	"holdfast/domain/exposure"
	"holdfast/domain/policy"
)

// Whoever writes groups puts accomplices into a pool, and people into a segment
// with other ways back; whoever writes people changes the address that is mailed,
// the employment that a segment asks for, and who answers for somebody; whoever
// gives roles takes them. Directories that provision Holdfast hold such scopes, in
// tokens.

// moved are the ways back of the segments that the person could be put into, and
// what else is open to whom they would be.
func (b *build) moved(a *Account) {
	if a.joined() {
		own := b.x.recovery[a.Segment]
		for _, s := range a.Elsewhere {
			for _, l := range b.x.recovery[s.Segment] {
				if !has(own, l.p) {
					b.by(a, s.By, func(powers []string) { b.follow(a, l, powers) })
				}
			}
		}
	}
	for _, f := range a.Moved {
		b.by(a, f.By, func(powers []string) { b.fallback(a, f.Name, powers) })
	}
	for _, e := range a.Joins {
		if l := b.x.enrolment[e.Name]; l != nil {
			b.by(a, e.By, func(powers []string) { b.follow(a, l, powers) })
		}
	}
}

func has(list []*plan, p *policy.Procedure) bool {
	for _, l := range list {
		if l.p == p {
			return true
		}
	}
	return false
}

// by does something with each list of powers that change a.
func (b *build) by(a *Account, by By, do func(powers []string)) {
	for _, powers := range b.bodies(a, by) {
		do(powers)
	}
}

// moved is e for somebody who is made another than they are: no way back of
// theirs, so none that NIST accepts.
func moved(e exposure.Edge, powers []string) exposure.Edge {
	if len(powers) == 0 {
		return e
	}
	e.ID, e.Rule, e.NIST = "moved:"+e.ID, "moved-"+e.Rule, false
	if powers[0] != WriteGroups || len(powers) > 1 {
		e.ID += " by " + names(powers)
	}
	e.Body = append(e.Body, powers...)
	e.Label = "be put into another segment, and " + e.Label
	return e
}

// accomplices: k people whom somebody puts into a pool.
func (b *build) accomplices(p *pool, node string) {
	if !b.x.held[p.by] {
		return
	}
	b.edge(exposure.Edge{ID: node + ":accomplices", Head: node, Body: []string{p.by, b.accomplice(p.k)}, Rule: "approval-accomplices",
		Label: "accomplices are put into " + p.name + ", and approve", Status: exposure.Observed})
}

// accomplice is k people of the organisation, whoever they are.
func (b *build) accomplice(k int) string {
	atom := Pooled("anybody", k)
	b.atom(exposure.Atom{ID: atom, Class: exposure.Person, Pool: exposure.Pool{Of: "anybody", K: k}, Status: exposure.Observed,
		Label: poolSize(k) + " of the organisation, whoever they are, act dishonestly"})
	return atom
}

func poolSize(k int) string {
	if k == 1 {
		return "somebody"
	}
	return "people"
}

// mailed is the node of getting what is mailed from now on: by reading the mail,
// or by changing the address. What was mailed before is in the mailbox alone.
func (b *build) mailed(a *Account) string {
	b.inbox = true
	powers := b.over(a, WriteMembers, WriteAnybody)
	if len(powers) == 0 {
		return Inbox(a.ID)
	}
	node := "mailed:" + a.ID
	b.edge(exposure.Edge{ID: node, Head: node, Body: []string{Inbox(a.ID)}, Rule: "mailed", Label: "get what is mailed to " + orElse(a.Name, "the person"), Status: exposure.Observed})
	b.gate(node, powers, exposure.Edge{Rule: "readdressed", Label: whose(a.Name) + " address is changed here"})
	return node
}
