package console_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
)

// who is what the story answers about p.
func (o *office) who(p person.Record) answer.WhoCan {
	o.t.Helper()
	w, err := o.console.Exposure.WhoCan(context.Background(), string(p.ID))
	if err != nil {
		o.t.Fatal(err)
	}
	return w
}

// From the first day, with a few people, the page says who can be taken over.
func TestExposureFromTheFirstDay(t *testing.T) {
	o := open(t)
	for _, name := range []string{"Grace Hopper", "Katherine Johnson", "Mary Somerville"} {
		o.Member(name, strings.ToLower(strings.Fields(name)[0])+"@example.org")
	}
	a := o.admin.Get(page.PathExposure)
	wantText(t, a, http.StatusOK, "What accounts are worth", "Who gets in, by what they have from the start", "What most would fall with", `<svg class="bars"`, "One operator", "AAL0")
	ov, err := o.console.Exposure.Overview(context.Background())
	if err != nil || ov.Accounts != 4 {
		t.Fatal(ov.Accounts, err)
	}
	// Each number of the matrix leads to a list of so many.
	for _, c := range ov.Matrix {
		if c.Segment == "" {
			continue
		}
		to := page.ExposedPath(page.ExposedFilter{Segment: c.Segment, Profile: c.Profile})
		wantText(t, a, http.StatusOK, `href="`+html.EscapeString(to)+`"`)
		list := o.admin.Get(to)
		if n := strings.Count(list.Body, `<tr><th scope="row"><a href="/console/exposure/accounts/`); int64(n) != c.Falls {
			t.Errorf("%s: %d accounts are listed, the number says %d", to, n, c.Falls)
		}
	}
	for _, v := range ov.Verdicts {
		to := page.ExposedPath(page.ExposedFilter{Verdict: exposure.Verdict(v.Name)})
		rows := o.admin.Get(to)
		if n := strings.Count(rows.Body, `<tr><th scope="row"><a href="/console/exposure/accounts/`); int64(n) != v.Count {
			t.Errorf("%s: %d accounts, the number says %d", to, n, v.Count)
		}
	}
	for _, b := range ov.Top {
		wantText(t, o.admin.Get(page.BlastPath(b.Node.ID)), http.StatusOK, html.EscapeString(b.Node.ID), "Whose accounts")
	}
}

// The page about an account says what was computed, draws it, and every thing in
// the picture leads somewhere.
func TestWhoCanGetAtAnAccount(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	at := page.ExposedAccountPath(string(grace.ID))
	w := o.who(grace)
	a := o.admin.Get(at)
	_, said, _ := strings.Cut(w.Sentence, ": ")
	wantText(t, a, http.StatusOK, html.EscapeString(said[1:]), `<svg class="graph"`, "Root powers", "The picture as a table", "What if")
	if n := strings.Count(a.Body, `<div class="canvas"`); n != 1 {
		t.Errorf("%d pictures", n)
	}
	p, err := o.console.Exposure.Picture(context.Background(), string(grace.ID))
	if err != nil || len(p.Nodes) < 3 || len(p.Edges) == 0 {
		t.Fatalf("%d nodes, %d edges, %v", len(p.Nodes), len(p.Edges), err)
	}
	for i := range p.Edges {
		if row := `id="step-` + itoa(int64(i)) + `"`; !strings.Contains(a.Body, row) {
			t.Errorf("the table has no row of edge %d", i)
		}
	}
	for _, way := range w.Ways {
		wantText(t, a, http.StatusOK, html.EscapeString(way.Sentence))
	}
	for _, m := range regexp.MustCompile(`class="node[^"]*" href="([^"]+)"`).FindAllStringSubmatch(a.Body, -1) {
		if got := o.admin.Get(html.UnescapeString(m[1])); got.Status != http.StatusOK || strings.Contains(got.Body, "There is nothing called that") {
			t.Errorf("%s leads to nothing: %d", m[1], got.Status)
		}
	}
	// Likewise from elsewhere.
	wantText(t, o.admin.Get(page.PersonPath(string(grace.ID))), http.StatusOK, "Every way in, and what to do about it", `href="`+at+`"`)
	creds, err := o.DB.CredentialsOf(context.Background(), grace.ID)
	if err != nil || len(creds) == 0 {
		t.Fatal(err)
	}
	wantText(t, o.admin.Get(page.CredentialPath(string(creds[0].ID))), http.StatusOK, `href="`+at+`"`)
	wantText(t, o.admin.Get("/console/search?q=grace"), http.StatusOK, "Who can get at Grace Hopper")
	wantText(t, o.admin.Get("/console/search?q=key:"+string(creds[0].ID)), http.StatusOK, "What falls with key:")
	if a := o.admin.Get(page.ExposedAccountPath("per_nobody")); a.Status != http.StatusNotFound {
		t.Errorf("nobody: %d", a.Status)
	}
}

