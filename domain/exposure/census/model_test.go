package census_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
	"holdfast/test/organisation"
)

// world is what there really is, beside the census that follows it.
type world struct {
	o        *organisation.Organisation
	at       time.Time
	policies []*policy.Policy
	policy   *policy.Policy
	powers   []surroundings.Record
	held     map[holdfast.PersonID]rules.Held
	c        *census.Census
}

func newWorld(people int, seed uint64, policies []*policy.Policy) *world {
	w := &world{o: organisation.New(people, seed), at: organisation.Now, policies: policies, policy: policies[0], held: map[holdfast.PersonID]rules.Held{}}
	w.powers = w.o.Powers()
	for h := range w.o.All() {
		w.held[h.Person.ID] = h
	}
	w.c = w.anew()
	return w
}

// policies of the sequences, compiled once: some read more of a person than most.
func policies() []*policy.Policy {
	return []*policy.Policy{
		organisation.Policy(),
		organisation.Policy("approve: { k: 2, from: group:service-desk, independent: true, not_in: [subject] }", "approve: { k: 1, from: group:finance, not_in: [subject] }"),
		organisation.Policy(`'user.employment == "guest"'`, `'user.employment == "guest" && user.end_date < now + duration("720h")'`),
		organisation.Policy(`'"engineering" in user.groups'`, `'user.groups.exists(g, g.startsWith("team"))'`, "- approve: { k: 1, from: subject.sponsor, min_aal: 2 }\n", ""),
	}
}

// anew is a census of all that is there, from nothing.
func (w *world) anew() *census.Census {
	c := census.New(w.at)
	c.Policy(w.policy)
	c.Powers(w.powers)
	for _, id := range slices.Sorted(maps.Keys(w.held)) {
		c.Put(w.held[id])
	}
	w.settle(c)
	return c
}

func (w *world) settle(c *census.Census) {
	c.Settle(w.at)
	for ids := c.Wants(); len(ids) > 0; ids = c.Wants() {
		for _, id := range ids {
			c.Put(w.held[id])
		}
		c.Settle(w.at)
	}
}

// foresee puts whom the census will want before it is settled.
func (w *world) foresee() {
	for ids := w.c.Foresee(w.at); len(ids) > 0; ids = w.c.Foresee(w.at) {
		for _, id := range ids {
			w.c.Put(w.held[id])
		}
	}
}

// all that a census answers, but for the numbers of shapes.
type all struct {
	Standings []census.Standing
	Overview  census.Overview
	Residual  []census.Leaver
	Top       []census.Toppled
	Blasts    []census.Blast
}

func answers(c *census.Census, given ...[]string) (a all) {
	a.Standings, _ = c.Each(census.Filter{}, "", 1_000_000)
	for i := range a.Standings {
		a.Standings[i].Shape = 0
	}
	a.Overview, a.Residual, a.Top = c.Overview(), c.Residual(), c.Top(10)
	for i := range a.Residual {
		a.Residual[i].Shape = 0
	}
	for _, g := range given {
		a.Blasts = append(a.Blasts, c.Blast(g, "", 7))
	}
	return a
}

// event is something that happens; it says what.
func (w *world) event(r *rand.Rand) string {
	ids := slices.Sorted(maps.Keys(w.held))
	if len(ids) == 0 {
		return w.arrive(r)
	}
	id := ids[r.IntN(len(ids))]
	switch r.IntN(16) {
	case 0:
		w.policy = w.policies[r.IntN(len(w.policies))]
		w.c.Policy(w.policy)
		return "another policy"
	case 1:
		w.powers = w.o.Powers()[r.IntN(3):]
		w.powers[0].Holders = []string{"person:" + string(id)}
		w.c.Powers(w.powers)
		return "other powers: " + string(id)
	case 2:
		w.at = w.at.Add(time.Duration(r.IntN(60*24)) * time.Hour)
		return "time passes: " + w.at.String()
	case 3:
		delete(w.held, id)
		w.c.Remove(id)
		return "gone: " + string(id)
	case 4:
		return w.arrive(r)
	}
	h := w.held[id]
	what := change(&h, r, ids)
	w.held[id] = h
	w.c.Put(h)
	return what + ": " + string(id)
}

