package console_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
)

func TestThePeopleList(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	grace := o.Member("Grace Hopper", "grace@example.org")
	kate := o.Invited("Katherine", "katherine@example.org")
	if err := o.Govern.Describe(ctx, webtest.System, kate.ID, func(n *person.New) { n.Employment, n.Manager = person.Contractor, grace.ID }); err != nil {
		t.Fatal(err)
	}
	gone := o.Member("Charles", "charles@example.org")
	if err := o.Govern.Describe(ctx, webtest.System, gone.ID, func(n *person.New) { n.Ends = o.Now().Add(-time.Hour) }); err != nil {
		t.Fatal(err)
	}
	g := o.Group("Engineering")
	if err := o.Govern.Join(ctx, webtest.System, grace.ID, g.ID); err != nil {
		t.Fatal(err)
	}
	erased := o.Member("Erased", "erased@example.org")
	if err := o.Govern.Erase(ctx, webtest.System, erased.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query      string
		are, arent []string
	}{
		{"", []string{"4 people", "Ada Lovelace", "Grace Hopper", "Katherine", "Charles", "Engineering", "1, no spare"}, []string{"Erased person"}},
		{"?q=HOPPER", []string{"1 person matches", "Grace Hopper"}, []string{"Charles"}},
		{"?q=grace%40", []string{"1 person matches", "Grace Hopper"}, []string{"Charles"}},
		{"?q=%25", []string{"Nobody matches"}, []string{"Grace Hopper"}},
		{"?state=active", []string{"2 people match", "Grace Hopper"}, []string{"Charles", "Katherine"}},
		{"?state=invited", []string{"1 person matches", "Katherine"}, []string{"Grace Hopper"}},
		{"?state=ended", []string{"1 person matches", "Charles", "until"}, []string{"Grace Hopper"}},
		{"?state=suspended", []string{"Nobody matches"}, []string{"Grace Hopper"}},
		{"?state=nonsense", []string{"4 people"}, nil},
		{"?group=" + string(g.ID), []string{"1 person matches", "Grace Hopper"}, []string{"Charles"}},
		{"?q=opper", []string{"Nobody matches", "Look anywhere in them"}, []string{"Grace Hopper"}},
		{"?q=opper&within=yes", []string{"1 person matches", "Grace Hopper"}, []string{"Charles"}},
		{"?role=administrator", []string{"1 person matches", "Ada Lovelace"}, []string{"Grace Hopper"}},
		{"?role=any", []string{"1 person matches", "Ada Lovelace"}, []string{"Grace Hopper"}},
		{"?role=auditor", []string{"Nobody matches"}, []string{"Ada Lovelace"}},
		{"?role=nonsense", []string{"4 people"}, nil},
		{"?employment=contractor", []string{"1 person matches", "Katherine"}, []string{"Grace Hopper"}},
		{"?manager=" + string(grace.ID), []string{"1 person matches", "Katherine", "Those whose manager is"}, []string{"Charles"}},
		{"?after=per_none", []string{"4 people"}, []string{"Grace Hopper"}},
		{"?after=%00&before=", []string{"4 people", "Grace Hopper"}, nil},
	} {
		t.Run(c.query, func(t *testing.T) {
			a := o.admin.Get("/console/people" + c.query)
			wantText(t, a, http.StatusOK, c.are...)
			_, list, _ := strings.Cut(a.Body, `<main`)
			for _, text := range c.arent {
				if strings.Contains(list, text) {
					t.Errorf("%q is in the list\n%s", text, list)
				}
			}
		})
	}
}

func TestThePeopleListPages(t *testing.T) {
	o := open(t)
	for i := range 120 {
		o.Invited(fmt.Sprintf("Person %03d", i), fmt.Sprintf("p%03d@example.org", i))
		o.Pass(time.Second)
	}
	way := func(a webtest.Answer, rel string) webtest.Answer {
		return o.admin.Get("/console/people" + html.UnescapeString(between(t, a.Body, `rel="`+rel+`" href="`, `"`)))
	}
	for _, order := range []string{"", "&sort=email", "&sort=newest"} {
		t.Run(order, func(t *testing.T) {
			number := func(n int) string {
				if order == "&sort=newest" {
					n = 119 - n
				}
				return fmt.Sprintf("Person %03d", n)
			}
			first := o.admin.Get("/console/people?q=person" + order)
			wantText(t, first, http.StatusOK, "120 people match", "50 of 120", number(0), number(49))
			wantNot(t, first, number(50), `rel="prev"`)
			second := way(first, "next")
			wantText(t, second, http.StatusOK, "120 people match", number(50), number(99), "q=person")
			wantNot(t, second, number(49), number(100))
			last := way(second, "next")
			wantText(t, last, http.StatusOK, "20 of 120", number(100), number(119))
			wantNot(t, last, number(99), `rel="next"`)
			wantText(t, way(last, "prev"), http.StatusOK, number(50), number(99))
			again := way(way(last, "prev"), "prev")
			wantText(t, again, http.StatusOK, number(0), number(49))
			wantNot(t, again, number(50), `rel="prev"`)
		})
	}
}

