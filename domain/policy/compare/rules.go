package compare

import (
	"cmp"
	"slices"
	"strings"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// rule says of the paths that fit its pattern what they are called and which
// direction a change has. A star stands for one part of the path.
type rule struct {
	pattern string
	words   string
	judge   func(c *comparison, path string, was, is leaf) Direction
}

// ruleOf is the first that fits; a key that no rule is about cannot be judged.
// inside is the path within the thing that it is about.
func ruleOf(path, inside string) rule {
	if strings.HasPrefix(path, "recovery.") || strings.HasPrefix(path, "enrolment.") {
		return find(procedureRules(), inside)
	}
	return find(rules(), path)
}

func find(rules []rule, path string) rule {
	for _, r := range rules {
		if fits(r.pattern, path) {
			return r
		}
	}
	return rule{judge: unknown}
}

// fits: names may have dots in them, so the pattern is held against the ends.
func fits(pattern, path string) bool {
	head, tail, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == path
	}
	if !strings.HasPrefix(path, head) {
		return false
	}
	rest := path[len(head):]
	if head2, tail2, again := strings.Cut(tail, "*"); again {
		i := strings.Index(rest, head2)
		return i > 0 && strings.HasSuffix(rest[i+len(head2):], tail2)
	}
	return len(rest) > len(tail) && strings.HasSuffix(rest, tail)
}

