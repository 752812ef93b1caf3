package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"holdfast/domain/verdict/verdicttest"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/edge/web/route"
	"holdfast/edge/web/scim"
	"holdfast/flow/govern"
)

type world struct {
	t      *testing.T
	db     *store.DB
	mux    *route.Mux
	holds  authority.Set
	caught error
	ada    string // her id, where there is one already
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const origin = "https://id.example.org"

func onEachEngine(t *testing.T, test func(*world)) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t, db: place(t).Open(t), mux: route.NewMux(nil), holds: authority.Everything()}
			clock := func() time.Time { return noon }
			s, err := scim.New(scim.Config{Origin: origin, Store: w.db, Clock: clock, Log: slog.New(slog.DiscardHandler),
				Govern: govern.New(store.Port[govern.Tx]{DB: w.db}, clock, origin, verdicttest.Fresh(t)),
				Caller: func(*http.Request) (holdfast.Actor, authority.Set, error) {
					return holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, w.holds, w.caught
				}})
			if err != nil {
				t.Fatal(err)
			}
			s.Routes(w.mux)
			test(w)
		})
	}
}

// call gives the answer of a call whose status must be want.
func (w *world) call(want int, method, path, body string) map[string]any {
	w.t.Helper()
	r := httptest.NewRequest(method, scim.Path+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/scim+json")
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	raw, _ := io.ReadAll(rec.Body)
	if rec.Code != want {
		w.t.Fatalf("%s %s: %d %s, want %d", method, path, rec.Code, raw, want)
	}
	if kind := rec.Header().Get("Content-Type"); len(raw) > 0 && kind != "application/scim+json" {
		w.t.Errorf("%s %s: Content-Type %q", method, path, kind)
	}
	var doc map[string]any
	if len(raw) > 0 {
		if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&doc); err != nil {
			w.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return doc
}

func user(email, more string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + email + `"` + more + `}`
}

func patch(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

func (w *world) add(email, more string) string {
	w.t.Helper()
	return w.call(201, "POST", "/Users", user(email, more))["id"].(string)
}

func (w *world) person(id string) person.Record {
	w.t.Helper()
	p, err := w.db.Person(context.Background(), holdfast.PersonID(id))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestAUsersLife(t *testing.T) {
	onEachEngine(t, func(w *world) {
		boss := w.add("grace@example.org", `,"displayName":"Grace Hopper"`)
		made := w.call(201, "POST", "/Users", user("Ada@Example.org", `,"name":{"givenName":"Ada","familyName":"Byron"},"externalId":"hr-7","userType":"Contractor",
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"`+boss+`"}},"password":"hunter2"`))
		id := made["id"].(string)
		if made["userName"] != "ada@example.org" || made["displayName"] != "Ada Byron" || made["active"] != true || made["externalId"] != "hr-7" || made["password"] != nil {
			t.Errorf("made %v", made)
		}
		if at := made["meta"].(map[string]any)["location"]; at != origin+"/scim/v2/Users/"+id {
			t.Errorf("location %v", at)
		}
		if p := w.person(id); p.Employment != person.Contractor || string(p.Manager) != boss || p.Status != person.Invited {
			t.Errorf("stored %+v", p)
		}
		taken := w.call(409, "POST", "/Users", user("ada@example.org", ""))
		if taken["scimType"] != "uniqueness" {
			t.Errorf("taken: %v", taken)
		}
		w.call(400, "POST", "/Users", user("no address", ""))
		w.call(400, "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@b.org","userName":"c@d.org"}`)

		w.call(200, "PATCH", "/Users/"+id, patch(`{"op":"Replace","path":"active","value":"False"}`))
		if p := w.person(id); p.Status != person.Suspended {
			t.Errorf("active False left %s", p.Status)
		}
		w.call(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","value":{"active":true,"displayName":"Ada Lovelace"}},{"op":"remove","path":"externalId"}`))
		if p := w.person(id); p.Status != person.Invited || p.Name != "Ada Lovelace" || p.ExternalID != "" {
			t.Errorf("patched to %+v", p)
		}
		w.call(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"name.familyName","value":"King"}`))
		w.call(200, "PATCH", "/Users/"+id, patch(`{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"`+boss+`"}}`))
		before := w.person(id)
		w.call(400, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"displayName","value":"Changed"},{"op":"replace","path":"userName","value":"nonsense"}`))
		if after := w.person(id); after.Name != before.Name {
			t.Errorf("half of a PATCH was kept: %q", after.Name)
		}
		put := w.call(200, "PUT", "/Users/"+id, user("ada.king@example.org", `,"displayName":"Ada King","active":false`))
		if put["active"] != false || put["userName"] != "ada.king@example.org" {
			t.Errorf("put %v", put)
		}
		w.call(204, "DELETE", "/Users/"+id, "")
		w.call(404, "GET", "/Users/"+id, "")
		w.call(404, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"active","value":true}`))
		if p := w.person(id); p.Status != person.Erased {
			t.Errorf("deleted, and %s", p.Status)
		}
	})
}

func TestFilters(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ada := w.add("ada@example.org", `,"displayName":"Ada","externalId":"7"`)
		w.add("bob@example.org", `,"displayName":"Bob","active":false`)
		w.add("eve@example.org", `,"displayName":"Eve O\"Hara","userType":"guest"`)
		for _, c := range []struct {
			filter string
			want   float64
		}{
			{`userName eq "ADA@example.org"`, 1},
			{`userName eq "nobody@example.org"`, 0},
			{`externalId eq "7"`, 1},
			{`externalId eq ""`, 0},
			{`id eq "` + ada + `"`, 1},
			{`emails.value eq "bob@example.org"`, 1},
			{`userName eq "bob@example.org" and active eq true`, 0},
			{`active eq false`, 1},
			{`displayName sw "A" or displayName co "Hara"`, 2},
			{`not (active eq true)`, 1},
			{`userType eq "guest"`, 1},
			{`emails[type eq "work" and value co "eve"]`, 1},
		} {
			got := w.call(200, "GET", "/Users?filter="+url.QueryEscape(c.filter), "")
			if got["totalResults"] != c.want {
				t.Errorf("%s: %v, want %v", c.filter, got["totalResults"], c.want)
			}
		}
		if bad := w.call(400, "GET", "/Users?filter="+url.QueryEscape(`userName eq`), ""); bad["scimType"] != "invalidFilter" {
			t.Errorf("a broken filter: %v", bad)
		}
		page := w.call(200, "GET", "/Users?startIndex=2&count=1", "")
		if page["totalResults"] != 3.0 || len(page["Resources"].([]any)) != 1 {
			t.Errorf("page %v", page)
		}
		if none := w.call(200, "GET", "/Users?count=0", ""); len(none["Resources"].([]any)) != 0 || none["totalResults"] != 3.0 {
			t.Errorf("count=0: %v", none)
		}
	})
}

func TestGroups(t *testing.T) {
	onEachEngine(t, func(w *world) {
		ada, bob, eve := w.add("ada@example.org", ""), w.add("bob@example.org", ""), w.add("eve@example.org", "")
		made := w.call(201, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Harbour","externalId":"g-1","members":[{"value":"`+ada+`"},{"value":"`+ada+`"}]}`)
		id := made["id"].(string)
		members := func(want ...string) {
			t.Helper()
			in, err := w.db.MembershipsOfGroup(t.Context(), holdfast.GroupID(id))
			if err != nil || len(in) != len(want) {
				t.Fatalf("members %v %v, want %v", in, err, want)
			}
			for _, m := range in {
				if !strings.Contains(strings.Join(want, " "), string(m.Person)) {
					t.Errorf("%s is a member", m.Person)
				}
			}
		}
		members(ada)
		w.call(200, "PATCH", "/Groups/"+id, patch(`{"op":"add","path":"members","value":[{"value":"`+bob+`"},{"value":"`+ada+`"}]}`))
		members(ada, bob)
		w.call(200, "PATCH", "/Groups/"+id, patch(`{"op":"remove","path":"members[value eq \"`+ada+`\"]"}`))
		members(bob)
		w.call(200, "PATCH", "/Groups/"+id, patch(`{"op":"replace","path":"members","value":[{"value":"`+eve+`"}]},{"op":"replace","value":{"displayName":"Port"}}`))
		members(eve)
		w.call(400, "PATCH", "/Groups/"+id, patch(`{"op":"add","path":"members","value":[{"value":"per_nobody"}]}`))
		members(eve)
		got := w.call(200, "GET", "/Groups/"+id+"?excludedAttributes=members", "")
		if got["members"] != nil || got["displayName"] != "Port" || got["externalId"] != "g-1" {
			t.Errorf("group %v", got)
		}
		for filter, want := range map[string]float64{`displayName eq "Port"`: 1, `displayName eq "Harbour"`: 0, `members.value eq "` + eve + `"`: 1, `members[value eq "` + ada + `"]`: 0} {
			if l := w.call(200, "GET", "/Groups?filter="+url.QueryEscape(filter), ""); l["totalResults"] != want {
				t.Errorf("%s: %v", filter, l)
			}
		}
		if u := w.call(200, "GET", "/Users/"+eve, ""); len(u["groups"].([]any)) != 1 {
			t.Errorf("user %v", u)
		}
		w.call(409, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Port"}`)
		w.call(200, "PATCH", "/Groups/"+id, patch(`{"op":"remove","path":"members"}`))
		members()
		w.call(204, "DELETE", "/Groups/"+id, "")
		w.call(404, "GET", "/Groups/"+id, "")
	})
}

