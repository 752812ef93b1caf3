package rules

import (
	"slices"
	"strings"

	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
	"holdfast/domain/provider"
	"holdfast/domain/surroundings"
)

// index is what the rules look up, prepared once.
type index struct {
	core     map[string]*Account
	profiles provider.Registry
	powers   []surroundings.Record // that hold now
	over     map[string][]*surroundings.Record

	recovery  map[string][]*plan // by segment
	enrolment map[string]*plan   // by name
	pools     []*pool            // whose approval somebody's way back takes
	held      map[string]bool    // powers of Holdfast's own that somebody holds
}

// indexed makes the index when it is first asked for.
func (o *Organisation) indexed() *index {
	o.once.index.Do(func() {
		d := o.Policy.Document()
		x := &index{core: make(map[string]*Account, len(o.Core)), profiles: o.Policy.Profiles(), over: map[string][]*surroundings.Record{},
			recovery: map[string][]*plan{}, enrolment: map[string]*plan{}, held: map[string]bool{}}
		for i := range o.Core {
			x.core[o.Core[i].ID] = &o.Core[i]
			x.hold(&o.Core[i])
		}
		for _, t := range takeovers() {
			x.held[t.node] = x.held[t.remove] && x.held[t.invite]
		}
		for _, r := range o.Shared {
			if r.Kind == surroundings.Power && !o.At.Before(r.From) && !closed(&r, o.At) {
				x.powers = append(x.powers, r)
			}
		}
		for i := range x.powers {
			x.over[x.powers[i].Over] = append(x.over[x.powers[i].Over], &x.powers[i])
		}
		eq := grade.Equivalence(d)
		for _, s := range d.Segments {
			for _, name := range s.Recovery {
				p := d.Recovery.Of[name]
				x.recovery[s.Name] = append(x.recovery[s.Name], x.plan(o, p, "recovery", eq, grade.At(p, eq, int64(s.Required.AAL)).NIST))
			}
		}
		for _, name := range d.Enrolment.Names {
			p := d.Enrolment.Of[name]
			x.enrolment[name] = x.plan(o, p, "enrolment", eq, false) // no recovery: SP 800-63B-4 §4.2.2 accepts none
		}
		o.index = x
	})
	return o.index
}

// hold notes what somebody of the core may do here.
func (x *index) hold(a *Account) {
	for _, p := range powersOf(a.Holds) {
		x.held[p] = true
	}
	for i := range a.Tokens {
		for _, p := range powersOf(a.Tokens[i].Holds) {
			x.held[p] = true
		}
	}
}

// powersOf are those of Holdfast's own powers over accounts that scopes give.
func powersOf(h authority.Set) []string {
	var out []string
	for _, p := range []struct {
		scope            authority.Scope
		members, anybody string
	}{
		{authority.InvitationsWrite, InviteMembers, InviteAnybody},
		{authority.CredentialsRemove, RemoveMembers, RemoveAnybody},
	} {
		if !h.Has(p.scope) {
			continue
		}
		if out = append(out, p.members); h.Has(authority.RolesWrite) {
			out = append(out, p.anybody)
		}
	}
	anybody := h.Has(authority.RolesWrite)
	add := func(scope authority.Scope, members, role string) {
		if h.Has(scope) {
			if out = append(out, members); anybody {
				out = append(out, role)
			}
		}
	}
	takes := len(out) == 4 // anybody's account over: what else they may do is no other way, but for an account that is closed
	add(authority.PeopleWrite, OpenMembers, OpenAnybody)
	if takes {
		return out
	}
	if h.Has(authority.GroupsWrite) {
		out = append(out, WriteGroups)
	}
	add(authority.PeopleWrite, WriteMembers, WriteAnybody)
	add(authority.CredentialsWrite, RestoreMembers, RestoreAnybody)
	return out
}

// takeovers are what comes of two powers together.
func takeovers() []struct{ node, remove, invite string } {
	return []struct{ node, remove, invite string }{
		{TakeoverMembers, RemoveMembers, InviteMembers},
		{TakeoverAnybody, RemoveAnybody, InviteAnybody},
	}
}

// pool is who can approve.
type pool struct {
	name    string // the party, with what is taken from it
	k       int
	by      string   // power that puts people into it, if there is one
	members []string // ids, sorted
}

// poolName is what a pool is called, and who is taken from it.
func poolName(a *policy.Approve) (name string, but []policy.Party) {
	name = string(a.From)
	for _, n := range a.NotIn {
		if !strings.HasPrefix(string(n), "subject") {
			but = append(but, n)
			name += "-without-" + string(n)
		}
	}
	return name, but
}

func inPool(a *Account, from policy.Party, but []policy.Party) bool {
	return isIn(a, from) && !slices.ContainsFunc(but, func(n policy.Party) bool { return isIn(a, n) })
}

// poolOf finds or makes the pool of an approval. Who is in none of the core is in no
// pool: IsCore sees to it.
func (x *index) poolOf(o *Organisation, a *policy.Approve) *pool {
	name, but := poolName(a)
	for _, p := range x.pools {
		if p.name == name && p.k == a.K {
			return p
		}
	}
	role, isRole := a.From.Role()
	_, isGroup := a.From.Group()
	p := &pool{name: name, k: a.K}
	if isGroup || isRole && !builtIn(role) {
		p.by = WriteGroups
	}
	for i := range o.Core {
		m := &o.Core[i]
		if m.Open && inPool(m, a.From, but) {
			p.members = append(p.members, m.ID)
		}
	}
	slices.Sort(p.members)
	x.pools = append(x.pools, p)
	return p
}

// short says whether so few are in the pool that nobody comes to k approvals for
// a person: who approves never does for themselves. Of a pool in which nobody is,
// nobody has said who is in it.
func (p *pool) short(a *Account) bool {
	n := len(p.members)
	if n == 0 {
		return false
	}
	if _, in := slices.BinarySearch(p.members, a.ID); in || slices.Contains(a.Pools, p.name) {
		n--
	}
	return n < p.k
}

// Approvers is how many people are in the pool of an approval beside a, whom it
// is for. Sponsors and managers are no pool.
func (o *Organisation) Approvers(a Account, p *policy.Approve) (n int) {
	_, but := poolName(p)
	for i := range o.Core {
		if m := &o.Core[i]; m.Open && m.ID != a.ID && inPool(m, p.From, but) {
			n++
		}
	}
	return n
}

// isIn: a role that Holdfast does not have is a group that somebody gave a power to.
func isIn(a *Account, p policy.Party) bool {
	role, isRole := p.Role()
	if isRole && builtIn(role) {
		return a.Role == person.Role(role)
	}
	group, ok := p.Group()
	return ok && slices.Contains(a.User.Groups, group) || isRole && slices.Contains(a.User.Groups, role)
}

func builtIn(role string) bool {
	r := person.Role(role)
	return r == person.Administrator || r == person.HelpDesk || r == person.Auditor
}

// aimed says whether a power's target names people.
func aimed(target string) bool {
	return strings.HasPrefix(target, "segment:") || strings.HasPrefix(target, "group:")
}

// covers says whether a power that is aimed at target reaches a. A target that
// means nothing here is everybody: the worse case.
func covers(target string, a *Account) bool {
	if name, ok := strings.CutPrefix(target, "segment:"); ok {
		return a.Segment == name
	}
	if name, ok := strings.CutPrefix(target, "group:"); ok {
		return slices.Contains(a.Under, name)
	}
	return true
}
