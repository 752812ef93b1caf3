package policy

import (
	"slices"
	"strconv"
	"time"
)

// ruling is a document prepared for deciding: references resolved, names of
// rules written out, so that a decision allocates little more than its answer.
type ruling struct {
	digest    string
	segments  []*segment
	access    []*accessRule
	binding   Cond
	enrolment map[string]*procedure
	fallbacks map[string]*fallback
}

type segment struct {
	*Segment
	rule    string // "segment:workforce"
	when    Cond
	classes []*class
	oneOf   []string
	alarm   []string
	stepUp  []stepUp
}

type stepUp struct {
	*StepUp
	rule string
}

type accessRule struct {
	*AccessRule
	rule string // "access:risk-high"
	when Cond
	emit []string
}

type procedure struct {
	*Procedure
	when    Cond
	hasWhen bool
}

type fallback struct {
	*Fallback
	rule     string
	onlyWhen Cond
}

// deciding is one decision in the making.
type deciding struct {
	r   *ruling
	in  *Input
	d   Decision
	seg *segment
	aal int64 // that there is: of the session, or of the credential in hand
	acr ACR
	phr bool
}

// Decide judges in. It is pure: the time is in.Now. Default is to deny. The
// order is that of the policy's text: the account, its segment, what the
// operation asks, the authenticator by its evidence, conditional access,
// fallbacks, and the limits of the session. Conditions that ask in which segment
// the account is hear what was found here: whatever stood in the input counts
// for nothing.
func (p *Policy) Decide(in *Input) Decision {
	own := *in
	own.Account.Segment = ""
	g := deciding{r: &p.ruling, in: &own, d: Decision{Outcome: Allow, Policy: p.ruling.digest, Rules: make([]string, 0, 4)}}
	g.steps()
	return g.d
}

// Conveyance is the attestation to ask a new authenticator of this account for:
// one that names the device where a class needs it (WebAuthn L3 §5.4.7). What
// comes is kept, also where no class asks for any.
func (p *Policy) Conveyance(in *Input) string {
	if s := p.ruling.segmentOf(in); s != nil {
		for _, k := range s.classes {
			if k.Attestation.Conveyance == "enterprise" {
				return "enterprise"
			}
		}
	}
	return "direct"
}

// Admits says whether the credential of in may still sign in: its account's
// segment and the classes of authenticators, without what depends on the
// moment. suspect says that it may, and that the metadata speak against its
// model. The reasons are those of Decide.
func (p *Policy) Admits(in *Input) (segment string, admitted, suspect bool, reasons []Reason) {
	seg := p.ruling.segmentOf(in)
	if seg == nil {
		return "", false, false, []Reason{{"segments", "no_segment", "No rule of the policy says what holds for this account."}}
	}
	return p.admits(seg, in)
}

// AdmitsIn is Admits as if the account were in the segment of that name.
func (p *Policy) AdmitsIn(name string, in *Input) bool {
	i := slices.IndexFunc(p.ruling.segments, func(s *segment) bool { return s.Name == name })
	if i < 0 {
		return false
	}
	_, ok, _, _ := p.admits(p.ruling.segments[i], in)
	return ok
}

func (p *Policy) admits(seg *segment, in *Input) (name string, admitted, suspect bool, reasons []Reason) {
	g := deciding{r: &p.ruling, in: in, seg: seg, d: Decision{Outcome: Allow, Rules: make([]string, 0, 2)}}
	g.credential()
	g.requirements()
	for _, n := range g.d.Needs {
		g.d.Reasons = append(g.d.Reasons, Reason{n.Rule, n.What, n.Text})
	}
	suspect = slices.ContainsFunc(g.d.Notes, func(n Reason) bool { return n.Code == "model_status" })
	return g.seg.Name, g.d.Outcome == Allow, suspect, g.d.Reasons
}

