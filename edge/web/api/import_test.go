package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/web/api"
)

func (p *program) csv(query, text string) answer {
	p.w.t.Helper()
	return p.with("Content-Type", "text/csv").do("POST", "/people/import"+query, text)
}

// said is what was done with each row, by address.
func said(got api.Import) map[string]string {
	out := map[string]string{}
	for _, r := range got.Rows {
		out[r.Email] = r.Action
	}
	return out
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	w.Invited("Already There", "there@example.org")
	w.Invited("Another Name", "other@example.org")
	// A byte order mark, both ends of lines, the columns in another order, a
	// quoted line end, a manager in a later row, and two who manage each other.
	file := "\xef\xbb\xbfemail,Name,groups,manager,end_date,employment\r\n" +
		"ada@example.org,Ada Lovelace,\"Analysts;\n Writers\",grace@example.org,2027-01-31,contractor\r\n" +
		"grace@example.org,\"Grace \"\"Amazing\"\" Hopper\",,root@example.org,,\n" +
		"there@example.org,Already There,,,,\n" +
		"other@example.org,New Name,Writers,,,\n" +
		",,,,,\n" +
		"a@example.org,A,,b@example.org,,\n" +
		"b@example.org,B,,a@example.org,,guest\n"
	var got api.Import
	before := w.Records()
	p.csv("?dry_run=true&invite=true", file).into(200, &got)
	if w.Records() != before {
		t.Error("a dry run wrote something")
	}
	want := map[string]string{"ada@example.org": "added", "grace@example.org": "added", "there@example.org": "unchanged",
		"other@example.org": "skipped", "a@example.org": "added", "b@example.org": "added"}
	if diff := cmp.Diff(want, said(got)); diff != "" || !got.DryRun || got.Rows[0].URL != "" || got.Rows[0].Person != "" {
		t.Errorf("dry run: %s %+v", diff, got)
	}
	p.csv("?invite=true", file).into(200, &got)
	if diff := cmp.Diff(want, said(got)); diff != "" || got.Added != 4 || got.Unchanged != 1 || got.Skipped != 1 {
		t.Errorf("%s %+v", diff, got)
	}
	if !strings.Contains(got.Rows[0].URL, "/enrol#"+got.Rows[0].Ticket) || got.Rows[2].URL != "" || got.Rows[4].Line != 8 {
		t.Errorf("rows: %+v", got.Rows)
	}
	var a, b, ada, grace api.Person
	p.do("GET", "/people/ada@example.org", "").into(200, &ada)
	p.do("GET", "/people/grace@example.org", "").into(200, &grace)
	p.do("GET", "/people/a@example.org", "").into(200, &a)
	p.do("GET", "/people/b@example.org", "").into(200, &b)
	if ada.Manager != grace.ID || grace.Manager != string(w.root.ID) || a.Manager != b.ID || b.Manager != a.ID {
		t.Errorf("managers: %+v %+v %+v %+v", ada, grace, a, b)
	}
	if ada.Employment != "contractor" || ada.Ends.Format(time.DateOnly) != "2027-02-01" || !cmp.Equal(ada.Groups, []string{"Analysts", "Writers"}) {
		t.Errorf("ada: %+v", ada)
	}
	if grace.Name != `Grace "Amazing" Hopper` || b.Employment != "guest" {
		t.Errorf("%+v %+v", grace, b)
	}

	before = w.Records()
	p.csv("", file).into(200, &got)
	if w.Records() != before || got.Unchanged != 5 || got.Skipped != 1 {
		t.Errorf("the same file again: %+v", got)
	}
	p.csv("?update=true", file).into(200, &got)
	var other api.Person
	p.do("GET", "/people/other@example.org", "").into(200, &other)
	if got.Updated != 1 || got.Unchanged != 5 || other.Name != "New Name" || !cmp.Equal(other.Groups, []string{"Writers"}) {
		t.Errorf("updated: %+v, %+v", got, other)
	}
}

func TestImportNamesEachWrongRowAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	before := w.Records()
	problem := p.csv("", "name,email,employment,manager,end_date,groups\n"+
		"Good,good@example.org,,,,New group\n"+ // 2
		",none@example.org,,,,\n"+ // 3: no name
		"X,nonsense,,,,\n"+ // 4
		"X,x@example.org,king,,,\n"+ // 5
		"X,x1@example.org,,nobody@example.org,,\n"+ // 6
		"X,x2@example.org,,,soon,\n"+ // 7
		"X,GOOD@example.org,,,,\n"+ // 8: twice
		"X,x3@example.org\n"+ // 9: fields
		"X,x4@example.org,,x4@example.org,,\n"+ // 10: own manager
		"X,x5@example.org,,x6@example.org,,\n"+ // 11: whose manager is wrong
		"X,x6@example.org,,,tomorrow,\n"+ // 12
		"X\"Y,x7@example.org,,,,\n"+ // 13: a bare quote
		"X\xff,x8@example.org,,,,\n"+ // 14
		"Good too,good2@example.org,,,,\n").refused(400, "import_refused")
	var lines []string
	for _, f := range problem["errors"].([]any) {
		e := f.(map[string]any)
		lines = append(lines, e["location"].(string))
		if e["message"] == "" {
			t.Errorf("%v has no reason", e)
		}
	}
	want := []string{"line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9", "line 10", "line 11", "line 12", "line 13", "line 14"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff, problem)
	}
	if w.Records() != before {
		t.Error("something was written")
	}
	if strings.Contains(w.Log.String(), "nonsense") {
		t.Error("what stands in the file stands in the log")
	}
}

