package census_test

import (
	"slices"
	"testing"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/surroundings"
	"holdfast/test/organisation"
)

// A blast is what asking every account by itself says: who falls with it, and who
// with one atom more and with no atom alone.
func TestABlastIsWhatEveryAccountSays(t *testing.T) {
	people := 60
	if testing.Short() {
		people = 25
	}
	o := organisation.New(people, 5)
	same := func(h rules.Held) rules.Held { return h }
	blasts(t, o, loaded(t, o), same, [][]string{
		{rules.Corrupt(string(o.ID(0)))}, {rules.Session(string(o.ID(2)))}, {rules.Corrupt(string(o.ID(6)))}, {"power:sur_mail"}, {"power:sur_apple"},
		{"deceive:desk-questions"}, {"proof:desk-with-proof"}, {"root"}, {"power:sur_database"}, {"nothing of the kind"}, {},
		{rules.Corrupt(string(o.ID(2))), "deceive:sur_stores"},
	})
}

// Where no one person can do everything, who is one of two brings others within
// reach; who falls to one thing anyway is not counted.
func TestABlastBringsOthersWithinReach(t *testing.T) {
	o := organisation.New(25, 5)
	powerless := func(h rules.Held) rules.Held {
		h.Person.Role, h.Tokens = "", nil
		return h
	}
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy())
	two := surroundings.Record{ID: "sur_two", Kind: surroundings.Power, Name: "two of us", Over: surroundings.OverPasskeys, Holders: []string{"one of us", "another of us"}, K: 2,
		Check: surroundings.CheckSound, Status: surroundings.Declared, ReviewBy: organisation.Now.AddDate(1, 0, 0)}
	c.Powers([]surroundings.Record{two})
	for h := range o.All() {
		c.Put(powerless(h))
	}
	c.Settle(organisation.Now)
	for ids := c.Wants(); len(ids) > 0; ids = c.Wants() {
		for _, id := range ids {
			c.Put(powerless(o.Held(o.Number(id))))
		}
		c.Settle(organisation.Now)
	}
	one := []string{rules.Corrupt("one of us")}
	blasts(t, o, c, powerless, [][]string{one, {rules.Corrupt("another of us"), "proof:desk-with-proof"}, {"proof:desk-with-proof"}, {}})
	if b := c.Blast(one, "", 0); b.Accounts != 0 || b.OneMore == 0 || b.OneMore == int64(c.Len()) {
		t.Errorf("of %d accounts %d fall with one of two, and %d take one thing more", c.Len(), b.Accounts, b.OneMore)
	}
}

// blasts compares each blast with what the accounts say, as held gives them.
func blasts(t *testing.T, o *organisation.Organisation, c *census.Census, held func(rules.Held) rules.Held, all [][]string) {
	t.Helper()
	people, org := o.People, c.Organisation()
	for _, given := range all {
		got := c.Blast(given, "", people)
		var falls []holdfast.PersonID
		var privileged, weighted, one, through, above int64
		segments := map[string]int64{}
		for i := range o.People {
			a := org.From(held(o.Held(i)))
			s, _ := c.Of(o.ID(i))
			session := rules.Session(a.ID)
			g := exposure.Graph{}
			core := org.Graph()
			g.Add(core)
			g.Add(org.Of(a))
			rooted, err := exposure.Compile(g, exposure.Options{At: org.At, Roots: true})
			if err != nil {
				t.Fatal(err)
			}
			n, err := exposure.Compile(g, exposure.Options{At: org.At})
			if err != nil {
				t.Fatal(err)
			}
			if n.Derives(session, given...) {
				if !n.Derives(session) {
					falls = append(falls, o.ID(i))
					segments[a.Segment]++
					weighted += weight(c, a.Segment)
					if s.Privileged {
						privileged++
					}
				}
				continue
			}
			if rooted.Derives(session, given...) {
				if !rooted.Derives(session) {
					falls = append(falls, o.ID(i))
					through++
					if s.Privileged {
						above++
					}
				}
				continue
			}
			alone := slices.ContainsFunc(n.Atoms(), func(a exposure.Atom) bool { return n.Derives(session, a.ID) })
			if !alone && slices.ContainsFunc(n.Atoms(), func(a exposure.Atom) bool { return n.Derives(session, append(slices.Clone(given), a.ID)...) }) {
				one++
			}
		}
		slices.Sort(falls)
		if !slices.Equal(falls, got.IDs) || int64(len(falls)) != got.Accounts+through || got.Through != (census.Rooted{Accounts: through, Privileged: above}) || privileged != got.Privileged || weighted != got.Weighted || one != got.OneMore {
			t.Errorf("%v: the census says %d, %d privileged, weighing %d, %d with one more; the accounts %d, %d, %d, %d\n%v\n%v", given,
				got.Accounts, got.Privileged, got.Weighted, got.OneMore, len(falls), privileged, weighted, one, got.IDs, falls)
		}
		for _, s := range got.Segments {
			if segments[s.Name] != s.Count {
				t.Errorf("%v: of %q the census says %d, the accounts %d", given, s.Name, s.Count, segments[s.Name])
			}
		}
	}
}

func weight(c *census.Census, segment string) int64 {
	s, _, ok := c.Organisation().Policy.Document().Segment(segment)
	if !ok || s.RiskRank == nil {
		return 1
	}
	return int64(max(1, 100>>*s.RiskRank))
}

// The greatest blasts are those that asking for each says, and they are pages.
func TestTheGreatestBlastsAreBlasts(t *testing.T) {
	o := organisation.New(150, 6)
	c := loaded(t, o)
	top := c.Top(1000)
	if len(top) < 20 {
		t.Fatalf("only %d things take anybody with them", len(top))
	}
	for i, b := range top {
		got := c.Blast([]string{b.Node}, "", 0)
		if got.Accounts != b.Accounts || got.Privileged != b.Privileged || got.Weighted != b.Weighted || got.Through != b.Through {
			t.Errorf("%s: among the greatest %+v, asked for %+v", b.Node, b.Blast, got)
		}
		if i > 0 && (top[i-1].Privileged < b.Privileged || top[i-1].Privileged == b.Privileged && (top[i-1].Weighted < b.Weighted ||
			top[i-1].Weighted == b.Weighted && top[i-1].Through.Accounts < b.Through.Accounts)) {
			t.Errorf("%s stands behind %s", b.Node, top[i-1].Node)
		}
	}
	whole := c.Blast([]string{"root"}, "", 1000)
	if whole.Accounts != 0 || whole.Privileged != 0 || whole.Through.Accounts != int64(len(whole.IDs)) || whole.Through.Privileged == 0 {
		t.Errorf("what falls through a root alone is counted as %+v", whole)
	}
	var pages []holdfast.PersonID
	for after := holdfast.PersonID(""); ; {
		b := c.Blast([]string{"root"}, after, 37)
		pages = append(pages, b.IDs...)
		if after = b.Next; after == "" {
			break
		}
	}
	if !slices.Equal(pages, whole.IDs) || len(pages) == 0 {
		t.Errorf("page by page it is %d people, at once %d", len(pages), len(whole.IDs))
	}
}
