package census_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/test/organisation"
)

// What the census says of an account is what the whole graph says of it, solved
// for that account alone.
func TestAnAccountIsWorthWhatItsOwnGraphSays(t *testing.T) {
	people := 120
	if testing.Short() {
		people = 40
	}
	for seed := range uint64(3) {
		o := organisation.New(people, seed)
		compare(t, o, loaded(t, o), func(rules.Held) bool { return true })
	}
}

// Where nobody is an operator, ways back that NIST accepts are all that is short.
func TestWaysBackThatNISTAccepts(t *testing.T) {
	o := organisation.New(150, 11)
	there := func(h rules.Held) bool { return h.Person.Role == person.Member && len(h.Surroundings) == 0 }
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy("required: { aal: 2, phr: true }", "required: { aal: 3, phr: false }", "sync: allow", "sync: forbid",
		"recovery: [two-codes, desk-with-proof]", "recovery: [two-codes]", "recovery: [desk-with-proof]", "recovery: [two-codes]"))
	for h := range o.All() {
		if there(h) {
			c.Put(h)
		}
	}
	for c.Settle(organisation.Now); len(c.Wants()) > 0; c.Settle(organisation.Now) {
		for _, id := range c.Wants() {
			c.Put(o.Held(o.Number(id)))
		}
	}
	compare(t, o, c, there)
	only, _ := c.Each(census.Filter{Verdict: exposure.NISTOnly}, "", 1000)
	if len(only) < 3 {
		t.Errorf("%d accounts are short by what NIST accepts alone: this proves little. %v", len(only), c.Overview().Verdicts)
	}
}

func compare(t *testing.T, o *organisation.Organisation, c *census.Census, there func(rules.Held) bool) {
	t.Helper()
	org := c.Organisation()
	house := answer.HouseOf(org.Policy)
	for i := range o.People {
		h := o.Held(i)
		if !there(h) {
			continue
		}
		a := org.From(h)
		s, ok := c.Of(o.ID(i))
		if !ok {
			t.Fatalf("%d is not there", i)
		}
		if s.Segment != a.Segment {
			t.Errorf("%d: the census says segment %q, the policy %q", i, s.Segment, a.Segment)
		}
		n, err := exposure.Compile(org.Whole(a), exposure.Options{At: org.At})
		if err != nil {
			t.Fatal(err)
		}
		question := exposure.Question{Goal: rules.Session(a.ID), Required: s.Required, House: house, Owner: a.ID}
		want := n.Assess(question)
		leading, err := exposure.Compile(org.Leading(a), exposure.Options{At: org.At})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, leading.Assess(question)); diff != "" && !want.Truncated {
			t.Errorf("%d: what leads to the account answers otherwise than the whole graph: %s", i, diff)
		}
		worst, best := s.Worst, s.Best
		worst.Contest, best.Contest, want.Effective.Contest, want.Best.Contest = 0, 0, 0, 0
		if worst != want.Effective || best != want.Best {
			t.Errorf("%d (%s): the census says %+v %+v, the whole graph %+v %+v", i, a.Segment, worst, best, want.Effective, want.Best)
		}
		if !s.Truncated && !want.Truncated && (s.Verdict != want.Verdict || s.NIST != want.NIST || s.Singles != len(want.SinglePoints) || s.Available != want.Availability) {
			t.Errorf("%d (%s): the census says %s %v %d %d, the whole graph %s %v %v %d", i, a.Segment, s.Verdict, s.NIST, s.Singles, s.Available,
				want.Verdict, want.NIST, want.SinglePoints, want.Availability)
		}
		own, core := org.Of(a), org.Graph()
		for _, p := range exposure.Profiles() {
			in := false
			for _, given := range p.Given(a.ID, &own, &core) {
				in = in || n.Derives(rules.Session(a.ID), given...)
			}
			if in != s.Profiles.Has(p) {
				t.Errorf("%d (%s): %s gets in: the census says %v, the whole graph %v", i, a.Segment, p, s.Profiles.Has(p), in)
			}
		}
	}
}
