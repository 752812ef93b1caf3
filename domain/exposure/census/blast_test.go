package census_test

import (
	"slices"
	"testing"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/test/organisation"
)

// A blast is what asking every account by itself says: who falls with it, and who
// with one atom more.
func TestABlastIsWhatEveryAccountSays(t *testing.T) {
	people := 60
	if testing.Short() {
		people = 25
	}
	o := organisation.New(people, 5)
	c := loaded(t, o)
	org := c.Organisation()
	for _, given := range [][]string{
		{rules.Corrupt(string(o.ID(0)))}, {rules.Session(string(o.ID(2)))}, {rules.Corrupt(string(o.ID(6)))}, {"power:sur_mail"}, {"power:sur_apple"},
		{"deceive:desk-questions"}, {"proof:desk-with-proof"}, {"root"}, {"power:sur_database"}, {"nothing of the kind"}, {},
		{rules.Corrupt(string(o.ID(2))), "deceive:sur_stores"},
	} {
		got := c.Blast(given, "", people)
		var falls []holdfast.PersonID
		var privileged, weighted, one int64
		segments := map[string]int64{}
		for i := range o.People {
			a := org.From(o.Held(i))
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
			if rooted.Derives(session, given...) {
				if !rooted.Derives(session) {
					falls = append(falls, o.ID(i))
					segments[a.Segment]++
					weighted += weight(c, a.Segment)
					if s.Privileged {
						privileged++
					}
				}
				continue
			}
			n, err := exposure.Compile(g, exposure.Options{At: org.At})
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(n.Atoms(), func(a exposure.Atom) bool { return n.Derives(session, append(slices.Clone(given), a.ID)...) }) {
				one++
			}
		}
		slices.Sort(falls)
		if !slices.Equal(falls, got.IDs) || int64(len(falls)) != got.Accounts || privileged != got.Privileged || weighted != got.Weighted || one != got.OneMore {
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
		if got.Accounts != b.Accounts || got.Privileged != b.Privileged || got.Weighted != b.Weighted {
			t.Errorf("%s: among the greatest %+v, asked for %+v", b.Node, b.Blast, got)
		}
		if i > 0 && (top[i-1].Privileged < b.Privileged || top[i-1].Privileged == b.Privileged && top[i-1].Weighted < b.Weighted) {
			t.Errorf("%s stands behind %s", b.Node, top[i-1].Node)
		}
	}
	whole := c.Blast([]string{"root"}, "", 1000)
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
