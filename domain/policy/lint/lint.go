// Package lint says what a policy that loads would do wrong: rules L-01 to L-20,
// each a function in a table, each problem with its place, the rule, what is
// wrong and the remedy. docs/policy-lint.md explains them.
//
// There are two depths. The file alone needs the policy and a date; against an
// installation, the people, pools and FIDO metadata that there are come in as
// plain Facts. Package lint refuses to change a policy, to read a clock, and to
// guess: what it cannot show it does not say.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// Depth is what a rule needs to know.
type Depth string

const (
	File     Depth = "file"         // the policy and a date
	Deployed Depth = "installation" // Facts as well
	Both     Depth = "both"         // part of it each
)

// Rule is one rule of the table.
type Rule struct {
	ID       string
	Title    string
	Severity policy.Severity // of its worst problem
	Depth    Depth
	Source   string // where it comes from

	file     func(*run)
	deployed func(*run, Facts)
}

// Rules is the table, in the order of the ids.
func Rules() []Rule {
	return []Rule{
		{"L-01", "A segment says everything itself", policy.Error, File, "no implicit defaults", (*run).complete, nil},
		{"L-02", "Level 3 is for keys that are proven to stay where they are", policy.Error, File, "SP 800-63B-4 §2.3.2", (*run).level3, nil},
		{"L-03", "Who tolerates only narrow recovery has no synced keys", policy.Error, File, "SP 800-63B-4 §B.2", (*run).syncTaste, nil},
		{"L-04", "A procedure is worth what it gives back", policy.Error, File, "SP 800-63B-4 §4.2.2", (*run).grades, nil},
		{"L-05", "The privileged share no way back in with others", policy.Error, File, "SP 800-53 AC-6", (*run).shared, nil},
		{"L-06", "Nothing falls below the floor, and fallbacks end", policy.Error, File, "SP 800-63B-4 §2, §3.2.9", (*run).fallbacks, nil},
		{"L-07", "A pool of approvers has one to spare", policy.Error, Deployed, "availability", nil, (*run).pools},
		{"L-08", "Approvers are as strong as what they approve", policy.Error, Both, "SP 800-63B-4 §4.1.2.1", (*run).approverLevels, (*run).approverAccounts},
		{"L-09", "Sessions end as the level asks", policy.Error, File, "SP 800-63B-4 §2.2.3, §2.3.3", (*run).sessions, nil},
		{"L-10", "Codes are long enough and end soon enough", policy.Error, File, "SP 800-63B-4 §4.1.2.2, §4.2.1", (*run).codes, nil},
		{"L-11", "People hear of what is done to their account", policy.Error, File, "SP 800-63B-4 §4.2.3, §4.6", (*run).notices, nil},
		{"L-12", "A provider is used only while its profile is known", policy.Error, File, "SP 800-63B-4 §B.2", (*run).providers, nil},
		{"L-13", "What must be attested can be", policy.Error, Both, "SP 800-63B-4 §3.2.4; FIDO MDS 3.1 §3.1.4", (*run).trust, (*run).metadata},
		{"L-14", "Those with most power come first, through a gate", policy.Error, File, "FIDO deployment papers", (*run).rollout, nil},
		{"L-15", "Every account is in one segment", policy.Error, Both, "first match", (*run).cover, (*run).coverAccounts},
		{"L-16", "A rule of access can apply, and can be met", policy.Error, File, "SP 800-207 §2.1", (*run).reachable, nil},
		{"L-17", "Breaking the glass works, and is heard", policy.Error, File, "CSF 2.0 PR.AA-03", (*run).breakGlass, nil},
		{"L-18", "One lost authenticator locks nobody out", policy.Error, File, "SP 800-63B-4 §4.1.2.1", (*run).spare, nil},
		{"L-19", "Nobody lets their own change in", policy.Error, File, "SP 800-53 AC-5", (*run).changeControl, nil},
		{"L-20", "Expressions are typed, bounded, and have a purpose", policy.Error, File, "GDPR art. 5 (1) (b)", (*run).expressions, nil},
	}
}

