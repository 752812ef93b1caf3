package api_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/web/bearer"
	"holdfast/edge/web/route"
	"holdfast/edge/web/webtest"
)

var inBraces = regexp.MustCompile(`\{\w+\}`)

// call is a request for a route, with ids that nobody has.
func callOf(r route.Route) (method, path string) {
	method, path, _ = strings.Cut(r.Pattern, " ")
	return method, inBraces.ReplaceAllString(strings.TrimPrefix(path, "/api/v1"), "0")
}

// Each route of the running mux is tried by everybody.
func TestEveryRouteIsForWhomItSays(t *testing.T) {
	w := newWorld(t)
	desk := w.Member("Help Desk", "desk@example.org")
	w.role(desk, person.HelpDesk, time.Time{})
	auditor := w.Member("Auditor", "auditor@example.org")
	w.role(auditor, person.Auditor, w.Now().Add(30*24*time.Hour))
	gone := w.Administrator("Gone", "gone@example.org")
	ofGone := w.token(gone)
	if err := w.Govern.Suspend(t.Context(), webtest.System, gone.ID, ""); err != nil {
		t.Fatal(err)
	}
	revoked, ofRevoked := w.tokenFor(w.root, time.Hour)
	if err := w.Govern.RevokeToken(t.Context(), webtest.System, revoked.ID); err != nil {
		t.Fatal(err)
	}
	_, expired := w.tokenFor(w.root, time.Minute)
	w.Pass(2 * time.Minute)

	roles := map[string]struct {
		owner person.Record
		holds authority.Set
	}{
		"administrator": {w.root, authority.OfRole(person.Administrator)},
		"help desk":     {desk, authority.OfRole(person.HelpDesk)},
		"auditor":       {auditor, authority.OfRole(person.Auditor)},
	}
	tokens := map[string]string{}
	for name, r := range roles {
		tokens[name] = w.token(r.owner, r.holds.Strings()...)
	}
	n := 0
	for _, r := range w.mux.Routes() {
		method, path := callOf(r)
		if r.Access.Kind == route.KindAnyone {
			continue
		}
		n++
		t.Run(r.Pattern, func(t *testing.T) {
			none := w.program("").do(method, path, "")
			none.refused(401, "token_missing")
			if got := none.header.Get("WWW-Authenticate"); got != `Bearer realm="holdfast"` {
				t.Errorf("without a token: WWW-Authenticate: %s", got)
			}
			var said []byte
			for name, token := range map[string]string{"wrong": apitoken.Prefix + strings.Repeat("A", 43), "revoked": ofRevoked,
				"expired": expired, "of somebody suspended": ofGone, "no token at all": "abc"} {
				got := w.program(token).do(method, path, "")
				got.refused(401, "token_refused")
				if said != nil && !bytes.Equal(got.body, said) {
					t.Errorf("%s: the answer %s tells it from %s", name, got.body, said)
				}
				if said = got.body; got.header.Get("WWW-Authenticate") != `Bearer realm="holdfast", error="invalid_token"` {
					t.Errorf("%s: WWW-Authenticate: %s", name, got.header.Get("WWW-Authenticate"))
				}
			}
			for name, role := range roles {
				got := w.program(tokens[name]).do(method, path, "")
				if r.Access.Scope == "" || role.holds.Has(r.Access.Scope) {
					if got.status == 401 || bytes.Contains(got.body, []byte(`"scope_missing"`)) {
						t.Errorf("%s: got %d %s", name, got.status, got.body)
					}
					continue
				}
				got.refused(403, "scope_missing")
				if want := `scope="` + string(r.Access.Scope) + `"`; !strings.Contains(got.header.Get("WWW-Authenticate"), want) {
					t.Errorf("%s: WWW-Authenticate: %s, want %s", name, got.header.Get("WWW-Authenticate"), want)
				}
			}
		})
		w.Pass(time.Minute) // the refusals of one route shall not throttle the next
	}
	if n < 40 {
		t.Errorf("only %d routes were tried", n)
	}
}

func (w *world) role(p person.Record, role person.Role, ends time.Time) {
	w.t.Helper()
	if err := w.Govern.SetRole(w.t.Context(), webtest.System, p.ID, role, ends); err != nil {
		w.t.Fatal(err)
	}
}