func TestInvite(t *testing.T) {
	o := open(t)
	g := o.Group("Engineering")
	wantText(t, o.admin.Get("/console/people/new"), http.StatusOK, "Invite a person", "Engineering")
	a := o.admin.Post("/console/people/new", "/console/people", "name", "Grace Hopper", "email", "Grace@Example.org", "group", string(g.ID), "ends", "2027-12-31")
	wantText(t, a, http.StatusOK, "The invitation for Grace Hopper is ready", "http://localhost:8080/enrol#", `class="qr"`, "It was sent to grace@example.org")
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page with a secret may be kept: Cache-Control %q", got)
	}
	p, err := o.DB.PersonByEmail(context.Background(), "grace@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC); !p.Ends.Equal(want) || p.Status != person.Invited {
		t.Errorf("ends %v (want %v), status %s", p.Ends, want, p.Status)
	}
	at := page.PersonPath(string(p.ID))
	one := o.admin.Get(at)
	wantText(t, one, http.StatusOK, "Grace Hopper", "the invitation is waiting", "Engineering", `value="2027-12-31"`, "Ada Lovelace invited Grace Hopper")
	wantNot(t, one, "/enrol#")

	again := o.admin.Post(at, at+"/invite")
	wantText(t, again, http.StatusOK, "/enrol#")
	_, first, _ := strings.Cut(a.Body, "/enrol#")
	_, second, _ := strings.Cut(again.Body, "/enrol#")
	if first[:40] == second[:40] {
		t.Error("the second link is the first one")
	}
	wantText(t, o.admin.Get("/console/invitations"), http.StatusOK, "2 invitations", "by Ada Lovelace", "revoked", "open")
	wantText(t, o.admin.Get("/console/invitations?state=open"), http.StatusOK, "1 invitation")

	ts, err := o.DB.TicketsOf(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, ticket := range ts {
		a := o.admin.Post("/console/invitations", "/console/invitations/"+string(ticket.ID)+"/revoke")
		wantTo(t, a, "/console/invitations") // also for the one that was withdrawn before: its flash says so
	}
	wantText(t, o.admin.Get("/console/invitations?state=open"), http.StatusOK, "No invitation matches")
}

func TestInviteRefused(t *testing.T) {
	o := open(t)
	g := o.Group("Engineering")
	before := o.Records()
	for _, c := range []struct {
		what, name, email, ends string
		status                  int
		says                    string
	}{
		{"no name", " ", "grace@example.org", "", 422, "A name has 1 to 120 printable characters."},
		{"no address", "Grace", "grace", "", 422, "This is no e-mail address"},
		{"a taken address", "Grace", "ADA@example.org", "", 409, "Ada Lovelace has the address ada@example.org already."},
		{"no day", "Grace", "grace@example.org", "31.12.2027", 422, "Write the day as 2027-12-31"},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := o.admin.Post("/console/people/new", "/console/people", "name", c.name, "email", c.email, "ends", c.ends, "group", string(g.ID))
			wantText(t, a, c.status, c.says, `aria-invalid="true"`, `value="`+c.email+`"`, `value="`+c.ends+`"`, `value="`+string(g.ID)+`" checked`)
		})
	}
	wantText(t, o.admin.Post("/console/people/new", "/console/people", "name", "Grace", "email", "grace@example.org", "group", "grp_none"), http.StatusNotFound)
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}

