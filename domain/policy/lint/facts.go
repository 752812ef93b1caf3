package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// Facts is what an installation is, as far as the rules ask. Callers fill it
// from the store in one moment.
type Facts struct {
	At         time.Time
	Accounts   []policy.Input  // User and Account of each, or of a sample
	Population int64           // how many accounts there are; 0: as many as Accounts
	Pools      map[string]Pool // "group:security-office", "role:service-desk"; one that is not there has nobody
	MDS        Metadata
}

// Pool is who may approve.
type Pool struct {
	Size    int64
	Members []string // ids, where they are known
	Unknown bool     // nobody can say who is in it: nothing is said of it either
}

// Metadata is how the FIDO metadata stand.
type Metadata struct {
	No         int64               // of the BLOB; 0: there is none
	NextUpdate time.Time           // when it should have been renewed
	Statuses   map[string][]string // by AAGUID, of the models that it has; nil: that was not looked at
}

// PastDue is for how long the metadata should have been renewed.
func (m Metadata) PastDue(now time.Time) time.Duration {
	if m.NextUpdate.IsZero() || !now.After(m.NextUpdate) {
		return 0
	}
	return now.Sub(m.NextUpdate)
}

// approvals calls f for each step in which a pool approves.
func (r *run) approvals(f func(path string, p *policy.Procedure, a *policy.Approve)) {
	each := func(path string, p *policy.Procedure) {
		for i, s := range p.Steps {
			if s.Approve != nil && !strings.HasPrefix(string(s.Approve.From), "subject") {
				f(step(path, i)+".approve", p, s.Approve)
			}
		}
	}
	r.recoveries(each)
	r.enrolments(each)
}

// pools is L-07: a pool from which nobody can be missing stands still on the
// first day on which somebody is.
func (r *run) pools(f Facts) {
	r.approvals(func(path string, p *policy.Procedure, a *policy.Approve) {
		if f.Pools[string(a.From)].Unknown {
			return
		}
		left, subject := f.Pools[string(a.From)].Size, ""
		if strings.HasPrefix(path, "recovery.") && f.inPoolAndSubject(r, a.From, p) { // whoever enrols is in no pool yet
			left, subject = left-1, ", of whom the subject may be one"
		}
		r.enough(path+".k", "procedure "+p.Name, string(a.From), left, int64(a.K), subject)
	})
	m := r.d.Metadata
	for _, s := range []struct {
		path string
		set  policy.ApproverSet
	}{
		{"metadata.change_control", policy.ApproverSet{Approvers: m.ChangeControl.Approvers, From: m.ChangeControl.From}},
		{"metadata.raise", m.Raise}, {"metadata.lower", m.Lower},
	} {
		if !r.d.Has(s.path) || slices.ContainsFunc(s.set.From, func(p policy.Party) bool { return f.Pools[string(p)].Unknown }) {
			continue
		}
		var names []string
		for _, party := range s.set.From {
			names = append(names, string(party))
		}
		r.enough(s.path+".approvers", "a change of the policy", strings.Join(names, " and "), f.together(s.set.From)-1, int64(s.set.Approvers), ", of whom the author may be one")
	}
}

func (r *run) enough(path, what, pool string, left, k int64, aside string) {
	switch {
	case left < k:
		r.fail(path, "add people to it, or ask for fewer", "%s needs %d of %s, and at most %d can approve%s", what, k, pool, max(left, 0), aside)
	case left == k:
		r.warn(path, "add one more", "%s needs %d of %s, and there are no more than that%s", what, k, pool, aside)
	}
}

// together is how many people the pools have; one who is in two counts once
// where the members are known.
func (f Facts) together(parties []policy.Party) int64 {
	seen := map[string]bool{}
	n := int64(0)
	for _, p := range parties {
		pool := f.Pools[string(p)]
		n += pool.Size - int64(len(pool.Members))
		for _, m := range pool.Members {
			if !seen[m] {
				seen[m] = true
				n++
			}
		}
	}
	return n
}

// inPoolAndSubject says whether somebody whom p is for is in the pool.
func (f Facts) inPoolAndSubject(r *run, pool policy.Party, p *policy.Procedure) bool {
	conds := r.segmentConds()
	return slices.ContainsFunc(f.Accounts, func(in policy.Input) bool {
		if !f.in(pool, &in) {
			return false
		}
		i := first(conds, &in)
		return i >= 0 && slices.Contains(r.d.Segments[i].Recovery, p.Name)
	})
}

