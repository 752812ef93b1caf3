package census_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/test/organisation"
)

// loaded is a census of a made-up organisation.
func loaded(t testing.TB, o *organisation.Organisation) *census.Census {
	t.Helper()
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy())
	c.Powers(o.Powers())
	for h := range o.All() {
		c.Put(h)
	}
	settle(c, o)
	return c
}

// settle settles, and puts again whom the census wants.
func settle(c *census.Census, o *organisation.Organisation) {
	c.Settle(organisation.Now)
	for ids := c.Wants(); len(ids) > 0; ids = c.Wants() {
		want := map[holdfast.PersonID]bool{}
		for _, id := range ids {
			want[id] = true
		}
		for i := range o.People {
			if want[o.ID(i)] {
				c.Put(o.Held(i))
			}
		}
		c.Settle(organisation.Now)
	}
}

func TestOfNobody(t *testing.T) {
	c := census.New(organisation.Now)
	c.Remove("per_nobody")
	for _, with := range []string{"no policy", "a policy"} {
		c.Settle(organisation.Now)
		if v := c.Overview(); v.Accounts != 0 || v.Shapes != 0 || c.Len() != 0 || len(c.Top(5)) != 0 || len(c.Residual()) != 0 {
			t.Errorf("with %s: %+v", with, v)
		}
		if list, next := c.Each(census.Filter{}, "", 5); len(list) != 0 || next != "" {
			t.Errorf("with %s: %v %s", with, list, next)
		}
		if b := c.Blast([]string{"root"}, "", 5); b.Accounts != 0 {
			t.Errorf("with %s: %+v", with, b)
		}
		c.Policy(organisation.Policy())
	}
}

// Without a policy nobody is covered and nothing is required; nor is who matches
// no segment. Nobody is left out of the count.
func TestWhoIsNotCoveredIsCounted(t *testing.T) {
	o := organisation.New(30, 1)
	c := census.New(organisation.Now)
	for h := range o.All() {
		c.Put(h)
	}
	c.Settle(organisation.Now)
	if v := c.Overview(); v.Accounts != 30 || len(v.Segments) != 1 || v.Segments[0].Segment != "" {
		t.Errorf("without a policy: %+v", v)
	}
	c.Policy(organisation.Policy(`'user.employment == "staff"'`, `'user.employment == "nobody"'`, `'"engineering" in user.groups'`, "'false'"))
	settle(c, o)
	v := c.Overview()
	none := v.Segments[len(v.Segments)-1]
	if v.Accounts != 30 || none.Segment != "" || none.Accounts < 10 || none.Verdicts[exposure.Pass] != none.Accounts {
		t.Errorf("with a policy that covers few: %+v", none)
	}
	list, _ := c.Each(census.Filter{Segment: "privileged"}, "", 100)
	if len(list) == 0 {
		t.Error("the privileged are covered")
	}
	c.Policy(nil)
	c.Settle(organisation.Now)
	if s, ok := c.Of(o.ID(3)); !ok || s.Segment != "" || s.Core {
		t.Errorf("when the policy is gone: %+v", s)
	}
}

func TestARemovedAccountIsGone(t *testing.T) {
	o := organisation.New(40, 2)
	c := loaded(t, o)
	before := c.Overview().Accounts
	for _, i := range []int{0, 20, 39} {
		c.Remove(o.ID(i))
		if _, ok := c.Of(o.ID(i)); ok {
			t.Errorf("%d is there", i)
		}
	}
	settle(c, o)
	if v := c.Overview(); v.Accounts != before-3 || c.Len() != 37 {
		t.Errorf("%d accounts, %d", v.Accounts, c.Len())
	}
	if b := c.Blast([]string{rules.Session(string(o.ID(0)))}, "", 5); b.Accounts != 0 {
		t.Errorf("who is gone takes %d accounts along", b.Accounts)
	}
	c.Put(o.Held(20))
	settle(c, o)
	if _, ok := c.Of(o.ID(20)); !ok {
		t.Error("who came back is not there")
	}
}

// A filter gives what looking at everybody gives, page by page.
func TestAFilterGivesWhatLookingDoes(t *testing.T) {
	o := organisation.New(300, 3)
	c := loaded(t, o)
	everybody, next := c.Each(census.Filter{}, "", 1000)
	if len(everybody) != 300 || next != "" || !slices.IsSortedFunc(everybody, func(a, b census.Standing) int { return strings.Compare(string(a.ID), string(b.ID)) }) {
		t.Fatalf("%d people, next %q", len(everybody), next)
	}
	for name, f := range map[string]struct {
		filter census.Filter
		fits   func(census.Standing) bool
	}{
		"segment": {census.Filter{Segment: "frontline"}, func(s census.Standing) bool { return s.Segment == "frontline" }},
		"below":   {census.Filter{Below: 2}, func(s census.Standing) bool { return s.Worst.AAL < 2 && s.Required != (exposure.Required{}) }},
		"verdict": {census.Filter{Verdict: exposure.FailUnknown}, func(s census.Standing) bool { return s.Verdict == exposure.FailUnknown }},
		"profile": {census.Filter{Profile: exposure.SyncThief}, func(s census.Standing) bool { return s.Profiles.Has(exposure.SyncThief) }},
		"singles": {census.Filter{Singles: true}, func(s census.Standing) bool { return s.Singles > 0 }},
		"left":    {census.Filter{Left: true}, func(s census.Standing) bool { return !s.Left.IsZero() && s.Opens }},
		"both": {census.Filter{Segment: "workforce", Profile: exposure.Phisher}, func(s census.Standing) bool {
			return s.Segment == "workforce" && slices.Contains(s.Profiles.Names(), string(exposure.Phisher))
		}},
	} {
		var want, got []census.Standing
		for _, s := range everybody {
			if f.fits(s) {
				want = append(want, s)
			}
		}
		for after := holdfast.PersonID(""); ; {
			list, next := c.Each(f.filter, after, 3)
			got = append(got, list...)
			if after = next; next == "" {
				break
			}
		}
		if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
			t.Errorf("%s: %d people\n%s", name, len(want), d)
		}
	}
}

