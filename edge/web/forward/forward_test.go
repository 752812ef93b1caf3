package forward_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/web/webtest"
)

func TestFromSignedOutToSignedIn(t *testing.T) {
	s := newSite(t, nil)
	nurses := s.Group("Nurses, and others")
	if err := s.Govern.Join(context.Background(), webtest.System, s.ada.ID, nurses.ID); err != nil {
		t.Fatal(err)
	}
	a := s.browser()
	out := a.enter("/page?a=b&c=d")
	s.wants(out, http.StatusFound)
	start := wiki + "/.holdfast/start?rd=%2Fpage%3Fa%3Db%26c%3Dd"
	if got := out.Header.Get("Location"); got != start {
		t.Errorf("sent to %s, want %s", got, start)
	}
	nginx := a.send(a.request(grant.ForwardAuth+"?app="+string(s.app.ID), "GET", "/page"))
	s.wants(nginx, http.StatusUnauthorized)
	if nginx.Header.Get("Location") != "" || nginx.Header.Get("X-Holdfast-Start") != wiki+"/.holdfast/start?rd=%2Fpage" {
		t.Errorf("nginx is told %v", nginx.Header)
	}

	in := a.signIn(s.SignIn(s.ada), "/page?a=b")
	s.wants(in, http.StatusSeeOther)
	if got := in.Header.Get("Location"); got != wiki+"/page?a=b" {
		t.Errorf("back to %s", got)
	}
	if got := in.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-holdfast-app=") || !strings.HasSuffix(got, "; Path=/; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("cookie %s", got)
	}
	yes := a.enter("/page")
	s.wants(yes, http.StatusNoContent)
	want := map[string]string{"Remote-User": string(s.ada.ID), "Remote-Email": "ada@example.org", "Remote-Name": "Ada Lovelace",
		"Remote-Groups": "Nurses%2C and others"}
	for name, v := range want {
		if got := yes.Header.Get(name); got != v {
			t.Errorf("%s: got %q, want %q", name, got, v)
		}
	}
	s.assertion(yes.Header.Get("X-Holdfast-Assertion"))
}

func (s *site) assertion(raw string) {
	s.t.Helper()
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		s.t.Fatal(err)
	}
	var got map[string]any
	if err := token.Claims(s.key.Public(), &got); err != nil {
		s.t.Fatal(err)
	}
	if kind := token.Headers[0].ExtraHeaders[jose.HeaderType]; kind != "holdfast-assertion+jwt" || token.Headers[0].KeyID != "kid" {
		s.t.Errorf("header %v", token.Headers[0])
	}
	delete(got, "sid")
	want := map[string]any{"iss": issuer, "aud": wiki, "sub": string(s.ada.ID), "acr": "phr", "email": "ada@example.org", "name": "Ada Lovelace",
		"groups": []any{"Nurses, and others"}, "iat": float64(s.Now().Unix()), "exp": float64(s.Now().Add(time.Minute).Unix())}
	if d := cmp.Diff(want, got); d != "" {
		s.t.Error(d)
	}
}

func TestItEndsAtTheNextRequest(t *testing.T) {
	for name, end := range map[string]func(*site, *webtest.Browser){
		"with the session": func(s *site, b *webtest.Browser) { s.end(b.Session) },
		"with its grant alone": func(s *site, b *webtest.Browser) {
			grants, err := s.DB.GrantsOf(context.Background(), s.ada.ID)
			if err != nil {
				s.t.Fatal(err)
			}
			s.Record(grant.EndAll(grants, grant.EndedByHand, s.Now())...)
		},
		"with the application, removed": func(s *site, _ *webtest.Browser) {
			if err := s.Govern.RemoveApp(context.Background(), webtest.System, s.app.ID); err != nil {
				s.t.Fatal(err)
			}
		},
		"with the person, suspended": func(s *site, _ *webtest.Browser) {
			_, events, err := person.Suspend(s.ada, "")
			if err != nil {
				s.t.Fatal(err)
			}
			s.Record(events...)
		},
		"with the passkey, suspended": func(s *site, b *webtest.Browser) {
			c, err := s.DB.Credential(context.Background(), b.Session.Credential)
			if err != nil {
				s.t.Fatal(err)
			}
			_, events, err := credential.Suspend(c)
			if err != nil {
				s.t.Fatal(err)
			}
			s.Record(events...)
		},
		"with an hour of silence":  func(s *site, _ *webtest.Browser) { s.Pass(time.Hour) },
		"with the session's limit": func(s *site, _ *webtest.Browser) { s.Pass(24 * time.Hour) },
		"where the host is no longer the application's": func(s *site, _ *webtest.Browser) {
			d := grant.DraftOf(s.app)
			d.RedirectURIs = []string{"https://elsewhere.example.org/"}
			_, events, err := grant.Change(s.app, d, s.Now())
			if err != nil {
				s.t.Fatal(err)
			}
			s.Record(events...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			b := s.SignIn(s.ada)
			a := s.inside(b)
			end(s, b)
			got := a.enter("/")
			want := http.StatusFound
			if strings.Contains(name, "application") {
				want = http.StatusForbidden // a sign-in would not help
			}
			s.wants(got, want)
			if got.Header.Get("Remote-User") != "" {
				t.Error("the application is still told who it is")
			}
		})
	}
}

