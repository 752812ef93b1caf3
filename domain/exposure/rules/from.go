package rules

import (
	"slices"
	"strconv"
	"strings"

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
	fallbacks, enrolment map[string][]policy.Cond // what can be told beforehand of when they are open
	sponsor, manager     map[string]bool          // segments whose ways back take their word
	enrolSponsor         bool
	enrolManager         bool
	segments             []segment
	targets              []string // groups that a declared power is aimed at, sorted
	approvals            []*policy.Approve
}

func (o *Organisation) read() *reading {
	o.once.reading.Do(func() {
		d := o.Policy.Document()
		r := &reading{fallbacks: map[string][]policy.Cond{}, enrolment: map[string][]policy.Cond{}, sponsor: map[string]bool{}, manager: map[string]bool{}}
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
			r.segments = append(r.segments, segment{s.Name, when, when.Reads("user.groups")})
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
	if a.Open = (p.Status == person.Active || p.Status == person.Invited) && !a.Ended; a.Open {
		a.Holds = authority.OfRole(a.Role) // who is invited has it with their first passkey, and so has who opens their link
	}
	if s, ok := o.Policy.SegmentOf(&in); ok {
		a.Segment = s.Name
		in.Account.Segment = s.Name
	}
	if a.Open {
		o.credentials(&a, &h, &in)
		o.ways(&a, &in)
	}
	o.declared(&a, h.Surroundings)
	for _, t := range h.Tickets {
		if t.State(now) == ticket.Open && a.Open {
			a.Links = append(a.Links, Link{ID: string(t.ID), Kind: t.Kind, Mailed: t.Kind == ticket.Invitation, Until: t.Expires})
		}
	}
	for _, t := range h.Tokens {
		if holds := t.Holds(p, now); !holds.Empty() {
			a.Tokens = append(a.Tokens, Token{ID: string(t.ID), Name: t.Name, Holds: holds, Until: t.Expires})
		}
	}
	return a
}

// credentials asks the policy of each whether it signs in: without user
// verification, else with it. What a browser made without asking has verified
// nobody yet and still may.
func (o *Organisation) credentials(a *Account, h *Held, in *policy.Input) {
	for _, c := range h.Credentials {
		if c.Status == credential.Removed {
			continue
		}
		j := h.Judgement(c.ID)
		out := Credential{ID: string(c.ID), Name: c.Name, Active: c.Status == credential.Active, Device: madeOn(c, j.Serial)}
		out.Facts = standing.Cred(c, j, o.Policy.Profiles(), false, o.At)
		if out.Active && a.Segment != "" {
			in.Cred = out.Facts
			if _, out.Admitted, _, _ = o.Policy.Admits(in); !out.Admitted {
				out.Facts = standing.Cred(c, j, o.Policy.Profiles(), true, o.At)
				in.Cred = out.Facts
				_, out.Admitted, _, _ = o.Policy.Admits(in)
			}
		}
		a.Credentials = append(a.Credentials, out)
	}
	in.Cred = policy.Cred{}
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

// ways are the fallbacks and procedures that are open, and whose word they take.
func (o *Organisation) ways(a *Account, in *policy.Input) {
	d, r := o.Policy.Document(), o.read()
	open := func(segment string, not []string) (out []string) {
		if s, _, ok := d.Segment(segment); ok {
			for _, name := range s.Fallbacks {
				f := d.Fallbacks.Of[name]
				if !slices.Contains(not, name) && !(f.NoDowngrade && in.User.Credentials.PhrActive > 0) && may(r.fallbacks[name], in) {
					out = append(out, name)
				}
			}
		}
		return out
	}
	a.Fallbacks = open(a.Segment, nil)
	takesSponsor, takesManager := r.sponsor[a.Segment], r.manager[a.Segment]
	a.Elsewhere = r.elsewhere(a.Segment, in)
	for _, s := range a.Elsewhere {
		a.Moved = append(a.Moved, open(s, slices.Concat(a.Fallbacks, a.Moved))...)
	}
	if a.Status == person.Invited {
		takesSponsor, takesManager = r.enrolSponsor, r.enrolManager
		for _, name := range d.Enrolment.Names {
			if may(r.enrolment[name], in) {
				a.Enrolments = append(a.Enrolments, name)
			}
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

// may says whether a condition can hold for the person: all that can be told
// beforehand does. One that cannot be evaluated does not, as at the door.
func may(conds []policy.Cond, in *policy.Input) bool {
	for _, c := range conds {
		if ok, err := c.Eval(in); err != nil || !ok {
			return false
		}
	}
	return true
}

// beforehand are the parts of a condition, all of which must hold, that depend on
// the person alone. The rest depends on the moment, and counts for the attacker.
func beforehand(c policy.Cond) []policy.Cond {
	if c.IsZero() {
		return nil
	}
	if personal(c) {
		return []policy.Cond{c}
	}
	var out []policy.Cond
	var compiler *policy.Compiler
	for _, part := range conjuncts(c.Text()) {
		if !strings.Contains(part, "user.") {
			continue
		}
		if compiler == nil {
			compiler = policy.NewCompiler()
		}
		if p, faults := compiler.Compile(part, policy.ScopeRequest); len(faults) == 0 && personal(p) {
			out = append(out, p)
		}
	}
	return out
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
