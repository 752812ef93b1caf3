package rejudge

import (
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/provider"
	"holdfast/domain/standing"
	"holdfast/domain/task"
)

// rules is a policy made ready to judge everybody by.
type rules struct {
	*policy.Policy
	digest   string // of the revision in force; empty: the preset
	profiles provider.Registry
	bad      map[string]bool   // statuses that a class denies
	anchors  *evidence.Anchors // nil until they are asked for
}

func newRules(p *policy.Policy, digest string) *rules {
	r := &rules{Policy: p, digest: digest, profiles: p.Profiles(), bad: map[string]bool{}}
	for _, c := range p.Document().Authenticators.Of {
		for _, s := range c.MDS.DenyStatus {
			r.bad[string(s)] = true
		}
	}
	return r
}

// admission is what the policy says of a passkey.
type admission struct {
	accepted bool
	statuses []string // bad ones of the model, where it is accepted all the same
	reasons  []policy.Reason
}

func (r *rules) admit(in *policy.Input) admission {
	_, ok, suspect, reasons := r.Admits(in)
	a := admission{accepted: ok, reasons: reasons}
	if ok && suspect {
		a.statuses = slices.DeleteFunc(slices.Clone(in.Cred.Statuses), func(s string) bool { return !r.bad[s] })
	}
	return a
}

// lapsed says whether a review of a provider's profile would make it accepted.
func (a admission) lapsed() bool {
	return !a.accepted && slices.ContainsFunc(a.reasons, func(r policy.Reason) bool { return r.Code == "provider_unknown_profile" })
}

// A key is an active passkey and what the policy says of it.
type key struct {
	c      credential.Record
	old    admission           // by the judgement on record
	now    admission           // by the fresh one, if there is one
	fresh  *evidence.Judgement // that differs from the one on record
	before evidence.Judgement
}

// works says whether the key signs in, and nothing says that it will not soon.
func (k key) works() bool { return k.now.accepted && len(k.now.statuses) == 0 }

// held says whether the metadata took back what vouched for the key. Then what
// is on record stays until the day that is told; so it does when a policy comes
// meanwhile.
func (k key) held(staged *task.Record, byPolicy bool) bool {
	return k.old.accepted && !k.now.accepted && (!byPolicy || staged != nil && staged.State == task.Open)
}

// fell says whether the key is not proven to be in hardware any more: then no
// session may go on to say so, also where the key still signs in.
func (k key) fell(now time.Time) bool {
	proves := func(j evidence.Judgement) int64 {
		return standing.Level(evidence.Of(k.c, j, provider.Registry{}, now), true)
	}
	return k.fresh != nil && proves(*k.fresh) < proves(k.before)
}

// goes says whether the key is suspended now.
func (k key) goes(s *Subject, byPolicy bool, now time.Time) bool {
	staged := stagedOf(s.Tasks, k.c.ID)
	switch {
	case k.held(staged, byPolicy) || k.now.accepted && len(k.now.statuses) > 0:
		return staged != nil && !now.Before(staged.Due)
	case k.now.accepted:
		return false
	}
	return !k.now.lapsed()
}

// verdict is what the policy says of somebody.
type verdict struct {
	segment   string
	uncovered bool // no segment: nothing signs them in, and nothing is theirs to replace
	keys      []key
}

// verifies: whether somebody is verified is asked of each response, at the
// door. A passkey that a browser made without asking (WebAuthn L3 §5.1.3) has
// verified nobody yet, and is no reason to take it away.
const verifies = true

// verdict judges the active passkeys of somebody who may sign in. Others have
// none to judge: they are judged when they may again.
func (r *rules) verdict(s *Subject, fresh judgements, now time.Time) verdict {
	v := verdict{}
	if !s.Person.MaySignIn(now) {
		return v
	}
	in := s.Input(policy.SignIn, r.profiles, now)
	if v.segment, _, _, _ = r.Admits(&in); v.segment == "" {
		v.uncovered = true
		return v
	}
	for _, c := range s.Credentials {
		if c.Status != credential.Active {
			continue
		}
		k := key{c: c, before: s.Judgement(c.ID)}
		in.Cred = standing.Cred(c, k.before, r.profiles, verifies, now)
		k.old = r.admit(&in)
		k.now = k.old
		if j, ok := fresh[c.ID]; ok && differs(k.before, j) {
			k.fresh = &j
			in.Cred = standing.Cred(c, j, r.profiles, verifies, now)
			k.now = r.admit(&in)
		}
		v.keys = append(v.keys, k)
	}
	return v
}

// lapsed counts what is refused until somebody reviews what is out of date.
func (v verdict) lapsed() (n int) {
	for _, k := range v.keys {
		if k.now.lapsed() {
			n++
		}
	}
	return n
}

// any says whether one of the keys signs in: that it can verify is not known of
// one that never did.
func (v verdict) any() bool {
	return slices.ContainsFunc(v.keys, func(k key) bool { return k.now.accepted && k.c.UVInitialized })
}

// leavesNone says whether none of the keys that there are stays.
func (v verdict) leavesNone(s *Subject, byPolicy bool, now time.Time) bool {
	return len(v.keys) > 0 && !slices.ContainsFunc(v.keys, func(k key) bool { return !k.goes(s, byPolicy, now) })
}

// judgements are fresh ones, by credential.
type judgements map[holdfast.CredentialID]evidence.Judgement

// of are those that differ from what is on record of s.
func (js judgements) of(s Subject) (out []evidence.Judgement) {
	if len(js) == 0 {
		return nil
	}
	for _, c := range s.Credentials {
		if j, ok := js[c.ID]; ok && differs(s.Judgement(c.ID), j) {
			out = append(out, j)
		}
	}
	return out
}

// differs says whether a judgement says something else than the one before it:
// that it was made later, or with a newer issue of the metadata, is nothing.
func differs(a, b evidence.Judgement) bool {
	return a.Kind != b.Kind || a.Reason != b.Reason || a.AAGUIDProven != b.AAGUIDProven || a.Serial != b.Serial ||
		a.Protection != b.Protection || a.Certification != b.Certification || a.FIPS != b.FIPS ||
		a.HardwareProtected != b.HardwareProtected || !slices.Equal(sources(a.Anchors), sources(b.Anchors)) ||
		!slices.Equal(a.Statuses, b.Statuses)
}

// sources are anchors without the number of the metadata's issue.
func sources(anchors []string) []string {
	out := slices.Clone(anchors)
	for i, a := range out {
		if len(a) > 4 && a[:4] == "mds:" {
			out[i] = "mds"
		}
	}
	return out
}

func isAdministrator(p person.Record, now time.Time) bool {
	return p.MaySignIn(now) && p.RoleAt(now) == person.Administrator
}
