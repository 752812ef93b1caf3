package answer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// Who says who can get at an account, from what was computed of it.
func Who(b Basis, o *rules.Organisation, a rules.Account, g exposure.Graph, truth exposure.Assessment) WhoCan {
	c := newCase(b, o, a, g)
	c.Truth = truth
	return c.Who()
}

// Who says who can get at the account. Its findings come without fixes: see
// Fixes.
func (c *Case) Who() WhoCan {
	t := &c.Truth
	w := WhoCan{Basis: c.Basis, Subject: c.Subject, Sentence: c.summary(), Effective: worth(t.Effective), Best: worth(t.Best),
		Verdict: t.Verdict, NIST: t.NIST, Ways: []Way{}, SinglePoints: []Thing{}, Availability: t.Availability,
		House: list(t.House), Unknown: list(t.Unknown), RootPowers: c.roots(), Changes: c.changes(), Truncated: t.Truncated}
	for i := range t.Sets {
		w.Ways = append(w.Ways, c.way(&t.Sets[i]))
	}
	for _, id := range t.SinglePoints {
		w.SinglePoints = append(w.SinglePoints, c.thing(id))
	}
	w.Findings = c.Findings()
	return w
}

func worth(e exposure.Effective) Worth { return Worth{e.AAL, e.Phr, e.Contest.String()} }

// summary is the answer in a line: the verdict, and the weakest way.
func (c *Case) summary() string {
	t := &c.Truth
	if len(t.Sets) == 0 {
		return "Nobody can be signed in as " + c.name() + ": there is no way in."
	}
	first := &t.Sets[0]
	for i := range t.Sets { // where only phishing resistance is missing, the level is not the reason
		if c.violates(&t.Sets[i]) {
			first = &t.Sets[i]
			break
		}
	}
	text, house := c.sentence(first), first.House
	switch t.Verdict {
	case exposure.Pass:
		house = t.House
		text = fmt.Sprintf("Every way to %s's account takes at least AAL%d%s, and AAL%d is asked for.", c.name(), t.Effective.AAL, resisting(t.Effective), c.Required.AAL)
	case exposure.NISTOnly:
		text = "NIST accepts it, and it is not worth what a sign-in must be. " + text
	}
	if len(house) > 0 {
		text += " This rests on house rules: " + strings.Join(house, ", ") + "."
	}
	return string(t.Verdict) + ": " + text
}

func resisting(e exposure.Effective) string {
	if e.Phr {
		return " and resists phishing"
	}
	return ""
}

// moments is how many changes are looked at.
const moments = 24

// changes is what time alone will do.
func (c *Case) changes() []Change {
	out := []Change{}
	last, known, verdict := c.Truth.Effective, c.Truth.Best, c.Truth.Verdict
	for i, at := range c.Graph.Changes(c.Organisation.At) {
		if i == moments {
			break
		}
		net, err := exposure.Compile(c.Graph, exposure.Options{At: at})
		if err != nil {
			return out
		}
		q := c.question()
		if worst, best := net.Effective(c.Goal, c.House, c.given...); worst.AAL == last.AAL && worst.Phr == last.Phr && best.AAL == known.AAL && best.Phr == known.Phr {
			continue
		}
		now := net.Assess(q)
		known = now.Best
		if now.Effective == last && now.Verdict == verdict {
			continue
		}
		out = append(out, Change{At: at.UTC(), Worth: worth(now.Effective), Verdict: now.Verdict, Because: c.because(at, last, now.Effective)})
		last, verdict = now.Effective, now.Verdict
	}
	return out
}

// because names what begins or ends at a moment: "rises to AAL2 at the end of
// 31 Mar 2027, when totp-legacy retires".
func (c *Case) because(at time.Time, was, is exposure.Effective) string {
	var parts []string
	for i := range c.Graph.Edges {
		e := &c.Graph.Edges[i]
		p, verb := c.ofLabel(e)+" begins", " is over"
		switch {
		case e.Until.Equal(at):
			if strings.HasPrefix(e.Of, "fallback:") {
				verb = " retires"
			}
			p = c.ofLabel(e) + verb
		case !e.From.Equal(at):
			continue
		}
		if !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	verb := "stays AAL%d"
	switch {
	case is.AAL > was.AAL:
		verb = "rises to AAL%d"
	case is.AAL < was.AAL:
		verb = "falls to AAL%d"
	}
	text := fmt.Sprintf(verb, is.AAL) + " " + day(at)
	if len(parts) > 0 {
		text += ", when " + and(parts)
	}
	switch {
	case is.Phr && !was.Phr:
		text += "; resists phishing from then on"
	case was.Phr && !is.Phr:
		text += "; does not resist phishing any more"
	}
	return text
}

// ofLabel names what an edge was made of.
func (c *Case) ofLabel(e *exposure.Edge) string {
	if kind, name, ok := strings.Cut(e.Of, ":"); ok && (kind == "fallback" || kind == "recovery" || kind == "enrolment") {
		return name
	}
	return label(e.Label, e.ID)
}

// day is a moment for people. Midnight is the end of the day that a policy or a
// declaration names.
func day(at time.Time) string {
	at = at.UTC()
	if at.Equal(at.Truncate(24 * time.Hour)) {
		return "at the end of " + at.Add(-time.Second).Format("2 Jan 2006")
	}
	return "on " + at.Format("2 Jan 2006 at 15:04 UTC")
}
