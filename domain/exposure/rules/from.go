package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/standing"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// reading is what From looks up of the policy.
type reading struct {
	fallbacks, enrolment map[string][]part // what can be told beforehand of when they are open
	sponsor, manager     map[string]bool   // segments whose ways back take their word
	enrolSponsor         bool
	enrolManager         bool
	segments             []segment
	targets              []string // groups that a declared power is aimed at, sorted
	approvals            []*policy.Approve
}

func (o *Organisation) read() *reading {
	o.once.reading.Do(func() {
		d := o.Policy.Document()
		r := &reading{fallbacks: map[string][]part{}, enrolment: map[string][]part{}, sponsor: map[string]bool{}, manager: map[string]bool{}}
		for _, name := range d.Fallbacks.Names {
			r.fallbacks[name] = beforehand(o.Policy.Cond("fallbacks." + name + ".only_when"))
		}
		for _, name := range d.Enrolment.Names {
			r.enrolment[name] = beforehand(o.Policy.Cond("enrolment." + name + ".when"))
			r.approve(d.Enrolment.Of[name])
			s, m := vouched(d.Enrolment.Of[name])
			r.enrolSponsor, r.enrolManager = r.enrolSponsor || s, r.enrolManager || m
		}
		for _, name := range d.Recovery.Names {
			r.approve(d.Recovery.Of[name])
		}
		for i, s := range d.Segments {
			when := o.Policy.Cond("segments[" + strconv.Itoa(i) + "].when")
			r.segments = append(r.segments, segment{s.Name, partsOf(when, policy.ScopePerson), s.Required.AAL < 2})
			for _, name := range s.Recovery {
				sp, ma := vouched(d.Recovery.Of[name])
				r.sponsor[s.Name], r.manager[s.Name] = r.sponsor[s.Name] || sp, r.manager[s.Name] || ma
			}
		}
		for i := range o.Shared {
			if group, ok := strings.CutPrefix(o.Shared[i].Target, "group:"); ok {
				r.targets = append(r.targets, group)
			}
		}
		slices.Sort(r.targets)
		r.targets = slices.Compact(r.targets)
		o.reading = r
	})
	return o.reading
}

// approve notes the pools of p, each once.
func (r *reading) approve(p *policy.Procedure) {
	for _, s := range p.Steps {
		if s.Approve == nil || strings.HasPrefix(string(s.Approve.From), "subject") {
			continue
		}
		name, _ := poolName(s.Approve)
		if !slices.ContainsFunc(r.approvals, func(a *policy.Approve) bool { n, _ := poolName(a); return n == name }) {
			r.approvals = append(r.approvals, s.Approve)
		}
	}
}

// vouched says whose word beside a pool's a procedure takes.
func vouched(p *policy.Procedure) (sponsor, manager bool) {
	for _, s := range p.Steps {
		if s.Approve != nil {
			sponsor = sponsor || s.Approve.From == "subject.sponsor"
			manager = manager || s.Approve.From == "subject.manager" || s.Approve.From == "subject.manager_chain"
		}
	}
	return sponsor, manager
}

// From reads an account. It looks at the policy and the powers, not at the core.
func (o *Organisation) From(h Held) Account {
	p, now := h.Person, o.At
	in := h.Input(policy.SignIn, o.Policy.Profiles(), now)
	a := Account{ID: string(p.ID), At: now, Name: p.Name, User: in.User, Status: p.Status, Ended: p.Ended(now), Role: p.RoleAt(now),
		Domain: domainOf(p.Email)}
	a.Barred = p.Status == person.Suspended && p.SuspendedBy == person.ByAdministrator // of one by an older version nobody knows: the worse case
	a.Open = (p.Status == person.Active || p.Status == person.Invited) && !a.Ended
	if s, ok := o.Policy.SegmentOf(&in); ok {
		a.Segment = s.Name
		in.Account.Segment = s.Name
	}
	o.declared(&a, h.Surroundings)
	if p.Status == person.Erased {
		return a
	}
	a.Holds = authority.OfRole(a.Role) // who is invited has it with their first passkey, and so has who opens their link
	in.Account.Locked = false          // of one that is closed, as it would be if it were opened
	within := o.read().segmentsFor(&in)
	o.credentials(&a, &h, &in, within)
	o.ways(&a, &in, within)
	for _, t := range h.Tickets {
		if t.State(now) == ticket.Open {
			a.Links = append(a.Links, Link{ID: string(t.ID), Kind: t.Kind, Mailed: t.Kind == ticket.Invitation, Until: t.Expires})
		}
	}
	opened := p
	opened.Status, opened.Ends = person.Active, time.Time{} // of whoever is stopped, as it would be if they were not
	for _, t := range h.Tokens {
		if holds := t.Holds(opened, now); !holds.Empty() {
			a.Tokens = append(a.Tokens, Token{ID: string(t.ID), Name: t.Name, Holds: holds, Until: t.Expires})
		}
	}
	return a
}

// credentials asks the policy of each whether it signs in: without user
// verification, else with it. What a browser made without asking has verified
// nobody yet and still may. Of one that is suspended it is asked as if it were not.
func (o *Organisation) credentials(a *Account, h *Held, in *policy.Input, within []ways) {
	for _, c := range h.Credentials {
		if c.Status == credential.Removed {
			continue
		}
		j := h.Judgement(c.ID)
		out := Credential{ID: string(c.ID), Name: c.Name, Active: c.Status == credential.Active, Device: madeOn(c, j.Serial)}
		facts := func(uv bool) policy.Cred {
			f := standing.Cred(c, j, o.Policy.Profiles(), uv, o.At)
			f.Suspended = false
			return f
		}
		bare, verified := facts(false), facts(true)
		out.Facts = bare
		if in.Cred = bare; a.Segment != "" {
			if _, out.Admitted, _, _ = o.Policy.Admits(in); !out.Admitted {
				out.Facts, in.Cred = verified, verified
				_, out.Admitted, _, _ = o.Policy.Admits(in)
			}
		}
		if !out.Admitted {
			out.Facts, in.Cred = verified, verified
			out.Elsewhere = o.admits(a.Segment, in, within, false)
		}
		if in.Cred = bare; out.Facts.UV {
			out.Bare = o.admits(a.Segment, in, within, true)
		}
		a.Credentials = append(a.Credentials, out)
	}
	in.Cred = policy.Cred{}
}

