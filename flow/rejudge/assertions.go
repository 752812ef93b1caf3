package rejudge

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/finding"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
)

// assertions runs the tests that the policy carries against the people that
// there are, some at a time. What nobody computes yet is not available, which is
// no failure and no success.
func (f *Flow) assertions(ctx context.Context, p *policy.Policy, now time.Time) ([]finding.Record, error) {
	d := p.Document()
	if len(d.Assertions) == 0 {
		return nil, nil
	}
	failed := map[string]string{}
	for _, r := range assert.Failures(assert.Run(p, f.operators(), now)) {
		failed[r.Name] = r.Text
	}
	people := false
	about := map[string]bool{}
	for _, a := range d.Assertions {
		if _, segment := a.ForAll.Segment(); segment || a.ForAll == "accounts" {
			about[a.Name], people = true, true
			delete(failed, a.Name)
		}
	}
	for after := holdfast.PersonID(""); people; {
		some, err := f.Store.SubjectsAfter(ctx, after, f.Batch)
		if err != nil || len(some) == 0 {
			return failures(d, failed), err
		}
		for _, w := range f.worlds(accountsOf(p, some, now)) {
			for _, r := range assert.Failures(assert.Run(p, w, now)) {
				if about[r.Name] && failed[r.Name] == "" { // those who are first by id are named
					failed[r.Name] = r.Text
				}
			}
		}
		after = some[len(some)-1].Person.ID
		if err := f.still(ctx); err != nil {
			return nil, err
		}
	}
	return failures(d, failed), nil
}

// operators is the world without accounts.
func (f *Flow) operators() assert.World {
	if f.Exposure == nil {
		return assert.World{}
	}
	ops, ok := f.Exposure.Operators()
	if !ok {
		return assert.World{}
	}
	return assert.World{Known: true, Operators: ops, Computed: []string{"op.blast"}}
}

// worlds are accounts of which it is known what they are worth, and the others.
func (f *Flow) worlds(accounts []assert.Account) (out []assert.World) {
	var known, others []assert.Account
	for _, a := range accounts {
		if f.Exposure != nil {
			var ok bool
			if a.Acct.Effective, ok = f.Exposure.Effective(holdfast.PersonID(a.Acct.ID)); ok {
				known = append(known, a)
				continue
			}
		}
		others = append(others, a)
	}
	if len(known) > 0 {
		out = append(out, assert.World{Known: true, Accounts: known, Computed: []string{"acct.effective"}})
	}
	if len(others) > 0 {
		out = append(out, assert.World{Known: true, Accounts: others})
	}
	return out
}

func accountsOf(p *policy.Policy, people []Subject, now time.Time) (out []assert.Account) {
	for i := range people {
		if people[i].Person.Status == person.Erased {
			continue
		}
		in := people[i].Input(policy.SignIn, p.Profiles(), now)
		segment, _, _, _ := p.Admits(&in)
		out = append(out, assert.Account{User: in.User, Acct: policy.AcctFacts{ID: in.User.ID, Segment: segment, MaxAAL: in.Account.MaxAAL, Locked: in.Account.Locked}})
	}
	return out
}

func failures(d *policy.Document, failed map[string]string) (out []finding.Record) {
	for _, a := range d.Assertions {
		if text, ok := failed[a.Name]; ok {
			out = append(out, finding.Record{Code: "assertion_failed", Subject: a.Name, Severity: finding.High,
				Text:   "The policy asserts \u201c" + a.Name + "\u201d, and that is not so: " + text + ".",
				Remedy: "Mend what it names, or change the policy."})
		}
	}
	return out
}
