// Package assert runs the tests that a policy carries: one situation each
// (given), or all procedures, accounts or operators (forall). They run when a
// policy is proposed, in CI by `holdfast policy test`, and nightly against the
// people that there are.
//
// It refuses to call passed what it could not ask: an expression that reads what
// nobody has computed yet is "not available", and so is one about accounts where
// there are none to ask.
package assert

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// Status is how a test ended.
type Status string

const (
	Passed       Status = "passed"
	Failed       Status = "failed"
	NotAvailable Status = "not available"
)

// Result is one test that was run.
type Result struct {
	Name   string          `json:"name"`
	At     policy.Position `json:"at"`
	Path   string          `json:"path"`
	Status Status          `json:"status"`
	Text   string          `json:"text,omitempty"` // why, where it did not pass
}

// String is a line: "failed nurse-sync-ok: …".
func (r Result) String() string {
	if r.Text == "" {
		return string(r.Status) + " " + r.Name
	}
	return string(r.Status) + " " + r.Name + ": " + r.Text
}

// Failures are those that did not pass though they could be asked.
func Failures(results []Result) (out []Result) {
	for _, r := range results {
		if r.Status == Failed {
			out = append(out, r)
		}
	}
	return out
}

// Problems are the failures as problems of the document: it does not load where
// a test of its own fails.
func Problems(results []Result) (out policy.Problems) {
	for _, r := range Failures(results) {
		out = append(out, policy.Problem{At: r.At, Rule: "assertion", Path: r.Path, Text: r.Name + ": " + r.Text,
			Remedy: "mend the policy, or the test where it asks for the wrong thing", Severity: policy.Error})
	}
	return out
}

// World is who there is, for forall. The zero World is a document alone.
type World struct {
	Known     bool // Accounts and Operators are those that there are
	Accounts  []Account
	Operators []policy.OpFacts
	Computed  []string // of "acct.effective", "op.blast": those parts that are
}

// Account is one account and its person.
type Account struct {
	Acct policy.AcctFacts
	User policy.User
}

// Run runs all tests of p, in the order of the text, as of at.
func Run(p *policy.Policy, w World, at time.Time) []Result {
	var out []Result
	for i, a := range p.Document().Assertions {
		path := fmt.Sprintf("assertions[%d]", i)
		r := Result{Name: a.Name, Path: path, At: p.Document().At(path)}
		if a.Given != nil {
			r.Status, r.Text = given(p, a, at)
		} else {
			r.Status, r.Text = forAll(p, p.Cond(path+".expect"), a, w, at)
		}
		out = append(out, r)
	}
	return out
}

// given decides one situation. What is needed first is not allowed: `need` meets
// an expected deny, and an expected allow is met by nothing but allow.
func given(p *policy.Policy, a *policy.Assertion, at time.Time) (Status, string) {
	in := Input(p, a.Given, at)
	d := p.Decide(&in)
	want := policy.Outcome(a.Expect)
	if d.Outcome == want || want == policy.Deny && d.Outcome == policy.Need {
		return Passed, ""
	}
	return Failed, fmt.Sprintf("expected %s, and it is %s: %s", want, d.Outcome, why(d))
}

// why is what spoke.
func why(d policy.Decision) string {
	var parts []string
	for _, r := range d.Reasons {
		parts = append(parts, r.Rule+" says "+r.Code)
	}
	for _, n := range d.Needs {
		parts = append(parts, n.Rule+" asks for "+n.What+" "+n.Want)
	}
	if len(parts) == 0 {
		parts = append(parts, strings.Join(d.Rules, ", "))
	}
	return strings.Join(parts, "; ")
}

// Input is the situation of g. Each word of its credential is taken for proven
// where attested is true; what is not said has its weaker value.
func Input(p *policy.Policy, g *policy.Given, at time.Time) policy.Input {
	in := policy.Input{Now: at, Ctx: policy.Ctx{Op: string(g.Op), Procedure: g.Procedure}}
	if who, ok := p.Document().Personas.Get(g.User); ok {
		in.User = who.User()
	}
	if d := g.Device; d != nil {
		in.Device = policy.Device{Managed: d.Managed, Compliant: d.Compliant, PostureAgeS: seconds(d.PostureAge), OS: d.OS,
			OSAgeDays: seconds(d.OSAge) / 86400, Known: d.Known, Shared: d.Shared}
	}
	if g.Cred != nil {
		in.Cred = credential(p, g.Cred, at)
		if g.Device == nil {
			in.Device.Managed, in.Device.Compliant = in.Cred.ManagedDevice, g.Cred.Device == "compliant"
		}
	}
	if a := g.Auth; a != nil {
		in.Auth = policy.Auth{AAL: int64(a.AAL), Phr: a.Phr, ACR: string(a.ACR), AgeS: seconds(a.Age), Method: a.Method, Fallback: a.Fallback, Recovery: a.Recovery}
		if in.Auth.ACR == "" && a.Phr {
			in.Auth.ACR = "phr"
		}
		in.Account.MaxAAL = in.Auth.AAL
	}
	if n := g.Net; n != nil {
		in.Net = policy.Net{IP: n.IP, Country: n.Country, Zone: n.Zone}
	}
	if a := g.App; a != nil {
		in.App = policy.App{ID: a.ID, Sensitivity: int64(a.Sensitivity), ACRRequired: string(a.ACRRequired)}
	}
	if r := g.Risk; r != nil {
		in.Risk = policy.Risk{Score: int64(r.Score), IDs: r.IDs}
	}
	return in
}