func (w *world) arrive(r *rand.Rand) string {
	h := w.o.Held(r.IntN(w.o.People))
	w.held[h.Person.ID] = h
	w.c.Put(h)
	return "there: " + string(h.Person.ID)
}

// change changes one thing about somebody.
func change(h *rules.Held, r *rand.Rand, ids []holdfast.PersonID) string {
	p := &h.Person
	switch r.IntN(12) {
	case 0:
		p.Status = []person.Status{person.Active, person.Suspended, person.Erased, person.Invited}[r.IntN(4)]
		return "status " + string(p.Status)
	case 1:
		p.Role = []person.Role{person.Member, person.Administrator, person.HelpDesk, person.Auditor}[r.IntN(4)]
		p.RoleEnds = organisation.Now.AddDate(0, 0, r.IntN(60))
		return "role " + string(p.Role)
	case 2:
		p.Manager, p.Employment = ids[r.IntN(len(ids))], person.Contractor
		return "manager " + string(p.Manager)
	case 3, 11:
		p.Employment = []person.Employment{person.Employee, person.Contractor, person.Guest}[r.IntN(3)]
		return "employment " + string(p.Employment)
	case 4:
		h.Groups = []string{[]string{"engineering", "frontline", "service-desk", "recovery-officers", "finance", "team-0050"}[r.IntN(6)]}
		return "group " + h.Groups[0]
	case 5:
		p.Ends = organisation.Now.AddDate(0, 0, r.IntN(90)-20)
		return "end " + p.Ends.String()
	case 6:
		h.Credentials = slices.Clone(h.Credentials)
		for i := range h.Credentials {
			h.Credentials[i].Status = []credential.Status{credential.Active, credential.Suspended, credential.Removed}[r.IntN(3)]
		}
		return "passkeys"
	case 7:
		h.Surroundings = []surroundings.Record{{ID: "sur_x", Kind: surroundings.SyncAccount, Name: "x", Person: p.ID, Provider: "apple-managed", Primary: r.IntN(2) == 0,
			SignIn: []string{"password"}, Recovery: []string{"sms", "desk"}, Said: true, Devices: []string{"phone"}, Status: surroundings.Declared,
			ReviewBy: organisation.Now.AddDate(0, 0, r.IntN(60)), Until: organisation.Now.AddDate(0, 0, r.IntN(60)+1), Declared: organisation.Now}}
		return "sync account"
	case 8:
		h.Tokens = []apitoken.Record{{ID: "tok_x", Owner: p.ID, Scopes: []string{string(authority.InvitationsWrite), string(authority.CredentialsRemove)},
			Expires: organisation.Now.AddDate(0, 0, r.IntN(60))}}
		return "token"
	case 9:
		h.Surroundings = []surroundings.Record{{ID: "sur_y", Kind: surroundings.Departure, Name: "left", Person: p.ID, Status: surroundings.Declared,
			From: organisation.Now.AddDate(0, 0, r.IntN(60)-20), Declared: organisation.Now}}
		return "departure"
	}
	h.Credentials = slices.Clone(h.Credentials)
	for i := range h.Credentials {
		h.Credentials[i].LastUsed, h.Credentials[i].SignCount = organisation.Now, uint32(r.IntN(99))
	}
	return "sign-in"
}

// M13: after any sequence of events the census says what one that has read
// everything anew says.
func TestFollowingIsTheSameAsReadingAnew(t *testing.T) {
	four := policies()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w := newWorld(rapid.IntRange(1, 24).Draw(t, "people"), 1+r.Uint64N(4), four)
		var story []string
		for range rapid.IntRange(1, 10).Draw(t, "events") {
			for range 1 + r.IntN(2) {
				story = append(story, w.event(r))
			}
			if r.IntN(2) == 0 {
				w.foresee()
			}
			w.settle(w.c)
		}
		given := [][]string{{"corrupt:" + string(w.o.ID(0))}, {"power:sur_apple"}, {"deceive:desk-questions", "root"}}
		if d := cmp.Diff(answers(w.anew(), given...), answers(w.c, given...)); d != "" {
			t.Fatalf("after %q:\n(- anew, + followed)\n%s", story, d)
		}
	})
}