func rules() []rule {
	return []rule{
		{"metadata.name", "", neither}, {"metadata.revision", "", neither}, {"metadata.owner", "", neither},
		{"metadata.standards.*", "", neither}, {"metadata.purposes.*", "the purpose", neither},
		{"apiVersion", "", neither}, {"kind", "", neither},
		{"metadata.change_control.approvers", "how many approve", more},
		{"metadata.change_control.from", "who approves", fewer},
		{"metadata.change_control.author_may_approve", "whether an author may approve", off},
		{"metadata.raise.approvers", "how many approve what lowers nobody", more},
		{"metadata.raise.from", "who approves what lowers nobody", fewer},
		{"metadata.lower.approvers", "how many approve what lowers somebody", more},
		{"metadata.lower.from", "who approves what lowers somebody", fewer},
		{"metadata.floor.aal", "the floor", more}, {"metadata.floor.phr", "whether the floor resists phishing", on},
		{"metadata.equivalence.mode", "how procedures are judged", ranked("nist", "strict")},
		{"metadata.equivalence.*", "", less},

		{"roots.*.file", "the file", unknown}, {"roots.*.aaguids", "the models that it vouches for", openless},
		{"aaguid_groups.*", "the models", neither}, // each use of it is compared

		{"authenticators.*.distribution", "where the key may be", ranked("any", "synced", "device_bound").unordered("any", "synced")},
		{"authenticators.*.attestation.required", "whether an attestation is needed", on},
		{"authenticators.*.attestation.conveyance", "the attestation asked for", ranked("", "none", "indirect", "direct", "enterprise")},
		{"authenticators.*.attestation.trust", "who may vouch", openless},
		{"authenticators.*.attestation.max_mds_age", "how old the metadata may be", shorter},
		{"authenticators.*.mds.min_certification", "the certification asked for", certification},
		{"authenticators.*.mds.deny_status", "the states that are refused", wider},
		{"authenticators.*.aaguids.allow", "the models allowed", openless},
		{"authenticators.*.aaguids.deny", "the models refused", wider},
		{"authenticators.*.user_verification", "user verification", ranked("discouraged", "preferred", "required")},
		{"authenticators.*.transports", "the transports allowed", openless},
		{"authenticators.*.providers", "the providers allowed", openless},
		{"authenticators.*.enrol_from", "where it is made", ranked("", "any", "managed_device").same("", "any")},
		{"authenticators.*.level", "the level that it counts for", less},

		{"providers.*.kind", "", unknown}, {"providers.*.aaguids", "the models that are its", fewer},
		{"providers.*.managed", "whether the account is the organisation's", on},
		{"providers.*.sharing", "sharing", ranked("unknown", "anyone", "team", "family", "off")},
		{"providers.*.access", "how one signs in there", ranked("", "unknown", "aal1", "aal2", "aal2-phr", "aal3")},
		{"providers.*.status", "how that is known", ranked("assumed", "declared", "observed")},
		{"providers.*.recovery", "its ways back in", fewer},
		{"providers.*.review_by", "the day of the next look", earlier},
		{"providers.*.source", "the source", neither},

		{"segments.*.name", "", neither},
		{"segments.*.risk_rank", "the risk rank", boundedLess},
		{"segments.*.when", "whom it is for", unknown},
		{"segments.*.required.aal", "the level asked for", more},
		{"segments.*.required.phr", "whether a sign-in must resist phishing", on},
		{"segments.*.allow", "the classes allowed", classes},
		{"segments.*.sync", "synced keys", ranked("allow", "forbid")},
		{"segments.*.tolerates_recovery", "the recovery tolerated", ranked("broad", "narrow")},
		{"segments.*.authenticators.min", "how many authenticators are asked for", more},
		{"segments.*.authenticators.max", "how many authenticators are allowed", boundedLess},
		{"segments.*.authenticators.independent", "whether they are independent", on},
		{"segments.*.authenticators.one_of", "the classes of which one is needed", oneOf},
		{"segments.*.authenticators.stored", "where they are stored", neither},
		{"segments.*.authenticators.backup", "the plan for a loss", neither},
		{"segments.*.authenticators.grace", "the time to get them", shorterOrNone},
		{"segments.*.recovery", "the ways back in", recoveries},
		{"segments.*.fallbacks", "the fallbacks", fewer},
		{"segments.*.alarm", "who is told of each use", wider},
		{"segments.*.session.overall", "the longest session", shorter},
		{"segments.*.session.inactivity", "the longest inactivity", shorter},
		{"segments.*.session.reauth", "what is proven again", ranked("", "same-factor", "full")},
		{"segments.*.session.bind", "what a session is bound to", ranked("", "none", "dbsc-or-mtls", "dbsc", "mtls").same("", "none").unordered("dbsc", "mtls")},
		{"segments.*.session.shared_terminal.overall", "the longest session on a shared device", shorter},
		{"segments.*.session.shared_terminal.inactivity", "the longest inactivity on a shared device", shorter},
		{"segments.*.equivalence", "how its ways back are judged", ranked("nist", "strict")},
		{"segments.*.session.reason", "the reason for long sessions", neither},
		{"segments.*.lifecycle.end_date", "whether there is an end date", ranked("", "optional", "required").same("", "optional")},
		{"segments.*.lifecycle.revoke_within", "how soon access ends", shorter},
		{"segments.*.lifecycle.residual_check", "how often what is left is looked for", ranked("", "monthly", "weekly", "daily")},
		{"segments.*.step_up.*.acr", "what a step-up proves", ranked("", "aal1", "aal2", "phr", "aal3", "phrh").unordered("aal2", "phr").unordered("phr", "aal3").unordered("aal3", "phrh")},
		{"segments.*.step_up.*.max_age", "how old a step-up may be", shorter},
		{"segments.*.step_up.*.second_person", "whether a second person is needed", on},
		{"segments.*.step_up.*.for", "a step-up", addedOnly},

		{"binding.require", "what binding asks for", unknown},
		{"binding.across_devices.code_bits", "the length of the code", more},
		{"binding.across_devices.ttl", "the life of the code", shorter},
		{"binding.across_devices.channel", "the channels of the code", fewer},
		{"binding.notify.to", "who is told", notified}, {"binding.notify.also", "who else is told", wider},
		{"binding.notify.postal", "whether a letter goes out", on}, {"binding.notify.independent", "whether the notice is independent", on},

		{"fallbacks.*.kind", "the kind", unknown}, {"fallbacks.*.only_when", "when it is open", unknown},
		{"fallbacks.*.no_downgrade", "whether it stands beside a passkey", on},
		{"fallbacks.*.max_per_user", "how often", rate},
		{"fallbacks.*.session.overall", "the longest session", shorter},
		{"fallbacks.*.session.inactivity", "the longest inactivity", shorter},
		{"fallbacks.*.session.capability", "what its session may", ranked("", "full", "enrol-first").same("", "full")},
		{"fallbacks.*.owner", "the owner", neither}, {"fallbacks.*.retire", "the end", earlier},
		{"fallbacks.*.population_ceiling", "the alarm", boundedLess},

		{"access.*.name", "", neither}, {"access.*.when", "when it holds", unknown}, {"access.*.apps", "the applications", openmore},
		{"access.*.then.deny", "whether it denies", on}, {"access.*.then.reason", "the reason", neither},
		{"access.*.then.revoke_sessions", "whether it ends sessions", on}, {"access.*.then.emit", "the signals", wider},
		{"access.*.then.require.aal", "the level asked for", more}, {"access.*.then.require.phr", "whether a sign-in must resist phishing", on},
		{"access.*.then.require.acr", "what is proven", ranked("", "aal1", "aal2", "phr", "aal3", "phrh").unordered("aal2", "phr").unordered("phr", "aal3").unordered("aal3", "phrh")},
		{"access.*.then.require.reauth", "what is proven again", ranked("", "same-factor", "full")},
		{"access.*.then.require.max_age", "how old a proof may be", shorter},
		{"access.*.then.require.device", "the device", ranked("", "any", "managed", "compliant").same("", "any")},
		{"access.*.then.require.posture_age", "how old a posture may be", shorter},
		{"access.*.then.require.network", "the networks", openless},

		{"continuous.reevaluate.every", "how often sessions are decided again", shorter},
		{"continuous.reevaluate.on", "what makes them decided again", wider},
		{"continuous.downgrade_first", "whether a session is weakened before it ends", off},

		{"rollout.exceptions.max_days", "how long an exception lasts", boundedLess},
		{"rollout.exceptions.approvers", "how many approve an exception", more},
		{"rollout.exceptions.counted_in_effective_assurance", "whether exceptions are counted", on},
		{"rollout.enforce.mode", "how far it is enforced", ranked("", "off", "observe", "enforce-new", "enforce", "fido-only").same("", "off")},
		{"rollout.enforce.requires_plan", "whether a plan is needed", on}, {"rollout.enforce.plan_max_age", "how old a plan may be", shorter},
		{"rollout.stages.*.groups", "the groups", wider}, {"rollout.stages.*.min_days", "how long it takes", neither},

		{"detections.*.respond", "the response", wider}, {"detections.*.id", "", neither},
		{"detections.*.mode", "what it does", ranked("off", "report", "alert", "respond", "")},
		{"reviews.*.every", "how often", shorter}, {"reviews.*.what", "", neither},
		{"reviews.*.on_silence", "what silence means", ranked("", "keep", "open-case", "assume-unknown", "revoke").same("", "keep").unordered("open-case", "assume-unknown").unordered("assume-unknown", "revoke")},
		{"assertions.*.name", "", neither},
	}
}

