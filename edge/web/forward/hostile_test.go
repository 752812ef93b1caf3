package forward_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/web/webtest"
)

func TestWhereASignInLeadsIsOnTheSameHost(t *testing.T) {
	s := newSite(t, nil)
	who := s.SignIn(s.ada)
	for rd, want := range map[string]string{
		"/a/b?c=d":                         "/a/b?c=d",
		wiki + "/x":                        "/x",
		wiki:                               "/",
		"":                                 "/",
		"https://evil.example/":            "/",
		"//evil.example":                   "/",
		"/\\evil.example":                  "/",
		"\\\\evil.example":                 "/",
		"/\tx":                             "/",
		"javascript:alert(1)":              "/",
		wiki + ".evil.example/":            "/",
		wiki + "@evil.example/":            "/",
		wiki + "//evil.example/":           "/",
		"https://wiki.example.org:444/":    "/",
		"http://wiki.example.org/":         "/",
		"/.holdfast/sign_out":              "/",
		"/.holdfast/start?rd=/":            "/",
		"/" + strings.Repeat("long", 1000): "/",
	} {
		a := s.browser()
		got := a.signIn(who, rd)
		if to := got.Header.Get("Location"); to != wiki+want {
			t.Errorf("rd=%.60q leads to %.80q, want %q", rd, to, wiki+want)
		}
	}
	a := s.browser()
	r := a.request(grant.ForwardStart+"?rd=/a&rd=/b", "GET", "/")
	s.wants(a.send(r), http.StatusSeeOther)
}

func TestHeadersThatContradictEachOtherAreNotBelieved(t *testing.T) {
	s := newSite(t, nil)
	a := s.inside(s.SignIn(s.ada))
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"as printed for Caddy and nginx":    {[]string{"X-Original-URL", wiki + "/x"}, 204},
		"another proxy put its own host in": {[]string{"X-Original-URL", wiki + "/x", "X-Forwarded-Host", "localhost:8080"}, 204},
		"the host itself is passed on":      {[]string{"Host", "wiki.example.org", "X-Forwarded-Host", ""}, 204},
		"in large letters":                  {[]string{"X-Forwarded-Host", "WIKI.example.org"}, 204},
		"a client's X-Original-URL":         {[]string{"X-Original-URL", "https://docs.example.org/"}, 400},
		"a client's X-Forwarded-Host":       {[]string{"X-Original-URL", wiki + "/", "X-Forwarded-Host", "docs.example.org"}, 400},
		"a client's Host":                   {[]string{"Host", "docs.example.org"}, 400},
		"the host twice":                    {[]string{"+X-Forwarded-Host", "wiki.example.org"}, 400},
		"two hosts in one":                  {[]string{"X-Forwarded-Host", "wiki.example.org, docs.example.org"}, 400},
		"no host":                           {[]string{"X-Forwarded-Host", ""}, 400},
		"our own host alone":                {[]string{"X-Forwarded-Host", "localhost:8080"}, 400},
		"no scheme":                         {[]string{"X-Forwarded-Proto", ""}, 400},
		"a scheme of its own":               {[]string{"X-Forwarded-Proto", "javascript"}, 400},
		"http instead of https":             {[]string{"X-Forwarded-Proto", "http"}, 403},
		"a path with a line end":            {[]string{"X-Original-URL", wiki + "/\r\nX: y", "X-Forwarded-Uri", ""}, 400},
		"a path with a backslash":           {[]string{"X-Forwarded-Uri", "/\\evil.example"}, 400},
		"a path that is an address":         {[]string{"X-Forwarded-Uri", "https://evil.example/"}, 400},
		"a user in the address":             {[]string{"X-Original-URL", "https://wiki.example.org@evil.example/"}, 400},
		"a host that is unknown":            {[]string{"X-Forwarded-Host", "mallory.example.org"}, 403},
		"a host with a path":                {[]string{"X-Forwarded-Host", "wiki.example.org/x"}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.enter("/", c.headers...)
			if got.StatusCode != c.want {
				t.Errorf("got %s to %q, want %d", got.Status, got.Header.Get("Location"), c.want)
			}
			if c.want != 204 && got.Header.Get("Remote-User") != "" {
				t.Error("it says who is there")
			}
		})
	}
}

func TestNobodyButATrustedProxyIsAnswered(t *testing.T) {
	s := newSite(t, nil)
	a := s.inside(s.SignIn(s.ada))
	a.peer = "192.0.2.7:55"
	for _, path := range []string{grant.ForwardAuth + "?app=" + string(s.app.ID), grant.ForwardStart, grant.ForwardCallback, grant.ForwardSignOut, grant.ForwardRefused} {
		got := a.send(a.request(path, "GET", "/"))
		if got.StatusCode != http.StatusForbidden || got.Header.Get("Remote-User") != "" || len(got.Cookies()) != 0 {
			t.Errorf("%s: %s, %v", path, got.Status, got.Header)
		}
	}
	if log := s.Log.String(); !strings.Contains(log, "trusted_proxies") || !strings.Contains(log, "192.0.2.7") {
		t.Errorf("the log does not say what to do:\n%s", log)
	}
}

