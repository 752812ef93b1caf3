package answer

import (
	"cmp"
	"slices"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// Counting says how many accounts a change lifts to what is required of them, and
// how many have one way in fewer and at most one left.
type Counting func(Edit) (lifted, lockout int64)

// Bounds of a search for fixes: candidates that are tried in pairs, fixes that are
// shown and counted, and edges that are looked at in all. The last keeps a search
// in an organisation with thousands of operators within seconds; it is a number
// and not a time, so that the same facts give the same fixes.
const (
	paired = 24
	fixes  = 12
	looked = 500_000
)

// Fixes finds what would mend a finding: each change by itself, and each two of
// those that do not do it alone. They are ranked by the accounts that they lift,
// then by those that they may lock out, then by what the verdict is, then by how
// many changes it takes.
func (c *Case) Fixes(f Finding, count Counting) []Fix {
	s := search{c: c, f: f, organisations: map[string]*rules.Organisation{}, room: looked}
	var rest []Edit
	for _, ch := range c.candidates(f) {
		if !s.try(ch) {
			rest = append(rest, ch)
		}
	}
	if len(rest) > paired {
		rest = rest[:paired]
	}
	for i := range rest {
		for j := i + 1; j < len(rest) && len(s.found) < 2*fixes && s.room > 0; j++ {
			s.try(both(rest[i], rest[j]))
		}
	}
	if len(s.found) == 0 { // nothing mends it whole: what takes the worst away
		for _, ch := range c.candidates(f) {
			s.ease(ch)
		}
	}
	out := make([]Fix, 0, len(s.found))
	for _, ch := range s.found {
		ch.Edit.aim = f.Rule
		x := Fix{Change: ch.Text, Said: ch.Said, Verdict: ch.verdict, Lifted: 1}
		if count != nil {
			x.Lifted, x.Lockout = count(ch.Edit)
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Fix) int {
		return cmp.Or(cmp.Compare(b.Lifted, a.Lifted), cmp.Compare(a.Lockout, b.Lockout), cmp.Compare(rank(a.Verdict), rank(b.Verdict)),
			cmp.Compare(strings.Count(a.Change, " ; "), strings.Count(b.Change, " ; ")))
	})
	if out = c.plainly(f, out, count); len(out) > fixes {
		out = out[:fixes]
	}
	return out
}

// search is one for fixes.
type search struct {
	c             *Case
	f             Finding
	organisations map[string]*rules.Organisation // by what was changed of them
	room          int
	found         []mended
}

type mended struct {
	Edit
	verdict exposure.Verdict
}

// try says whether an edit mends the finding. A level and resistance to phishing
// are asked for by what costs little; the sets of what is left are listed only for
// what is found.
func (s *search) try(ch Edit) bool {
	o, a, g := s.on(ch)
	s.room -= len(g.Edges)
	now := newCase(s.c.Basis, o, a, g)
	net, err := now.net()
	if err != nil {
		return false
	}
	switch s.f.Rule {
	case BelowRequired, NISTOnly, PhrMissing:
		if !s.reaches(now, net) {
			return false
		}
		now.Truth = net.Assess(now.question())
	default:
		s.room -= assessing * len(g.Edges)
		if now.Truth = net.Assess(now.question()); !s.c.mends(s.f, now) {
			return false
		}
	}
	s.found = append(s.found, mended{ch, now.Truth.Verdict})
	return true
}

// ease takes an edit that does not mend the finding whole, and eases it.
func (s *search) ease(ch Edit) {
	o, a, g := s.on(ch)
	if now, err := ExamineGraph(s.c.Basis, o, a, g); err == nil && s.c.eases(s.f, now) {
		s.found = append(s.found, mended{ch, now.Truth.Verdict})
	}
}

// assessing is about how much more than to follow edges it is to list sets.
const assessing = 30

// reaches says whether an account is worth what the finding is about, by what is
// known, is worth no less than before in anything, and can still be used by
// whoever could.
func (s *search) reaches(now *Case, net *exposure.Net) bool {
	worst, best := net.Effective(now.Goal, now.House)
	was := s.c.Truth.Effective
	if worst.AAL < was.AAL || was.Phr && !worst.Phr {
		return false
	}
	if s.f.Rule == PhrMissing && !best.Phr || s.f.Rule != PhrMissing && best.AAL < now.Required.AAL {
		return false
	}
	var own []string
	for i := range now.Graph.Atoms {
		if a := &now.Graph.Atoms[i]; holds(a, now.Person.ID) {
			own = append(own, a.ID)
		}
	}
	return s.c.Truth.Availability == 0 || net.Derives(now.Goal, own...)
}

// on is Edit.On, where what all accounts share is made once for each change of it.
func (s *search) on(ch Edit) (*rules.Organisation, rules.Account, exposure.Graph) {
	if ch.policy == nil && ch.shared == nil {
		return ch.of(s.c, s.c.Organisation)
	}
	key := ch.shares()
	o := s.organisations[key]
	if o == nil {
		o = ch.Organisation(s.c.Organisation)
		s.room -= len(s.c.Graph.Edges) // it is built anew
		s.organisations[key] = o
	}
	return ch.On(o, s.c.Person)
}

// mends says whether a finding is gone, and nothing worse has come: whoever could
// sign in still can, and the account is worth no less.
func (c *Case) mends(f Finding, now *Case) bool {
	before, after := &c.Truth, &now.Truth
	if f.Rule != Residual && (len(after.Sets) == 0 || before.Availability > 0 && after.Availability == 0) {
		return false
	}
	if after.Effective.AAL < before.Effective.AAL || before.Effective.Phr && !after.Effective.Phr {
		return false
	}
	same := func(g Finding) bool { return g.Rule == f.Rule }
	if f.Rule == BelowRequired || f.Rule == NISTOnly {
		same = func(g Finding) bool { return g.Rule == BelowRequired || g.Rule == NISTOnly }
	}
	left := countIf(now.Findings(), same)
	if f.Rule == SinglePoint || f.Rule == UnknownFact { // there may be others, for other reasons
		return left < countIf(c.Findings(), same)
	}
	return left == 0
}

// eases says whether this very finding is gone, and with it the weakest ways,
// though others of its kind stay: where an administrator can reset everybody, no
// change of a desk brings the account to its level, and the desk's caller is
// worth shutting out all the same.
func (c *Case) eases(f Finding, now *Case) bool {
	before, after := &c.Truth, &now.Truth
	if len(after.Sets) == 0 || before.Availability > 0 && after.Availability == 0 ||
		after.Effective.AAL < before.Effective.AAL || before.Effective.Phr && !after.Effective.Phr {
		return false
	}
	if countIf(now.Findings(), func(g Finding) bool { return g.ID == f.ID }) > 0 {
		return false
	}
	lowest := func(a *exposure.Assessment) (n int) {
		for i := range a.Sets {
			if a.Sets[i].Level <= before.Effective.AAL {
				n++
			}
		}
		return n
	}
	return after.Effective.AAL > before.Effective.AAL || lowest(after) < lowest(before)
}

// rank orders verdicts, the best first.
func rank(v exposure.Verdict) int {
	return slices.Index([]exposure.Verdict{exposure.Pass, exposure.NISTOnly, exposure.FailUnknown, exposure.Fail}, v)
}

func countIf(list []Finding, is func(Finding) bool) (n int) {
	for _, f := range list {
		if is(f) {
			n++
		}
	}
	return n
}

// Lifts says whether an account is brought to what is required of it by what it
// was worth and is: to the level, to resistance to phishing, to a way to spare, or
// to all that is required, as the finding says for which the change was found.
func (ch Edit) Lifts(r exposure.Required, was, is exposure.Effective, degreeWas, degreeIs int) bool {
	level := func(e exposure.Effective) bool { return e.AAL >= r.AAL }
	phr := func(e exposure.Effective) bool { return e.Phr || !r.Phr }
	switch ch.aim {
	case BelowRequired, NISTOnly, SinglePoint:
		return !level(was) && level(is)
	case PhrMissing:
		return !phr(was) && phr(is)
	case Availability:
		return degreeWas < 2 && degreeIs >= 2
	}
	return !(level(was) && phr(was)) && level(is) && phr(is)
}

// Key is the same for edits that do the same, for the same.
func (ch Edit) Key() string { return ch.aim + "\x00" + ch.Text }

// Moves says what a change does to one account, or to all of one shape: whether
// it lifts it, and whether it has one way in fewer and at most one left. Changed
// is what ch.Organisation made of o.
func (ch Edit) Moves(o, changed *rules.Organisation, a rules.Account) (lifted, locked bool) {
	before, err := Examine(Basis{}, o, a)
	if err != nil {
		return false, false
	}
	o, a, g := ch.On(changed, a)
	after, err := ExamineGraph(Basis{}, o, a, g)
	if err != nil {
		return false, false
	}
	ways := func(c *Case) int { return len(c.sets(c.owned)) + c.waysBack() }
	return ch.Lifts(after.Required, before.Truth.Effective, after.Truth.Effective, before.Truth.Availability, after.Truth.Availability), ways(after) < ways(before) && ways(after) <= 1
}

// waysBack counts the recovery procedures that lead to the account.
func (c *Case) waysBack() int {
	of := map[string]bool{}
	for _, e := range c.edges {
		if c.wayBack(e) && strings.HasPrefix(e.Of, "recovery:") {
			of[e.Of] = true
		}
	}
	return len(of)
}

// candidates are the changes that could matter for a finding, in an order that
// does not depend on anything but the facts.
func (c *Case) candidates(f Finding) []Edit {
	var out []Edit
	add := func(list ...Edit) {
		for _, ch := range list {
			if !slices.ContainsFunc(out, func(o Edit) bool { return o.Text == ch.Text }) {
				out = append(out, ch)
			}
		}
	}
	if f.Rule == Availability {
		add(Edit{Text: "credentials += key", Said: "Give " + c.name() + " another hardware key, to be kept elsewhere.", one: newKey})
		return out
	}
	for _, of := range c.groups(f) {
		add(c.against(of)...)
	}
	for _, s := range c.Truth.Sets {
		for _, u := range s.Unknown {
			add(c.learn(c.atom(u).Learn))
		}
	}
	return out
}

// groups are the things that the edges of bad ways were made of, those nearest
// to the beginning first.
func (c *Case) groups(f Finding) (out []string) {
	add := func(path []string) {
		for _, id := range path {
			if e := c.edges[id]; e != nil && e.Of != "" && !slices.Contains(out, e.Of) {
				out = append(out, e.Of)
			}
		}
	}
	if f.Rule != BelowRequired && f.Rule != NISTOnly {
		for _, w := range f.Weakest {
			add(w.Path)
		}
		return out
	}
	for i := range c.Truth.Sets {
		if s := &c.Truth.Sets[i]; s.Level < c.Required.AAL {
			add(s.Path)
		}
	}
	return out
}

// against is what can be done about one thing.
func (c *Case) against(of string) []Edit {
	kind, name, _ := strings.Cut(of, ":")
	switch kind {
	case "fallback":
		return c.againstFallback(name)
	case "recovery":
		return c.againstRecovery(name)
	case "power":
		return c.againstPower(name)
	case "sync", "mailbox", "phone", "saved-code":
		return c.againstAccount(of, name)
	case "token":
		return []Edit{{Text: "tokens -= " + name, Said: "Revoke the API token " + name + ".", graph: without(func(e *exposure.Edge) bool { return e.Of == of })}}
	case "credential":
		return c.againstCredential(name)
	case "role":
		return []Edit{{Text: "roles -= " + name, Said: "Take the role of " + c.personName(name) + " away: there is no setting today by which a second person must agree to what it does.",
			graph: without(func(e *exposure.Edge) bool { return e.Of == of })}}
	case "link":
		return []Edit{{Text: "invitations -= " + name, Said: "Revoke the open link.", one: func(a *rules.Account) {
			a.Links = slices.DeleteFunc(a.Links, func(l rules.Link) bool { return l.ID == name })
		}}}
	case "binding", "root", "closed":
		return nil
	}
	return []Edit{{Text: "remove " + of, Said: "Take away: " + c.groupLabel(of) + ".", graph: without(func(e *exposure.Edge) bool { return e.Of == of })}}
}

// groupLabel is what the first edge of a group is called.
func (c *Case) groupLabel(of string) string {
	for i := range c.Graph.Edges {
		if e := &c.Graph.Edges[i]; e.Of == of && e.Label != "" {
			return e.Label
		}
	}
	return of
}

func (c *Case) againstFallback(name string) []Edit {
	segment := c.Person.Segment
	out := []Edit{{
		Text: "policy.segments." + segment + ".fallbacks -= " + name,
		Said: "Retire the fallback " + name + " of " + segment + " now.",
		one: func(a *rules.Account) {
			if a.Segment == segment {
				dropFallback(name)(a)
			}
		},
	}}
	if fb, ok := c.Organisation.Policy.Document().Fallbacks.Get(name); ok && !fb.NoDowngrade {
		out = append(out, Edit{
			Text: "policy.fallbacks." + name + ".no_downgrade = true",
			Said: "Refuse the fallback " + name + " to whoever has a passkey that works.",
			one: func(a *rules.Account) {
				if slices.ContainsFunc(a.Credentials, rules.Credential.Signs) {
					dropFallback(name)(a)
				}
			},
		})
	}
	return out
}
