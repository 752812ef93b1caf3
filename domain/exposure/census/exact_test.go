package census_test

import (
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
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
		c := loaded(t, o)
		org := c.Organisation()
		house := answer.HouseOf(org.Policy)
		for i := range o.People {
			a := org.From(o.Held(i))
			s, ok := c.Of(o.ID(i))
			if !ok {
				t.Fatalf("%d is not there", i)
			}
			if s.Segment != a.Segment {
				t.Errorf("%d of %d: the census says segment %q, the policy %q", i, seed, s.Segment, a.Segment)
			}
			whole := org.Whole(a)
			n, err := exposure.Compile(whole, exposure.Options{At: org.At})
			if err != nil {
				t.Fatal(err)
			}
			want := n.Assess(exposure.Question{Goal: rules.Session(a.ID), Required: s.Required, House: house, Owner: a.ID})
			worst, best := s.Worst, s.Best
			worst.Contest, best.Contest, want.Effective.Contest, want.Best.Contest = 0, 0, 0, 0
			if worst != want.Effective || best != want.Best {
				t.Errorf("%d of %d (%s): the census says %+v %+v, the whole graph %+v %+v", i, seed, a.Segment, worst, best, want.Effective, want.Best)
			}
			if !s.Truncated && !want.Truncated && (s.Verdict != want.Verdict || s.NIST != want.NIST || s.Singles != len(want.SinglePoints) || s.Available != want.Availability) {
				t.Errorf("%d of %d (%s): the census says %s %v %d %d, the whole graph %s %v %v %d", i, seed, a.Segment, s.Verdict, s.NIST, s.Singles, s.Available,
					want.Verdict, want.NIST, want.SinglePoints, want.Availability)
			}
			own := org.Of(a)
			core := org.Graph()
			for _, p := range exposure.Profiles() {
				in := false
				for _, given := range p.Given(a.ID, &own, &core) {
					in = in || n.Derives(rules.Session(a.ID), given...)
				}
				if in != s.Profiles.Has(p) {
					t.Errorf("%d of %d (%s): %s gets in: the census says %v, the whole graph %v", i, seed, a.Segment, p, s.Profiles.Has(p), in)
				}
			}
		}
	}
}
