package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// checkForm reports keys that are right by themselves and wrong together.
func (d *Document) checkForm() Problems {
	f := form{d: d}
	f.named()
	for _, name := range d.Authenticators.Names {
		f.class("authenticators."+name, d.Authenticators.Of[name])
	}
	for i, s := range d.Segments {
		f.segment(index("segments", i), s)
	}
	for _, name := range d.Recovery.Names {
		f.recovery("recovery."+name, d.Recovery.Of[name])
	}
	for _, name := range d.Enrolment.Names {
		f.procedure("enrolment."+name, d.Enrolment.Of[name])
	}
	for _, name := range d.Fallbacks.Names {
		f.session("fallbacks."+name+".session", d.Fallbacks.Of[name].Session.Overall, d.Fallbacks.Of[name].Session.Inactivity)
	}
	for i, a := range d.Access {
		f.access(index("access", i), a)
	}
	for _, id := range d.Detections.Names {
		if !detectionForm.MatchString(id) {
			f.wrong("detections."+id, "write the number of a detection: D-01", "%q is no detection", id)
		}
	}
	for i, a := range d.Assertions {
		f.assertion(index("assertions", i), a)
	}
	f.durations()
	return f.out
}

func index(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

var (
	detectionForm = regexp.MustCompile(`^D-[0-9]{2}[a-z]?$`)
	stepUpForm    = regexp.MustCompile(`^app\.[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_.:-]{1,64})?$`)
	wordForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+-]{0,63}$`)
)

type form struct {
	d   *Document
	out Problems
}

func (f *form) wrong(path, remedy, format string, args ...any) {
	f.out = append(f.out, f.d.wrong(RuleType, path, remedy, format, args...))
}

// named: what stands in a list and is called by its name has one of its own.
func (f *form) named() {
	for list, names := range map[string][]string{
		"segments":   names(f.d.Segments, func(s *Segment) string { return s.Name }),
		"access":     names(f.d.Access, func(a *AccessRule) string { return a.Name }),
		"assertions": names(f.d.Assertions, func(a *Assertion) string { return a.Name }),
	} {
		f.unique(list, names)
	}
	if f.d.Rollout != nil {
		f.unique("rollout.stages", names(f.d.Rollout.Stages, func(s *Stage) string { return s.Name }))
	}
	if len(f.d.Segments) == 0 {
		f.wrong("segments", "write at least one", "without a segment nobody can sign in")
	}
}

func names[T any](list []T, name func(T) string) (out []string) {
	for _, e := range list {
		out = append(out, name(e))
	}
	return out
}

func (f *form) unique(list string, names []string) {
	for i, n := range names {
		path := index(list, i) + ".name"
		if !wordForm.MatchString(n) {
			f.wrong(path, "use 1 to 64 letters, digits, -, _ and +", "%q is no name", n)
		}
		if first := slices.Index(names, n); first < i {
			f.wrong(path, "give each its own", "the name %q is used in line %d already", n, f.d.At(index(list, first)+".name").Line)
		}
	}
}

func (f *form) class(path string, c *Class) {
	a := c.Attestation
	switch {
	case a.Required && a.Conveyance == "none":
		f.wrong(path+".attestation.conveyance", "write direct or enterprise", "an attestation is required and not asked for")
	case !a.Required && a.Conveyance == "enterprise":
		f.wrong(path+".attestation.conveyance", "write required: true", "an enterprise attestation is asked for and not required")
	}
	if c.Distribution == DeviceBound && len(c.Providers) > 0 {
		f.wrong(path+".providers", "take it out, or write distribution: synced", "what stays on its device has no sync provider")
	}
	f.once(path+".transports", texts(c.Transports))
	f.once(path+".providers", c.Providers)
}

func texts[T ~string](list []T) (out []string) {
	for _, e := range list {
		out = append(out, string(e))
	}
	return out
}

// once: what is in a list twice is there by mistake, and hides what was meant.
func (f *form) once(path string, list []string) {
	for i, e := range list {
		if slices.Index(list, e) < i {
			f.wrong(index(path, i), "take it out", "%q is in the list twice", e)
		}
	}
}

func (f *form) segment(path string, s *Segment) {
	f.once(path+".allow", s.Allow)
	f.once(path+".recovery", s.Recovery)
	f.once(path+".fallbacks", s.Fallbacks)
	if h := s.Authenticators; h.Max > 0 && h.Max < h.Min {
		f.wrong(path+".authenticators.max", "write at least "+strconv.Itoa(h.Min), "nobody has at least %d and at most %d", h.Min, h.Max)
	}
	f.session(path+".session", s.Session.Overall, s.Session.Inactivity)
	if t := s.Session.SharedTerminal; t != nil {
		f.session(path+".session.shared_terminal", t.Overall, t.Inactivity)
		f.looser(path+".session.shared_terminal.overall", t.Overall, s.Session.Overall)
		f.looser(path+".session.shared_terminal.inactivity", t.Inactivity, s.Session.Inactivity)
	}
	for i, u := range s.StepUp {
		if !stepUpForm.MatchString(u.For) {
			f.wrong(index(path+".step_up", i)+".for", "write app.NAME or app.NAME.OPERATION", "%q is no operation of an application", u.For)
		}
	}
}

func (f *form) session(path string, overall, inactivity Duration) {
	if overall > 0 && inactivity > overall {
		f.wrong(path+".inactivity", "write at most "+overall.String(), "a session of %s is never silent for %s", overall, inactivity)
	}
}

func (f *form) looser(path string, shared, own Duration) {
	if own > 0 && shared > own {
		f.wrong(path, "write at most "+own.String(), "a shared terminal is no reason for longer: %s elsewhere, %s there", own, shared)
	}
}

// recovery has no keys of enrolment.
func (f *form) recovery(path string, p *Procedure) {
	for _, key := range []string{"when", "code", "must_bind", "stock"} {
		if f.d.Has(path + "." + key) {
			f.wrong(path+"."+key, "take it out", "%s is a key of enrolment, not of recovery", key)
		}
	}
	f.procedure(path, p)
}

func (f *form) procedure(path string, p *Procedure) {
	if len(p.Steps) == 0 {
		f.wrong(path+".steps", "write at least one step", "without a step anybody gets through")
	}
	for i, s := range p.Steps {
		at := index(path+".steps", i)
		n := 0
		for _, there := range []bool{s.Proof != nil, s.Approve != nil, s.Code != nil, s.Device != nil} {
			if there {
				n++
			}
		}
		if n != 1 {
			f.wrong(at, "write one of proof, approve, code, device; give each a step of its own", "a step has one of them, not %d", n)
		}
		if s.Code != nil {
			f.code(at+".code", s.Code)
		}
		if s.Approve != nil {
			f.approve(at+".approve", s.Approve)
		}
	}
	if p.Code != nil && p.Code.Kind != "" {
		f.wrong(path+".code.kind", "take it out", "the code that carries an enrolment has no kind")
	}
	if d := p.Delay; d.WaiveWhen != "" && d.Hold == 0 {
		f.wrong(path+".delay.waive_when", "write hold: 4h, or take it out", "there is no delay to waive")
	}
}

func (f *form) code(path string, c *Code) {
	switch {
	case c.Kind == "":
		f.wrong(path, "add kind: saved or kind: issued", "the key `kind` is missing")
	case c.Kind == "issued" && len(c.Channel) == 0:
		f.wrong(path, "add channel: any_verified, or a list of channels", "nothing says over what an issued code is sent")
	case c.Kind == "saved" && len(c.Channel) > 0:
		f.wrong(path+".channel", "take it out", "a saved code is not sent")
	}
}

// approve: a pool of one person cannot give several approvals.
func (f *form) approve(path string, a *Approve) {
	if strings.HasPrefix(string(a.From), "subject") && a.K > 1 && a.From != "subject.manager_chain" {
		f.wrong(path+".k", "write k: 1, or another pool", "%s is one person", a.From)
	}
	if a.From == "subject" {
		f.wrong(path+".from", "write group:NAME, role:NAME, subject.manager or subject.sponsor", "nobody approves for themselves")
	}
}

func (f *form) access(path string, a *AccessRule) {
	t := a.Then
	switch {
	case !t.Deny && t.Require == nil && !t.RevokeSessions && len(t.Emit) == 0:
		f.wrong(path+".then", "write deny: true or require: {…}", "the rule does nothing")
	case t.Deny && t.Require != nil:
		f.wrong(path+".then.require", "take it out, or deny", "what is denied cannot be met")
	case t.Require != nil && t.Require.empty():
		f.wrong(path+".then.require", "write what is required: aal, phr, acr, reauth, max_age, device, posture_age or network", "the rule requires nothing")
	}
	f.once(path+".apps", a.Apps)
}

// empty says that nothing is required.
func (r *Requirement) empty() bool {
	return r.AAL == 0 && !r.Phr && r.ACR == "" && r.Reauth == "" && r.MaxAge == nil && r.Device == "" && r.PostureAge == nil && len(r.Network) == 0
}

func (f *form) assertion(path string, a *Assertion) {
	switch {
	case a.Given == nil && a.ForAll == "" || a.Given != nil && a.ForAll != "":
		f.wrong(path, "write given: {…}, or forall:", "an assertion is about one situation or about many")
	case a.Given != nil && !slices.Contains([]string{"allow", "need", "deny"}, string(a.Expect)):
		f.wrong(path+".expect", "write allow, need or deny", "%q is no outcome", string(a.Expect))
	case a.ForAll != "" && slices.Contains([]string{"allow", "need", "deny"}, string(a.Expect)):
		f.wrong(path+".expect", "write an expression", "a word is expected of one situation, not of many")
	}
}

// durations: a limit of no time lets nothing through, or everything; the keys
// for which 0s means something are named here.
func (f *form) durations() {
	for _, path := range f.d.Paths() {
		key := path[strings.LastIndexByte(path, '.')+1:]
		switch key {
		case "ttl", "ttl_email", "ttl_sms", "overall", "inactivity", "grace", "revoke_within", "quarantine_new_authenticator",
			"every", "plan_max_age", "max_mds_age", "reuse", "posture_age":
			if zeroDuration.MatchString(f.d.places.Text(path)) {
				f.wrong(path, "write how long, or leave the key out", "`%s` is no time at all", key)
			}
		}
	}
}

var zeroDuration = regexp.MustCompile(`^0+(s|m|h|d)$`)
