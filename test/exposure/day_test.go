package exposure

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/edge/store/storetest"
	"holdfast/flow/govern"
	"holdfast/flow/survey"
	"holdfast/test/organisation"
)

// M13 on the real store: who follows the log through a day on which anything may
// happen knows what they would know who read everybody afterwards, and an answer
// about one account is the same whoever computes it.
func TestFollowingIsReadingAnew(t *testing.T) {
	days, steps := 3, 70
	if testing.Short() {
		days, steps = 1, 30
	}
	for name, at := range map[string]func(testing.TB) storetest.Place{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for day := range days {
				t.Run(fmt.Sprint(day), func(t *testing.T) { newDay(t, newPlace(t, at(t)), uint64(day)).pass(steps) })
			}
		})
	}
}

type day struct {
	*place
	t      *testing.T
	r      *rand.Rand
	people []holdfast.PersonID
	groups []person.Group
	tokens []apitoken.Record
	said   []surroundings.Record
	n      int
}

func newDay(t *testing.T, p *place, seed uint64) *day {
	d := &day{place: p, t: t, r: rand.New(rand.NewPCG(seed, 5))}
	for _, name := range []string{"service-desk", "recovery-officers", "engineering", "frontline"} {
		g, err := p.govern.AddGroup(t.Context(), host, name)
		must(t, err)
		d.groups = append(d.groups, g)
	}
	for range 12 {
		d.invite()
		d.enrol()
	}
	return d
}

func (d *day) pass(steps int) {
	t := d.t
	following := d.survey()
	must(t, following.Settle(t.Context()))
	acts := []func(){d.invite, d.again, d.enrol, d.enrol, d.role, d.group, d.group, d.describe, d.credential, d.credential, d.status, d.token, d.token, d.declare, d.declare,
		d.withdraw, d.erase, d.rename, d.policy, d.use, d.time}
	for i := range steps {
		acts[d.r.IntN(len(acts))]()
		if d.r.IntN(2) == 0 || i == steps-1 {
			must(t, following.Settle(t.Context()))
			d.same(following)
		}
	}
}

// same holds what follows the log against what has just read everybody, and what
// has read nobody.
func (d *day) same(following *survey.Flow) {
	t, ctx := d.t, d.t.Context()
	fresh := d.survey()
	must(t, fresh.Settle(ctx))
	a, err := following.Effective(ctx, survey.Which{}, "", 1000)
	must(t, err)
	b, err := fresh.Effective(ctx, survey.Which{}, "", 1000)
	must(t, err)
	if diff := cmp.Diff(b.Items, a.Items); diff != "" {
		t.Fatalf("what followed is not what was read anew (-anew +followed):\n%s", diff)
	}
	one, err := following.Overview(ctx)
	must(t, err)
	two, err := fresh.Overview(ctx)
	must(t, err)
	if diff := cmp.Diff(two, one, cmp.FilterPath(isBasis, cmp.Ignore())); diff != "" {
		t.Fatalf("the overview is not the same (-anew +followed):\n%s", diff)
	}
	spot := d.survey()
	for range 3 {
		row := a.Items[d.r.IntN(len(a.Items))]
		x, err := following.WhoCan(ctx, row.Account)
		must(t, err)
		y, err := spot.WhoCan(ctx, row.Account)
		must(t, err)
		if diff := cmp.Diff(y, x, cmp.FilterPath(isBasis, cmp.Ignore())); diff != "" {
			t.Fatalf("%s: who has read nobody answers otherwise (-nobody +everybody):\n%s", row.Account, diff)
		}
		if x.Effective.AAL != row.Effective.AAL || x.Effective.Phr != row.Effective.Phr || x.Verdict != row.Verdict {
			t.Fatalf("%s: the list says %+v %s, the account %+v %s", row.Account, row.Effective, row.Verdict, x.Effective, x.Verdict)
		}
	}
}

// isBasis is what an answer rests on: a moment and a record later it is another.
func isBasis(p cmp.Path) bool {
	switch p.Last().String() {
	case ".AsOf", ".FactsRev":
		return true
	}
	return false
}