func (g *deciding) steps() {
	if g.in.Account.Locked {
		g.deny("account", "account_closed", "This account cannot sign in at present. Ask your administrator.")
		return
	}
	if g.seg = g.r.segmentOf(g.in); g.seg == nil {
		g.deny("segments", "no_segment", "No rule of the policy says what holds for this account. Tell your administrator.")
		return
	}
	g.in.Account.Segment = g.seg.Name
	g.d.Segment, g.d.Alarm = g.seg.Name, g.seg.alarm
	g.spoke(g.seg.rule)
	if g.in.Cred.Kind != "" {
		g.credential()
	}
	g.operation()
	g.standing()
	g.access()
	g.requirements()
	g.session()
}

// segmentOf is the first whose condition holds. One that cannot be evaluated
// does not hold: the account falls through to a later one or to none.
func (r *ruling) segmentOf(in *Input) *segment {
	for _, s := range r.segments {
		if ok, err := s.when.Eval(in); err == nil && ok {
			return s
		}
	}
	return nil
}

// operation asks what only this kind of operation has to fulfil.
func (g *deciding) operation() {
	switch Op(g.in.Ctx.Op) {
	case SignIn, Admin, Export, Replace, Unlock:
	case Enrol:
		g.procedure(g.r.enrolment, "enrolment")
		g.full()
	case Bind:
		if ok, err := g.r.binding.Eval(g.within()); err != nil || !ok {
			g.need(Missing{What: "reauth", Want: "a recent sign-in, as strong as the account can be", Rule: "binding",
				Text: "Confirm that it is you, with the strongest passkey that you have, before you add another."})
		}
		g.full()
	case Recover:
		if !slices.Contains(g.seg.Recovery, g.in.Ctx.Procedure) {
			g.deny(g.seg.rule, "recovery_procedure", "This way back in is not open to your account. Ask at the help desk which one is.")
		}
	default:
		g.deny("operation", "operation_unknown", "The policy does not know what is to be done.")
	}
}

// within is the input as the segment grades it: what it gives nobody more than
// AAL2 for must not be asked for before another is bound.
func (g *deciding) within() *Input {
	in, most := *g.in, int64(0)
	for _, k := range g.seg.classes {
		most = max(most, int64(k.Level))
	}
	in.Account.MaxAAL = min(in.Account.MaxAAL, most)
	in.Cred.Level = min(in.Cred.Level, most)
	if g.d.Class != "" {
		in.Cred.Level = g.d.AAL
	}
	return &in
}

// procedure: a first passkey is made by a procedure that the policy has. An
// input without one asks only for the authenticator.
func (g *deciding) procedure(have map[string]*procedure, what string) {
	name := g.in.Ctx.Procedure
	if name == "" {
		return
	}
	p, ok := have[name]
	if ok && p.hasWhen {
		yes, err := p.when.Eval(g.in)
		ok = err == nil && yes
	}
	if !ok {
		g.deny(what, "enrolment_procedure", "A first passkey cannot be made this way here. Ask your administrator how it is done.")
		return
	}
	g.spoke(what + ":" + name)
}

// full: a segment may bound how many authenticators somebody has.
func (g *deciding) full() {
	if most := int64(g.seg.Authenticators.Max); most > 0 && g.in.User.Credentials.Count >= most {
		g.deny(g.seg.rule, "too_many", "You have as many passkeys as are allowed. Remove one first.")
	}
}

// credential finds the class that gives most, or says for each class why not.
func (g *deciding) credential() {
	cred := &g.in.Cred
	if cred.Suspended {
		g.deny("credential", "credential_suspended", "This passkey is suspended. Use another one, or ask your administrator.")
		return
	}
	op := Op(g.in.Ctx.Op)
	making := op == Enrol || op == Bind || op == Replace || op == Recover
	var best *class
	for _, k := range g.seg.classes {
		if k.why(cred, g.seg.Sync != "allow", making, g.in.Now) == none && (best == nil || k.yields(cred) > best.yields(cred)) {
			best = k
		}
	}
	if best == nil {
		g.refuseCredential(making)
		return
	}
	g.d.Class, g.d.AAL = best.Name, best.yields(cred)
	g.spoke(best.rule)
	g.aal, g.phr, g.acr = g.d.AAL, true, "phr"
	if cred.Level >= 3 {
		g.acr = "phrh"
	}
	if !making && best.overdue(cred, g.in.Now) {
		g.d.Notes = append(g.d.Notes, Reason{best.rule, "provider_overdue",
			"What is known of the provider that keeps this passkey should have been reviewed. It still works; new ones are not accepted until then."})
	}
	if !making && best.bad(cred) {
		g.d.Notes = append(g.d.Notes, Reason{best.rule, "model_status", hurdles[modelStatus].text + " It still works, and is to be replaced."})
	}
}

