package answer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/exposure"
)

// The severities, the worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Rank orders severities: 0 is the worst.
func (s Severity) Rank() int { return slices.Index([]Severity{Critical, High, Medium, Low}, s) }

// shown is how many ways a finding shows.
const shown = 8

// Findings lists what is wrong with the account, the worst first, without fixes.
func (c *Case) Findings() []Finding {
	out := []Finding{}
	if len(c.Truth.Sets) > 0 {
		out = append(out, c.below()...)
		out = append(out, c.phishable()...)
		out = append(out, c.unknowns()...)
		out = append(out, c.singles()...)
		out = append(out, c.untold()...)
	}
	out = append(out, c.availability()...)
	out = append(out, c.residual()...)
	Order(out)
	return out
}

// Order sorts findings: by severity, then rule, account and id.
func Order(list []Finding) {
	slices.SortFunc(list, func(a, b Finding) int {
		if d := a.Severity.Rank() - b.Severity.Rank(); d != 0 {
			return d
		}
		return strings.Compare(a.Rule+"\x00"+a.Account+"\x00"+a.ID, b.Rule+"\x00"+b.Account+"\x00"+b.ID)
	})
}

// below: ways that take less than what is required, by what is known.
func (c *Case) below() []Finding {
	short := c.sets(func(s *exposure.Set) bool { return s.Level < c.Required.AAL && len(s.Unknown) == 0 })
	if len(short) == 0 {
		return nil
	}
	lowest := short[0].Level
	rule, severity := BelowRequired, High
	if c.Required.AAL-lowest >= 2 {
		severity = Critical
	}
	if !slices.ContainsFunc(short, func(s *exposure.Set) bool { return !s.NIST }) && !c.Truth.Truncated {
		rule, severity = NISTOnly, Medium
	}
	if lowest == 0 {
		severity = Critical
	}
	f := c.finding(rule, severity, slices.DeleteFunc(short, func(s *exposure.Set) bool { return s.Level > lowest }))
	f.Sentence = f.Weakest[0].Sentence + fmt.Sprintf(" AAL%d is asked for.", c.Required.AAL)
	if rule == NISTOnly {
		f.Sentence += " NIST accepts this way back; it is not worth what a sign-in must be."
	}
	return []Finding{f}
}

// phishable: ways that are strong enough, and can be relayed.
func (c *Case) phishable() []Finding {
	if !c.Required.Phr {
		return nil
	}
	ways := c.sets(func(s *exposure.Set) bool { return !s.Phr && s.Level >= c.Required.AAL && len(s.Unknown) == 0 })
	if len(ways) == 0 {
		return nil
	}
	f := c.finding(PhrMissing, High, ways)
	f.Sentence = f.Weakest[0].Sentence + " Somebody who relays it to the real page needs no passkey."
	return []Finding{f}
}

// unknowns: one for each fact that nobody has said, and that would do harm if it
// were as bad as it can be.
func (c *Case) unknowns() []Finding {
	by := map[string][]*exposure.Set{}
	var facts []string
	for _, s := range c.sets(func(s *exposure.Set) bool { return c.violates(s) && len(s.Unknown) > 0 }) {
		for _, u := range s.Unknown {
			fact := c.atom(u).Learn
			if !slices.Contains(facts, fact) {
				facts = append(facts, fact)
			}
			by[fact] = append(by[fact], s)
		}
	}
	var out []Finding
	for _, fact := range facts {
		f := c.finding(UnknownFact, Medium, by[fact])
		f.Sentence = capital(c.name()) + ": " + c.between() + ": nobody has said " + fact + "."
		out = append(out, f)
	}
	return out
}

// singles: one thing is enough to become somebody with power.
func (c *Case) singles() []Finding {
	if !c.Privileged {
		return nil
	}
	var out []Finding
	for _, s := range c.sets(func(s *exposure.Set) bool {
		return len(s.Atoms) == 1 && s.Level < c.Required.AAL && len(s.Unknown) == 0
	}) {
		f := c.finding(SinglePoint, Critical, []*exposure.Set{s})
		f.Sentence = capital(c.name()) + " has power over others, and one thing is enough. " + f.Weakest[0].Sentence
		out = append(out, f)
	}
	return out
}

// untold: where the policy has somebody told, and whoever is told is who does it.
func (c *Case) untold() []Finding {
	net, err := c.net()
	if err != nil {
		return nil
	}
	ways := c.sets(func(s *exposure.Set) bool {
		return slices.ContainsFunc(s.Path, func(id string) bool {
			e := c.edges[id]
			return e != nil && c.wayBack(e) && len(e.Notify) > 0 && s.Contest < asked(e) &&
				!slices.ContainsFunc(e.Notify, func(channel string) bool { return !net.Derives(channel, s.Atoms...) })
		})
	})
	if len(ways) == 0 {
		return nil
	}
	f := c.finding(Contestable, Medium, ways)
	f.Sentence = "Whoever takes this way also gets the notice that is to warn " + c.name() + ". " + f.Weakest[0].Sentence
	return []Finding{f}
}