func (d *day) who() person.Record {
	p, err := d.Person(context.Background(), d.people[d.r.IntN(len(d.people))])
	must(d.t, err)
	return p
}

// did lets refusals pass: they are what the product is for.
func (d *day) did(err error) {
	if err != nil && holdfast.KindOf(err) == holdfast.Internal {
		d.t.Fatal(err)
	}
}

func (d *day) invite() {
	d.n++
	employment := []person.Employment{person.Employee, person.Contractor, person.Guest}[d.r.IntN(3)]
	n := person.New{Name: fmt.Sprintf("Person %d", d.n), Email: fmt.Sprintf("p%d@example.org", d.n), Employment: employment}
	if len(d.people) > 0 && d.r.IntN(2) == 0 {
		n.Manager = d.who().ID
	}
	if employment != person.Employee {
		n.Ends = d.Now().Add(time.Duration(1+d.r.IntN(100)) * time.Hour)
	}
	l, err := d.govern.Invite(context.Background(), host, govern.Guest{New: n})
	d.did(err)
	if err == nil {
		d.people = append(d.people, l.Person.ID)
	}
}

func (d *day) again() {
	_, err := d.govern.InviteAgain(context.Background(), host, d.who().ID, 0)
	d.did(err)
}

func (d *day) enrol() {
	if p := d.who(); p.Status == person.Invited || p.Status == person.Active {
		d.passkey(d.t, p, d.r.IntN(4), "Key")
	}
}

func (d *day) role() {
	roles := []person.Role{person.Administrator, person.HelpDesk, person.Auditor, person.Member}
	role, ends := roles[d.r.IntN(len(roles))], time.Time{}
	if role == person.Auditor || role == person.HelpDesk && d.r.IntN(2) == 0 {
		ends = d.Now().Add(time.Duration(1+d.r.IntN(60)) * time.Hour)
	}
	d.did(d.govern.SetRole(context.Background(), host, d.who().ID, role, ends))
}

func (d *day) group() {
	g := d.groups[d.r.IntN(len(d.groups))]
	if d.r.IntN(3) == 0 {
		d.did(d.govern.Leave(context.Background(), host, d.who().ID, g.ID))
	} else {
		d.did(d.govern.Join(context.Background(), host, d.who().ID, g.ID))
	}
}

func (d *day) describe() {
	boss := d.who().ID
	d.did(d.govern.Describe(context.Background(), host, d.who().ID, func(n *person.New) {
		switch d.r.IntN(4) {
		case 0:
			n.Manager = boss
		case 1:
			n.Ends = d.Now().Add(time.Duration(d.r.IntN(50)) * time.Hour)
		case 2:
			n.Email = "x" + n.Email
		case 3:
			n.Employment = person.Employee
		}
	}))
}

func (d *day) credential() {
	all, err := d.CredentialsOf(context.Background(), d.who().ID)
	must(d.t, err)
	if len(all) == 0 {
		return
	}
	c := all[d.r.IntN(len(all))]
	switch {
	case c.Status == credential.Suspended:
		d.did(d.govern.ReinstateCredential(context.Background(), host, c.ID))
	case d.r.IntN(2) == 0:
		d.did(d.govern.SuspendCredential(context.Background(), host, c.ID))
	default:
		d.did(d.govern.RemoveCredential(context.Background(), host, c.ID))
	}
}

// use is a sign-in, by which another backup state is seen.
func (d *day) use() {
	all, err := d.CredentialsOf(context.Background(), d.who().ID)
	must(d.t, err)
	for _, c := range all {
		if c.Status == credential.Active {
			_, events, err := credential.Observe(c, credential.Use{UV: true, BE: c.BE || d.r.IntN(4) == 0, BS: d.r.IntN(2) == 0, SignCount: 1}, d.Now())
			must(d.t, err)
			d.record(d.t, events...)
			return
		}
	}
}

func (d *day) status() {
	p := d.who()
	if p.Status == person.Suspended {
		d.did(d.govern.Reinstate(context.Background(), host, p.ID))
	} else {
		d.did(d.govern.Suspend(context.Background(), host, p.ID, ""))
	}
}

func (d *day) erase() {
	if d.r.IntN(3) == 0 {
		d.did(d.govern.Erase(context.Background(), host, d.who().ID))
	}
}

