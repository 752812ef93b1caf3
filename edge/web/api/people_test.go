package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/authority"
	"holdfast/edge/web/api"
)

type people struct {
	Items []api.Person
	Next  string
}

func TestPeople(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	var ada, grace api.Person
	p.do("POST", "/people", `{"name":"Ada Lovelace","email":"Ada@Example.org","groups":["Analysts"]}`).into(201, &ada)
	if ada.Email != "ada@example.org" || ada.Status != "invited" || ada.Employment != "employee" || !cmp.Equal(ada.Groups, []string{"Analysts"}) {
		t.Errorf("added: %+v", ada)
	}
	p.do("POST", "/people", `{"name":"Grace","email":"grace@example.org","manager":"ada@example.org","ends":"2027-01-31"}`).into(201, &grace)
	if grace.Manager != ada.ID || grace.Ends.Format("2006-01-02T15:04") != "2027-02-01T00:00" {
		t.Errorf("added: %+v", grace)
	}
	p.do("POST", "/people", `{"name":"Another","email":"ada@example.org"}`).refused(409, "email_taken")
	p.do("PATCH", "/people/grace@example.org", `{"name":"Grace Hopper","ends":""}`).into(200, &grace)
	if grace.Name != "Grace Hopper" || !grace.Ends.IsZero() || grace.Manager != ada.ID {
		t.Errorf("described: %+v", grace)
	}
	p.do("PATCH", "/people/"+grace.ID, `{"ends":"soon"}`).refused(400, "day")
	p.do("POST", "/people/"+ada.ID+"/suspend", `{"reason":"left"}`).into(200, &ada)
	if ada.Status != "suspended" {
		t.Errorf("suspended: %+v", ada)
	}
	p.do("POST", "/people/"+ada.ID+"/suspend", ``).refused(409, "person_suspended")
	p.do("POST", "/people/"+ada.ID+"/reinstate", ``).want(200)
	var found people
	for query, want := range map[string]string{"query=hopp": "Grace Hopper", "email=GRACE@example.org": "Grace Hopper", "group=Analysts": "Ada Lovelace",
		"role=administrator": "Root Administrator", "state=invited&limit=1": "Ada Lovelace"} {
		if p.do("GET", "/people?"+query, "").into(200, &found); len(found.Items) != 1 || found.Items[0].Name != want {
			t.Errorf("%s: %+v, want %s", query, found.Items, want)
		}
	}
	p.do("PUT", "/people/"+string(w.root.ID)+"/role", `{"role":"member"}`).refused(403, "in_person")
	p.do("DELETE", "/people/"+ada.ID, "").into(200, &ada)
	if ada.Name != "" || ada.Status != "erased" {
		t.Errorf("erased: %+v", ada)
	}
}

func TestGroupsAreToldToThoseWhoMaySeeThem(t *testing.T) {
	w := newWorld(t)
	w.admin().do("POST", "/people", `{"name":"Ada","email":"ada@example.org","groups":["Secret"]}`).want(201)
	narrow := w.program(w.token(w.root, string(authority.PeopleRead), string(authority.PeopleWrite)))
	if got := narrow.do("GET", "/people/ada@example.org", "").want(200); strings.Contains(string(got.body), "Secret") {
		t.Errorf("got %s", got.body)
	}
	narrow.do("GET", "/people?group=Secret", "").refused(403, "scope_missing")
	narrow.do("POST", "/people", `{"name":"Eve","email":"eve@example.org","groups":["Secret"]}`).refused(403, "scope_missing")
}