func TestScopes(t *testing.T) {
	onEachEngine(t, func(w *world) {
		id := w.add("ada@example.org", "")
		w.holds = authority.Of(authority.PeopleRead)
		w.call(200, "GET", "/Users/"+id, "")
		w.call(200, "GET", "/ServiceProviderConfig", "")
		w.call(200, "GET", "/Schemas", "")
		w.call(200, "GET", "/ResourceTypes", "")
		w.call(403, "POST", "/Users", user("bob@example.org", ""))
		w.call(403, "GET", "/Groups", "")
		w.holds = authority.Of(authority.PeopleRead, authority.PeopleWrite)
		w.call(403, "DELETE", "/Users/"+id, "")
		w.caught = holdfast.Errorf(holdfast.Unsigned, "token_invalid", "no")
		w.call(401, "GET", "/Users", "")
	})
}

// forFuzzing is a service that knows one person, Ada.
func forFuzzing(f *testing.F) *world {
	f.Helper()
	w := &world{mux: route.NewMux(nil), holds: authority.Everything(), db: storetest.SQLite(f).Open(f)}
	clock := func() time.Time { return noon }
	s, err := scim.New(scim.Config{Origin: origin, Store: w.db, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Govern: govern.New(store.Port[govern.Tx]{DB: w.db}, clock, origin, verdicttest.Fresh(f)),
		Caller: func(*http.Request) (holdfast.Actor, authority.Set, error) {
			return holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}, w.holds, nil
		}})
	if err != nil {
		f.Fatal(err)
	}
	s.Routes(w.mux)
	made := httptest.NewRecorder()
	w.mux.ServeHTTP(made, httptest.NewRequest("POST", scim.Path+"/Users", strings.NewReader(user("ada@example.org", ""))))
	var doc struct{ ID string }
	if err := json.Unmarshal(made.Body.Bytes(), &doc); err != nil || doc.ID == "" {
		f.Fatalf("%v: %s", err, made.Body)
	}
	w.ada = doc.ID
	return w
}

func FuzzPatch(f *testing.F) {
	f.Add(patch(`{"op":"replace","path":"active","value":"False"}`))
	f.Add(patch(`{"op":"add","value":{"emails":[{"value":"x"}],"name":null}}`))
	f.Add(patch(`{"op":"remove","path":"emails[type eq \"work\"].value"}`))
	f.Add(patch(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value","value":1}`))
	w := forFuzzing(f)
	id := w.ada
	f.Fuzz(func(t *testing.T, body string) {
		rec := httptest.NewRecorder()
		w.mux.ServeHTTP(rec, httptest.NewRequest("PATCH", scim.Path+"/Users/"+id, strings.NewReader(body)))
		if rec.Code >= 500 {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	})
}