// asked is the contestability that an edge has where its channels are out of the
// attacker's reach.
func asked(e *exposure.Edge) exposure.Contest {
	switch {
	case e.Approver != "" || e.Hold.Hours() >= 72:
		return exposure.C3
	case e.Hold.Hours() >= 24 && e.Contest:
		return exposure.C2
	}
	return exposure.C1
}

// availability: one loss, and the person is out.
func (c *Case) availability() []Finding {
	if c.Segment == nil || !c.joined() || !c.Person.Open {
		return nil
	}
	want, have := max(c.Segment.Authenticators.Min, 1), c.Truth.Availability
	if !c.Segment.Authenticators.Independent {
		have = max(have, c.usable())
	}
	short := have < want
	if !short && (c.Truth.Availability > 1 || want < 2 && c.Segment.Authenticators.Backup != "") {
		return nil
	}
	severity := Low
	if c.Truth.Availability <= 1 && c.enforced() {
		severity = High
	}
	f := c.finding(Availability, severity, nil)
	f.Equals = c.Truth.Verdict == exposure.Pass
	f.Sentence = fmt.Sprintf("Losing one thing locks %s out: the policy asks for %d that do not fall together.", c.name(), max(want, 2))
	if c.Truth.Availability == 0 {
		f.Sentence = capital(c.name()) + " has nothing to sign in with: there is only the way back."
	} else if c.Truth.Availability > 1 {
		f.Sentence = fmt.Sprintf("%s can lose %s, and the policy asks for %d authenticators.", capital(c.name()), times(c.Truth.Availability-1), want)
	}
	return []Finding{f}
}

func times(n int) string {
	if n == 1 {
		return "one thing"
	}
	return fmt.Sprintf("%d things", n)
}

// residual: somebody has left, and can still get in.
func (c *Case) residual() []Finding {
	l, ok := c.Left()
	if !ok || !l.Derives {
		return nil
	}
	f := c.finding(Residual, High, c.sets(func(s *exposure.Set) bool { return c.owned(s) }))
	f.Sentence = l.Sentence
	f.Equals = false
	return []Finding{f}
}

// owned says whether a set is of the person's own things alone.
func (c *Case) owned(s *exposure.Set) bool {
	return !slices.ContainsFunc(s.Atoms, func(id string) bool { a := c.atom(id); return !holds(&a, c.Person.ID) })
}

// sets are those of the assessment of which something is true.
func (c *Case) sets(of func(*exposure.Set) bool) (out []*exposure.Set) {
	for i := range c.Truth.Sets {
		if of(&c.Truth.Sets[i]) {
			out = append(out, &c.Truth.Sets[i])
		}
	}
	return out
}

// finding fills in what all have.
func (c *Case) finding(rule string, severity Severity, ways []*exposure.Set) Finding {
	f := Finding{Rule: rule, Severity: severity, Account: c.Subject.Account, Segment: c.Subject.Segment, Required: c.Required,
		Effective: worth(c.Truth.Effective), Weakest: []Way{}, NIST: c.checks(rule, ways), Equals: c.Truth.Verdict == exposure.Pass,
		Fixes: []Fix{}, AsOf: c.AsOf.UTC(), PolicyRev: c.PolicyRev, FactsRev: c.FactsRev, Truncated: c.Truth.Truncated || len(ways) > shown}
	for i, s := range ways {
		if i < shown {
			f.Weakest = append(f.Weakest, c.way(s))
		}
	}
	f.ID = identify(rule, &f)
	return f
}

// identify makes a finding's id of whose it is and of what it says: not of when,
// nor of how many records there were.
func identify(rule string, f *Finding) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%d\x00%v", rule, f.Account, f.Required.AAL, f.Required.Phr)
	for _, w := range f.Weakest {
		fmt.Fprintf(h, "\x00%s", strings.Join(w.Atoms, "\x01"))
	}
	return "F-" + brief(f.Account) + "-" + hex.EncodeToString(h.Sum(nil)[:4])
}

// named is how much of an account's id its findings' ids have: so few begin alike
// that all of them can be asked.
const named = 8

func brief(account string) string {
	_, own, _ := strings.Cut(account, "_")
	if own == "" {
		own = account
	}
	return own[:min(named, len(own))]
}

// Whose is how the id of the account begins that a finding is about; empty: it is
// no finding's id.
func Whose(finding string) string {
	rest, ok := strings.CutPrefix(finding, "F-")
	at := strings.LastIndexByte(rest, '-')
	if !ok || at <= 0 || at > named {
		return ""
	}
	return "per_" + rest[:at]
}
