package lint

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/policy"
)

// reachable is L-16: a rule that never applies gives a comfort that is not
// there, and one that nobody can meet is a lock-out in waiting.
func (r *run) reachable() {
	for i, a := range r.d.Access {
		path := fmt.Sprintf("access[%d]", i)
		r.unreachable(path, i, a)
		if q := a.Then.Require; q != nil {
			r.unmeetable(path+".then.require", i, a, q)
		}
	}
	r.segments(func(path string, s *policy.Segment) {
		for i, st := range s.StepUp {
			if !slices.ContainsFunc(r.given(s), func(c *policy.Class) bool { return gives(c, st.ACR) }) {
				r.fail(fmt.Sprintf("%s.step_up[%d].acr", path, i), "allow a class that gives it, or ask for less",
					"segment %s asks for %s for %s, and none of its classes gives that", s.Name, st.ACR, st.For)
			}
		}
	})
}

func (r *run) given(s *policy.Segment) (out []*policy.Class) {
	r.classes("", s, func(_ string, c *policy.Class) { out = append(out, c) })
	return out
}

// gives says whether every credential of c that is in order proves acr.
func gives(c *policy.Class, acr policy.ACR) bool {
	switch acr {
	case "phrh":
		return c.Distribution == "device_bound" && c.Attestation.Required && c.UserVerification == "required"
	case "aal3":
		return c.Level >= 3
	case "aal2":
		return c.Level >= 2
	}
	return true // a passkey is phr, and level 1
}

// unreachable tries the combinations of what the rule asks, and of the rules
// before it that deny all that it could decide.
func (r *run) unreachable(path string, i int, a *policy.AccessRule) {
	cond := r.p.Cond(path + ".when")
	all := []policy.Cond{cond}
	var denies []int
	for j, b := range r.d.Access[:i] {
		if b.Then.Deny && within(a.Apps, b.Apps) {
			denies = append(denies, j)
			all = append(all, r.p.Cond(fmt.Sprintf("access[%d].when", j)))
		}
	}
	ever, left := false, false
	by := map[int]bool{}
	exact := r.read.asks(all...).space(policy.Input{Now: r.at}).all(func(in *policy.Input, _ []int) bool {
		if !holds(cond, in) {
			return true
		}
		ever = true
		j := first(all[1:], in)
		if j < 0 {
			left = true
			return false
		}
		by[denies[j]] = true
		return true
	})
	switch {
	case left || !exact || cond.Reads("account.effective"):
	case !ever:
		r.fail(path+".when", "mend the condition, or take the rule out", "the condition of access rule %s never holds", a.Name)
	case !a.Then.RevokeSessions && len(a.Then.Emit) == 0:
		r.fail(path+".when", "put it before, or take it out", "access rule %s changes nothing: %s denies first whatever it is about", a.Name, r.ruleNames(by))
	}
}

func (r *run) ruleNames(set map[int]bool) string {
	var names []string
	for j := range set {
		names = append(names, r.d.Access[j].Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// within: all of the applications a are among b; no list is all applications.
func within(a, b []string) bool {
	if len(b) == 0 {
		return true
	}
	return len(a) > 0 && !slices.ContainsFunc(a, func(app string) bool { return !slices.Contains(b, app) })
}

// unmeetable: of the segments for whose people the rule can hold, one at least
// must have a class that meets it.
func (r *run) unmeetable(path string, i int, a *policy.AccessRule, q *policy.Requirement) {
	meets := func(c *policy.Class) bool { return c.Level >= q.AAL && (q.ACR == "" || gives(c, q.ACR)) }
	var names []string
	for k, s := range r.d.Segments {
		if !r.applies(i, k) {
			continue
		}
		names = append(names, s.Name)
		if slices.ContainsFunc(r.given(s), meets) {
			return
		}
	}
	if len(names) == 0 {
		return // unreachable has said so, or it cannot be told
	}
	var asks []string
	if q.AAL > 0 {
		asks = append(asks, fmt.Sprintf("aal: %d", q.AAL))
	}
	if q.ACR != "" {
		asks = append(asks, "acr: "+string(q.ACR))
	}
	r.fail(path, "allow a class that gives it, or ask for less", "access rule %s asks for %s, and no class of %s gives that", a.Name, list(asks), list(names))
}

// applies says whether access rule i can hold for somebody of segment k.
func (r *run) applies(i, k int) bool {
	rule := r.p.Cond(fmt.Sprintf("access[%d].when", i))
	asksWho := false
	for _, f := range rule.Fields() {
		asksWho = asksWho || strings.HasPrefix(f, "user.") || strings.HasPrefix(f, "account.")
	}
	if !asksWho {
		return true
	}
	conds := r.segmentConds()[:k+1]
	can := false
	exact := r.read.asks(append(slices.Clone(conds), rule)...).space(policy.Input{Now: r.at, Account: policy.Account{Segment: r.d.Segments[k].Name}}).all(func(in *policy.Input, _ []int) bool {
		in.Account.Segment = r.d.Segments[k].Name
		can = first(conds, in) == k && holds(rule, in)
		return !can
	})
	return can || !exact
}

// adminApp is Holdfast's own console as the policy names it.
const adminApp = "holdfast-admin"

// postureOf is the part of L-17 about devices: on the worst day the device at
// hand is one of which nothing is known, and the rules over Holdfast's own
// administration must let it through.
func (r *run) postureOf(s *policy.Segment) {
	_, k, _ := r.d.Segment(s.Name)
	for i, a := range r.d.Access {
		if len(a.Apps) > 0 && !slices.Contains(a.Apps, adminApp) {
			continue
		}
		path := fmt.Sprintf("access[%d]", i)
		q := a.Then.Require
		asks := q != nil && (q.Device != "" && q.Device != "any" || q.PostureAge != nil)
		if !asks && !(a.Then.Deny && r.p.Cond(path+".when").Reads("device")) {
			continue
		}
		if r.holdsOnUnknownDevice(i, k) {
			r.fail(path, "leave its people out of the rule's condition", "access rule %s holds segment %s to the state of a device", a.Name, s.Name)
		}
	}
}

// holdsOnUnknownDevice says whether access rule i can hold for somebody of
// segment k whose device is not known.
func (r *run) holdsOnUnknownDevice(i, k int) bool {
	rule := r.p.Cond(fmt.Sprintf("access[%d].when", i))
	conds := r.segmentConds()[:k+1]
	can := false
	r.read.asks(append(slices.Clone(conds), rule)...).space(policy.Input{Now: r.at, App: policy.App{ID: adminApp}}, "user", "account", "now", "risk", "net", "auth", "cred", "ctx").all(func(in *policy.Input, _ []int) bool {
		in.Account.Segment = r.d.Segments[k].Name
		can = first(conds, in) == k && holds(rule, in)
		return !can
	})
	return can
}
