package page

import (
	"slices"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/surroundings"
)

// Exposed lists accounts by what they are worth.
type Exposed struct {
	Frame
	Rows     []answer.Row
	Filter   ExposedFilter
	Segments []Option
	Belows   []Option
	Profiles []Option
	Verdicts []Option
	Total    int64  // accounts that match; below 0: nobody has counted just these
	Next     string // address of the next part; empty: there is none
	Export   Export
	Reading  bool // the accounts are still being read
}

// Heading says how many there are.
func (e *Exposed) Heading() string {
	switch {
	case e.Reading:
		return "Accounts are being read"
	case !e.Filter.Any():
		return capital(count(int(max(0, e.Total)), "account", "accounts")) + ", and who gets in"
	case e.Total < 0 && len(e.Rows) > 0:
		return "Accounts that match"
	}
	return capital(count(int(max(0, e.Total)), "account matches", "accounts match"))
}

// AdversaryNames are profiles in words.
func AdversaryNames(profiles []string) []string {
	out := make([]string, len(profiles))
	for i, p := range profiles {
		out[i] = adversary(p).Name
	}
	return out
}

// ExposureBlast is what falls with one thing.
type ExposureBlast struct {
	Frame
	Answer   answer.Blast
	Accounts []Link // some of them, by name
	Next     string // address of more
	Asked    string // what was typed
	Unknown  bool   // there is nothing of that name
	Why      string // in the words of who looked
	Reading  bool   // the accounts are still being read
	Suggest  []answer.Blast
	Basis    answer.Basis
}

// powersShown is how many powers stand open; the rest is folded away.
const powersShown = 12

// Powers are the first that fall with it.
func (e *ExposureBlast) Powers() []answer.Thing {
	return e.Answer.Powers[:min(powersShown, len(e.Answer.Powers))]
}

// MorePowers are the rest.
func (e *ExposureBlast) MorePowers() []answer.Thing {
	return e.Answer.Powers[len(e.Powers()):]
}

// ExposureFindings lists what is wrong with accounts.
type ExposureFindings struct {
	Frame
	Rows       []ExposureFinding
	Severities []Option
	RuleNames  []Option
	Segments   []Option
	Narrowed   bool
	Next       string // address of the next part; empty: there is none
	Export     Export
	Reading    bool
}

// ExposureFinding is a finding and whose account it is about.
type ExposureFinding struct {
	answer.Finding
	Name string
}

// RuleWords says what a rule of findings is about.
func RuleWords(rule string) string {
	switch rule {
	case answer.BelowRequired:
		return "worth less than asked"
	case answer.PhrMissing:
		return "can be phished"
	case answer.NISTOnly:
		return "NIST accepts it, and it is not worth as much"
	case answer.UnknownFact:
		return "rests on what nobody declared"
	case answer.SinglePoint:
		return "falls with one thing"
	case answer.Availability:
		return "one loss from being locked out"
	case answer.Residual:
		return "left, and still has access"
	case answer.Contestable:
		return "nobody would notice in time"
	}
	return rule
}

// FindingRules are the choices of the filter.
func FindingRules() []string {
	return []string{answer.BelowRequired, answer.PhrMissing, answer.NISTOnly, answer.UnknownFact, answer.SinglePoint, answer.Availability, answer.Residual, answer.Contestable}
}

// ExposureResidual lists who left and what of theirs still opens.
type ExposureResidual struct {
	Frame
	Rows    []answer.Left
	Basis   answer.Basis
	Next    string // address of the next part; empty: there is none
	Export  Export
	Reading bool
}

// Open are those whose things still give a session.
func (e *ExposureResidual) Open() (n int) {
	for _, r := range e.Rows {
		if r.Derives {
			n++
		}
	}
	return n
}

// Labels are things by name.
func Labels(things []answer.Thing) []string {
	out := make([]string, len(things))
	for i, t := range things {
		out[i] = t.Label
	}
	return out
}

// NISTRefs are the sections that a finding fails.
func NISTRefs(checks []answer.NISTCheck) []string {
	var out []string
	for _, c := range checks {
		if c.Result == "fail" {
			out = append(out, c.Ref)
		}
	}
	return out
}

// rested says what an answer rests on.
func rested(b answer.Basis) []Pair {
	if b.AsOf.IsZero() {
		return nil
	}
	out := []Pair{{Name: "As of", Value: instant(b.AsOf)}, {Name: "Facts", Value: "record " + thousands(int(b.FactsRev)) + " of the log"}}
	if b.PolicyRev != "" {
		out = append(out, Pair{Name: "Policy", Value: b.PolicyRev[:min(16, len(b.PolicyRev))], Code: true})
	}
	return out
}

func sortSteps(rows []StepRow) {
	slices.SortStableFunc(rows, func(a, b StepRow) int { return a.Place - b.Place })
}

// exposureTabs are the pages about exposure.
func exposureTabs(p Page) []RailEntry {
	var out []RailEntry
	for _, e := range []struct {
		text, url string
		names     []string
	}{
		{"Overview", PathExposure, []string{"exposure"}},
		{"Accounts", PathExposed, []string{"exposed", "exposedaccount"}},
		{"Findings", PathExposureFindings, []string{"exposurefindings"}},
		{"Residual access", PathResidual, []string{"exposureresidual"}},
		{"What falls with", PathBlast, []string{"exposureblast"}},
	} {
		out = append(out, RailEntry{Text: e.text, URL: e.url, Here: slices.Contains(e.names, p.name())})
	}
	return out
}

// verdictOf is a verdict by its name, as counts have it.
func verdictOf(name string) exposure.Verdict { return exposure.Verdict(name) }

// declares is where a fact is declared that nobody has said: the form of its
// kind, where who looks may fill it in; the policy, and its providers, where these
// say it; else the list of what is declared.
func declares(fact string, may bool) string {
	if strings.HasPrefix(fact, "where passkeys of the model") {
		return PathProviders
	}
	for _, begins := range []string{"what the fallback", "how the code of", "who is in", "who answers"} {
		if strings.HasPrefix(fact, begins) {
			return PathPolicy
		}
	}
	kind := ""
	for _, k := range []struct {
		says string
		kind surroundings.Kind
	}{
		{"makes sure of who asks", surroundings.Power}, {"mailbox", surroundings.Mailbox}, {"telephone number", surroundings.Phone},
		{"signed in to and recovered", surroundings.SyncAccount}, {"are signed in to", surroundings.Power},
	} {
		if strings.Contains(fact, k.says) {
			kind = string(k.kind)
			break
		}
	}
	if kind == "" || !may {
		return PathSurroundings
	}
	return NewSurroundingPath(kind)
}

func (*Exposed) name() string           { return "exposed" }
func (*Exposed) shell() string          { return "console" }
func (*ExposureBlast) name() string     { return "exposureblast" }
func (*ExposureBlast) shell() string    { return "console" }
func (*ExposureFindings) name() string  { return "exposurefindings" }
func (*ExposureFindings) shell() string { return "console" }
func (*ExposureResidual) name() string  { return "exposureresidual" }
func (*ExposureResidual) shell() string { return "console" }