// Document lints p on the file alone, as of at, which dates in it are held
// against.
func Document(p *policy.Policy, at time.Time) policy.Problems {
	r := newRun(p, at)
	for _, rule := range Rules() {
		if rule.file != nil {
			r.rule = rule
			rule.file(r)
		}
	}
	if r.read.spent() {
		r.rule = Rule{ID: "L-20"}
		r.fail("segments", "write fewer segments and rules, or shorter conditions",
			"the conditions together ask for so much that nobody can show that each account is in a segment")
	}
	return r.sorted()
}

// Installation lints p against what there is. It does not repeat what Document
// says.
func Installation(p *policy.Policy, f Facts) policy.Problems {
	r := newRun(p, f.At)
	for _, rule := range Rules() {
		if rule.deployed != nil {
			r.rule = rule
			rule.deployed(r, f)
		}
	}
	return r.sorted()
}

// Errors are those problems that keep a policy from loading.
func Errors(p policy.Problems) policy.Problems { return only(p, policy.Error) }

// Warnings are the others.
func Warnings(p policy.Problems) policy.Problems { return only(p, policy.Warning) }

func only(p policy.Problems, s policy.Severity) (out policy.Problems) {
	for _, q := range p {
		if q.Severity == s {
			out = append(out, q)
		}
	}
	return out
}

// run is one lint of one policy.
type run struct {
	p    *policy.Policy
	d    *policy.Document
	eq   policy.Equivalence
	at   time.Time
	read *reader
	rule Rule
	out  policy.Problems
}

func newRun(p *policy.Policy, at time.Time) *run {
	d := p.Document()
	return &run{p: p, d: d, eq: grade.Equivalence(d), at: at, read: newReader()}
}

func (r *run) fail(path, remedy, format string, args ...any) {
	r.problem(policy.Error, path, remedy, format, args...)
}

func (r *run) warn(path, remedy, format string, args ...any) {
	r.problem(policy.Warning, path, remedy, format, args...)
}

func (r *run) problem(s policy.Severity, path, remedy, format string, args ...any) {
	r.out = append(r.out, policy.Problem{
		At: r.d.At(path), Rule: r.rule.ID, Path: path, Text: fmt.Sprintf(format, args...), Remedy: remedy, Severity: s,
	})
}

// sorted orders by the text, then by rule.
func (r *run) sorted() policy.Problems {
	slices.SortStableFunc(r.out, func(a, b policy.Problem) int {
		return cmp.Or(a.At.Line-b.At.Line, a.At.Column-b.At.Column, cmp.Compare(a.Rule, b.Rule))
	})
	return r.out
}

// segments calls f for each segment with its path.
func (r *run) segments(f func(path string, s *policy.Segment)) {
	for i, s := range r.d.Segments {
		f(fmt.Sprintf("segments[%d]", i), s)
	}
}

// classes calls f for each class of s that there is, with the path of its use.
func (r *run) classes(path string, s *policy.Segment, f func(path string, c *policy.Class)) {
	for i, name := range s.Allow {
		if c, ok := r.d.Authenticators.Get(name); ok {
			f(fmt.Sprintf("%s.allow[%d]", path, i), c)
		}
	}
}

// recoveries calls f for each recovery procedure, enrolments for each of the
// others.
func (r *run) recoveries(f func(path string, p *policy.Procedure)) {
	for _, name := range r.d.Recovery.Names {
		f("recovery."+name, r.d.Recovery.Of[name])
	}
}

func (r *run) enrolments(f func(path string, p *policy.Procedure)) {
	for _, name := range r.d.Enrolment.Names {
		f("enrolment."+name, r.d.Enrolment.Of[name])
	}
}

func step(path string, i int) string { return fmt.Sprintf("%s.steps[%d]", path, i) }