func TestPagesGiveEachOnce(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	want := map[string]bool{w.root.Name: true}
	for i := range 23 {
		name := fmt.Sprintf("Person %c", 'A'+(i*7)%23)
		if i%5 == 0 {
			name = "Same Name"
		}
		email := fmt.Sprintf("p%d@example.org", i)
		w.Invited(name, email)
		want[email] = true
	}
	delete(want, w.root.Name)
	want["root@example.org"] = true
	seen := map[string]int{}
	var names []string
	path, pages := "/people?limit=5", 0
	for path != "" {
		var page people
		got := p.do("GET", path, "").into(200, &page)
		for _, it := range page.Items {
			seen[it.Email]++
			names = append(names, it.Name)
		}
		if pages++; pages == 2 {
			w.Invited("Aaron", "aaron@example.org")      // in front of where the list stands
			w.Invited("Zz", "zz@example.org")            // behind
			p.do("DELETE", "/people/p3@example.org", "") // somewhere
			p.do("GET", "/people?limit=6&cursor="+page.Next, "").want(200)
			p.do("GET", "/people?limit=5&query=x&cursor="+page.Next, "").refused(400, "cursor_unknown")
			p.do("GET", "/groups?cursor="+page.Next, "").refused(400, "cursor_unknown")
			p.do("GET", "/people?cursor="+page.Next[:len(page.Next)-2]+"AA", "").refused(400, "cursor_unknown")
			if strings.Contains(page.Next, "Person") {
				t.Error("the cursor shows a name")
			}
		}
		link := got.header.Get("Link")
		path = ""
		if (page.Next == "") != (link == "") {
			t.Errorf("next %q and Link %q", page.Next, link)
		}
		if link != "" {
			u, err := url.Parse(strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`))
			if err != nil || u.Query().Get("cursor") != page.Next {
				t.Fatalf("Link %s: %v", link, err)
			}
			path = strings.TrimPrefix(u.RequestURI(), "/api/v1")
		}
	}
	for email := range want {
		if seen[email] != 1 && email != "p3@example.org" {
			t.Errorf("%s was given %d times", email, seen[email])
		}
	}
	if seen["zz@example.org"] != 1 || seen["aaron@example.org"] != 0 {
		t.Errorf("who came meanwhile: %v", seen)
	}
	for i := 1; i < len(names); i++ {
		if names[i-1] > names[i] {
			t.Errorf("%s stands before %s", names[i-1], names[i])
		}
	}
	p.do("GET", "/people?limit=201", "").refused(400, "invalid_field")
	p.do("GET", "/people?limit=0", "").refused(400, "invalid_field")
	p.do("GET", "/people?limit=x", "").refused(400, "invalid_field")
}

func TestWhatIsNotAsTheDocumentHasItIsRefused(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	before := w.Records()
	for _, c := range []struct{ name, path, kind, body, code string }{
		{"no body", "/people", "application/json", ``, "json"},
		{"cut", "/people", "application/json", `{"name":"a"`, "json"},
		{"a member twice", "/people", "application/json", `{"name":"a","email":"a@example.org","email":"b@example.org"}`, "json"},
		{"a member of an element twice", "/people", "application/json", `{"name":"a","email":"a@example.org","groups":[{"a":1,"a":2}]}`, "json"},
		{"unknown member", "/people", "application/json", `{"name":"a","email":"a@example.org","admin":true}`, "invalid_field"},
		{"another case", "/people", "application/json", `{"NAME":"a","email":"a@example.org"}`, "invalid_field"},
		{"two cases", "/people", "application/json", `{"name":"a","Name":"b","email":"a@example.org"}`, "invalid_field"},
		{"missing", "/people", "application/json", `{"name":"a"}`, "invalid_field"},
		{"another type", "/people", "application/json", `{"name":1,"email":"a@example.org"}`, "invalid_field"},
		{"an array", "/people", "application/json", `[]`, "invalid_field"},
		{"null", "/people", "application/json", `null`, "invalid_field"},
		{"deep", "/people", "application/json", strings.Repeat("[", 40) + strings.Repeat("]", 40), "json"},
		{"not UTF-8", "/people", "application/json", "{\"name\":\"\xff\",\"email\":\"a@example.org\"}", "json"},
		{"something behind", "/people", "application/json", `{"name":"a","email":"a@example.org"}{}`, "json"},
		{"large", "/people", "application/json", `{"name":"` + strings.Repeat("x", 128<<10) + `"}`, "body_too_large"},
		{"a form", "/people", "application/x-www-form-urlencoded", `name=a`, "content_type"},
		{"unknown parameter", "/people?dry=1", "application/json", `{"name":"a","email":"a@example.org"}`, "invalid_field"},
		{"a choice that is none", "/people", "application/json", `{"name":"a","email":"a@example.org","employment":"king"}`, "invalid_field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := p.with("Content-Type", c.kind).do("POST", c.path, c.body)
			a.t = t
			a.refused(400, c.code)
		})
	}
	p.do("GET", "/people?limit=1&limit=2", "").refused(400, "invalid_field")
	p.do("GET", "/nothing", "").refused(404, "no_such_operation")
	if got := w.Records(); got != before {
		t.Errorf("%d records were written", got-before)
	}
	faults, _ := p.do("POST", "/people", `{"email":1,"x":2}`).refused(400, "invalid_field")["errors"].([]any)
	if len(faults) != 3 {
		t.Errorf("three things are wrong, and %v is said", faults)
	}
}