func (g *deciding) refuseCredential(making bool) {
	if len(g.seg.classes) == 0 {
		g.deny(g.seg.rule, "no_authenticator", "No authenticator is accepted for this account.")
		return
	}
	for _, k := range g.seg.classes {
		h := hurdles[k.why(&g.in.Cred, g.seg.Sync != "allow", making, g.in.Now)]
		g.deny(k.rule, h.code, h.text)
	}
}

// standing takes what the session has proven in place of the credential's own
// where there is a session, and says what the account should have.
func (g *deciding) standing() {
	if a := &g.in.Auth; a.AAL > 0 {
		g.aal, g.phr, g.acr = a.AAL, a.Phr, ACR(a.ACR)
		if g.in.Auth.Fallback != "" {
			g.fallback()
		}
	}
	h := &g.seg.Authenticators
	have := g.in.User.Credentials.Count
	if h.Independent {
		have = g.in.User.Credentials.Independent
	}
	if op := Op(g.in.Ctx.Op); op == SignIn && have < int64(h.Min) {
		g.d.Notes = append(g.d.Notes, Reason{g.seg.rule, "add_authenticator",
			"Add another passkey that does not fall together with those that you have: " + strconv.Itoa(h.Min) + " are asked for."})
	}
}

// fallback: never beside something better (no_downgrade), never past its end.
func (g *deciding) fallback() {
	name := g.in.Auth.Fallback
	f, ok := g.r.fallbacks[name]
	if !ok || !slices.Contains(g.seg.Fallbacks, name) {
		g.deny("fallbacks", "fallback_unknown", "This way of signing in is not open to your account.")
		return
	}
	g.spoke(f.rule)
	only, err := f.onlyWhen.Eval(g.in)
	switch {
	case f.Retire.Over(g.in.Now):
		g.deny(f.rule, "fallback_retired", "This way of signing in has ended. Use a passkey.")
	case f.NoDowngrade && g.in.User.Credentials.PhrActive > 0:
		g.deny(f.rule, "no_downgrade", "You have a passkey, which is stronger. Sign in with it.")
	case err != nil || !only:
		g.deny(f.rule, "fallback_condition", "This way of signing in is not open to you now. Use a passkey.")
	}
}

// session bounds what follows: the segment's limits, tighter on a shared
// device, those of a fallback where one was used. Zero is no bound of the policy's.
func (g *deciding) session() {
	if g.d.Outcome == Deny {
		g.d.Session = Limits{}
		return
	}
	s := &g.seg.Session
	l := &g.d.Session
	l.Overall, l.Inactivity = s.Overall.D(), s.Inactivity.D()
	if t := s.SharedTerminal; t != nil && g.in.Device.Shared {
		l.Overall, l.Inactivity = tighter(l.Overall, t.Overall.D()), tighter(l.Inactivity, t.Inactivity.D())
	}
	if f, ok := g.r.fallbacks[g.in.Auth.Fallback]; ok {
		l.Overall, l.Inactivity = tighter(l.Overall, f.Session.Overall.D()), tighter(l.Inactivity, f.Session.Inactivity.D())
		l.EnrolFirst = f.Session.Capability == "enrol-first"
	}
}

// tighter is the smaller of two bounds, of which zero is none.
func tighter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func (g *deciding) spoke(rule string) { g.d.Rules = append(g.d.Rules, rule) }

func (g *deciding) deny(rule, code, text string) {
	g.d.Outcome = Deny
	g.d.Reasons = append(g.d.Reasons, Reason{rule, code, text})
}

func (g *deciding) need(m Missing) {
	if g.d.Outcome == Allow {
		g.d.Outcome = Need
	}
	g.d.Needs = append(g.d.Needs, m)
}
