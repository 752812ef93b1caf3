package console_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/domain/grant"
	"holdfast/edge/backup"
	"holdfast/edge/web/webtest"
)

func TestStartSaysHowThingsStand(t *testing.T) {
	o := open(t)
	wantSteps := func(left string) {
		t.Helper()
		wantText(t, o.admin.Get("/console"), http.StatusOK, left)
	}
	wantSteps("7 steps left")
	wantText(t, o.admin.Get("/console"), http.StatusOK, "<strong>1</strong> person", "<strong>0</strong> open invitations", "<strong>1</strong> open session<")

	o.Passkey(o.ada, "Spare")
	wantSteps("6 steps left")

	ctx := context.Background()
	grace := o.Invited("Grace", "grace@example.org")
	if _, err := o.Govern.InviteAgain(ctx, webtest.System, grace.ID, 0); err != nil {
		t.Fatal(err)
	}
	wantSteps("5 steps left")
	o.redeem(grace.ID)
	wantSteps("4 steps left")
	app, err := o.Govern.CreateApp(ctx, webtest.System, grant.Draft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.org/return"}})
	if err != nil {
		t.Fatal(err)
	}
	wantSteps("3 steps left")
	o.use(app.App, o.admin)
	wantText(t, o.admin.Get("/console"), http.StatusOK, "2 steps left", "<strong>2</strong> people", "Make a second administrator", "holdfast backup")
	o.Administrator("Barbara", "barbara@example.org")
	wantSteps("1 step left")
	o.Record(backup.Made{}.Event())
	wantText(t, o.admin.Get("/console"), http.StatusOK, "is ready", "<strong>3</strong> people")
}

func TestGroups(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	wantText(t, o.admin.Get("/console/groups"), http.StatusOK, "No group yet")
	a := o.admin.Post("/console/groups", "/console/groups", "name", "Engineering")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/console/groups/grp_") {
		t.Fatalf("got %d to %q", a.Status, a.Location)
	}
	at := a.Location
	wantText(t, o.admin.Get(at), http.StatusOK, "Nobody is in this group", "The group is there.")
	wantText(t, o.admin.Post("/console/groups", "/console/groups", "name", "Engineering"), 409, "There is a group of this name already.", `value="Engineering"`)
	wantText(t, o.admin.Post("/console/groups", "/console/groups", "name", " "), 422, "A name has 1 to 120")

	wantTo(t, o.admin.Post(at, at+"/members/add", "person", " Grace@example.org "), at)
	wantTo(t, o.admin.Post(at, at+"/members/add", "person", string(o.ada.ID)), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "Engineering has 2 members", "Grace", "Ada Lovelace")
	wantText(t, o.admin.Get("/console/groups"), http.StatusOK, "1 group", ">2<")
	wantText(t, o.admin.Post(at, at+"/members/add", "person", "nobody@example.org"), 422, "Nobody here has this address.", `value="nobody@example.org"`)
	wantTo(t, o.admin.Post(at, at+"/members/remove", "person", string(grace.ID)), at)
	a = o.admin.Get(at)
	wantText(t, a, http.StatusOK, "Engineering has 1 member")
	wantNot(t, a, "Grace")

	o.Group("Wards")
	wantText(t, o.admin.Post(at, at+"/rename", "name", "Wards"), 409, "There is a group of this name already.", `value="Wards"`)
	wantTo(t, o.admin.Post(at, at+"/rename", "name", "Builders"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "Builders has 1 member")
	wantTo(t, o.admin.Post(at, at+"/remove"), "/console/groups")
	wantText(t, o.admin.Get(at), http.StatusNotFound)
	wantText(t, o.admin.Get("/console/people?q=ada"), http.StatusOK, "Ada Lovelace")
}

func TestSessions(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	silent := o.SignIn(grace)
	o.Pass(2 * time.Hour) // more than AAL2 may be silent
	o.admin = o.SignIn(o.ada)
	b := o.SignIn(grace)
	a := o.admin.Get("/console/sessions")
	wantText(t, a, http.StatusOK, "2 open sessions", "Grace", "Ada Lovelace", "this one")
	wantNot(t, a, string(silent.Session.ID))
	a = o.admin.Get("/console/sessions?q=GRACE")
	wantText(t, a, http.StatusOK, "1 open session", "Grace")
	wantText(t, o.admin.Get("/console/sessions?q=nobody"), http.StatusOK, "Nobody who matches is signed in")
	wantTo(t, o.admin.Post("/console/sessions", "/console/sessions/"+string(b.Session.ID)+"/end"), "/console/sessions")
	wantTo(t, b.Get("/console"), "/signin?return=%2Fconsole")
	wantText(t, o.admin.Get("/console/sessions"), http.StatusOK, "1 open session", "The session has ended.")
	wantText(t, o.admin.Post("/console/sessions", "/console/sessions/ses_none/end"), http.StatusNotFound)
}

func TestSettings(t *testing.T) {
	o := open(t)
	wantText(t, o.admin.Get("/console/settings"), http.StatusOK, `value="Kelp &amp; Shore"`, "Relying party", "localhost")
	wantTo(t, o.admin.Post("/console/settings", "/console/settings", "organisation", "Lighthouse"), "/console/settings")
	wantText(t, o.admin.Get("/console/settings"), http.StatusOK, `value="Lighthouse"`, "The organisation has its new name.")
	long := strings.Repeat("x", 81)
	wantText(t, o.admin.Post("/console/settings", "/console/settings", "organisation", long), 422, "1 to 80 characters", `value="`+long+`"`)
}

func TestInvitationsPage(t *testing.T) {
	o := open(t)
	for i := range 51 {
		p := o.Invited(fmt.Sprintf("Person %02d", i), fmt.Sprintf("p%02d@example.org", i))
		if _, err := o.Govern.InviteAgain(context.Background(), webtest.System, p.ID, time.Hour); err != nil {
			t.Fatal(err)
		}
		o.Pass(time.Second)
	}
	a := o.admin.Get("/console/invitations")
	wantText(t, a, http.StatusOK, "51 invitations", "50 of 51", "Person 50", "by Holdfast itself")
	wantNot(t, a, "Person 00", `rel="prev"`)
	next := html.UnescapeString(between(t, a.Body, `rel="next" href="`, `"`))
	a = o.admin.Get("/console/invitations" + next)
	wantText(t, a, http.StatusOK, "Person 00", "1 of 51")
	wantNot(t, a, "Person 01", `rel="next"`)
	a = o.admin.Get("/console/invitations" + html.UnescapeString(between(t, a.Body, `rel="prev" href="`, `"`)))
	wantText(t, a, http.StatusOK, "Person 01", "Person 50")
	wantNot(t, a, "Person 00", `rel="prev"`)
	wantText(t, o.admin.Get("/console/invitations?q=person+07"), http.StatusOK, "1 invitation matches")
	o.Pass(time.Hour)
	o.admin = o.SignIn(o.ada)
	wantText(t, o.admin.Get("/console/invitations?state=ended"), http.StatusOK, "51 invitations match")
	wantText(t, o.admin.Get("/console/invitations?state=open"), http.StatusOK, "No invitation matches")
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	found, _, end := strings.Cut(rest, to)
	if !ok || !end {
		t.Fatalf("no %q on the page\n%s", from, text)
	}
	return found
}