func TestAPersonsPage(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	o.SignIn(grace)
	wantText(t, o.admin.Get(page.PersonPath(string(grace.ID))), http.StatusOK,
		"Signs in with 1 passkey; 1 open session", "First of Grace Hopper", "Firefox on Linux", "Grace Hopper signed in", "Grace Hopper made a passkey")
	wantText(t, o.admin.Get(page.PersonPath("per_none")), http.StatusNotFound)
	wantText(t, o.admin.Get(page.PersonPath(string(o.ada.ID))), http.StatusOK, "this is you", "the only administrator")
}

func TestEditAPerson(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	at := page.PersonPath(string(grace.ID))
	o.press(grace, "edit", "Grace Brewster Hopper", "name", "Grace Brewster Hopper", "email", "hopper@example.org")
	o.press(grace, "employment", `value="2027-06-30"`, "ends", "2027-06-30")
	if p := o.person(grace); p.Email != "hopper@example.org" || p.Ends.Format(time.DateOnly) != "2027-06-30" {
		t.Errorf("got %+v", p)
	}
	o.press(grace, "edit", `value="2027-06-30"`, "name", "Grace", "email", "hopper@example.org") // the other form's day stays
	o.press(grace, "employment", "Saved.", "ends", "")
	if p := o.person(grace); !p.Ends.IsZero() {
		t.Errorf("ends %v", p.Ends)
	}
	wantText(t, o.admin.Post(at, at+"/edit", "name", "Grace", "email", "nonsense"), 422, "This is no e-mail address", `value="nonsense"`)
	wantText(t, o.admin.Post(at, at+"/edit", "name", "", "email", "hopper@example.org"), 422, "A name has 1 to 120")
	wantText(t, o.admin.Post(at, at+"/edit", "name", "Grace", "email", "ada@example.org"), 409, "has the address", `value="ada@example.org"`)
	wantText(t, o.admin.Post(at, at+"/employment", "ends", "tomorrow"), 422, "Write the day as")
	own := page.PersonPath(string(o.ada.ID))
	wantText(t, o.admin.Post(own, own+"/employment", "ends", "2026-01-01"), 409, "the only administrator")
}

// refused is on a page that says why a button did nothing, in whatever words
// the domain has for it.
const refused = `class="toast alarm"`

func TestSuspendAndReinstate(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	b := o.SignIn(grace)
	o.press(grace, "suspend", "Suspended. Every session of theirs has ended.")
	wantTo(t, b.Get("/console"), "/signin?return=%2Fconsole")
	o.press(grace, "activate", "They may sign in again.")
	o.press(grace, "activate", refused)
	o.press(o.ada, "suspend", "You cannot suspend or erase yourself")
	o.press(grace, "invite", "An invitation is for the first passkey only.")
}

func TestRoles(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	at, own := page.PersonPath(string(grace.ID)), page.PersonPath(string(o.ada.ID))
	wantText(t, o.admin.Get(at), http.StatusOK, "Does everything:", "Sees everything, the audit log too", "suspends passkeys and ends sessions", "Sees nothing of the console")
	o.press(grace, "role", "Their role is now: administrator.", "role", "administrator")
	if p := o.person(grace); p.Role != person.Administrator {
		t.Errorf("role %q", p.Role)
	}
	wantText(t, o.admin.Post(own, own+"/role", "role", ""), 409, "change your own role")
	for _, c := range []struct{ what, role, ends, says string }{
		{"an auditor without an end", "auditor", "", "Say when the auditor"},
		{"an auditor for too long", "auditor", "2029-01-01", "Say when the auditor"},
		{"an end in the past", "helpdesk", "2026-01-01", "The end of the role is in the past"},
		{"an administrator with an end", "administrator", "2027-01-01", "An administrator&#39;s role has no end"},
		{"no day", "helpdesk", "soon", "Write the day as"},
		{"a role that nobody knows", "root", "", "There is no role"},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := o.admin.Post(at, at+"/role", "role", c.role, "ends", c.ends)
			wantText(t, a, 422, c.says, `value="`+c.ends+`"`)
			if p := o.person(grace); p.Role != person.Administrator {
				t.Errorf("role %q", p.Role)
			}
		})
	}
	o.press(grace, "role", "Their role is now: auditor.", "role", "auditor", "ends", "2027-01-31")
	wantText(t, o.admin.Get("/console/people?role=auditor"), http.StatusOK, "1 person matches", "Grace")
	o.press(grace, "role", "Their role is now: help desk.", "role", "helpdesk")
	o.press(grace, "role", "They hold no role any more.", "role", "", "ends", "2027-01-31")
	wantText(t, o.admin.Get("/console/people?role=any"), http.StatusOK, "1 person matches", "Ada Lovelace")
}

