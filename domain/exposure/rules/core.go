package rules

import (
	"slices"

	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// IsCore says whether an account belongs into Core: a role, a token, a place in
// a pool that a procedure names, or a declared power. Those whose word other
// accounts' ways back take belong there as well: Vouches, of all accounts, names
// them.
func IsCore(p *policy.Policy, h Held, powers []surroundings.Record) bool {
	if h.Person.Role != person.Member || len(h.Tokens) > 0 {
		return true
	}
	for i := range powers {
		for _, holder := range powers[i].Holders {
			if holder == "person:"+string(h.Person.ID) {
				return true
			}
		}
	}
	if len(h.Groups) == 0 {
		return false
	}
	d := p.Document()
	for _, name := range d.Recovery.Names {
		if approves(d.Recovery.Of[name], h.Groups) {
			return true
		}
	}
	for _, name := range d.Enrolment.Names {
		if approves(d.Enrolment.Of[name], h.Groups) {
			return true
		}
	}
	return false
}

// approves says whether somebody in the groups is in a pool of p.
func approves(p *policy.Procedure, groups []string) bool {
	for _, s := range p.Steps {
		if s.Approve == nil {
			continue
		}
		name, ok := s.Approve.From.Group()
		if role, isRole := s.Approve.From.Role(); isRole && !builtIn(role) {
			name, ok = role, true
		}
		if ok && slices.Contains(groups, name) {
			return true
		}
	}
	return false
}

// Vouches are the ids of those whose word the ways back of a take: they belong
// into Core.
func Vouches(a Account) []string {
	var out []string
	for _, id := range []string{a.Sponsor, a.Manager} {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}