func (d *day) token() {
	if len(d.tokens) > 0 && d.r.IntN(3) == 0 {
		d.did(d.govern.RevokeToken(context.Background(), host, d.tokens[d.r.IntN(len(d.tokens))].ID))
		return
	}
	n := apitoken.New{Name: "Job", Scopes: []string{[]string{"people:read", "invitations:write"}[d.r.IntN(2)]}, Life: time.Duration(1+d.r.IntN(40)) * time.Hour}
	tok, _, err := d.govern.CreateToken(context.Background(), host, d.who().ID, n)
	d.did(err)
	if err == nil {
		d.tokens = append(d.tokens, tok)
	}
}

func (d *day) declare() {
	d.n++
	who := d.who()
	s := surroundings.Declaration{Name: fmt.Sprintf("thing %d", d.n), Person: who.ID, Said: d.r.IntN(2) == 0, ReviewBy: d.Now().Add(time.Duration(1+d.r.IntN(200)) * time.Hour)}
	switch d.r.IntN(6) {
	case 0:
		s.Kind, s.Provider, s.Primary = surroundings.SyncAccount, "apple-managed", d.r.IntN(2) == 0
		s.SignIn, s.Recovery = []string{"password+code"}, []string{"sms"}
	case 1:
		s.Kind, s.SignIn, s.Name = surroundings.Mailbox, []string{"password"}, fmt.Sprintf("box%d@example.org", d.n)
	case 2:
		s.Kind = surroundings.Phone
	case 3:
		s.Kind, s.From, s.ReviewBy, s.Said = surroundings.Departure, d.Now().Add(time.Duration(d.r.IntN(50)-10)*time.Hour), time.Time{}, false
	default:
		s.Kind, s.Person, s.Said = surroundings.Power, "", false
		s.Over = []string{surroundings.OverMail, surroundings.OverPrimary, surroundings.OverPasskeys, surroundings.OverDatabase}[d.r.IntN(4)]
		s.Holders = []string{"person:" + string(who.ID), "somebody outside"}
		if s.Over == surroundings.OverPrimary || s.Over == surroundings.OverPasskeys {
			s.Check = surroundings.CheckAsked
		}
	}
	r, err := d.govern.DeclareSurrounding(context.Background(), host, s)
	d.did(err)
	if err == nil {
		d.said = append(d.said, r)
	}
}

func (d *day) withdraw() {
	if len(d.said) > 0 {
		r := d.said[d.r.IntN(len(d.said))]
		if d.r.IntN(2) == 0 {
			d.did(d.govern.WithdrawSurrounding(context.Background(), host, r.ID))
			return
		}
		_, err := d.govern.ChangeSurrounding(context.Background(), host, r.ID, func(s *surroundings.Declaration) { s.Status = surroundings.Assumed })
		d.did(err)
	}
}

func (d *day) rename() {
	d.n++
	g := &d.groups[d.r.IntN(len(d.groups))]
	name := fmt.Sprintf("%s-%d", "was", d.n)
	if d.r.IntN(2) == 0 {
		name = []string{"service-desk", "recovery-officers", "engineering", "frontline"}[d.r.IntN(4)]
	}
	d.did(d.govern.RenameGroup(context.Background(), host, g.ID, name))
	if d.r.IntN(6) == 0 && len(d.groups) > 2 {
		d.did(d.govern.RemoveGroup(context.Background(), host, g.ID))
	}
}

func (d *day) policy() {
	if d.r.IntN(2) == 0 {
		return
	}
	changes := [][]string{nil, {"dual_control: 3", "dual_control: 2"}, {"recovery: [two-codes, desk-with-proof]", "recovery: [desk-questions]"},
		{"required: { aal: 1, phr: false }", "required: { aal: 2, phr: true }"}, {"from: group:service-desk", "from: subject.manager"}}
	change := changes[d.r.IntN(len(changes))]
	d.apply(d.t, []byte(strings.NewReplacer(change...).Replace(string(organisation.PolicyText()))))
}

func (d *day) time() { d.wait(time.Duration(1+d.r.IntN(40)) * time.Hour) }