func TestManagers(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	at := page.PersonPath(string(grace.ID))
	o.press(grace, "employment", "Saved.", "employment", "contractor", "manager", "Ada@Example.org")
	if p := o.person(grace); p.Manager != o.ada.ID || p.Employment != person.Contractor {
		t.Errorf("%+v", p)
	}
	wantText(t, o.admin.Get(at), http.StatusOK, `value="ada@example.org"`)
	wantText(t, o.admin.Get(page.PersonPath(string(o.ada.ID))), http.StatusOK, "1 person has them as their manager")
	wantText(t, o.admin.Post(at, at+"/employment", "manager", "nobody@example.org"), 422, "Nobody here has this address.", `value="nobody@example.org"`)
	wantText(t, o.admin.Post(at, at+"/employment", "manager", "grace@example.org"), 422, "Nobody is their own manager.")
	o.press(grace, "employment", "Saved.", "manager", "")
	if p := o.person(grace); p.Manager != "" {
		t.Errorf("%+v", p)
	}
}

func TestErase(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	o.SignIn(grace)
	o.press(grace, "erase", "Nothing was erased", "confirm", "Grace")
	o.press(o.ada, "erase", "You cannot suspend or erase yourself", "confirm", "Ada Lovelace")
	o.press(grace, "erase", "The personal data are gone", "confirm", "Grace Hopper")
	for _, path := range []string{page.PersonPath(string(grace.ID)), "/console/people", "/console/sessions", "/console/invitations"} {
		wantNot(t, o.admin.Get(path), "Grace", "grace@example.org")
	}
	wantNot(t, o.admin.Get("/console/audit?subject="+string(grace.ID)), "Grace", "grace@example.org")
}

func TestGroupsOfAPerson(t *testing.T) {
	o := open(t)
	grace, g := o.Member("Grace", "grace@example.org"), o.Group("Engineering")
	o.press(grace, "groups/add", "Added to the group.", "group", string(g.ID))
	wantText(t, o.admin.Get(page.GroupPath(string(g.ID))), http.StatusOK, "Engineering has 1 member", "Grace")
	o.press(grace, "groups/remove", "In no group.", "group", string(g.ID))
	at := page.PersonPath(string(grace.ID))
	wantText(t, o.admin.Post(at, at+"/groups/add", "group", "grp_none"), http.StatusNotFound)
}

func TestPasskeysOfAPerson(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	grace, mallory := o.Member("Grace", "grace@example.org"), o.Member("Mallory", "mallory@example.org")
	b := o.SignIn(grace)
	creds, err := o.DB.CredentialsOf(ctx, grace.ID)
	if err != nil {
		t.Fatal(err)
	}
	verb := "passkeys/" + string(creds[0].ID) + "/"
	o.press(grace, verb+"suspend", "The passkey is suspended")
	wantTo(t, b.Get("/console"), "/signin?return=%2Fconsole")
	o.press(grace, verb+"suspend", refused)
	o.press(grace, verb+"activate", "The passkey works again.")
	o.press(grace, verb+"remove", "The passkey was removed")
	if c, err := o.DB.Credential(ctx, creds[0].ID); err != nil || c.Status != credential.Removed {
		t.Errorf("status %s, %v", c.Status, err)
	}
	other := page.PersonPath(string(mallory.ID))
	wantText(t, o.admin.Post(other, other+"/"+verb+"activate"), http.StatusNotFound, "no such passkey")
}

func TestSessionsOfAPerson(t *testing.T) {
	o := open(t)
	grace, mallory := o.Member("Grace", "grace@example.org"), o.Member("Mallory", "mallory@example.org")
	one, two, three := o.SignIn(grace), o.SignIn(grace), o.SignIn(grace)
	o.press(mallory, "sessions/"+string(one.Session.ID)+"/end", "ended already")
	wantText(t, one.Get("/console"), http.StatusNotFound)
	o.press(grace, "sessions/"+string(one.Session.ID)+"/end", "The session has ended.")
	wantTo(t, one.Get("/console"), "/signin?return=%2Fconsole")
	wantText(t, two.Get("/console"), http.StatusNotFound)
	o.press(grace, "sessions/end", "Signed in nowhere.")
	wantTo(t, three.Get("/console"), "/signin?return=%2Fconsole")
}