// admits says by what the owner of a passkey could be put into a segment, other
// than their own, that admits it.
func (o *Organisation) admits(own string, in *policy.Input, within []ways, bare bool) []By {
	var all ways
	for i := range within {
		if s := &o.read().segments[i]; s.name != own && within[i] != 0 && (s.bare || !bare) && within[i]&^all != 0 && o.Policy.AdmitsIn(s.name, in) {
			all |= within[i]
		}
	}
	return all.least()
}

// madeOn is what c falls together with.
func madeOn(c credential.Record, serial string) string {
	if serial != "" {
		return serial
	}
	if device, ok := strings.CutPrefix(c.MadeOn, credential.OnManaged); ok {
		return device
	}
	return ""
}

// ways are the fallbacks and procedures that are open, or would be, and whose
// word they take.
func (o *Organisation) ways(a *Account, in *policy.Input, within []ways) {
	d, r := o.Policy.Document(), o.read()
	takesSponsor, takesManager := false, false
	fallbacks := map[string]ways{}
	var order []string
	for i, s := range r.segments {
		if within[i] == 0 {
			continue
		}
		takesSponsor, takesManager = takesSponsor || r.sponsor[s.name], takesManager || r.manager[s.name]
		if s.name != a.Segment {
			for _, by := range within[i].least() {
				a.Elsewhere = append(a.Elsewhere, Elsewhere{s.name, by})
			}
		}
		seg, _, _ := d.Segment(s.name)
		for _, name := range seg.Fallbacks {
			if f := d.Fallbacks.Of[name]; !f.NoDowngrade || in.User.Credentials.PhrActive == 0 {
				if fallbacks[name] == 0 {
					order = append(order, name)
				}
				in.Account.Segment = s.name
				can, _ := reach(in, r.fallbacks[name])
				fallbacks[name] |= can & within[i]
			}
		}
	}
	in.Account.Segment = a.Segment
	for _, name := range order {
		a.Fallbacks, a.Moved = opened(name, fallbacks[name], a.Fallbacks, a.Moved)
	}
	if !a.joined() {
		takesSponsor, takesManager = r.enrolSponsor, r.enrolManager
		for _, name := range d.Enrolment.Names {
			can, _ := reach(in, r.enrolment[name])
			a.Enrolments, a.Joins = opened(name, can, a.Enrolments, a.Joins)
		}
	}
	if takesSponsor {
		a.Sponsor = in.User.Sponsor
	}
	if takesManager {
		a.Manager = in.User.Manager
	}
	for _, p := range r.approvals {
		if name, but := poolName(p); inPool(a, p.From, but) {
			a.Pools = append(a.Pools, name)
		}
	}
	for _, g := range r.targets {
		if slices.Contains(a.User.Groups, g) {
			a.Under = append(a.Under, g)
		}
	}
}

// opened adds a name to those that are open, or that would be.
func opened(name string, w ways, open []string, would []Opened) ([]string, []Opened) {
	for _, by := range w.least() {
		if by == 0 {
			open = append(open, name)
		} else {
			would = append(would, Opened{name, by})
		}
	}
	return open, would
}

// declared sorts what is declared of a person.
func (o *Organisation) declared(a *Account, records []surroundings.Record) {
	for _, r := range records {
		if r.Kind != surroundings.Departure && o.At.Before(r.From) {
			continue
		}
		switch r.Kind {
		case surroundings.SyncAccount:
			a.Syncs = append(a.Syncs, r)
		case surroundings.Mailbox:
			a.Mailboxes = append(a.Mailboxes, r)
		case surroundings.Phone:
			a.Phones = append(a.Phones, r)
		case surroundings.KeptCode:
			a.Kept = append(a.Kept, r)
		case surroundings.Departure:
			if a.Left.IsZero() || r.From.Before(a.Left) {
				a.Left = r.From
			}
		}
	}
}

// beforehand are the parts of a condition, all of which must hold, that depend on
// the person alone. The rest depends on the moment, and counts for the attacker.
func beforehand(c policy.Cond) []part {
	return slices.DeleteFunc(partsOf(c, policy.ScopeRequest), func(p part) bool { return !personal(p.when) })
}

func personal(c policy.Cond) bool {
	return !slices.ContainsFunc(c.Fields(), func(f string) bool { return !strings.HasPrefix(f, "user.") && f != "account.segment" })
}

// conjuncts splits an expression at the && outside of brackets and strings. An
// expression with || or ?: outside of them is one part: it binds looser. So is one
// with a comment, an escape or a long string, in which && could be anything.
func conjuncts(text string) []string {
	if strings.Contains(text, "//") || strings.ContainsRune(text, '\\') || strings.Contains(text, `"""`) || strings.Contains(text, "'''") {
		return []string{text}
	}
	var out []string
	depth, start := 0, 0
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case depth > 0:
		case strings.HasPrefix(text[i:], "||") || c == '?':
			return []string{text}
		case strings.HasPrefix(text[i:], "&&"):
			out = append(out, text[start:i])
			i++
			start = i + 1
		}
	}
	return append(out, text[start:])
}