func TestImportRefusesAHeader(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	for header, want := range map[string]string{"name,mail\n": `"email"`, "name\n": "missing", "name;email\n": "commas", "": "no header",
		"name,email,name\n": "two columns", "name,email,gruops\n": `"groups"`, "name,email,employment_end\n": `"employment"`,
		"\xff\xfen\x00": "UTF-16", "name,email\n": "1 to"} {
		got := p.csv("", header+"")
		if header == "" {
			got = p.csv("", "\n")
		}
		if got.status != 400 || !strings.Contains(string(got.body), strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("%q: got %d %s, want %s", header, got.status, got.body, want)
		}
	}
	p.do("POST", "/people/import", `{}`).refused(400, "content_type")
}

func TestImportByLines(t *testing.T) {
	w := newWorld(t)
	p := w.admin().with("Content-Type", "application/x-ndjson")
	var got api.Import
	p.do("POST", "/people/import", `{"name":"Ada","email":"ada@example.org","groups":["A;B"],"manager":"grace@example.org"}`+"\n\n"+
		`{"name":"Grace","email":"grace@example.org","end_date":"2027-01-31"}`+"\n").into(200, &got)
	if got.Added != 2 || got.Rows[1].Line != 3 {
		t.Errorf("%+v", got)
	}
	problem := p.do("POST", "/people/import", `{"name":"X","email":"x@example.org","role":"administrator"}`+"\n"+
		`{"name":"X","name":"Y","email":"y@example.org"}`+"\n"+`[]`+"\n"+`{"NAME":"X","email":"z@example.org"}`).refused(400, "import_refused")
	if n := len(problem["errors"].([]any)); n != 4 {
		t.Errorf("%d lines are wrong: %v", n, problem)
	}
}

func TestImportTakesTheScopesOfWhatItDoes(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, string(authority.PeopleWrite)))
	p.csv("", "name,email,groups\nAda,ada@example.org,Writers\n").refused(403, "scope_missing")
	p.csv("?invite=true", "name,email\nAda,ada@example.org\n").refused(403, "scope_missing")
	p.csv("", "name,email,groups\nAda,ada@example.org,\n").want(200)
}

// A help desk that may write people cannot change who stands higher.
func TestImportTouchesNobodyWhoStandsHigher(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, string(authority.PeopleWrite)))
	other := w.Administrator("Other", "other@example.org")
	problem := p.csv("?update=true", "name,email\nMine now,other@example.org\n").refused(400, "import_refused")
	if !strings.Contains(fmt.Sprint(problem), "holds a role") {
		t.Errorf("%v", problem)
	}
	w.role(other, person.Member, time.Time{})
	p.csv("?update=true", "name,email\nMine now,other@example.org\n").want(200)
}

func TestImportKeepsAnAdministrator(t *testing.T) {
	w := newWorld(t)
	w.Administrator("Other", "other@example.org")
	p := w.admin()
	problem := p.csv("?update=true", "name,email,end_date\nRoot Administrator,root@example.org,2020-01-01\nOther,other@example.org,2020-01-01\n").refused(400, "import_refused")
	if n := len(problem["errors"].([]any)); n != 2 {
		t.Errorf("%v", problem)
	}
	p.csv("?update=true", "name,email,end_date\nOther,other@example.org,2020-01-01\n").want(200)
	w.program(p.token).do("GET", "/people", "").want(200)
}

// Rows that are skipped make no group that the log does not know.
func TestImportMakesGroupsOnce(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	w.Invited("There", "there@example.org")
	var got api.Import
	p.csv("", "name,email,groups\nThere,there@example.org,Fresh\nAda,ada@example.org,Fresh;Fresh\nEve,eve@example.org,Fresh\n").into(200, &got)
	if got.Skipped != 1 || got.Added != 2 {
		t.Errorf("%+v", got)
	}
	var g api.Group
	if p.do("GET", "/groups/Fresh", "").into(200, &g); g.Members != 2 {
		t.Errorf("%+v", g)
	}
	if report, err := w.DB.Verify(t.Context(), nil); err != nil || !report.Whole() {
		t.Errorf("the log does not fold to the tables: %+v %v", report, err)
	}
}

func TestImportOfTenThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	w := newWorld(t)
	var b strings.Builder
	b.WriteString("name,email,groups,manager\n")
	for i := range 10_000 {
		manager := ""
		if i < 9_999 {
			manager = fmt.Sprintf("p%d@example.org", i+1) // a chain to the last row
		}
		fmt.Fprintf(&b, "Person %d,p%d@example.org,Group %d,%s\n", i, i, i%50, manager)
	}
	began := time.Now()
	var got api.Import
	w.admin().csv("?invite=true", b.String()).into(200, &got)
	t.Logf("10,000 people were imported in %v", time.Since(began))
	if got.Added != 10_000 {
		t.Errorf("%d were added", got.Added)
	}
}

// One row could have as many groups as the file has room for, each made in the
// one transaction behind which everybody's writes wait.
func TestImportBoundsTheGroupsOfARow(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	before := w.Records()
	names := make([]string, 101)
	for i := range names {
		names[i] = fmt.Sprintf("g%d", i)
	}
	got := p.csv("", "name,email,groups\nX,x@example.org,"+strings.Join(names, ";")+"\n").refused(400, "import_refused")
	if f := got["errors"].([]any)[0].(map[string]any); f["location"] != "line 2" || w.Records() != before {
		t.Errorf("%v", got)
	}
	p.csv("", "name,email,groups\nX,x@example.org,"+strings.Join(names[1:], ";")+"\n").want(200)
}