func TestASecretOpensOneHostOfOneApplication(t *testing.T) {
	s := newSite(t, func(d *grant.Draft) { d.RedirectURIs = append(d.RedirectURIs, "https://docs.example.org/") })
	other := s.add(grant.Draft{Name: "Payroll", Preset: grant.PresetNginx, RedirectURIs: []string{"https://pay.example.org/"}, Upstream: "http://127.0.0.1:2"})
	who := s.SignIn(s.ada)
	a := s.inside(who)
	secret := a.cookies["__Host-holdfast-app"][0]

	docs := a.at("https://docs.example.org")
	docs.cookies["__Host-holdfast-app"] = []string{secret}
	s.wants(docs.enter("/"), http.StatusFound)

	// Payroll's proxy asks for payroll; whatever the browser adds, wiki's
	// secret is not payroll's.
	pay := a.at("https://pay.example.org")
	pay.cookies["__Host-holdfast-app"] = []string{secret}
	asks := grant.ForwardAuth + "?mode=redirect&app=" + string(other.ID)
	s.wants(pay.send(pay.request(asks, "GET", "/")), http.StatusFound)
	s.wants(pay.send(pay.request(asks, "GET", "/", "X-Forwarded-Host", "wiki.example.org")), http.StatusForbidden)
	s.wants(pay.send(pay.request(grant.ForwardAuth+"?mode=redirect", "GET", "/")), http.StatusBadRequest)

	two := a.at(wiki)
	two.cookies["__Host-holdfast-app"] = []string{secret, holdfast.NewSecret()}
	s.wants(two.enter("/"), http.StatusFound)
	for _, bad := range []string{"", "x", secret + "x", strings.Repeat("a", 43), strings.Repeat("a", 9000)} {
		two.cookies["__Host-holdfast-app"] = []string{bad}
		s.wants(two.enter("/"), http.StatusFound)
	}
	// A session's own secret, or a code, is none either.
	asked := s.browser()
	q := s.consented(asked.begin("/"), who)
	two.cookies["__Host-holdfast-app"] = []string{q.Get("code")}
	s.wants(two.enter("/"), http.StatusFound)
	// Without the prefix anybody on a neighbouring host could have set it.
	two.cookies = map[string][]string{"holdfast-app": {secret}}
	s.wants(two.enter("/"), http.StatusFound)
}

func TestCallbacksThatAreNotThisBrowsers(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(s *site, mine *asker, q url.Values) *http.Response
		want int
	}{
		"as it should be": {func(_ *site, mine *asker, q url.Values) *http.Response { return mine.callback(q) }, 303},
		"login CSRF: another browser's answer": {func(s *site, _ *asker, q url.Values) *http.Response {
			victim := s.browser()
			victim.begin("/")
			return victim.callback(q)
		}, 400},
		"a browser that began nothing": {func(s *site, _ *asker, q url.Values) *http.Response { return s.browser().callback(q) }, 400},
		"another browser's code with this one's state": {func(s *site, mine *asker, q url.Values) *http.Response {
			theirs := s.consented(s.browser().begin("/"), s.SignIn(s.ada))
			q.Set("code", theirs.Get("code"))
			return mine.callback(q)
		}, 410},
		"at another host": {func(_ *site, mine *asker, q url.Values) *http.Response {
			docs := mine.at("https://docs.example.org")
			docs.cookies = mine.cookies
			return docs.callback(q)
		}, 400},
		"from another issuer": {func(_ *site, mine *asker, q url.Values) *http.Response {
			q.Set("iss", "https://evil.example")
			return mine.callback(q)
		}, 400},
		"without an issuer": {func(_ *site, mine *asker, q url.Values) *http.Response {
			q.Del("iss")
			return mine.callback(q)
		}, 400},
		"the state twice": {func(_ *site, mine *asker, q url.Values) *http.Response {
			q.Add("state", q.Get("state"))
			return mine.callback(q)
		}, 400},
		"an edited state": {func(_ *site, mine *asker, q url.Values) *http.Response {
			q.Set("state", q.Get("state")[1:]+q.Get("state")[:1])
			return mine.callback(q)
		}, 400},
		"after half an hour": {func(s *site, mine *asker, q url.Values) *http.Response {
			s.Pass(30 * time.Minute)
			return mine.callback(q)
		}, 400},
		"after the code's minute": {func(s *site, mine *asker, q url.Values) *http.Response {
			s.Pass(grant.CodeLife)
			return mine.callback(q)
		}, 410},
		"refused": {func(_ *site, mine *asker, q url.Values) *http.Response {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("error_description", "<script>alert(1)</script>")
			return mine.callback(q)
		}, 403},
		"no code": {func(_ *site, mine *asker, q url.Values) *http.Response {
			q.Del("code")
			return mine.callback(q)
		}, 410},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(d *grant.Draft) { d.RedirectURIs = append(d.RedirectURIs, "https://docs.example.org/") })
			mine := s.browser()
			q := s.consented(mine.begin("/"), s.SignIn(s.ada))
			got := c.do(s, mine, q)
			s.wants(got, c.want)
			for _, k := range got.Cookies() {
				if k.Name == "__Host-holdfast-app" && c.want != 303 {
					t.Error("a refusal signed somebody in")
				}
			}
			body := make([]byte, 20000)
			n, _ := got.Body.Read(body)
			if strings.Contains(string(body[:n]), "alert(1)") {
				t.Error("the page shows what the address says")
			}
		})
	}
}