// A change is answered and changes nothing; one that is none is said to be so.
func TestWhatIfInTheConsole(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	at := page.ExposedAccountPath(string(grace.ID))
	a := o.admin.Get(at)
	before := o.Records() // the look itself is in the log
	choices := regexp.MustCompile(`<select id="(lost|given|remove)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(a.Body, -1)
	if len(choices) != 3 {
		t.Fatalf("%d choices", len(choices))
	}
	for _, c := range choices {
		values := regexp.MustCompile(`<option value="([^"]+)"`).FindAllStringSubmatch(c[2], -1)
		if len(values) == 0 {
			t.Errorf("nothing can be chosen of %s", c[1])
		}
		for _, v := range values {
			got := o.admin.Get(at + "?" + url.Values{c[1]: {html.UnescapeString(v[1])}}.Encode())
			wantText(t, got, http.StatusOK, `<div class="card" id="change">`, "Nothing was changed.")
			if t.Failed() {
				t.Fatalf("%s=%s", c[1], v[1])
			}
		}
	}
	got := o.admin.Get(at + "?lost=key:nothing")
	wantText(t, got, http.StatusOK, `role="alert"`)
	wantNot(t, got, `id="change"`)
	if now := o.Records(); now != before {
		t.Errorf("%d records were written", now-before)
	}
}

// Findings are listed by filter, lead to their account, and what would mend one
// is found there.
func TestFindingsInTheConsole(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	a := o.admin.Get(page.PathExposureFindings)
	ids := regexp.MustCompile(`<code>(F-[0-9a-z-]+)</code>`).FindAllStringSubmatch(a.Body, -1)
	if len(ids) == 0 {
		t.Fatalf("an organisation in which nothing is declared has no finding\n%s", main(a))
	}
	wantText(t, a, http.StatusOK, page.ExposedAccountPath(string(grace.ID))+"#findings")
	mine := o.who(grace).Findings
	if len(mine) == 0 {
		t.Fatal("none of Grace's")
	}
	f := mine[0]
	only := o.admin.Get(page.PathExposureFindings + "?" + url.Values{"rule": {f.Rule}, "severity": {string(f.Severity)}}.Encode())
	wantText(t, only, http.StatusOK, f.ID)
	for _, m := range regexp.MustCompile(`class="soft line">([^<·]+) · <code>F-`).FindAllStringSubmatch(only.Body, -1) {
		if m[1] != html.EscapeString(page.RuleWords(f.Rule)) {
			t.Errorf("of the rule %s the list has %q", f.Rule, m[1])
		}
	}
	fixed := o.admin.Get(page.ExposedAccountPath(string(grace.ID)) + "?fix=" + f.ID)
	if !strings.Contains(fixed.Body, "What would mend it") && !strings.Contains(fixed.Body, "No single change and no pair of changes mends it.") {
		t.Error("what would mend it is not said")
	}
	wantText(t, o.admin.Get(page.ExposedAccountPath(string(grace.ID))+"?fix=F-00"), http.StatusOK, "Find what would mend it")
}

func TestBlastInTheConsole(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	wantText(t, o.admin.Get(page.PathBlast), http.StatusOK, "What falls when one thing falls?", "What most would fall with", page.BlastPath("corrupt:"+string(o.ada.ID)))
	a := o.admin.Get(page.BlastPath("corrupt:" + string(o.ada.ID)))
	wantText(t, a, http.StatusOK, "Grace Hopper", page.ExposedAccountPath(string(grace.ID)))
	b, err := o.console.Exposure.Blast(context.Background(), "corrupt:"+string(o.ada.ID), "", 50)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, a, http.StatusOK, html.EscapeString(b.Sentence))
	wantText(t, o.admin.Get(page.BlastPath("corrupt:per_nobody")), http.StatusOK, "There is nothing called that")
	wantText(t, o.admin.Get(page.BlastPath(`"><script>alert(1)</script>`)), http.StatusOK, "There is nothing called that")
}

// The list as a file has the rows of its filter, as it has them on the page.
func TestExposedAsAFile(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	rows, err := csv.NewReader(strings.NewReader(o.admin.Get(page.PathExposed + "?format=csv").Body)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	w := o.who(grace)
	for _, r := range rows[1:] {
		if r[0] == string(grace.ID) && (r[6] != itoa(int64(w.Effective.AAL)) || r[9] != string(w.Verdict)) {
			t.Errorf("the file says %v, the account %v, %s", r, w.Effective, w.Verdict)
		}
	}
	var list []map[string]any
	a := o.admin.Get(page.PathExposed + "?format=json&below=1&singles=yes&profile=phisher")
	if err := json.Unmarshal([]byte(a.Body), &list); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%v: %s", err, a.Body)
	}
	if said := o.exported(); said["what"] != "accounts" || said["filter"] != "below=1 profile=phisher singles=yes" {
		t.Errorf("the log says %v", said)
	}
}

// The help desk holds no scope that shows how everybody can be attacked.
func TestExposureIsApart(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	desk := o.SignIn(o.holder("Helen", person.HelpDesk))
	for _, at := range []string{page.PathExposure, page.PathExposed, page.ExposedAccountPath(string(grace.ID)), page.PathBlast, page.PathResidual, page.PathExposureFindings} {
		if a := desk.Get(at); a.Status != http.StatusNotFound && a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", at, a.Status)
		}
	}
	wantNot(t, desk.Get(page.PersonPath(string(grace.ID))), "Every way in", "/console/exposure")
	wantNot(t, desk.Get("/console/search?q=grace"), "Who can get at")
}