func (s *site) end(of session.Record) {
	_, events := session.End(of, session.EndedByAdmin, s.Now())
	s.Record(events...)
}

func TestWhatTheApplicationDemandsIsLookedAtEachTime(t *testing.T) {
	weak := assurance.Evidence{BE: true} // without user verification
	for name, c := range map[string]struct {
		demand func(*grant.Draft)
		who    assurance.Evidence
		pass   time.Duration
		want   int
	}{
		"nothing":                {func(*grant.Draft) {}, weak, 0, http.StatusNoContent},
		"AAL2, met":              {func(d *grant.Draft) { d.MinAAL = holdfast.AAL2 }, assurance.Evidence{UV: true, BE: true}, 0, http.StatusNoContent},
		"AAL2, not met":          {func(d *grant.Draft) { d.MinAAL = holdfast.AAL2 }, weak, 0, http.StatusFound},
		"hardware, not met":      {func(d *grant.Draft) { d.RequireACR = grant.ACRHardware }, assurance.Evidence{UV: true, BE: true}, 0, http.StatusFound},
		"a recent sign-in":       {func(d *grant.Draft) { d.MaxAge = 600 }, assurance.Evidence{UV: true, BE: true}, 9 * time.Minute, http.StatusNoContent},
		"an older sign-in":       {func(d *grant.Draft) { d.MaxAge = 600 }, assurance.Evidence{UV: true, BE: true}, 11 * time.Minute, http.StatusFound},
		"a group that she lacks": {func(d *grant.Draft) { d.Groups = []string{"grp_x"} }, assurance.Evidence{UV: true, BE: true}, 0, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			a := s.inside(s.SignInAt(s.ada, c.who))
			d := grant.DraftOf(s.app)
			c.demand(&d)
			_, events, err := grant.Change(s.app, d, s.Now())
			if err != nil {
				t.Fatal(err)
			}
			s.Record(events...)
			s.Pass(c.pass)
			s.wants(a.enter("/"), c.want)
		})
	}
}

func TestAskingWritesNothingButActivityOnceAMinute(t *testing.T) {
	s := newSite(t, nil)
	b := s.SignIn(s.ada)
	a := s.inside(b)
	records := s.Records()
	seen := func() time.Time {
		v, err := s.DB.OpenSessionsOf(context.Background(), s.ada.ID)
		if err != nil || len(v) != 1 {
			t.Fatal(v, err)
		}
		return v[0].LastSeen
	}
	s.Pass(2 * time.Minute)
	s.wants(a.enter("/"), http.StatusNoContent)
	first := seen()
	if !first.Equal(s.Now()) {
		t.Errorf("activity was noted at %v, want %v", first, s.Now())
	}
	s.Pass(30 * time.Second)
	s.wants(a.enter("/"), http.StatusNoContent)
	if !seen().Equal(first) {
		t.Error("activity was noted again within a minute")
	}
	for range 30 { // work keeps the session alive beyond an hour of silence
		s.Pass(10 * time.Minute)
		s.wants(a.enter("/"), http.StatusNoContent)
	}
	if got := s.Records(); got != records {
		t.Errorf("%d records were written", got-records)
	}
}

