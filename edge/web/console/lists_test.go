package console_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
)

func templates(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../page/templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatal("no templates", err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// exported reads what the log says was taken along last.
func (o *office) exported() map[string]string {
	o.t.Helper()
	leaves, err := o.DB.Tail(context.Background(), store.Filter{Type: "export.made", Limit: 1})
	if err != nil || len(leaves) != 1 {
		o.t.Fatal(leaves, err)
	}
	e, err := audit.Decode(leaves[0].Body)
	if err != nil {
		o.t.Fatal(err)
	}
	out := map[string]string{"actor": leaves[0].Actor}
	for _, d := range e.Details {
		var text string
		if err := json.Unmarshal(d.Value, &text); err != nil {
			o.t.Fatal(err)
		}
		out[d.Name] = text
	}
	return out
}

func rowsOf(t *testing.T, a webtest.Answer) [][]string {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("%d: %s", a.Status, a.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Every list is a file too, of the same rows, and the log says that it left.
func TestEveryListIsAFile(t *testing.T) {
	o := open(t)
	o.addresses() // something of every kind
	grace, err := o.DB.PersonByEmail(context.Background(), "grace@example.org")
	if err != nil {
		t.Fatal(err)
	}
	groups, err := o.DB.Groups(context.Background())
	if err != nil || len(groups) == 0 {
		t.Fatal(err)
	}
	if err := o.Govern.Join(context.Background(), webtest.System, grace.ID, groups[0].ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, what, first string }{
		{page.PathPeople, "people", "id,name,email"},
		{page.GroupPath(string(groups[0].ID)), "members", "id,name,email"},
		{page.PathGroups, "groups", "id,name,members"},
		{page.PathCredentials, "passkeys", "id,person_id"},
		{page.PathInvitations, "invitations", "id,person_id"},
		{page.PathApplications, "applications", "id,name"},
		{page.PathAllSessions, "sessions", "id,person_id"},
		{page.PathTokens, "tokens", "id,name"},
		{page.PathExposure, "exposure", "segment,adversary"},
		{page.PathExposed, "accounts", "person_id,person"},
		{page.PathExposureFindings, "exposure-findings", "id,rule"},
		{page.PathAudit, "audit", "index,at"},
	} {
		t.Run(c.what, func(t *testing.T) {
			wantText(t, o.admin.Get(c.path), http.StatusOK, "format=csv", "format=json")
			a := o.admin.Get(c.path + "?format=csv")
			rows := rowsOf(t, a)
			if !strings.HasPrefix(strings.Join(rows[0], ","), c.first) || len(rows) < 2 {
				t.Fatalf("%v", rows)
			}
			if got, want := a.Header.Get("Content-Disposition"), `attachment; filename="holdfast-`+c.what+`-2026-11-02.csv"`; got != want {
				t.Errorf("Content-Disposition %q, want %q", got, want)
			}
			if a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") {
				t.Errorf("%v", a.Header)
			}
			said := o.exported()
			if said["what"] != c.what || said["rows"] != fmt.Sprint(len(rows)-1-own(c.what)) || said["filter"] != "" || said["actor"] != "person:"+string(o.ada.ID) {
				t.Errorf("the log says %v, the file has %d rows", said, len(rows)-1)
			}
			a = o.admin.Get(c.path + "?format=json")
			var list []map[string]any
			if err := json.Unmarshal([]byte(a.Body), &list); err != nil || a.Status != http.StatusOK {
				t.Fatalf("%v: %s", err, a.Body)
			}
			if len(list) != len(rows)-1+own(c.what) {
				t.Errorf("%d rows as JSON, %d as CSV", len(list), len(rows)-1)
			}
			for _, name := range rows[0] {
				if _, ok := list[0][name]; !ok {
					t.Errorf("JSON has no %s", name)
				}
			}
		})
	}
}

// own is how many records of the log an export of the log adds to itself.
func own(what string) int {
	if what == "audit" {
		return 1
	}
	return 0
}

func TestAFileHasAllRowsOfItsFilter(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	var many []audit.Event
	for i := range 2300 {
		_, events, err := person.Add(person.New{Name: fmt.Sprintf("Person %04d", i), Email: fmt.Sprintf("p%04d@example.org", i)}, o.Now())
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, events...)
	}
	for events := range slices.Chunk(many, 100) {
		o.Record(events...)
	}
	rows := rowsOf(t, o.admin.Get("/console/people?format=csv&q=person&state=invited&after=per_x"))
	if len(rows) != 2301 || rows[1][1] != "Person 0000" || rows[2300][1] != "Person 2299" {
		t.Errorf("%d rows, the last %v", len(rows), rows[len(rows)-1])
	}
	if said := o.exported(); said["filter"] != "q=… state=invited" || said["rows"] != "2300" {
		t.Errorf("the log says %v", said)
	}
	// What was typed may be somebody's name: the log never forgets.
	leaves, err := o.DB.Tail(ctx, store.Filter{Type: "export.made"})
	if err != nil || strings.Contains(string(leaves[0].Body), "person&") || strings.Contains(string(leaves[0].Body), `q=person`) {
		t.Error("the log says what was typed", err)
	}
	// More than 1,000 records of the log, in order, each once.
	rows = rowsOf(t, o.admin.Get("/console/audit?format=csv&type=person.added"))
	if len(rows) != 1+2301 {
		t.Errorf("%d records", len(rows))
	}
	for i := 2; i < len(rows); i++ {
		if rows[i][0] == rows[i-1][0] || !strings.HasPrefix(rows[i][2], "person.added") {
			t.Fatalf("record %d: %v after %v", i, rows[i], rows[i-1])
		}
	}
}

// A name that a spreadsheet would run stays a name.
func TestAFileRunsNothing(t *testing.T) {
	o := open(t)
	for i, name := range []string{"=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", `"; DROP`, "plain, with a comma", "Ann;=1+1", "Bob; @SUM(A1)"} {
		o.Invited(name, fmt.Sprintf("x%d@example.org", i))
	}
	var names []string
	for _, row := range rowsOf(t, o.admin.Get("/console/people?format=csv"))[1:] {
		names = append(names, row[1])
		for _, cell := range row {
			for part := range strings.SplitSeq(cell, ";") { // which is between cells in half of Europe
				if part = strings.TrimSpace(part); part != "" && strings.ContainsAny(part[:1], "=+-@\t\r") {
					t.Errorf("a cell begins with %q", cell)
				}
			}
		}
	}
	for _, want := range []string{"'=HYPERLINK(1)", "'+1", "'-1+1", "'@SUM(A1)", `"; DROP`, "plain, with a comma", "Ann;'=1+1", "Bob; '@SUM(A1)"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %q among %q", want, names)
		}
	}
	if a := o.admin.Get("/console/people?format=json"); !strings.Contains(a.Body, `"=HYPERLINK(1)"`) {
		t.Error("JSON is not for spreadsheets: names stand there as they are")
	}
}

func TestAFileIsForWhoMayReadTheList(t *testing.T) {
	o := open(t)
	desk := o.SignIn(o.holder("Helen", person.HelpDesk))
	before := o.Records()
	for _, path := range []string{page.PathAudit, page.PathTokens, page.PathApplications} {
		if a := desk.Get(path + "?format=csv"); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d for the help desk", path, a.Status)
		}
	}
	if a := o.admin.Get("/console/people?format=xml"); a.Status != http.StatusBadRequest {
		t.Errorf("an unknown format: %d", a.Status)
	}
	if a := o.admin.GetFrom("https://mallory.example", "/console/people?format=csv"); a.Status != http.StatusForbidden || strings.Contains(a.Body, "ada@") {
		t.Errorf("at another site's wish: %d", a.Status)
	}
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
	if rows := rowsOf(t, desk.Get("/console/people?format=csv")); len(rows) != 3 {
		t.Errorf("%v", rows)
	}
	wantText(t, o.admin.Get("/console/audit?type=export.made"), http.StatusOK, "Helen took the list of people along as a file")
}