func (f Facts) in(pool policy.Party, in *policy.Input) bool {
	if slices.Contains(f.Pools[string(pool)].Members, in.User.ID) && in.User.ID != "" {
		return true
	}
	if g, ok := pool.Group(); ok {
		return slices.Contains(in.User.Groups, g)
	}
	role, ok := pool.Role()
	return ok && (slices.Contains(in.User.Roles, role) || slices.Contains(in.User.Groups, role))
}

func (r *run) segmentConds() []policy.Cond {
	conds := make([]policy.Cond, len(r.d.Segments))
	for i := range conds {
		conds[i] = r.p.Cond(fmt.Sprintf("segments[%d].when", i))
	}
	return conds
}

// approverAccounts is L-08: whoever takes an approver's account approves, so
// what they approve is worth no more than that account.
func (r *run) approverAccounts(f Facts) {
	conds := r.segmentConds()
	r.approvals(func(path string, p *policy.Procedure, a *policy.Approve) {
		weak := map[int]int{}
		for _, in := range f.Accounts {
			if !f.in(a.From, &in) {
				continue
			}
			if i := first(conds, &in); i >= 0 && r.worthOf(r.d.Segments[i]) < int64(p.Yields.AAL) {
				weak[i]++
			}
		}
		for i, s := range r.d.Segments {
			if n := weak[i]; n > 0 {
				r.fail(path+".from", "take approvers from a segment that is as strong, or make theirs so",
					"%d of %s are in segment %s, which is worth level %d, and approve what yields level %d", n, a.From, s.Name, r.worthOf(s), p.Yields.AAL)
			}
		}
	})
}

// worthOf is what it takes to become somebody of s: its sign-in or its cheapest
// way back in, whichever is less.
func (r *run) worthOf(s *policy.Segment) int64 {
	worth := int64(s.Required.AAL)
	for _, name := range s.Recovery {
		if p, ok := r.d.Recovery.Get(name); ok {
			worth = min(worth, grade.Of(p, r.eq).AAL)
		}
	}
	return worth
}

// metadata is L-13 against what is imported.
func (r *run) metadata(f Facts) {
	for _, name := range r.d.Authenticators.Names {
		c := r.d.Authenticators.Of[name]
		path := "authenticators." + name
		if !slices.Contains(c.Attestation.Trust, "mds") {
			continue
		}
		if f.MDS.No == 0 {
			if c.Attestation.Required && len(c.Attestation.Trust) == 1 {
				r.fail(path+".attestation.trust", "import the FIDO metadata: holdfast mds import", "class %s trusts the FIDO metadata, and there are none here", name)
			}
			continue
		}
		if most := c.Attestation.MaxMDSAge.D(); most > 0 && f.MDS.PastDue(f.At) > most {
			r.fail(path+".attestation.max_mds_age", "import a newer BLOB: holdfast mds import", "the FIDO metadata no. %d should have been renewed %d days ago; class %s allows %s",
				f.MDS.No, int64(f.MDS.PastDue(f.At)/(24*time.Hour)), name, c.Attestation.MaxMDSAge)
		}
		if f.MDS.Statuses != nil {
			r.models(path+".aaguids.allow", c, f)
		}
	}
}

func (r *run) models(path string, c *policy.Class, f Facts) {
	pinned := len(c.Attestation.Trust) > 1
	for _, a := range r.d.AAGUIDsOf(c.AAGUIDs.Allow) {
		statuses, known := f.MDS.Statuses[string(a)]
		if !known && !pinned {
			r.warn(path, "check the number, or pin the maker's root", "class %s allows model %s, which the FIDO metadata no. %d do not have", c.Name, a, f.MDS.No)
		}
		for _, s := range statuses {
			if slices.Contains(c.MDS.DenyStatus, policy.MDSStatus(s)) {
				r.fail(path, "take it out of allow, and replace those that are in use", "class %s allows model %s, of which the FIDO metadata no. %d say %s, which it denies", c.Name, a, f.MDS.No, s)
			}
		}
	}
}

// coverAccounts is L-15 on the accounts that there are.
func (r *run) coverAccounts(f Facts) {
	conds := r.segmentConds()
	var without []string
	for i := range f.Accounts {
		if first(conds, &f.Accounts[i]) < 0 {
			without = append(without, f.Accounts[i].User.ID)
		}
	}
	if len(without) == 0 {
		return
	}
	of := fmt.Sprintf("%d accounts", len(f.Accounts))
	if f.Population > int64(len(f.Accounts)) {
		of = fmt.Sprintf("a sample of %d of %d accounts", len(f.Accounts), f.Population)
	}
	r.fail("segments", "add a last segment that holds for the rest, or widen one", "%d of %s are in no segment and could do nothing: %s", len(without), of, some(without))
}

func some(names []string) string {
	slices.Sort(names)
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}