func TestATokenIsWorthWhatItsOwnerHoldsNow(t *testing.T) {
	w := newWorld(t)
	other := w.Administrator("Other", "other@example.org")
	p := w.program(w.token(other))
	p.do("GET", "/people", "").want(200)
	w.role(other, person.HelpDesk, time.Time{})
	p.do("GET", "/people", "").want(200)
	p.do("GET", "/apps", "").refused(403, "scope_missing")
	w.role(other, person.Member, time.Time{})
	p.do("GET", "/people", "").refused(403, "scope_missing")
	p.do("GET", "/me", "").want(200)
}

func TestNoCookieOpensTheAPI(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(w.root)
	w.Serve(w.api)
	if got := b.Get("/api/v1/people"); got.Status != 401 || !b.HasSession() || !strings.Contains(got.Body, "token_missing") {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestWhoTriesTokensIsThrottled(t *testing.T) {
	w := newWorld(t)
	good := w.admin()
	good.do("GET", "/me", "").want(200)
	bad := w.program(apitoken.Prefix + strings.Repeat("B", 43))
	for range 30 {
		bad.do("GET", "/me", "").refused(401, "token_refused")
	}
	over := bad.do("GET", "/me", "")
	over.refused(429, "too_many_refused")
	if over.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	good.do("GET", "/me", "").want(200) // behind the same address
	w.Pass(time.Minute + time.Second)
	bad.do("GET", "/me", "").refused(401, "token_refused")
}

// Whoever has one IPv6 address has 2^64: each would be counted, and written, by
// itself.
func TestAnIPv6NetworkIsThrottledAsOne(t *testing.T) {
	w := newWorld(t)
	from := func(address string) answer {
		r := httptest.NewRequest("GET", webtest.Origin+"/api/v1/me", nil)
		r.RemoteAddr = "[" + address + "]:4711"
		r.Header.Set("Authorization", "Bearer "+apitoken.Prefix+strings.Repeat("B", 43))
		return w.serve(r)
	}
	for i := range 30 {
		from(fmt.Sprintf("2001:db8::%d:%d", i, i+1)).want(401)
	}
	from("2001:db8::ffff").want(429)
	from("2001:db8:0:1::1").want(401)
}

func TestNoAddressStandsInTheLog(t *testing.T) {
	w := newWorld(t)
	w.program("").do("GET", "/people/ada@example.org", "").refused(401, "token_missing")
	w.admin().do("GET", "/people/ada@example.org", "").refused(404, "no_such_person")
	if log := w.Log.String(); strings.Contains(log, "ada@") || !strings.Contains(log, "/people/{person}") {
		t.Errorf("logged: %s", log)
	}
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	p.header["Authorization"] = []string{"Bearer " + p.token, "Bearer " + p.token}
	p.do("GET", "/me", "").refused(401, "token_refused")
	p.header["Authorization"] = []string{"Basic " + p.token}
	p.do("GET", "/me", "").refused(401, "token_refused")
}

func TestTheHostHoldsEverythingAndIsWatched(t *testing.T) {
	w := newWorld(t)
	do := func(method, path string) answer {
		r := httptest.NewRequest(method, "http://host/api/v1"+path, nil)
		return w.serve(r.WithContext(bearer.Host(r.Context(), "maria")))
	}
	before := w.Records()
	do("GET", "/people?limit=1").want(200)
	if got := w.Records(); got != before+1 {
		t.Errorf("reading made %d records, want one", got-before)
	}
	do("POST", "/people/root@example.org/suspend").refused(409, "last_administrator")
	do("DELETE", "/people/nobody@example.org").refused(404, "no_such_person")
	if got := w.Records(); got != before+1 {
		t.Errorf("refusals made %d records", got-before-1)
	}
	var list struct{ Items []map[string]any }
	w.admin().do("GET", "/audit?limit=1&type=host.looked", "").want(200)
	if got := w.admin().do("GET", "/audit?limit=1&actor=host:*", ""); !bytes.Contains(got.body, []byte(`"host:maria"`)) {
		t.Errorf("got %s (%v)", got.body, list)
	}
}