func TestCredentials(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	device := o.Passkey(grace, "Blue key")
	device.BE, device.BS, device.AAGUID, device.Provenance = false, false, "08987058-cadc-4b81-b6e1-30de50dcbe96", "invitation:tic_x"
	o.Record(audit.New("credential.enrolled", string(device.ID), grace.ID, audit.Set(&device)))
	at := page.PathCredentials
	wantText(t, o.admin.Get(at), http.StatusOK, "3 passkeys", "Blue key", "Windows Hello", "active (3)", "synced (2)", "this device only (1)",
		"Windows Hello (1)", "an invitation (1)", `href="`+page.PersonPath(string(grace.ID))+`"`)
	for _, c := range []struct {
		query      string
		are, arent []string
	}{
		{"?q=hopper", []string{"2 passkeys match", "Blue key", "Any state (2)"}, []string{"First of Ada"}},
		{"?q=blue", []string{"1 passkey matches", "Blue key"}, []string{"First of"}},
		{"?q=" + string(device.ID)[:8], []string{"1 passkey matches", "Blue key"}, []string{"First of"}},
		{"?where=device", []string{"1 passkey matches", "Blue key", "synced (2)", "active (1)"}, []string{"First of"}},
		{"?where=synced", []string{"2 passkeys match"}, []string{">Blue key"}},
		{"?provider=Windows+Hello", []string{"1 passkey matches", "Blue key"}, []string{"First of"}},
		{"?provider=nobody", []string{"No passkey matches"}, []string{"Blue key"}},
		{"?origin=invitation", []string{"1 passkey matches", "by an invitation"}, []string{"First of"}},
		{"?status=suspended", []string{"No passkey matches", "active (3)"}, nil},
		{"?unused=30", []string{"No passkey matches"}, nil},
		{"?unused=-1&status=x&where=x&origin=x", []string{"3 passkeys"}, nil},
	} {
		t.Run(c.query, func(t *testing.T) {
			a := o.admin.Get(at + c.query)
			wantText(t, a, http.StatusOK, c.are...)
			_, a.Body, _ = strings.Cut(a.Body, "<tbody>")
			wantNot(t, a, c.arent...)
		})
	}
	one := at + "/" + string(device.ID)
	wantTo(t, o.admin.Post(at, one+"/suspend", "back", "q=hopper&where=device"), at+"?q=hopper&where=device")
	wantText(t, o.admin.Get(at+"?status=suspended"), http.StatusOK, "1 passkey matches", "Blue key", "The passkey is suspended")
	wantTo(t, o.admin.Post(at, one+"/activate", "back", "//evil.example/"), at+"?%2F%2Fevil.example%2F=")
	wantTo(t, o.admin.Post(at, one+"/remove"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "removed (1)", "The passkey was removed")
	wantTo(t, o.admin.Post(at, one+"/remove"), at)
	wantText(t, o.admin.Get(at+"?status=removed"), http.StatusOK, "1 passkey matches")
	if a := o.admin.Post(at, at+"/none/suspend"); a.Status != http.StatusNotFound {
		t.Errorf("no such passkey: %d", a.Status)
	}
	o.Pass(40 * 24 * time.Hour)
	o.admin = o.SignIn(o.ada)
	wantText(t, o.admin.Get(at+"?unused=30&status=active"), http.StatusOK, "2 passkeys match", "not in 30 days")
	if k, err := o.DB.Credential(context.Background(), device.ID); err != nil || k.Status != credential.Removed {
		t.Error(k, err)
	}
}

func TestTokens(t *testing.T) {
	o := open(t)
	at := page.PathTokens
	wantText(t, o.admin.Get(at), http.StatusOK, "No API token yet", "people:erase", `value="2027-01-31"`)
	for _, c := range []struct {
		what   string
		fields []string
		says   string
	}{
		{"no purpose", []string{"name", " ", "ends", "2027-01-01", "scope", "people:read"}, "what the token is for"},
		{"no end", []string{"name", "Import", "ends", "", "scope", "people:read"}, "every token has an end"},
		{"too long", []string{"name", "Import", "ends", "2029-01-01", "scope", "people:read"}, "at most 366 days"},
		{"in the past", []string{"name", "Import", "ends", "2026-01-01", "scope", "people:read"}, "at most 366 days"},
		{"no day", []string{"name", "Import", "ends", "soon", "scope", "people:read"}, "Write the day as"},
		{"no scope", []string{"name", "Import", "ends", "2027-01-01"}, "at least one scope"},
		{"no such scope", []string{"name", "Import", "ends", "2027-01-01", "scope", "people:rule"}, "There is no scope"},
	} {
		t.Run(c.what, func(t *testing.T) {
			before := o.Records()
			wantText(t, o.admin.Post(at, at, c.fields...), 422, c.says, `name="name" type="text" value="`)
			if o.Records() != before {
				t.Error("something was written")
			}
		})
	}
	a := o.admin.Post(at, at, "name", "Nightly import", "ends", "2027-01-01", "scope", "people:read", "scope", "people:write")
	wantText(t, a, http.StatusOK, "The token for Nightly import is ready", "people:write", "1 Jan 2027")
	secret := between(t, a.Body, `<code id="token"`, "</code>")
	secret = secret[strings.Index(secret, ">")+1:]
	v, err := o.DB.TokenBySecret(context.Background(), holdfast.HashSecret(secret))
	if err != nil || !strings.HasPrefix(secret, apitoken.Prefix) || v.Owner.ID != o.ada.ID || len(v.Token.Scopes) != 2 {
		t.Fatalf("%q: %+v, %v", secret, v, err)
	}
	one := o.admin.Get(at)
	wantText(t, one, http.StatusOK, "1 API token", "Nightly import", "2 scopes", string(v.Token.ID), "works")
	wantNot(t, one, secret)
	wantText(t, o.admin.Get(at+"?state=over"), http.StatusOK, "No token matches")
	wantText(t, o.admin.Get(at+"?own=yes&state=live"), http.StatusOK, "Nightly import")
	reader := o.SignIn(o.holder("Otto", person.Auditor))
	wantText(t, reader.Get(at+"?own=yes"), http.StatusOK, "No token matches")
	wantNot(t, reader.Get(at), "Make the token", "Revoke")
	if a := reader.Post(at, at, "name", "x", "ends", "2027-01-01", "scope", "people:read"); a.Status != http.StatusNotFound {
		t.Errorf("an auditor made a token: %d", a.Status)
	}
	wantTo(t, o.admin.Post(at, at+"/"+string(v.Token.ID)+"/revoke"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "The token was revoked.", "revoked")
	wantTo(t, o.admin.Post(at, at+"/"+string(v.Token.ID)+"/revoke"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "This token is over already.")
}

func TestSearch(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	grace := o.Member("Grace Brewster Hopper", "amazing@example.org")
	g := o.Group("Hopper fans")
	app, err := o.Govern.CreateApp(ctx, webtest.System, grant.Draft{Name: "The Hoppings", RedirectURIs: []string{"https://wiki.example.org/return"}})
	if err != nil {
		t.Fatal(err)
	}
	b := o.SignIn(grace)
	o.use(app.App, b)
	grants, err := o.DB.GrantsOf(ctx, grace.ID)
	if err != nil || len(grants) != 1 {
		t.Fatal(grants, err)
	}
	token, _, err := o.Govern.CreateToken(ctx, webtest.System, o.ada.ID, apitoken.New{Name: "Import", Scopes: []string{"people:read"}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := o.Govern.InviteAgain(ctx, webtest.System, o.Invited("Waiting", "waiting@example.org").ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	desk := o.SignIn(o.holder("Helen", person.HelpDesk))
	href := func(path string) string { return `href="` + html.EscapeString(path) + `"` }
	person := href(page.PersonPath(string(grace.ID)))
	for _, c := range []struct {
		q    string
		find []string
		desk bool // the help desk finds it too
	}{
		{"hopp", []string{"Grace Brewster Hopper", person, "Hopper fans", href(page.GroupPath(string(g.ID)))}, true},
		{"hoppings", []string{href(page.ApplicationPath(string(app.App.ID)))}, false},
		{"wiki.example", []string{href(page.ApplicationPath(string(app.App.ID)))}, false},
		{"GRACE", []string{person}, true},
		{"amazing@ex", []string{person}, true},
		{"first of grace", []string{"of Grace Brewster Hopper", "Passkeys"}, true},
		{string(b.Session.Credential)[:10], []string{"First of Grace"}, true},
		{string(grace.ID), []string{person}, true},
		{string(b.Session.ID)[:12], []string{"of Grace Brewster Hopper, Firefox on Linux"}, true},
		{string(grants[0].ID), []string{"of Grace Brewster Hopper", "/console/audit?subject=gra_"}, false},
		{string(token.ID)[:14], []string{"Import", "of Ada Lovelace"}, false},
		{string(link.Ticket.ID), []string{"for Waiting"}, true},
		{"0", []string{"The organisation has a new name", href("/console/audit/0")}, false},
	} {
		t.Run(c.q, func(t *testing.T) {
			a := o.admin.Get("/console/search?q=" + strings.ReplaceAll(c.q, " ", "+"))
			wantText(t, a, http.StatusOK, c.find...)
			wantText(t, a, http.StatusOK, `value="`+c.q+`"`)
			d := desk.Get("/console/search?q=" + strings.ReplaceAll(c.q, " ", "+"))
			if c.desk {
				wantText(t, d, http.StatusOK, c.find...)
			} else {
				wantNot(t, d, c.find...)
			}
			var groups []page.FoundGroup
			j := o.admin.Get("/console/search?format=json&q=" + strings.ReplaceAll(c.q, " ", "+"))
			if err := json.Unmarshal([]byte(j.Body), &groups); err != nil || len(groups) == 0 {
				t.Errorf("%v: %s", err, j.Body)
			}
		})
	}
	wantText(t, o.admin.Get("/console/search"), http.StatusOK, "Find anything")
	wantText(t, o.admin.Get("/console/search?q=h"), http.StatusOK, "Type a little more")
	wantText(t, o.admin.Get("/console/search?q=brewster"), http.StatusOK, "Grace Brewster Hopper", "2 results")
	wantText(t, o.admin.Get("/console/search?q=rewster"), http.StatusOK, "Nothing begins with “rewster”", "the list of people")
	wantText(t, o.admin.Get("/console/search?q=999999"), http.StatusOK, "Nothing begins with")
	wantText(t, o.admin.Get("/console/search?q=tic_"), http.StatusOK, "Nothing begins with")
	for i := range 12 {
		o.Invited(fmt.Sprintf("Zed %02d", i), fmt.Sprintf("zed%02d@example.org", i))
	}
	a := o.admin.Get("/console/search?q=zed")
	wantText(t, a, http.StatusOK, "11 results", "All people who match", "Who can get at Zed 00", `href="/console/people?q=zed"`)
	wantNot(t, a, "Zed 08")
}

func TestSettingsSayHowThingsStand(t *testing.T) {
	o := open(t)
	at := page.PathSettings
	wantText(t, o.admin.Get(at), http.StatusOK, "Signing keys", "RS256", "Nothing waits to leave.", "signs")
	// Related origins, and the guard that keeps people from being locked out.
	wantText(t, o.admin.Post(at, at+"/origins", "origins", "http://a.example"), 422, "https://login.example.com", "http://a.example")
	wantTo(t, o.admin.Post(at, at+"/origins", "origins", "https://login.kelp.example\r\nhttps://b.example "), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "https://login.kelp.example\nhttps://b.example</textarea>")
	grace := o.Member("Grace", "grace@example.org")
	s := o.SignIn(grace).Session
	s.Origin = "https://b.example"
	o.Record(audit.New("session.opened", string(s.ID), grace.ID, audit.Set(&s)))
	a := o.admin.Post(at, at+"/origins", "origins", "https://login.kelp.example")
	wantText(t, a, 409, "1 person signed in from https://b.example", "To do it all the same, write: take it from 1 person")
	wantText(t, o.admin.Post(at, at+"/origins", "origins", "https://login.kelp.example", "confirm", "yes"), 409, "write: take it from 1 person")
	wantTo(t, o.admin.Post(at, at+"/origins", "origins", "https://login.kelp.example", "confirm", "take it from 1 person"), at)
	wantNot(t, o.admin.Get(at), "b.example")
	// Keys.
	wantTo(t, o.admin.Post(at, at+"/keys"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "signs soon", "New keys are published.")
	auditor := o.SignIn(o.holder("Otto", person.Auditor))
	a = auditor.Get(at)
	wantText(t, a, http.StatusOK, "https://login.kelp.example", "signs soon")
	wantNot(t, a, "<form method=\"post\" action=\"/console", "Roll the keys over")
}
