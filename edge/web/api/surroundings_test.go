package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/surroundings"
	"holdfast/domain/verdict/verdicttest"
	"holdfast/edge/store"
	"holdfast/edge/web/api"
	"holdfast/edge/web/webtest"
	"holdfast/flow/govern"
)

func TestSurroundings(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, string(authority.SurroundingsWrite), string(authority.SurroundingsRead)))
	ada := w.Member("Ada", "ada@example.org")
	var s api.Surrounding
	p.do("POST", "/surroundings", `{"kind":"sync_account","name":"Ada's cloud","person":"ada@example.org","provider":"cloud","primary":true,
		"sign_in":["password+code"],"recovery":["sms"],"recovery_complete":true,"source":"asked her"}`).into(201, &s)
	if !strings.HasPrefix(s.ID, "sur_") || s.Person != string(ada.ID) || !s.Primary || s.Status != "declared" || s.Standing != "current" || !s.Current ||
		!s.ReviewBy.Equal(surroundings.Again(w.Now())) {
		t.Errorf("%+v", s)
	}
	first := s
	p.do("GET", "/surroundings/"+url.PathEscape("Ada's cloud"), "").into(200, &s)
	if fmt.Sprint(s) != fmt.Sprint(first) {
		t.Errorf("by name: %+v", s)
	}
	p.do("POST", "/surroundings", `{"kind":"power","name":"desk","over":"primary","holders":["person:ada@example.org","night shift"],"check":"questions"}`).into(201, &s)
	if s.K != 1 || s.Holders[0] != "person:"+string(ada.ID) || s.Holders[1] != "night shift" {
		t.Errorf("%+v", s)
	}
	p.do("PATCH", "/surroundings/desk", `{"k":2,"review_by":"2027-03-31","check":"remote-video"}`).into(200, &s)
	if s.K != 2 || s.Check != "remote-video" || !s.ReviewBy.Equal(time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)) || len(s.Holders) != 2 {
		t.Errorf("%+v", s)
	}
	before := w.Records()
	p.do("PATCH", "/surroundings/desk", `{"k":2}`).into(200, &s)
	if n := w.Records() - before; n != 0 {
		t.Errorf("what changed nothing left %d records", n)
	}
	p.do("PATCH", "/surroundings/"+url.PathEscape("Ada's cloud"), `{"status":"assumed"}`).into(200, &s)
	if s.Standing != "incomplete" || len(s.Lacks) != 1 || s.Lacks[0] != "status" {
		t.Errorf("%+v", s)
	}

	var list api.List[api.Surrounding]
	names := func(query string) string {
		t.Helper()
		p.do("GET", "/surroundings"+query, "").into(200, &list)
		var out []string
		for _, s := range list.Items {
			out = append(out, s.Name)
		}
		return strings.Join(out, ", ")
	}
	for query, want := range map[string]string{"": "Ada's cloud, desk", "?kind=power": "desk", "?person=ada@example.org": "Ada's cloud", "?state=withdrawn": "", "?limit=1": "Ada's cloud"} {
		if got := names(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	names("?limit=1")
	if got := names("?limit=1&cursor=" + url.QueryEscape(list.Next)); got != "desk" {
		t.Errorf("the second page: %s", got)
	}

	p.do("POST", "/surroundings", `{"kind":"cloud","name":"x"}`).refused(400, "invalid_field")
	p.do("POST", "/surroundings", `{"kind":"phone","name":"x","person":"ada@example.org","colour":"red"}`).refused(400, "invalid_field")
	p.do("POST", "/surroundings", `{"kind":"phone","name":"desk","person":"ada@example.org"}`).refused(409, "surrounding_taken")
	p.do("POST", "/surroundings", `{"kind":"phone","name":"x","person":"nobody@example.org"}`).refused(404, "no_such_person")
	p.do("POST", "/surroundings", `{"kind":"power","name":"x","over":"mail","holders":["person:per_nobody"]}`).refused(404, "no_such_person")
	p.do("POST", "/surroundings", `{"kind":"phone","name":"x","person":"ada@example.org","recovery":["prayer"]}`).refused(400, "surrounding_factor")
	p.do("POST", "/surroundings", `{"kind":"phone","name":"x","person":"ada@example.org","until":"never"}`).refused(400, "surrounding_time")
	p.do("PATCH", "/surroundings/desk", `{"name":"Ada's cloud"}`).refused(409, "surrounding_taken")
	p.do("PATCH", "/surroundings/desk", `{"from":"soon"}`).refused(400, "surrounding_time")
	p.do("PATCH", "/surroundings/none", `{"k":1}`).refused(404, "no_such_surrounding")
	w.program(w.token(w.root, string(authority.SurroundingsRead))).do("DELETE", "/surroundings/desk", "").refused(403, "scope_missing")
	w.program(w.token(w.root, string(authority.PeopleRead))).do("GET", "/surroundings", "").refused(403, "scope_missing")

	p.do("DELETE", "/surroundings/desk", "").into(200, &s)
	if s.Withdrawn.IsZero() || s.Current {
		t.Errorf("%+v", s)
	}
	p.do("DELETE", "/surroundings/desk", "").refused(404, "no_such_surrounding")
	p.do("DELETE", "/surroundings/"+s.ID, "").refused(404, "no_such_surrounding")

	// Whoever is erased takes what is declared of them along.
	if err := w.Govern.Erase(t.Context(), webtest.System, ada.ID); err != nil {
		t.Fatal(err)
	}
	p.do("GET", "/surroundings/"+first.ID, "").into(200, &s)
	if s.Name != "" || s.Source != "" || s.Withdrawn.IsZero() {
		t.Errorf("left of somebody erased: %+v", s)
	}
	if got := names(""); got != "" {
		t.Errorf("still declared: %s", got)
	}
	if report, err := w.DB.Verify(t.Context(), nil); err != nil || !report.Whole() {
		t.Errorf("the log does not give the tables: %v, %+v", err, report.Findings)
	}
}

func TestImportSurroundings(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, string(authority.SurroundingsWrite), string(authority.SurroundingsRead)))
	w.Member("Ada", "ada@example.org")
	const file = `surroundings:
  - kind: sync_account
    name: Ada's cloud
    person: ada@example.org
    provider: cloud
    sign_in: [password+code]
  - kind: power
    name: desk
    over: primary
    holders: [person:ada@example.org]
    check: questions
`
	send := func(query, text string) answer {
		return p.with("Content-Type", "application/yaml").do(http.MethodPost, "/surroundings/import"+query, text)
	}
	var done api.ImportedSurroundings
	said := func(want string) {
		t.Helper()
		got := ""
		for _, r := range done.Rows {
			got += fmt.Sprintf("%d %s %s; ", r.Line, r.Action, r.Name)
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	before := w.Records()
	send("?dry_run=true", file).into(200, &done)
	said("2 added Ada's cloud; 7 added desk; ")
	if done.Rows[0].Surrounding != "" || w.Records() != before || done.Added != 2 {
		t.Errorf("a dry run wrote: %+v", done)
	}
	send("", file).into(200, &done)
	said("2 added Ada's cloud; 7 added desk; ")
	before = w.Records()
	w.Pass(time.Hour)
	send("", file).into(200, &done)
	said("2 unchanged Ada's cloud; 7 unchanged desk; ")
	if w.Records() != before {
		t.Errorf("the same file again left %d records", w.Records()-before)
	}
	send("", strings.Replace(file, "questions", "remote-video", 1)).into(200, &done)
	said("2 unchanged Ada's cloud; 7 updated desk; ")

	// All or nothing, and every wrong line is named.
	before = w.Records()
	wrong := file + `  - kind: phone
    name: good
    person: ada@example.org
  - kind: phone
    name: bad
    person: nobody@example.org
  - kind: phone
    name: desk
    person: ada@example.org
  - kind: mailbox
    name: desk two
    person: ada@example.org
    sign_in: [magic]
  - kind: phone
    name: good
    person: ada@example.org
`
	problem := send("", wrong).refused(400, "import_refused")
	var at []string
	for _, e := range problem["errors"].([]any) {
		at = append(at, e.(map[string]any)["location"].(string))
	}
	if got := strings.Join(at, ", "); got != "line 15, line 18, line 21, line 25" || w.Records() != before {
		t.Errorf("%s; %d records", got, w.Records()-before)
	}
	problem = send("", "surroundings:\n  - kind: phone\n    nam: x\n").refused(400, "import_refused")
	if !strings.Contains(fmt.Sprint(problem["errors"]), "line 3") || !strings.Contains(fmt.Sprint(problem["errors"]), "did you mean `name`") {
		t.Errorf("%v", problem)
	}
	send("", "surroundings: []").refused(400, "import_refused")
	send("", `{"surroundings":[{"kind":"phone","name":"+49 30 1","person":"ada@example.org"}]}`).into(200, &done)
	said("1 added +49 30 1; ")
}

// A provider that the policy does not name is a slip of the pen.
func TestSurroundingsNameProvidersOfThePolicy(t *testing.T) {
	w := newWorld(t)
	g := govern.New(store.Port[govern.Tx]{DB: w.DB}, w.Now, webtest.Origin, verdicttest.By(t, []byte(preset(t, "federal-enterprise")), nil))
	ada := w.Member("Ada", "ada@example.org")
	account := func(name, provider string) surroundings.Declaration {
		return surroundings.Declaration{Kind: surroundings.SyncAccount, Name: name, Person: ada.ID, Provider: provider}
	}
	power := surroundings.Declaration{Kind: surroundings.Power, Name: "tenant", Over: surroundings.OverProvider, Target: "aple-managed", Holders: []string{"x"}}
	for _, d := range []surroundings.Declaration{account("a", "aple-managed"), power} {
		if _, err := g.DeclareSurrounding(t.Context(), webtest.System, d); holdfast.CodeOf(err) != "surrounding_provider" || !strings.Contains(err.Error(), "apple-managed") {
			t.Errorf("%s: %v", d.Name, err)
		}
	}
	if _, err := g.DeclareSurrounding(t.Context(), webtest.System, account("a", "apple-managed")); err != nil {
		t.Error(err)
	}
}

// A power over people of whom there are none would count for nobody: that is a
// slip of the pen, too.
func TestSurroundingsNameTargetsThatThereAre(t *testing.T) {
	w := newWorld(t)
	g := govern.New(store.Port[govern.Tx]{DB: w.DB}, w.Now, webtest.Origin, verdicttest.By(t, []byte(preset(t, "federal-enterprise")), nil))
	if _, err := g.AddGroup(t.Context(), webtest.System, "Harbour pilots"); err != nil {
		t.Fatal(err)
	}
	desk := func(target string) surroundings.Declaration {
		return surroundings.Declaration{Kind: surroundings.Power, Name: "desk of " + target, Over: surroundings.OverPasskeys, Target: target, Holders: []string{"x"}, Check: "questions"}
	}
	for target, want := range map[string]string{"segment:wrokforce": "It has: ", "group:Harbor pilots": "There is no group"} {
		if _, err := g.DeclareSurrounding(t.Context(), webtest.System, desk(target)); holdfast.CodeOf(err) != "surrounding_target" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", target, err)
		}
	}
	for _, target := range []string{"group:Harbour pilots", "segment:privileged", ""} {
		if _, err := g.DeclareSurrounding(t.Context(), webtest.System, desk(target)); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}