// procedureRules are of procedures; the path begins after the name of one.
func procedureRules() []rule {
	return []rule{
		{"yields.aal", "the level that it gives", less},
		{"yields.capability", "what it gives", ranked("sign-in", "bind-only")},
		{"steps", "the steps", steps},
		{"independence", "whether its codes are independent", ranked("", "required")},
		{"when", "where it is open", unknown},
		{"delay.hold", "the delay", longer}, {"delay.contest", "whether it can be contested", on}, {"delay.waive_when", "when the delay is waived", removedOnly},
		{"notify.to", "who is told", notified}, {"notify.postal", "whether a letter goes out", on},
		{"notify.also", "who else is told", wider}, {"notify.independent", "whether the notice is independent", on},
		{"limits.attempts", "how many wrong codes", boundedLess}, {"limits.*", "how often", rate},
		{"after.revoke_sessions", "whether sessions end", on}, {"after.quarantine_new_authenticator", "the quarantine", longer},
		{"code.bits", "the length of the code", more}, {"code.ttl", "the life of the code", shorter},
		{"code.single_use", "whether the code is for one use", on}, {"code.channel", "the channels of the code", fewer},
		{"must_bind", "how many authenticators come of it", more},
		{"stock.record_serial", "whether serial numbers are kept", on}, {"stock.keys", "the keys handed out", neither},
		{"steps.*.proof.ial", "the level of the proof", more}, {"steps.*.proof.reuse", "how old the proof may be", shorterOrNone},
		{"steps.*.proof.match", "what is compared", addedOnly}, {"steps.*.proof.capture", "what is kept", addedOnly},
		{"steps.*.approve.k", "how many approve", more}, {"steps.*.approve.independent", "whether approvers are independent", on},
		{"steps.*.approve.not_in", "who may not approve", wider}, {"steps.*.approve.min_aal", "the approvers' sign-in", more},
		{"steps.*.code.bits", "the length of the code", more}, {"steps.*.code.channel", "the channels of the code", fewer},
		{"steps.*.code.ttl", "the life of the code", shorter}, {"steps.*.code.ttl_email", "the life of a code by e-mail", shorter},
		{"steps.*.code.ttl_sms", "the life of a code by phone", shorter}, {"steps.*.code.single_use", "whether the code is for one use", on},
		{"steps.*.device.single_use", "whether the device counts once", on},
	}
}