func TestOnlyAPersonsNavigationIsSentToTheDoor(t *testing.T) {
	s := newSite(t, nil)
	a := s.browser()
	auth := grant.ForwardAuth + "?mode=redirect&app=" + string(s.app.ID)
	for name, c := range map[string]struct {
		method  string
		headers []string
		want    int
	}{
		"a page":                     {"GET", nil, http.StatusFound},
		"an old browser":             {"GET", []string{"Sec-Fetch-Mode", ""}, http.StatusFound},
		"a form":                     {"POST", nil, http.StatusUnauthorized},
		"a script's call":            {"GET", []string{"Sec-Fetch-Mode", "cors"}, http.StatusUnauthorized},
		"an image":                   {"GET", []string{"Sec-Fetch-Mode", "no-cors", "Accept", "image/*"}, http.StatusUnauthorized},
		"a websocket":                {"GET", []string{"Sec-Fetch-Mode", "websocket", "Upgrade", "websocket", "X-Forwarded-Proto", "wss"}, http.StatusUnauthorized},
		"a program":                  {"GET", []string{"Sec-Fetch-Mode", "", "Accept", "*/*"}, http.StatusUnauthorized},
		"a call of an older library": {"GET", []string{"Sec-Fetch-Mode", "", "X-Requested-With", "XMLHttpRequest"}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.send(a.request(auth, c.method, "/", c.headers...))
			if got.StatusCode != c.want {
				t.Errorf("got %s, want %d", got.Status, c.want)
			}
		})
	}
	in := s.inside(s.SignIn(s.ada))
	for _, method := range []string{"POST", "DELETE", "OPTIONS"} {
		s.wants(in.send(in.request(auth, method, "/", "Sec-Fetch-Mode", "cors")), http.StatusNoContent)
	}
	s.wants(in.enter("/", "Sec-Fetch-Mode", "websocket", "Upgrade", "websocket", "X-Forwarded-Proto", "wss"), http.StatusNoContent)
}

func TestSigningOut(t *testing.T) {
	s := newSite(t, nil)
	b := s.SignIn(s.ada)
	a := s.inside(b)
	thief := s.browser()
	thief.cookies["__Host-holdfast-app"] = a.cookies["__Host-holdfast-app"]

	asked := a.send(a.request(grant.ForwardSignOut, "GET", "/", "Sec-Fetch-Site", "cross-site"))
	s.wants(asked, http.StatusOK)
	s.wants(a.enter("/"), http.StatusNoContent) // it only asked
	s.wants(a.send(a.request(grant.ForwardSignOut, "POST", "/", "Sec-Fetch-Site", "cross-site")), http.StatusForbidden)
	s.wants(a.send(a.request(grant.ForwardSignOut, "POST", "/", "Sec-Fetch-Site", "", "Origin", "https://evil.example")), http.StatusForbidden)
	s.wants(a.enter("/"), http.StatusNoContent)

	out := a.send(a.request(grant.ForwardSignOut, "GET", "/"))
	s.wants(out, http.StatusSeeOther)
	to, err := out.Location()
	if err != nil || !strings.HasPrefix(to.String(), issuer+"/logout?") || to.Query().Get("post_logout_redirect_uri") != wiki+"/" {
		t.Fatalf("sent to %v, %v", to, err)
	}
	token, err := jwt.ParseSigned(to.Query().Get("id_token_hint"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var hint struct {
		Sub string `json:"sub"`
		Aud string `json:"aud"`
		Sid string `json:"sid"`
	}
	if err := token.Claims(s.key.Public(), &hint); err != nil || hint.Aud != string(s.app.ID) || hint.Sub != string(s.ada.ID) || hint.Sid != string(b.Session.ID) {
		t.Errorf("the hint says %+v, %v", hint, err)
	}
	if len(a.cookies["__Host-holdfast-app"]) != 0 {
		t.Error("the browser keeps its secret")
	}
	s.wants(thief.enter("/"), http.StatusFound) // the copy is dead as well
}

// What a proxy waits for at each request to an application: one read, one
// signature.
func BenchmarkAuth(b *testing.B) {
	s := newSite(b, nil)
	g := s.Group("Nurses")
	if err := s.Govern.Join(context.Background(), webtest.System, s.ada.ID, g.ID); err != nil {
		b.Fatal(err)
	}
	a := s.inside(s.SignIn(s.ada))
	for b.Loop() {
		if got := a.enter("/"); got.StatusCode != http.StatusNoContent {
			b.Fatal(got.Status)
		}
	}
}