// The numbers of the overview are those of looking at everybody.
func TestTheOverviewCountsEverybody(t *testing.T) {
	o := organisation.New(300, 4)
	c := loaded(t, o)
	v := c.Overview()
	everybody, _ := c.Each(census.Filter{}, "", 1000)
	for _, h := range v.Segments {
		var aal [4]int64
		var phr int64
		for _, s := range everybody {
			if s.Segment == h.Segment {
				aal[s.Worst.AAL]++
				if s.Worst.Phr {
					phr++
				}
			}
		}
		if aal != h.AAL || phr != h.Phr {
			t.Errorf("%s: %v %d, by looking %v %d", h.Segment, h.AAL, h.Phr, aal, phr)
		}
	}
	for _, m := range v.Matrix {
		var falls int64
		for _, s := range everybody {
			if s.Segment == m.Segment && s.Profiles.Has(exposure.Profile(m.Profile)) {
				falls++
			}
		}
		if falls != m.Falls {
			t.Errorf("%s, %s: %d, by looking %d", m.Segment, m.Profile, m.Falls, falls)
		}
	}
	if len(v.Learn) == 0 || len(v.Matrix) != len(v.Segments)*len(exposure.Profiles()) {
		t.Errorf("nothing to learn, or no matrix: %v", v)
	}
}

// Help desks that recover the administrators who manage the help desk, and many of
// them.
func TestOperatorsWhoRecoverEachOther(t *testing.T) {
	operators := 150
	if testing.Short() {
		operators = 40
	}
	o := organisation.New(operators+40, 7)
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy())
	c.Powers(o.Powers())
	var held []rules.Held
	for h := range o.All() {
		if len(held) < operators {
			h.Person.Role, h.Person.Employment, h.Groups = person.HelpDesk, person.Employee, []string{"service-desk", "recovery-officers"}
			if len(held)%2 == 0 {
				h.Person.Role = person.Administrator
			}
		}
		held = append(held, h)
		c.Put(h)
	}
	settle(c, o)
	if v := c.Overview(); v.Core < operators {
		t.Fatalf("%d people have power over others", v.Core)
	}
	org := c.Organisation()
	for _, i := range []int{0, operators + 3, operators + 17} {
		a := org.From(held[i])
		n, err := exposure.Compile(org.Whole(a), exposure.Options{At: org.At})
		if err != nil {
			t.Fatal(err)
		}
		worst, best := n.Effective(rules.Session(a.ID), answer.HouseOf(org.Policy))
		s, _ := c.Of(o.ID(i))
		s.Worst.Contest, s.Best.Contest = 0, 0
		if s.Worst != worst || s.Best != best {
			t.Errorf("%d: the census says %+v %+v, the whole graph %+v %+v", i, s.Worst, s.Best, worst, best)
		}
	}
}

// Readers see what a Settle has found while the next one works.
func TestReadersAndTheOneWhoWrites(t *testing.T) {
	o := organisation.New(60, 8)
	c := loaded(t, o)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				v := c.Overview()
				var n int64
				for _, h := range v.Segments {
					n += h.Accounts
				}
				if n != v.Accounts || n != 60 {
					t.Errorf("%d accounts in segments, %d in all", n, v.Accounts)
					return
				}
				c.Top(3)
				c.Of(o.ID(5))
				c.Each(census.Filter{Below: 2}, "", 10)
				c.Blast([]string{"root"}, "", 3)
			}
		})
	}
	for i := range 30 {
		if i%10 == 0 {
			c.Policy(organisation.Policy())
		}
		h := o.Held(i % 60)
		h.Person.Status = person.Suspended
		c.Put(h)
		c.Settle(organisation.Now)
	}
	close(done)
	wg.Wait()
}

// What does not change an edge changes no shape: a million sign-ins a day cost
// next to nothing, those of operators included.
func TestASignInChangesNothing(t *testing.T) {
	o := organisation.New(60, 9)
	c := loaded(t, o)
	before, org := fmt.Sprintf("%+v", answers(c)), c.Organisation()
	for i := range o.People {
		h := o.Held(i)
		h.Credentials = slices.Clone(h.Credentials)
		for j := range h.Credentials {
			h.Credentials[j].LastUsed, h.Credentials[j].SignCount = organisation.Now, 999
		}
		c.Put(h)
	}
	c.Settle(organisation.Now)
	if after := fmt.Sprintf("%+v", answers(c)); after != before {
		t.Errorf("sign-ins changed the answers:\n%s", cmp.Diff(before, after))
	}
	if c.Organisation() != org {
		t.Error("the core was solved again")
	}
}
