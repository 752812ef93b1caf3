package scim_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// The parser of filters takes seconds for what fits an address, and minutes for
// what fits a body.
func TestWhatTakesLongToReadIsRefused(t *testing.T) {
	onEachEngine(t, func(w *world) {
		who := w.add("ada@example.org", "")
		group := w.call(201, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Crew","members":[{"value":"`+who+`"}]}`)["id"].(string)
		for name, filter := range map[string]string{
			"parentheses": strings.Repeat("(", 600) + `userName eq "x"` + strings.Repeat(")", 600),
			"negations":   strings.Repeat("not (", 200) + `userName eq "x"` + strings.Repeat(")", 200),
			"conditions":  strings.Repeat(`displayName co "a" or `, 60) + `displayName co "a"`,
			"a value":     `displayName eq "` + strings.Repeat("x", 1100) + `"`,
		} {
			for _, list := range []string{"/Users", "/Groups"} {
				if got := w.call(400, "GET", list+"?filter="+url.QueryEscape(filter), ""); got["scimType"] != "invalidFilter" {
					w.t.Errorf("%s by %s: %v", list, name, got)
				}
			}
		}
		long := `members[value eq \"` + strings.Repeat("x", 1100) + `\"]`
		if got := w.call(400, "PATCH", "/Groups/"+group, patch(`{"op":"remove","path":"`+long+`"}`)); got["scimType"] != "invalidPath" {
			w.t.Errorf("%v", got)
		}
		// Two ways that two readers would read otherwise.
		w.call(400, "GET", "/Users?filter="+url.QueryEscape(`id pr`)+"&filter="+url.QueryEscape(strings.Repeat("(", 2000)), "")
	})
}

// Directories name the attribute in several ways. One that is answered with 200
// has suspended.
func TestHoweverActiveIsNamedItSuspends(t *testing.T) {
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	onEachEngine(t, func(w *world) {
		for _, operation := range []string{
			`{"op":"replace","path":"active","value":false}`,
			`{"op":"add","path":"active","value":"false"}`,
			`{"op":"replace","path":"` + core + `:active","value":false}`,
			`{"op":"replace","path":"` + core + `:active","value":"False"}`,
			`{"op":"replace","value":{"active":"False"}}`,
			`{"op":"replace","value":{"` + core + `:active":false}}`,
			`{"op":"replace","value":{"` + core + `:active":"False"}}`,
			`{"op":"replace","value":{"` + core + `":{"active":false}}}`,
			`{"op":"replace","value":{"` + core + `":{"active":"False"}}}`,
		} {
			id := w.add("ada@example.org", "")
			w.call(200, "PATCH", "/Users/"+id, patch(operation))
			if p := w.person(id); p.Status != person.Suspended {
				w.t.Errorf("%s leaves %s", operation, p.Status)
			}
			w.call(204, "DELETE", "/Users/"+id, "")
		}
		id := w.add("ada@example.org", "")
		w.call(400, "PATCH", "/Users/"+id, patch(`{"op":"replace","value":{"active":true,"`+core+`:active":false}}`))
		w.call(400, "PATCH", "/Users/"+id, patch(`{"op":"replace","value":{"active":true,"Active":false}}`))
		w.call(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"active","value":false}`))
		w.call(200, "PUT", "/Users/"+id, user("ada@example.org", `,"displayName":"Ada"`))
		if p := w.person(id); p.Status != person.Suspended {
			w.t.Errorf("a PUT that does not speak of active leaves %s", p.Status)
		}
	})
}

// What the API tells to those who hold people:read, or groups:read, SCIM tells
// to no others.
func (w *world) raw(method, path string) string {
	w.t.Helper()
	text, err := json.Marshal(w.call(200, method, path, ""))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func TestScopesBoundWhatIsTold(t *testing.T) {
	onEachEngine(t, func(w *world) {
		who := w.add("ada@example.org", `,"displayName":"Ada Lovelace"`)
		w.call(201, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Crew","members":[{"value":"`+who+`"}]}`)
		told := func(path, text string, is bool) {
			w.t.Helper()
			got := w.raw("GET", path)
			if strings.Contains(got, text) != is {
				w.t.Errorf("%s: %q told: %v: %s", path, text, !is, got)
			}
		}
		w.holds = authority.Of(authority.GroupsRead)
		told("/Groups", who, true)
		told("/Groups", "Lovelace", false)
		told("/Groups?filter="+url.QueryEscape(`members.display co "Love"`), who, false)
		w.holds = authority.Of(authority.PeopleRead)
		told("/Users", "Lovelace", true)
		told("/Users", "Crew", false)
		w.holds = authority.Of(authority.PeopleRead, authority.GroupsRead)
		told("/Users", "Crew", true)
		told("/Groups", "Lovelace", true)
	})
}
