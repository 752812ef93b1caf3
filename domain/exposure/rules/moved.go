package rules

import (
	"slices"

	"holdfast/domain/exposure"
	"holdfast/domain/person"
	"holdfast/domain/policy"
)

// Whoever writes groups puts accomplices into a pool, and people into a segment
// with other ways back; whoever writes people changes the address that is mailed.
// Directories that provision Holdfast hold such scopes, in tokens.

// elsewhere are the segments that somebody could be in if they were in other
// groups, but for their own: those that ask for groups, down to the first that
// does not and holds.
func (r *reading) elsewhere(own string, in *policy.Input) []string {
	var out []string
	for _, s := range r.segments {
		holds := s.groups
		if !holds {
			holds, _ = s.when.Eval(in)
		}
		if holds && s.name != own {
			out = append(out, s.name)
		}
		if holds && !s.groups {
			break
		}
	}
	return out
}

// segment is what From looks up of one.
type segment struct {
	name   string
	when   policy.Cond
	groups bool // it asks which groups somebody is in
}

// moved are the ways back of the segments that the person could be put into.
func (b *build) moved(a *Account) {
	if !b.x.held[WriteGroups] || a.Status == person.Invited {
		return
	}
	own := b.x.recovery[a.Segment]
	for _, s := range a.Elsewhere {
		for _, l := range b.x.recovery[s] {
			if !slices.ContainsFunc(own, func(o *plan) bool { return o.p == l.p }) {
				b.follow(a, l, WriteGroups)
			}
		}
	}
	for _, name := range a.Moved {
		b.fallback(a, name, WriteGroups)
	}
}

// accomplices: k people whom somebody who writes groups puts into a pool.
func (b *build) accomplices(p *pool, node string) {
	if !p.group || !b.x.held[WriteGroups] {
		return
	}
	atom := Pooled("anybody", p.k)
	b.atom(exposure.Atom{ID: atom, Class: exposure.Person, Pool: exposure.Pool{Of: "anybody", K: p.k}, Status: exposure.Observed,
		Label: poolSize(p.k) + " of the organisation, whoever they are, act dishonestly"})
	b.edge(exposure.Edge{ID: node + ":accomplices", Head: node, Body: []string{WriteGroups, atom}, Rule: "approval-accomplices",
		Label: "accomplices are put into " + p.name + ", and approve", Status: exposure.Observed})
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
	power := WriteMembers
	if a.Role != person.Member {
		power = WriteAnybody
	}
	if !b.x.held[power] {
		return Inbox(a.ID)
	}
	node := "mailed:" + a.ID
	b.edge(exposure.Edge{ID: node, Head: node, Body: []string{Inbox(a.ID)}, Rule: "mailed", Label: "get what is mailed to " + orElse(a.Name, "the person"), Status: exposure.Observed})
	b.edge(exposure.Edge{ID: "readdressed:" + a.ID, Head: node, Body: []string{power}, Rule: "readdressed",
		Label: whose(a.Name) + " address is changed here", Status: exposure.Observed})
	return node
}