// M14: what happens to one account changes the worth only of those whose graphs
// have something of that account in them.
func TestAnEventChangesOnlyWhatDependsOnIt(t *testing.T) {
	four := policies()
	changed := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(30, seed, four)
		before := answers(w.c).Standings
		reach := w.dependents()
		ids := slices.Sorted(maps.Keys(w.held))
		id := ids[r.IntN(len(ids))]
		if seed%2 == 0 {
			id = w.o.ID(r.IntN(4))
		}
		h := w.held[id]
		what := change(&h, r, ids)
		w.held[id] = h
		w.c.Put(h)
		w.settle(w.c)
		after := answers(w.c).Standings
		now := w.dependents()
		for i := range after {
			if b := after[i].ID; !cmp.Equal(before[i], after[i]) {
				changed++
				if b != id && !reach[b][id] && !now[b][id] {
					t.Errorf("%d: %s of %s changed %s, which has nothing to do with it:\n%s", seed, what, id, b, cmp.Diff(before[i], after[i]))
				}
			}
		}
	}
	if changed < 40 {
		t.Errorf("only %d accounts ever changed: this proves nothing", changed)
	}
}

// dependents says of each account who is in its graph.
func (w *world) dependents() map[holdfast.PersonID]map[holdfast.PersonID]bool {
	org := w.c.Organisation()
	out := map[holdfast.PersonID]map[holdfast.PersonID]bool{}
	for id, h := range w.held {
		g := org.Whole(org.From(h))
		heads := map[string][]int{}
		for i := range g.Edges {
			heads[g.Edges[i].Head] = append(heads[g.Edges[i].Head], i)
		}
		seen := map[string]bool{}
		todo := []string{rules.Session(string(id))}
		for len(todo) > 0 {
			n := todo[0]
			if todo = todo[1:]; seen[n] {
				continue
			}
			seen[n] = true
			for _, i := range heads[n] {
				todo = append(todo, g.Edges[i].Body...)
				todo = append(todo, g.Edges[i].Notify...)
			}
		}
		out[id] = map[holdfast.PersonID]bool{}
		for other := range w.held {
			out[id][other] = seen[rules.Act(string(other))]
		}
	}
	return out
}

// M16: the same, in whatever order it is told, gives the same; asking changes
// nothing.
func TestTheSameGivesTheSame(t *testing.T) {
	w := newWorld(80, 3, policies())
	given := []string{"corrupt:" + string(w.o.ID(0))}
	want := fmt.Sprintf("%+v", answers(w.c, given))
	if got := fmt.Sprintf("%+v", answers(w.c, given)); got != want {
		t.Errorf("asked again it says otherwise:\n%s", cmp.Diff(want, got))
	}
	c := census.New(w.at)
	ids := slices.Collect(maps.Keys(w.held))
	for _, id := range ids {
		c.Put(w.held[id])
	}
	c.Powers(w.powers)
	c.Policy(w.policy)
	w.settle(c)
	if got := fmt.Sprintf("%+v", answers(c, given)); got != want {
		t.Errorf("told in another order it says otherwise:\n%s", cmp.Diff(want, got))
	}
}

// A view stays what it was, whatever is noted and settled after it.
func TestAViewStaysWhatItWas(t *testing.T) {
	four := policies()
	r := rand.New(rand.NewPCG(5, 3))
	w := newWorld(60, 5, four)
	view := w.c.View()
	told := func() string {
		list, _ := view.Each(census.Filter{}, "", 1000)
		return fmt.Sprintf("%+v %+v %+v %+v %+v", list, view.Overview(), view.Residual(), view.Top(5), view.Blast([]string{"corrupt:" + string(w.o.ID(0))}, "", 9))
	}
	want := told()
	var story []string
	for range 40 {
		story = append(story, w.event(r))
		if r.IntN(2) == 0 {
			w.settle(w.c)
		}
		if got := told(); got != want {
			t.Fatalf("after %q the view is another one:\n%s", story, cmp.Diff(want, got))
		}
	}
	if now := answers(w.c); fmt.Sprintf("%+v", now.Overview) == fmt.Sprintf("%+v", view.Overview()) {
		t.Error("nothing changed: this proves nothing")
	}
}