func neither(*comparison, string, leaf, leaf) Direction { return Neither }
func unknown(*comparison, string, leaf, leaf) Direction { return Unknown }

// direction of a difference where up raises.
func direction(up int) Direction {
	switch {
	case up > 0:
		return Raised
	case up < 0:
		return Lowered
	}
	return Neither
}

func number(l leaf) float64 {
	switch v := l.value.(type) {
	case int:
		return float64(v)
	case policy.AAL:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func more(_ *comparison, _ string, was, is leaf) Direction {
	return direction(cmp.Compare(number(is), number(was)))
}
func less(c *comparison, p string, was, is leaf) Direction { return more(c, p, is, was) }

// boundedLess: none is no bound.
func boundedLess(c *comparison, p string, was, is leaf) Direction {
	switch {
	case was.text == "":
		return Raised
	case is.text == "":
		return Lowered
	}
	return less(c, p, was, is)
}

func on(_ *comparison, _ string, was, is leaf) Direction {
	return direction(len(is.text) - len(was.text)) // "true" or not written
}
func off(c *comparison, p string, was, is leaf) Direction { return on(c, p, is, was) }

func longer(_ *comparison, _ string, was, is leaf) Direction {
	a, _ := duration(was)
	b, _ := duration(is)
	return direction(cmp.Compare(b, a))
}
func shorterOrNone(c *comparison, p string, was, is leaf) Direction { return longer(c, p, is, was) }

// shorter: a bound that is not written is none. 0s, where it is written, is the
// shortest.
func shorter(c *comparison, p string, was, is leaf) Direction {
	switch {
	case was.text == "":
		return Raised
	case is.text == "":
		return Lowered
	}
	return longer(c, p, is, was)
}

func earlier(_ *comparison, _ string, was, is leaf) Direction {
	a, _ := was.value.(policy.Date)
	b, _ := is.value.(policy.Date)
	switch {
	case was.text == "":
		return Raised
	case is.text == "":
		return Lowered
	}
	return direction(a.Start().Compare(b.Start()))
}

func rate(_ *comparison, _ string, was, is leaf) Direction {
	a, _ := was.value.(policy.Rate)
	b, _ := is.value.(policy.Rate)
	switch {
	case was.text == "":
		return Raised
	case is.text == "":
		return Lowered
	case b.N <= a.N && b.Per >= a.Per:
		return Raised
	case b.N >= a.N && b.Per <= a.Per:
		return Lowered
	}
	return Unknown
}

// wider: what is added raises, what goes lowers.
func wider(_ *comparison, _ string, was, is leaf) Direction {
	if len(minus(was.set, is.set)) > 0 {
		return Lowered
	}
	return Raised
}

func fewer(c *comparison, p string, was, is leaf) Direction { return wider(c, p, is, was) }

// openless: an empty list is everything.
func openless(c *comparison, p string, was, is leaf) Direction {
	switch {
	case was.text == "":
		return Raised
	case is.text == "":
		return Lowered
	}
	return fewer(c, p, was, is)
}

func openmore(c *comparison, p string, was, is leaf) Direction { return openless(c, p, is, was) }

func minus(a, b []string) (out []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// addedOnly: one that comes raises; a change of it cannot be told.
func addedOnly(_ *comparison, _ string, was, is leaf) Direction {
	switch {
	case was.text == "":
		return Raised
	case is.text == "":
		return Lowered
	}
	return Unknown
}

// removedOnly: one that goes raises.
func removedOnly(_ *comparison, _ string, _, is leaf) Direction {
	if is.text == "" {
		return Raised
	}
	return Unknown
}

// notified: all addresses of the subject are the most.
func notified(_ *comparison, _ string, was, is leaf) Direction {
	switch {
	case is.text == "all_addresses":
		return Raised
	case is.text == "" || was.text == "all_addresses":
		return Lowered
	case was.text == "":
		return Raised
	}
	return Unknown
}

func certification(_ *comparison, _ string, was, is leaf) Direction {
	rank := func(l leaf) int { return policy.Certification(l.text).Rank() }
	return direction(rank(is) - rank(was))
}

// order is of words, the weakest first.
type order struct{ words []string }

type judge = func(*comparison, string, leaf, leaf) Direction

func ranked(words ...string) rankedJudge { return rankedJudge(order{words: words}.judge) }

type rankedJudge judge

func (o order) judge(_ *comparison, _ string, was, is leaf) Direction {
	a, b := slices.Index(o.words, was.text), slices.Index(o.words, is.text)
	if a < 0 || b < 0 {
		return Unknown
	}
	return direction(b - a)
}

// unordered leaves two words without an order.
func (j rankedJudge) unordered(x, y string) rankedJudge { return j.pair(x, y, Unknown) }

// same makes two words mean the same.
func (j rankedJudge) same(x, y string) rankedJudge { return j.pair(x, y, Neither) }

func (j rankedJudge) pair(x, y string, d Direction) rankedJudge {
	return func(c *comparison, p string, was, is leaf) Direction {
		if was.text == x && is.text == y || was.text == y && is.text == x {
			return d
		}
		return j(c, p, was, is)
	}
}

// oneOf: fewer choices raise; none at all asks for nothing.
func oneOf(c *comparison, p string, was, is leaf) Direction { return openless(c, p, was, is) }

// classes: a class that comes lowers nobody only where all that is in it was in
// another class already.
func classes(c *comparison, _ string, was, is leaf) Direction {
	for _, n := range minus(is.set, was.set) {
		added, ok := c.is.Authenticators.Get(n)
		if !ok || !slices.ContainsFunc(was.set, func(o string) bool {
			old, ok := c.was.Authenticators.Get(o)
			return ok && c.inside(old, added)
		}) {
			return Lowered
		}
	}
	if len(minus(was.set, is.set)) == 0 {
		return Neither
	}
	return Raised
}

// inside says whether every credential of class added is in class old. What it
// counts for may be more where it is proven to be.
func (c *comparison) inside(old, added *policy.Class) bool {
	a, b := &flat{values: map[string]leaf{}, names: map[string][]string{}}, &flat{values: map[string]leaf{}, names: map[string][]string{}}
	a.structure("authenticators.x", *old, c.was)
	b.structure("authenticators.x", *added, c.is)
	sub := comparison{before: a, after: b, was: c.was, is: c.is}
	sub.values()
	proven := added.Distribution == "device_bound" && added.Attestation.Required && added.UserVerification == "required"
	return !slices.ContainsFunc(sub.out, func(ch Change) bool {
		return ch.Lowering() && !(ch.Path == "authenticators.x.level" && proven)
	})
}

// recoveries: a way back in that comes lowers nobody where it is worth all that
// the segment's authenticators are.
func recoveries(c *comparison, path string, was, is leaf) Direction {
	old := c.old
	if name, _, ok := c.segmentOf(strings.TrimPrefix(path, "segments.")); ok && old == nil {
		old, _, _ = c.was.Segment(name)
	}
	best := c.strongest(old)
	for _, n := range minus(is.set, was.set) {
		p, ok := c.is.Recovery.Get(n)
		if !ok || grade.Of(p, grade.Equivalence(c.is)).AAL < best {
			return Lowered
		}
	}
	if len(minus(was.set, is.set)) == 0 {
		return Neither
	}
	return Raised
}

// strongest is the highest level that somebody of s can sign in with.
func (c *comparison) strongest(s *policy.Segment) int64 {
	if s == nil {
		return 3
	}
	best := int64(s.Required.AAL)
	for _, n := range s.Allow {
		if k, ok := c.was.Authenticators.Get(n); ok {
			best = max(best, int64(k.Level))
		}
	}
	return best
}

// steps: all of them are needed, so more of them raise.
func steps(_ *comparison, _ string, was, is leaf) Direction {
	a, b := strings.Split(was.text, ", "), strings.Split(is.text, ", ")
	switch {
	case len(b) > len(a) && slices.Equal(b[:len(a)], a):
		return Raised
	case len(b) < len(a) && slices.Equal(a[:len(b)], b):
		return Lowered
	}
	return Unknown
}

// difference in words: "3 in place of 2", "badge-pin comes; key-any goes".
func difference(was, is leaf) string {
	if !was.list && !is.list {
		nothing := "nothing"
		if was.text == "true" || is.text == "true" {
			nothing = "no"
		}
		return said(is.text, nothing) + " in place of " + said(was.text, nothing)
	}
	var parts []string
	if came := minus(is.set, was.set); len(came) > 0 {
		parts = append(parts, "with "+strings.Join(came, ", "))
	}
	if gone := minus(was.set, is.set); len(gone) > 0 {
		parts = append(parts, "without "+strings.Join(gone, ", "))
	}
	return strings.Join(parts, ", ")
}

func said(text, nothing string) string {
	switch text {
	case "":
		return nothing
	case "true":
		return "yes"
	}
	return text
}