func seconds(d policy.Duration) int64 { return int64(d.D() / time.Second) }

func credential(p *policy.Policy, g *policy.GivenCred, at time.Time) policy.Cred {
	c := policy.Cred{
		Kind: "webauthn", BE: g.BE, BS: g.BS, UV: g.UV, Attested: g.Attested, AAGUID: string(g.AAGUID), AAGUIDProven: g.Attested && g.AAGUID != "",
		Provider: g.Provider, ManagedDevice: g.Device == "managed" || g.Device == "compliant", Distribution: policy.Unknown,
	}
	if profile, ok := p.Profiles().ByAAGUID(c.AAGUID); ok && c.Provider == "" {
		c.Provider = profile.Name
	}
	if profile, ok := p.Profiles().Named(c.Provider); ok {
		c.Managed = profile.Managed && profile.Standing(at) == "current"
	}
	for _, t := range g.Transports {
		c.Transports = append(c.Transports, string(t))
	}
	switch {
	case g.BE:
		c.Distribution = policy.Synced
	case g.Attested:
		c.Distribution = policy.DeviceBound
	}
	if g.Attested {
		proven(&c, g)
	}
	c.Level = level(c)
	return c
}

// proven is what a verified attestation vouches for.
func proven(c *policy.Cred, g *policy.GivenCred) {
	switch name, pinned := g.Anchor.Pinned(); {
	case pinned:
		c.Anchors = []string{"pinned:" + name}
	case g.Anchor != "":
		c.Anchors = []string{"mds:1"}
	}
	c.Enterprise, c.FIPS, c.Certification = g.Enterprise, g.FIPS, string(g.Certification)
	c.Hardware = g.Hardware && !g.BE
	for _, s := range g.Statuses {
		c.Statuses = append(c.Statuses, string(s))
	}
}

// level is what a credential can prove, as domain/standing has it.
func level(c policy.Cred) int64 {
	switch {
	case !c.UV:
		return 1
	case c.Distribution == policy.DeviceBound && c.Hardware:
		return 3
	}
	return 2
}

// forAll holds an expression against each of what it ranges over.
func forAll(p *policy.Policy, cond policy.Cond, a *policy.Assertion, w World, at time.Time) (Status, string) {
	each, what, known := subjects(p, a.ForAll, w, at)
	switch {
	case !known:
		return NotAvailable, "it is about " + what + ", and there is only the document"
	case len(each) == 0 && slices.ContainsFunc([]string{"acct.effective", "op.blast"}, func(part string) bool { return cond.Reads(part) && !slices.Contains(w.Computed, part) }):
		return NotAvailable, policy.ErrNotComputed.Error()
	}
	var wrong []string
	for _, s := range each {
		ok, err := cond.EvalFacts(&s.facts)
		switch {
		case errors.Is(err, policy.ErrNotComputed):
			return NotAvailable, strings.TrimPrefix(err.Error(), string(NotAvailable)+": ")
		case err != nil:
			wrong = append(wrong, s.name+" ("+err.Error()+")")
		case !ok:
			wrong = append(wrong, s.name+s.told)
		}
	}
	if len(wrong) == 0 {
		return Passed, ""
	}
	return Failed, fmt.Sprintf("it does not hold for %d of %d %s: %s", len(wrong), len(each), what, some(wrong))
}

const shown = 5

func some(names []string) string {
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}

type subject struct {
	name, told string
	facts      policy.Facts
}

func subjects(p *policy.Policy, over policy.ForAll, w World, at time.Time) (out []subject, what string, known bool) {
	switch segment, ok := over.Segment(); {
	case over == "procedures":
		return procedures(p, at), "procedures", true
	case over == "operators":
		for _, o := range w.Operators {
			out = append(out, subject{name: o.ID, facts: policy.Facts{Op: o, Now: at, Computed: w.Computed}})
		}
		return out, "operators", w.Known
	case ok:
		for _, a := range w.Accounts {
			if a.Acct.Segment == segment {
				out = append(out, account(a, w, at))
			}
		}
		return out, "accounts of segment " + segment, w.Known
	}
	for _, a := range w.Accounts {
		out = append(out, account(a, w, at))
	}
	return out, "accounts", w.Known
}

func account(a Account, w World, at time.Time) subject {
	return subject{name: cmp.Or(a.Acct.ID, a.User.ID), facts: policy.Facts{Acct: a.Acct, User: a.User, Now: at, Computed: w.Computed}}
}

// procedures are graded as the document says: where only segments under
// `equivalence: nist` use one that NIST accepts, it is worth what it yields.
func procedures(p *policy.Policy, at time.Time) (out []subject) {
	d := p.Document()
	add := func(kind string, proc *policy.Procedure, g grade.Grade) {
		facts := policy.ProcFacts{Name: proc.Name, Kind: kind, Grade: policy.GradeFacts{AAL: g.AAL}, Yields: policy.GradeFacts{AAL: int64(proc.Yields.AAL)}}
		out = append(out, subject{
			name: proc.Name, told: fmt.Sprintf(" (worth level %d, yields %d: it takes only %s)", g.AAL, proc.Yields.AAL, g.Why),
			facts: policy.Facts{Proc: facts, Now: at, Computed: []string{"proc.grade"}},
		})
	}
	for _, n := range d.Recovery.Names {
		add("recovery", d.Recovery.Of[n], grade.Judged(d, d.Recovery.Of[n]))
	}
	for _, n := range d.Enrolment.Names {
		add("enrolment", d.Enrolment.Of[n], grade.JudgedEnrolment(d, d.Enrolment.Of[n]))
	}
	return out
}
