package console_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/surroundings"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/flow/govern"
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

// What is declared can be said otherwise: the form has what was there, refuses
// what declaring refuses, and what it shows in part stays whole.
func TestSurroundingsChange(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	declared, err := o.Govern.DeclareSurrounding(t.Context(), holdfast.Actor{Kind: holdfast.ActorHost, ID: "maria"}, surroundings.Declaration{Kind: surroundings.Power, Name: "Service desk",
		Over: surroundings.OverPrimary, Holders: []string{"person:grace@example.org", "ops@host.example"}, K: 2, Check: surroundings.CheckAsked,
		SignIn: []string{"password+code"}, Recovery: []string{"email"}, From: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), Source: "the handbook"})
	if err != nil {
		t.Fatal(err)
	}
	edit := page.SurroundingPath(string(declared.ID), "edit")
	wantText(t, o.admin.Get(page.PathSurroundings), http.StatusOK, edit)
	wantText(t, o.admin.Get(edit), http.StatusOK, "Change Service desk", "grace@example.org\nops@host.example", `name="k" type="text" value="2"`,
		"password&#43;code", ">email</textarea>", `name="from" type="date" value="2026-01-02"`, `value="questions" selected`, `value="the handbook"`)
	form := func(change ...string) []string {
		all := map[string]string{"kind": "power", "name": "Service desk", "over": "primary", "holders": "grace@example.org\nops@host.example", "k": "2", "check": "questions",
			"sign_in": "password+code", "recovery": "email", "from": "2026-01-02", "status": "declared", "source": "the handbook", "review_by": declared.ReviewBy.Format(time.DateOnly)}
		for i := 0; i < len(change); i += 2 {
			all[change[i]] = change[i+1]
		}
		var pairs []string
		for k, v := range all {
			pairs = append(pairs, k, v)
		}
		return pairs
	}

	// Saved as it stands, nothing changes and nothing is in the log.
	records := o.Records()
	wantTo(t, o.admin.Post(edit, edit, form()...), page.PathSurroundings)
	if got := o.Records(); got != records {
		t.Errorf("saving what stands made %d records", got-records)
	}
	wantTo(t, o.admin.Post(edit, edit, form("check", "sound", "k", "", "until", "2027-01-31")...), page.PathSurroundings)
	now, err := o.DB.Surrounding(t.Context(), declared.ID)
	if err != nil {
		t.Fatal(err)
	}
	if now.Check != surroundings.CheckSound || now.K != 0 || now.Until.Format(time.DateOnly) != "2027-01-31" || !now.From.Equal(declared.From) ||
		!slices.Equal(now.Holders, []string{"person:" + string(grace.ID), "ops@host.example"}) || !slices.Equal(now.Recovery, declared.Recovery) {
		t.Errorf("it is now %+v", now)
	}

	// The same checks as for something new, beside the same inputs.
	for _, c := range []struct{ name, value, want string }{
		{"name", "", "Say what to call it"}, {"check", "", "make sure of who asks"}, {"recovery", "magic", "is no factor"},
		{"target", "group:Nobody", "There is no group"}, {"until", "2025-01-01", "until comes after from"}, {"holders", "nobody@example.org", "Nobody here has this address"},
	} {
		a := o.admin.Post(edit, edit, form(c.name, c.value)...)
		_, at, _ := strings.Cut(a.Body, `id="`+c.name+`-error"`)
		at, _, _ = strings.Cut(at, "</p>")
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(at, c.want) || !strings.Contains(a.Body, "Change Service desk") {
			t.Errorf("%s = %q: %d, beside it stands %q", c.name, c.value, a.Status, at)
		}
	}

	// Of what kind it is and whose does not change; what was withdrawn is not changed.
	wantTo(t, o.admin.Post(edit, edit, form("kind", "mailbox", "person", "grace@example.org")...), page.PathSurroundings)
	if now, err = o.DB.Surrounding(t.Context(), declared.ID); err != nil || now.Kind != surroundings.Power || now.Person != "" {
		t.Errorf("it is now %+v (%v)", now, err)
	}
	wantTo(t, o.admin.Post(page.PathSurroundings, page.SurroundingPath(string(declared.ID), "withdraw")), page.PathSurroundings)
	wantText(t, o.admin.Get(edit), http.StatusNotFound, "was withdrawn")
	wantText(t, o.admin.Post(edit, edit, form("name", "Desk")...), http.StatusNotFound, "was withdrawn")
}

// A power over a group's people follows the group's new name. Where the group
// or segment is not there any more, the list and the front page say so.
func TestSurroundingsFollowTheirTarget(t *testing.T) {
	o := open(t)
	g := o.Group("Harbour pilots")
	host := holdfast.Actor{Kind: holdfast.ActorHost, ID: "maria"}
	declared, err := o.Govern.DeclareSurrounding(t.Context(), host, surroundings.Declaration{Kind: surroundings.Power, Name: "Pilots’ desk",
		Over: surroundings.OverPasskeys, Target: "group:Harbour pilots", Holders: []string{"night shift"}, Check: surroundings.CheckAsked})
	if err != nil {
		t.Fatal(err)
	}
	target := func() string {
		t.Helper()
		now, err := o.DB.Surrounding(t.Context(), declared.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.Target
	}
	wantTo(t, o.admin.Post(page.PathGroups, page.GroupPath(string(g.ID), "rename"), "name", "Pilots"), page.GroupPath(string(g.ID)))
	if got := target(); got != "group:Pilots" {
		t.Errorf("renamed in the console: the power is over %s", got)
	}
	if _, err := o.Govern.ReprovisionGroup(t.Context(), host, g.ID, func(said *govern.ProvisionedGroup) error { said.Name = "Tug pilots"; return nil }); err != nil {
		t.Fatal(err)
	}
	if got := target(); got != "group:Tug pilots" {
		t.Errorf("renamed by a directory: the power is over %s", got)
	}
	wantNot(t, o.admin.Get(page.PathSurroundings), "reaches nobody")
	wantNot(t, o.admin.Get(page.PathConsole), "reaches nobody")
	wantTo(t, o.admin.Post(page.PathGroups, page.GroupPath(string(g.ID), "remove")), page.PathGroups)
	wantText(t, o.admin.Get(page.PathSurroundings), http.StatusOK, "reaches nobody", "say over whom it is")
	wantText(t, o.admin.Get(page.PathConsole), http.StatusOK, "1 declared power reaches nobody", page.PathSurroundings+"?kind=power")
}
