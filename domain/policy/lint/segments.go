package lint

import (
	"strings"
	"time"

	"holdfast/domain/policy"
)

// complete is L-01: nothing that decides has a default, so nothing weak is in a
// policy because nobody thought of it.
func (r *run) complete() {
	r.segments(func(path string, s *policy.Segment) {
		var lacks []string
		for _, key := range []string{"required", "allow", "sync", "tolerates_recovery", "recovery", "fallbacks", "session", "authenticators"} {
			if !r.d.Has(path + "." + key) {
				lacks = append(lacks, key)
			}
		}
		if len(lacks) > 0 {
			r.fail(path, "write "+strings.Join(lacks, ", ")+"; an empty list is written []", "segment %s does not say %s", s.Name, strings.Join(lacks, ", "))
		}
	})
}

// level3 is L-02. SP 800-63B-4 §2.3.2: a key that can be exported is never used
// at AAL3, and only an attestation shows that it cannot.
func (r *run) level3() {
	for _, name := range r.d.Authenticators.Names {
		c := r.d.Authenticators.Of[name]
		if c.Level != 3 {
			continue
		}
		var lacks []string
		for _, f := range []struct {
			lacks bool
			text  string
		}{
			{c.Distribution != "device_bound", "distribution: device_bound"},
			{!c.Attestation.Required, "attestation: {required: true}"},
			{c.UserVerification != "required", "user_verification: required"},
		} {
			if f.lacks {
				lacks = append(lacks, f.text)
			}
		}
		if len(lacks) > 0 {
			r.fail("authenticators."+name+".level", "add "+strings.Join(lacks, " and ")+", or write level: 2",
				"class %s gives level 3 without %s", name, strings.Join(lacks, " and "))
		}
	}
}

// syncTaste is L-03: a synced key comes back by whatever way its provider has,
// which is the broad recovery that such a segment says it does not tolerate.
func (r *run) syncTaste() {
	r.segments(func(path string, s *policy.Segment) {
		if s.ToleratesRecovery == "narrow" && s.Sync == "allow" {
			r.fail(path+".sync", "write sync: forbid, or tolerates_recovery: broad", "segment %s tolerates only narrow recovery and allows synced keys", s.Name)
		}
		r.classes(path, s, func(at string, c *policy.Class) {
			switch {
			case c.Distribution != "synced":
			case s.ToleratesRecovery == "narrow":
				r.fail(at, "take it out of allow, or write tolerates_recovery: broad and sync: allow",
					"segment %s tolerates only narrow recovery and allows the synced class %s", s.Name, c.Name)
			case s.Sync == "forbid":
				r.warn(at, "take it out of allow, or write sync: allow", "class %s is for synced keys, which segment %s forbids", c.Name, s.Name)
			}
		})
	})
}

// The limits of SP 800-63B-4: §2.3.3 SHALL and SHOULD of AAL3, §2.2.3 SHOULD of
// AAL2.
const (
	aal3Overall    = 12 * time.Hour
	aal3Inactivity = 15 * time.Minute
	aal2Overall    = 24 * time.Hour
	aal2Inactivity = time.Hour
)

// sessions is L-09.
func (r *run) sessions() {
	r.segments(func(path string, s *policy.Segment) {
		if !r.d.Has(path + ".session") {
			return // L-01
		}
		overall, inactivity := path+".session.overall", path+".session.inactivity"
		switch {
		case s.Required.AAL == 3:
			if over(s.Session.Overall, aal3Overall) {
				r.fail(overall, "write at most 12h", "a session of segment %s at AAL3 lasts %s; SP 800-63B-4 §2.3.3 ends it after 12h", s.Name, bound(s.Session.Overall))
			}
			r.suggested(s, inactivity, s.Session.Inactivity, aal3Inactivity, "§2.3.3")
		case s.Required.AAL == 2:
			r.suggested(s, overall, s.Session.Overall, aal2Overall, "§2.2.3")
			r.suggested(s, inactivity, s.Session.Inactivity, aal2Inactivity, "§2.2.3")
		}
	})
}

// suggested is a SHOULD: it may be passed by who says why.
func (r *run) suggested(s *policy.Segment, path string, d policy.Duration, most time.Duration, section string) {
	key := path[strings.LastIndexByte(path, '.')+1:]
	limit := policy.Duration(most).String()
	switch {
	case !over(d, most):
	case s.Session.Reason == "":
		r.fail(path, "write at most "+limit+", or say why not in session.reason",
			"the %s limit of segment %s is %s; SP 800-63B-4 %s suggests at most %s", key, s.Name, bound(d), section, limit)
	default:
		r.warn(path, "review the reason from time to time", "the %s limit of segment %s is %s; SP 800-63B-4 %s suggests at most %s (%s)",
			key, s.Name, bound(d), section, limit, s.Session.Reason)
	}
}

// over: a bound that is not written is none. L-01 asks for session as a whole.
func over(d policy.Duration, most time.Duration) bool { return d == 0 || d.D() > most }

func bound(d policy.Duration) string {
	if d == 0 {
		return "not bounded"
	}
	return d.String()
}

// spare is L-18: SP 800-63B-4 §4.1.2.1 encourages two separate means, since
// recovery is where accounts are taken.
func (r *run) spare() {
	r.segments(func(path string, s *policy.Segment) {
		if r.d.Has(path+".authenticators") && s.Authenticators.Min < 2 && s.Authenticators.Backup == "" {
			r.fail(path+".authenticators", "write min: 2, or name the plan in backup", "people of segment %s may have one authenticator and no plan for the day on which it is lost", s.Name)
		}
	})
}

// breakGlass is L-17. The accounts for the worst day must not depend on what may
// be down on it, and nobody uses them unheard.
func (r *run) breakGlass() {
	r.segments(func(path string, s *policy.Segment) {
		if !isBreakGlass(s) {
			return
		}
		if s.Authenticators.Min < 2 {
			r.fail(path+".authenticators", "write min: 2 and keep them in two places", "segment %s is for breaking the glass and asks for %d authenticator", s.Name, s.Authenticators.Min)
		}
		if len(s.Alarm) == 0 {
			r.fail(path, "write alarm: [group:NAME] of those who are told of each use", "nobody is told when segment %s is used", s.Name)
		}
		r.postureOf(s)
	})
}

// isBreakGlass: it says so by its name, or by a sealed envelope.
func isBreakGlass(s *policy.Segment) bool {
	return strings.HasPrefix(s.Name, "break-glass") || s.Authenticators.Stored != ""
}

// changeControl is L-19.
func (r *run) changeControl() {
	m := r.d.Metadata
	if m.ChangeControl.AuthorMayApprove {
		r.fail("metadata.change_control.author_may_approve", "write author_may_approve: false", "an author may approve their own change")
	}
	path, lower := "metadata.lower", m.Lower
	if !r.d.Has(path) {
		path, lower = "metadata.change_control", policy.ApproverSet{Approvers: m.ChangeControl.Approvers, From: m.ChangeControl.From}
	}
	if lower.Approvers < 2 {
		r.fail(path+".approvers", "write approvers: 2 or more", "a change that lowers somebody's assurance needs %d approver", lower.Approvers)
	}
	if r.d.Has("metadata.raise") && m.Raise.Approvers > lower.Approvers {
		r.fail(path+".approvers", "write at least as many as in metadata.raise", "a change that lowers somebody's assurance needs %d approvers, one that does not needs %d", lower.Approvers, m.Raise.Approvers)
	}
}
