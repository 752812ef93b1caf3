package scim_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"testing"

	"holdfast/edge/web/scim"
)

// RFC 7644 §3.4.2.2: a value is a string of JSON's, with its escapes.
func TestEscapesInAFilter(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.add("zoe@example.org", `,"displayName":"Zoë \"🐠\" \\o","externalId":"a\\u0062"`)
		w.add("bob@example.org", `,"displayName":"Bob","externalId":"ab"`)
		for filter, want := range map[string]float64{
			`displayName eq "Zoë \"🐠\" \\o"`:                  1,
			`displayName eq "Zo\u00eb \"\uD83D\uDC20\" \\o"`:  1,
			`displayName eq "Zo\u00EB \u0022🐠\u0022 \u005co"`: 1,
			`externalId eq "a\u0062"`:                         1, // Bob's
			`externalId eq "a\\u0062"`:                        1, // the other's
			`emails[value eq "\u0062ob@example.org"]`:         1,
			`displayName co "\"" and active eq true`:          1,
			`displayName eq "Zo\\u00eb"`:                      0,
		} {
			got := w.call(200, "GET", "/Users?filter="+url.QueryEscape(filter), "")
			if got["totalResults"] != want {
				t.Errorf("%s: %v, want %v", filter, got["totalResults"], want)
			}
		}
		both := w.call(200, "GET", "/Users?filter="+url.QueryEscape(`externalId eq "a\u0062"`), "")
		if u := both["Resources"].([]any)[0].(map[string]any); u["userName"] != "bob@example.org" {
			t.Errorf("an escape was read twice: %v", u)
		}
	})
}

func TestFiltersThatMeanNothing(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.add("ada@example.org", "")
		for _, filter := range []string{`name sw ""`, `name eq "Ada"`, `groups.value eq "grp_1"`, `groups[display eq "x"]`, `active eq true and groups pr`, `nothing eq "x"`} {
			if got := w.call(400, "GET", "/Users?filter="+url.QueryEscape(filter), ""); got["scimType"] != "invalidFilter" {
				t.Errorf("%s: %v", filter, got)
			}
		}
	})
}

func TestAListSaysWhatItHolds(t *testing.T) {
	onEachEngine(t, func(w *world) {
		w.add("ada@example.org", "")
		w.add("bob@example.org", "")
		for query, want := range map[string]float64{"": 2, "?count=1": 1, "?startIndex=2": 1, "?startIndex=3": 0, "?count=0": 0} {
			got := w.call(200, "GET", "/Users"+query, "")
			if got["itemsPerPage"] != want || got["totalResults"] != 2.0 || float64(len(got["Resources"].([]any))) != want {
				t.Errorf("%q: %v", query, got)
			}
		}
		about := w.call(200, "GET", "/ServiceProviderConfig", "")
		if _, ok := about["documentationUri"]; ok {
			t.Errorf("an address that is none: %v", about)
		}
		for _, path := range []string{"/Bulk", "/Me", "/Users/.search"} {
			if got := w.call(404, "POST", path, "{}"); got["status"] != "404" {
				t.Errorf("%s: %v", path, got)
			}
		}
	})
}

// Whatever a filter is, it finds only what is there, and breaks nothing.
func FuzzFilter(f *testing.F) {
	w := forFuzzing(f)
	for _, filter := range []string{`userName eq "ada@example.org"`, `emails[type eq "work" and value co "@"]`, `not (active eq false) or id pr`,
		`meta.created gt "2020-01-01T00:00:00Z"`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "x"`, `externalId eq "\u0000"`,
		`name sw ""`, `userName eq "\ud83d"`, `((((`, `x eq 1e999`, `active eq null`, `groups.value eq ""`, `name.formatted sw "\\"`} {
		f.Add(filter)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		for _, kind := range []string{"/Users", "/Groups"} {
			rec := httptest.NewRecorder()
			w.mux.ServeHTTP(rec, httptest.NewRequest("GET", scim.Path+kind+"?filter="+url.QueryEscape(filter), nil))
			var said struct {
				Total     int `json:"totalResults"`
				Resources []struct{ UserName string }
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &said); err != nil || rec.Code != 200 && rec.Code != 400 {
				t.Fatalf("%d %v %s", rec.Code, err, rec.Body)
			}
			if said.Total > 1 || said.Total != len(said.Resources) {
				t.Errorf("found %s", rec.Body)
			}
		}
	})
}
