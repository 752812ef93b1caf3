package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/domain/surroundings"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
)

func TestSurroundings(t *testing.T) {
	o := open(t)
	o.Member("Grace Hopper", "grace@example.org")
	wantText(t, o.admin.Get(page.PathSurroundings), http.StatusOK, "Nothing is declared yet", "whoever resets accounts", "Power over others", page.NewSurroundingPath("sync_account"))
	for _, k := range surroundings.Kinds() {
		wantText(t, o.admin.Get(page.NewSurroundingPath(string(k))), http.StatusOK, `name="kind" value="`+string(k)+`"`)
	}
	declare := func(kind string, pairs ...string) string {
		t.Helper()
		a := o.admin.Post(page.NewSurroundingPath(kind), page.PathSurroundings, append([]string{"kind", kind}, pairs...)...)
		wantTo(t, a, page.PathSurroundings)
		return o.admin.Get(page.PathSurroundings).Body
	}
	declare("sync_account", "person", "grace@example.org", "name", "Grace's cloud", "provider", "cloud", "primary", "yes", "sign_in", "password+code\npasskey", "recovery", "sms", "recovery_complete", "yes")
	declare("power", "name", "Service desk", "over", "primary", "holders", "grace@example.org\nnight shift", "k", "2", "check", "questions", "status", "declared", "review_by", "2027-03-31")
	body := declare("departure", "person", "grace@example.org", "from", "2026-11-03")
	for _, want := range []string{"3 declarations", "Signed in to by password and code, or passkey.", "Recovered by sms.", "by any 2 of 2", "night shift", "questions, or by a known voice", "Left on 3 Nov 2026", "counts"} {
		if !strings.Contains(body, want) {
			t.Errorf("the list does not say %q", want)
		}
	}

	// What is wrong stands beside its input, and what was typed stays.
	for _, c := range []struct{ name, value, want, input string }{
		{"check", "", "make sure of who asks", "check"},
		{"k", "many", "such as 2", "k"},
		{"name", "Service desk", "declared under the name", "name"},
		{"holders", "nobody@example.org", "Nobody here has this address", "holders"},
		{"sign_in", "magic", "is no factor", "sign_in"},
		{"target", "workforce", "segment:NAME", "target"},
	} {
		form := map[string]string{"kind": "power", "name": "Another desk", "over": "primary", "holders": "night shift", "check": "none"}
		form[c.name] = c.value
		var pairs []string
		for k, v := range form {
			pairs = append(pairs, k, v)
		}
		a := o.admin.Post(page.NewSurroundingPath("power"), page.PathSurroundings, pairs...)
		if a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusConflict {
			t.Errorf("%s: %d", c.name, a.Status)
		}
		_, at, _ := strings.Cut(a.Body, `id="`+c.input+`-error"`)
		at, _, _ = strings.Cut(at, "</p>")
		if !strings.Contains(at, c.want) {
			t.Errorf("%s = %q: beside %s stands %q, want %q", c.name, c.value, c.input, at, c.want)
		}
		if !strings.Contains(a.Body, "night shift") && c.name != "holders" {
			t.Errorf("%s: what was typed is gone", c.name)
		}
	}

	// A second look, and taking it back.
	list, err := o.DB.ListSurroundings(t.Context(), store.SurroundingList{Kind: surroundings.Power}, store.Cut{}, 9)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	desk := page.PathSurroundings + "/" + string(list[0].ID)
	o.Pass(200 * 24 * time.Hour)
	o.admin = o.SignIn(o.ada)
	wantText(t, o.admin.Get(page.PathSurroundings+"?kind=power"), http.StatusOK, "overdue", "counts all the same", "1 declaration")
	wantTo(t, o.admin.Post(page.PathSurroundings, desk+"/renew"), page.PathSurroundings)
	wantNot(t, o.admin.Get(page.PathSurroundings+"?kind=power"), "overdue")
	wantTo(t, o.admin.Post(page.PathSurroundings, desk+"/withdraw"), page.PathSurroundings)
	wantText(t, o.admin.Get(page.PathSurroundings), http.StatusOK, "2 declarations")
	wantText(t, o.admin.Get(page.PathSurroundings+"?gone=yes"), http.StatusOK, "1 withdrawn declaration", "Service desk")
	if rows := rowsOf(t, o.admin.Get(page.PathSurroundings+"?format=csv")); len(rows) != 3 || rows[1][1] != "sync_account" {
		t.Errorf("%v", rows)
	}
}
