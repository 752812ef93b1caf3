package exposure

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
	"holdfast/domain/verdict"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
	"holdfast/flow/survey"
	"holdfast/spec/mds"
	"holdfast/test/organisation"
)

// worths is what the server gives those who judge.
type worths struct{ *survey.Flow }

func (w worths) Effective(id holdfast.PersonID) (policy.Effective, bool) { return w.Worth(id) }

// unknown is metadata that nobody has imported.
type unknown struct{}

func (unknown) Newest(context.Context) (*mds.Blob, error) { return nil, nil }

const asking = `
access:
  - name: strong-accounts-alone
    when: 'account.effective.aal < 1'
    then: { deny: true, reason: weak }
assertions:
  - { name: nobody-is-worth-nothing, forall: accounts, expect: 'acct.effective.aal >= 1' }
  - { name: nobody-has-single-points, forall: accounts, expect: 'size(acct.effective.single_points) == 0' }
  - { name: all-are-somewhere, forall: accounts, expect: 'acct.segment != ""' }
  - { name: nothing-falls-with-anybody, forall: operators, expect: 'op.blast.accounts == 0' }
`

// What the policy says of effective assurance is judged by the census: not at
// all before everybody was read, then in each decision, whose record has it as an
// input, and at night.
func TestThePolicyReadsWhatAccountsAreWorth(t *testing.T) {
	ctx, p := t.Context(), newPlace(t, storetest.SQLite(t))
	p.apply(t, append(organisation.PolicyText(), asking...))
	l, err := p.govern.Invite(ctx, host, govern.Guest{New: person.New{Name: "Ada", Email: "ada@example.org"}})
	must(t, err)
	p.passkey(t, l.Person, hardware, "Key")
	ada, err := p.Person(ctx, l.Person.ID)
	must(t, err)
	desk, err := p.govern.Invite(ctx, host, govern.Guest{New: person.New{Name: "Op", Email: "op@example.org"}})
	must(t, err)
	p.passkey(t, desk.Person, hardware, "Key")
	g, err := p.govern.AddGroup(ctx, host, "service-desk")
	must(t, err)
	must(t, p.govern.Join(ctx, host, desk.Person.ID, g.ID))
	_, err = p.govern.DeclareSurrounding(ctx, host, surroundings.Declaration{Kind: surroundings.Power, Name: "night desk", Over: surroundings.OverPasskeys,
		Check: surroundings.CheckAsked, Holders: []string{"person:" + string(desk.Person.ID)}})
	must(t, err)

	f := p.survey()
	judge := verdict.Judge{Policies: p.shelf, Worth: f.Worth}
	decide := func() verdict.Verdict {
		v, err := judge.Of(ctx, p.DB, verdict.Case{Op: policy.SignIn, Person: ada, UV: true, Now: p.Now()})
		must(t, err)
		return v
	}
	if v := decide(); v.Input.Account.Effective.Computed {
		t.Error("it is computed before anybody was read")
	}
	must(t, f.Settle(ctx))
	v := decide()
	if e := v.Input.Account.Effective; !e.Computed || e.AAL != 0 {
		t.Fatalf("a caller gets in, and the decision knows %+v", e)
	}
	if v.Allowed() || !slices.ContainsFunc(v.Decision.Rules, func(r string) bool { return strings.Contains(r, "strong-accounts-alone") }) {
		t.Errorf("the rule did not speak: %+v", v.Decision)
	}
	in, err := policy.ReadInput(v.Record.Inputs)
	must(t, err)
	rules, err := p.shelf.InForce(ctx, p.DB)
	must(t, err)
	again, err := json.Marshal(rules.Decide(&in))
	must(t, err)
	once, err := json.Marshal(v.Decision)
	must(t, err)
	if string(again) != string(once) {
		t.Errorf("from its inputs it is another decision:\n%s\n%s", once, again)
	}

	night := rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: p.DB}, Policies: p.shelf, Metadata: unknown{}, Judge: judge, Exposure: worths{f}, Clock: p.Now, Node: "one"})
	must(t, night.Settle(ctx))
	p.wait(24 * time.Hour)
	must(t, f.Settle(ctx))
	must(t, night.Settle(ctx))
	open, err := p.OpenFindings(ctx)
	must(t, err)
	var failed []string
	for _, o := range open {
		if o.Code == "assertion_failed" {
			failed = append(failed, o.Subject)
		}
	}
	slices.Sort(failed)
	if want := []string{"nobody-has-single-points", "nobody-is-worth-nothing", "nothing-falls-with-anybody"}; !slices.Equal(failed, want) {
		t.Errorf("failed %v, want %v", failed, want)
	}
}
