package console_test

import (
	"net/http"
	"testing"
	"time"

	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
)

// looks are the records that say who looked at whose account, the newest first.
func (o *office) looks() []store.Leaf {
	o.t.Helper()
	leaves, err := o.DB.Tail(o.t.Context(), store.Filter{Type: "host.looked", Limit: 50})
	if err != nil {
		o.t.Fatal(err)
	}
	return leaves
}

// Whoever looks at how somebody else can be attacked is in the log: once for a
// session and an account, however many pages that takes.
func TestLooksAreInTheLog(t *testing.T) {
	o := open(t)
	grace, joan := o.Member("Grace Hopper", "grace@example.org"), o.Member("Joan Clarke", "joan@example.org")
	look := func(p person.Record, query string) {
		t.Helper()
		wantText(t, o.admin.Get(page.ExposedAccountPath(string(p.ID))+query), http.StatusOK, "What if")
	}
	n := 0
	want := func(more int, after string) {
		t.Helper()
		if n += more; len(o.looks()) != n {
			t.Fatalf("after %s there are %d records, want %d", after, len(o.looks()), n)
		}
	}
	look(o.ada, "")
	want(0, "a look at one's own")
	look(grace, "")
	want(1, "a look")
	if l := o.looks()[0]; l.Person != grace.ID || l.Subject != "who-can" || l.Actor != "person:"+string(o.ada.ID) {
		t.Errorf("the record is %+v", l)
	}
	look(grace, "?lost=key:x")
	wantText(t, o.admin.Get(page.PersonPath(string(grace.ID))), http.StatusOK, "Every way in")
	want(0, "the same look going on")
	look(joan, "")
	want(1, "a look at another")
	o.admin = o.SignIn(o.ada)
	look(grace, "")
	want(1, "a look by another session")
	o.Pass(20 * time.Minute)
	o.admin = o.SignIn(o.ada)
	wantText(t, o.admin.Get(page.PersonPath(string(joan.ID))), http.StatusOK, "Every way in", "Ada Lovelace looked at who can get at the account of Joan Clarke")
	want(1, "a person's page, which says it in a line")
	o.admin.Get(page.PathExposed)
	o.admin.Get(page.PathExposureFindings)
	o.admin.Get(page.PathBlast)
	want(1, "lists about everybody")
	wantText(t, o.admin.Get(page.PathAudit+"?type=host.looked"), http.StatusOK, "Ada Lovelace looked at who can get at everybody’s accounts", "Somebody looked at what only administrators see")

	// Whoever may read it and not the log is in the log all the same.
	if err := o.Govern.SetRole(t.Context(), webtest.System, grace.ID, person.Auditor, o.Now().Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	auditor := o.SignIn(grace)
	wantText(t, auditor.Get(page.ExposedAccountPath(string(joan.ID))), http.StatusOK, "What if")
	want(1, "a look by an auditor")
}

// A name that several people have names none of them, and the page says so.
func TestTheLogAsksWhoIsMeant(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	o.Member("Grace Murray", "murray@example.org")
	wantText(t, o.admin.Get(page.PathAudit+"?subject=grace"), http.StatusOK, "No record matches", "2 people are called “grace”")
	a := o.admin.Get(page.PathAudit + "?subject=grace%40example.org")
	wantText(t, a, http.StatusOK, "Grace Hopper was added", page.PersonPath(string(grace.ID)))
	wantNot(t, a, "people are called")
}