func TestAReplayedCallback(t *testing.T) {
	s := newSite(t, nil)
	a := s.browser()
	q := s.consented(a.begin("/deep"), s.SignIn(s.ada))
	s.wants(a.callback(q), http.StatusSeeOther)
	again := a.callback(q) // the button "back"
	s.wants(again, http.StatusSeeOther)
	if again.Header.Get("Location") != wiki+"/deep" {
		t.Errorf("back to %s", again.Header.Get("Location"))
	}
	s.wants(a.enter("/"), http.StatusNoContent)

	// Whoever has stolen both, but not the cookie of the application, gets
	// nothing, and what the code gave is over (RFC 6749 §4.1.2).
	thief := s.browser()
	thief.cookies["__Host-holdfast-app-begin"] = a.cookies["__Host-holdfast-app-begin"]
	s.wants(thief.callback(q), http.StatusGone)
	s.wants(a.enter("/"), http.StatusFound)
}

func TestTwoTabsSignInAtOnce(t *testing.T) {
	s := newSite(t, nil)
	who, a := s.SignIn(s.ada), s.browser()
	one := a.begin("/one")
	two := a.begin("/two")
	first := a.callback(s.consented(one, who))
	second := a.callback(s.consented(two, who))
	if first.Header.Get("Location") != wiki+"/one" || second.Header.Get("Location") != wiki+"/two" {
		t.Errorf("the tabs are at %s and %s", first.Header.Get("Location"), second.Header.Get("Location"))
	}
	s.wants(a.enter("/"), http.StatusNoContent)
}

func TestARemovedApplicationSignsNobodyIn(t *testing.T) {
	s := newSite(t, nil)
	a := s.browser()
	q := s.consented(a.begin("/"), s.SignIn(s.ada))
	if err := s.Govern.RemoveApp(context.Background(), webtest.System, s.app.ID); err != nil {
		t.Fatal(err)
	}
	s.wants(a.callback(q), http.StatusNotFound)
	s.wants(a.send(a.request(grant.ForwardStart, "GET", "/")), http.StatusNotFound)
}

func TestTwoApplicationsOfOneHostAreNeither(t *testing.T) {
	s := newSite(t, nil)
	s.add(grant.Draft{Name: "Mallory's wiki", Preset: grant.PresetNginx, RedirectURIs: []string{wiki + "/"}, Upstream: "http://127.0.0.1:2"})
	a := s.browser()
	s.wants(a.send(a.request(grant.ForwardStart, "GET", "/")), http.StatusConflict)
}

func TestNothingElseIsOnTheHostOfAnApplication(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/.holdfast/", "/.holdfast/console", "/.holdfast/assets/nothing.css", "/.holdfast/authorize"} {
		s.wants(s.browser().send(s.browser().request(path, "GET", "/")), http.StatusNotFound)
	}
}

func FuzzWhatAProxySays(f *testing.F) {
	f.Add("wiki.example.org", "https", "/x", wiki+"/x", "/y")
	f.Add("a, b", "ws", "//x", "https://a@b/", "//evil")
	f.Add("localhost:8080", "", "\\", "", wiki+".evil/")
	s := newSite(f, nil)
	f.Fuzz(func(t *testing.T, host, proto, uri, original, rd string) {
		r := httptest.NewRequest("GET", issuer+grant.ForwardStart+"?"+url.Values{"rd": {rd}}.Encode(), nil)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("X-Forwarded-Proto", proto)
		r.Header.Set("X-Forwarded-Uri", uri)
		if original != "" {
			r.Header.Set("X-Original-URL", original)
		}
		rec := httptest.NewRecorder()
		s.mux.ServeHTTP(rec, r)
		if to := rec.Header().Get("Location"); rec.Code >= 500 || to != "" && !strings.HasPrefix(to, issuer+"/authorize?") {
			t.Errorf("%d to %q", rec.Code, to)
		}
		r = httptest.NewRequest("GET", issuer+grant.ForwardAuth+"?mode=redirect&app="+string(s.app.ID), nil)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header.Set("Accept", "text/html")
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("X-Forwarded-Proto", proto)
		r.Header.Set("X-Forwarded-Uri", uri)
		rec = httptest.NewRecorder()
		s.mux.ServeHTTP(rec, r)
		if to := rec.Header().Get("Location"); rec.Code < 300 || rec.Code >= 500 || to != "" && !strings.Contains(to, grant.ForwardStart) {
			t.Errorf("%d to %q", rec.Code, to)
		}
	})
}
