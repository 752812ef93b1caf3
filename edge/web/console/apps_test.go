package console_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/webtest"
)

const newApp = "/console/applications/new"

// add posts the form of a new application.
func (o *office) add(fields ...string) webtest.Answer {
	o.t.Helper()
	return o.admin.Post(newApp, "/console/applications", fields...)
}

// only is the one application that there is.
func (o *office) only() grant.App {
	o.t.Helper()
	apps, err := o.DB.Apps(context.Background())
	if err != nil || len(apps) != 1 {
		o.t.Fatal(apps, err)
	}
	return apps[0]
}

func TestApplications(t *testing.T) {
	o := open(t)
	wantText(t, o.admin.Get("/console/applications"), http.StatusOK, "No application yet")
	wantText(t, o.admin.Get(newApp), http.StatusOK, "nginx, auth_request", "where people open it")
	a := o.add("name", " Wiki ", "redirect_uri", "https://wiki.example.org/", "preset", "mod_auth_openidc")
	wantText(t, a, http.StatusOK, "Wiki is added", "OIDCClientSecret", "Client secret", "In the virtual host of wiki.example.org", "Waiting for the first sign-in")
	app := o.only()
	secret := between(t, a.Body, `<code id="secret"`, "</code>")
	secret = secret[strings.Index(secret, ">")+1:]
	if app.SecretHash != holdfast.HashSecret(secret) || !app.Confidential {
		t.Errorf("the secret on the page is not the application's")
	}

	at := page.ApplicationPath(string(app.ID))
	one := o.admin.Get(at)
	wantText(t, one, http.StatusOK, "Waiting for the first sign-in", `data-events="`+at+`/events"`, "https://wiki.example.org/oidc/return", "OIDCClientID", string(app.ID),
		"Everybody who may sign in.", "https://wiki.example.org/oidc/return?logout=backchannel")
	wantNot(t, one, secret, "OIDCClientSecret")
	o.use(app, o.admin)
	wantText(t, o.admin.Get(at), http.StatusOK, "1 person is signed in", "Ada Lovelace signed in just now.")
	wantNot(t, o.admin.Get(at), "data-events=")
	wantText(t, o.admin.Get("/console/applications"), http.StatusOK, "1 application", "wiki.example.org", "just now")

	again := o.admin.Post(at, at+"/secret")
	wantText(t, again, http.StatusOK, "Wiki has a new secret", "The old one stopped working.")
	wantNot(t, again, secret)

	wantTo(t, o.admin.Post(at, at+"/remove"), "/console/applications")
	wantText(t, o.admin.Get("/console/applications"), http.StatusOK, "The application was removed.", "No application yet")
	wantText(t, o.admin.Get(at), http.StatusNotFound)
}

func TestEveryKindOfApplicationIsAddedByNameKindAndAddress(t *testing.T) {
	for preset, says := range map[string]string{
		grant.PresetGeneric: "Discovery:", grant.PresetApache: "OIDCProviderMetadataURL", grant.PresetProxy: "cookie_secret", grant.PresetGrafana: "auth.generic_oauth",
		grant.PresetNginx: "auth_request /.holdfast/auth;", grant.PresetCaddy: "forward_auth ", grant.PresetTraefik: "forwardAuth:",
	} {
		t.Run(preset, func(t *testing.T) {
			o := open(t)
			fields := []string{"name", "Wiki", "redirect_uri", "https://wiki.example.org/", "preset", preset}
			if grant.NeedsUpstream(preset) {
				wantText(t, o.add(fields...), 422, "Give the address where the application itself listens")
				fields = append(fields, "upstream", "http://127.0.0.1:3000/")
			}
			wantText(t, o.add(fields...), http.StatusOK, "Wiki is added", says)
			wantText(t, o.admin.Get(page.ApplicationPath(string(o.only().ID))), http.StatusOK, says)
		})
	}
}

func TestAnApplicationWithEverything(t *testing.T) {
	o := open(t)
	nurses := o.Group("Nurses")
	grace := o.Member("Grace", "grace@example.org")
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic",
		"further", "https://wiki.example.org/second\r\n\r\n https://wiki.example.org/third ", "post_logout", "https://wiki.example.org/bye",
		"logout_uri", "https://wiki.example.org/logout", "require_par", "yes", "require_dpop", "yes", "third_party", "yes",
		"min_aal", "2", "acr", "phr", "max_age", "1.5", "group", string(nurses.ID), "kind", "device", "kind", "token_exchange", "owners", "Grace@example.org"),
		http.StatusOK, "Wiki is added")
	got := o.only()
	want := grant.App{
		ID: got.ID, Name: "Wiki", Preset: "generic", Confidential: true, AuthMethod: grant.MethodSecret, SecretHash: got.SecretHash, Created: o.Now(),
		RedirectURIs:   []string{"https://wiki.example.org/return", "https://wiki.example.org/second", "https://wiki.example.org/third"},
		PostLogoutURIs: []string{"https://wiki.example.org/bye"}, LogoutURI: "https://wiki.example.org/logout", RequirePAR: true, RequireDPoP: true,
		MinAAL: holdfast.AAL2, RequireACR: "phr", MaxAge: 90, Groups: []string{string(nurses.ID)}, Kinds: []string{"device", "token_exchange"},
		Owners: []string{string(grace.ID)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	at := page.ApplicationPath(string(got.ID))
	wantText(t, o.admin.Get(at), http.StatusOK, "Members of “Nurses”.", "level AAL2 at least", "cannot be phished", "1m30s", "Each person is asked", "Grace",
		"required", "https://wiki.example.org/bye")
	edit := o.admin.Get(at + "/edit")
	wantText(t, edit, http.StatusOK, `value="https://wiki.example.org/return"`, "https://wiki.example.org/second\nhttps://wiki.example.org/third", `value="1.5"`, "grace@example.org",
		`value="2" selected`, `value="phr" selected`, `id="kind-device" name="kind" value="device" checked`, `id="dpop" name="require_dpop" value="yes" checked`)

	// What the form shows is what there is: sent as it stands it changes nothing.
	before := o.Records()
	fields := []string{"name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic",
		"further", "https://wiki.example.org/second\nhttps://wiki.example.org/third", "post_logout", "https://wiki.example.org/bye",
		"logout_uri", "https://wiki.example.org/logout", "require_par", "yes", "require_dpop", "yes", "third_party", "yes", "auth_method", "client_secret",
		"min_aal", "2", "acr", "phr", "max_age", "1.5", "group", string(nurses.ID), "kind", "device", "kind", "token_exchange", "owners", "grace@example.org"}
	wantTo(t, o.admin.Post(at+"/edit", at+"/edit", fields...), at)
	if got := o.Records(); got != before {
		t.Errorf("%d records were written", got-before)
	}
	fields[1] = "Wiki of the wards"
	wantTo(t, o.admin.Post(at+"/edit", at+"/edit", fields...), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "Wiki of the wards", "Saved.")
}

func TestAnApplicationBecomesOneBehindAProxy(t *testing.T) {
	o := open(t)
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), http.StatusOK)
	at := page.ApplicationPath(string(o.only().ID))
	wantTo(t, o.admin.Post(at+"/edit", at+"/edit", "name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "caddy", "upstream", "http://127.0.0.1:3000"), at)
	app := o.only()
	if app.SecretHash != "" || !slices.Equal(app.Domains, []string{"wiki.example.org"}) || !slices.Equal(app.RedirectURIs, []string{"https://wiki.example.org/.holdfast/callback"}) {
		t.Errorf("got %+v", app)
	}
	wantText(t, o.admin.Get(at), http.StatusOK, "Caddy, forward_auth", "asked at each request", "forward_auth http")
	wantText(t, o.admin.Get(at+"/edit"), http.StatusOK, `value="https://wiki.example.org/"`)
	// And back: a secret has to be made first.
	wantTo(t, o.admin.Post(at+"/edit", at+"/edit", "name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "It has no secret yet", "needs a secret")
	wantText(t, o.admin.Post(at, at+"/secret"), http.StatusOK, "Wiki has a new secret")
}

func TestTwoApplicationsCannotHaveOneHost(t *testing.T) {
	o := open(t)
	fields := []string{"name", "Wiki", "redirect_uri", "https://wiki.example.org/", "preset", "nginx", "upstream", "http://127.0.0.1:3000"}
	wantText(t, o.add(fields...), http.StatusOK, "Wiki is added")
	wantText(t, o.add(append([]string{"name", "Other"}, fields[2:]...)...), 409, "wiki.example.org is the address of “Wiki” already")
	// The same host may well be an OpenID Connect client too.
	wantText(t, o.add("name", "Wiki API", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), http.StatusOK, "Wiki API is added")
	apps, err := o.DB.AppsWithDomains(context.Background())
	if err != nil || len(apps) != 1 {
		t.Fatal(apps, err)
	}
	at := page.ApplicationPath(string(apps[0].ID))
	wantTo(t, o.admin.Post(at+"/edit", at+"/edit", fields...), at) // its own host is its own
}

func TestAnOwnerOfAnApplicationBehindAProxyChangesIt(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/", "preset", "nginx", "upstream", "http://127.0.0.1:3000", "owners", "grace@example.org"), http.StatusOK)
	at := page.ApplicationPath(string(o.only().ID))
	wantTo(t, o.SignIn(grace).Post(at+"/edit", at+"/edit", "name", "Wiki", "redirect_uri", "https://wiki.example.org/", "preset", "nginx", "upstream", "http://127.0.0.1:4000"), at)
	if got := o.only(); got.Upstream != "http://127.0.0.1:4000" || len(got.Owners) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestAPublicApplicationHasNoSecret(t *testing.T) {
	o := open(t)
	a := o.add("name", "Phone", "redirect_uri", "http://localhost:3000/return", "preset", "generic", "auth_method", "none")
	wantText(t, a, http.StatusOK, "Phone is added", "Discovery:")
	wantNot(t, a, "Client secret")
	app := o.only()
	if app.Confidential {
		t.Error("it is confidential")
	}
	at := page.ApplicationPath(string(app.ID))
	wantTo(t, o.admin.Post(at, at+"/secret"), at)
	wantText(t, o.admin.Get(at), http.StatusOK, "This application has no secret")
}

func TestApplicationRefused(t *testing.T) {
	o := open(t)
	before := o.Records()
	for _, c := range []struct {
		what, says string
		fields     []string
	}{
		{"no name", "Give the application a name", []string{"name", ""}},
		{"no address", "Give at least one redirect address", []string{"redirect_uri", ""}},
		{"http", "use https", []string{"redirect_uri", "http://a.example/return"}},
		{"a wildcard", "without *", []string{"redirect_uri", "https://a.example/*"}},
		{"a script", "it names no host", []string{"redirect_uri", "javascript:alert(1)"}},
		{"no kind", "There is no preset of this name", []string{"preset", "kerberos"}},
		{"a second address that is none", "it names no host", []string{"further", "x"}},
		{"keys that are none", "The key set cannot be used", []string{"auth_method", "private_key_jwt", "jwks", "{}"}},
		{"a key without keys", "Give the application&#39;s public keys", []string{"auth_method", "private_key_jwt"}},
		{"a method that there is not", "An application proves itself by", []string{"auth_method", "password"}},
		{"a level that there is not", "Choose one of the levels", []string{"min_aal", "9"}},
		{"minutes that are none", "Write a number of minutes", []string{"max_age", "soon"}},
		{"too few minutes", "limited to something from 60 seconds", []string{"max_age", "0.5"}},
		{"an owner whom nobody knows", "Nobody has the address nobody@example.org", []string{"owners", "nobody@example.org"}},
		{"a grant type that there is not", "The further grant types are", []string{"kind", "password"}},
		{"an address that ends a line of a file", "cannot be used", []string{"redirect_uri", "https://a.example/\"\nInclude x", "preset", "mod_auth_openidc"}},
		{"an upstream with a path", "cannot be where the application listens", []string{"preset", "nginx", "upstream", "http://a/b"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			fields := map[string]string{"name": "Wiki", "redirect_uri": "https://a.example/return", "preset": "generic"}
			for i := 0; i < len(c.fields); i += 2 {
				fields[c.fields[i]] = c.fields[i+1]
			}
			var list []string
			for name, v := range fields {
				list = append(list, name, v)
			}
			a := o.add(list...)
			wantText(t, a, 422, c.says)
			if n := c.fields[0]; n != "name" && n != "redirect_uri" && n != "preset" {
				wantText(t, a, 422, `<details class="more" open>`)
			}
		})
	}
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}

func TestAnOwnerChangesTheAddressAndNotTheDemands(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic", "min_aal", "2", "owners", "grace@example.org"), http.StatusOK)
	at := page.ApplicationPath(string(o.only().ID))
	b := o.SignIn(grace)
	wantText(t, b.Get(at), http.StatusOK, "New secret")
	wantNot(t, b.Get(at), ">Remove<")
	form := b.Get(at + "/edit")
	wantText(t, form, http.StatusOK, "Change Wiki")
	wantNot(t, form, "Least level", `name="owners"`, `name="third_party"`)
	wantTo(t, b.Post(at+"/edit", at+"/edit", "name", "Wiki", "redirect_uri", "https://wiki.example.org/other", "preset", "generic", "post_logout", "https://wiki.example.org/",
		"min_aal", "0", "owners", "", "third_party", ""), at)
	got := o.only()
	if got.MinAAL != holdfast.AAL2 || !got.FirstParty || len(got.Owners) != 1 || got.RedirectURIs[0] != "https://wiki.example.org/other" {
		t.Errorf("got %+v", got)
	}
	wantText(t, b.Post(at, at+"/remove"), http.StatusNotFound)
	stranger := o.SignIn(o.Member("Mallory", "mallory@example.org"))
	for _, path := range []string{at, at + "/edit", at + "/events"} {
		wantText(t, stranger.Get(path), http.StatusNotFound)
	}
}

// streamed is the console over a real connection, and a cookie of Ada's.
func (o *office) streamed() (*httptest.Server, *http.Cookie) {
	o.t.Helper()
	mux := route.NewMux(o.Visits.Guard)
	o.console.Routes(mux)
	s := httptest.NewServer(mux)
	o.t.Cleanup(s.Close)
	creds, err := o.DB.ActiveCredentialsOf(context.Background(), o.ada.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	_, secret, events := session.Open(session.SignIn{Person: o.ada.ID, Credential: creds[0].ID, Assurance: assurance.Of(assurance.Evidence{UV: true, BE: true})}, o.Now())
	o.Record(events...)
	return s, &http.Cookie{Name: "holdfast", Value: secret}
}

func listen(t *testing.T, ctx context.Context, at string, cookie *http.Cookie) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.AddCookie(cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestTheLightHearsOfTheFirstSignIn(t *testing.T) {
	o := open(t)
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), http.StatusOK)
	app := o.only()
	s, cookie := o.streamed()
	at := s.URL + page.ApplicationPath(string(app.ID)) + "/events"
	answer := listen(t, t.Context(), at, cookie)
	lines := bufio.NewScanner(answer.Body)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" || !lines.Scan() || lines.Text() != "retry: 5000" {
		t.Fatalf("got %s %v: %q", answer.Status, answer.Header, lines.Text())
	}
	o.use(app, o.admin)
	var said []string
	for lines.Scan() {
		if lines.Text() != "" && lines.Text() != ":" {
			said = append(said, lines.Text())
		}
	}
	if d := cmp.Diff([]string{"event: signin", `data: {"who":"Ada Lovelace","ago":0}`}, said); d != "" {
		t.Error(d)
	}
}

// Who lost their role while a page of theirs waits hears of nobody any more.
func TestTheLightAsksForTheRoleAgain(t *testing.T) {
	o := open(t)
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), http.StatusOK)
	app := o.only()
	s, cookie := o.streamed()
	answer := listen(t, t.Context(), s.URL+page.ApplicationPath(string(app.ID))+"/events", cookie)
	lines := bufio.NewScanner(answer.Body)
	if !lines.Scan() || lines.Text() != "retry: 5000" {
		t.Fatalf("%q", lines.Text())
	}
	ada, err := o.DB.Person(t.Context(), o.ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, events, err := person.SetRole(ada, person.Member, time.Time{}, o.Now())
	if err != nil {
		t.Fatal(err)
	}
	o.Record(events...)
	o.use(app, o.admin)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "signin") || strings.Contains(lines.Text(), "data") {
			t.Errorf("it goes on: %s", lines.Text())
		}
	}
}

func TestASessionHasFewStreams(t *testing.T) {
	o := open(t)
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), http.StatusOK)
	s, cookie := o.streamed()
	at := s.URL + page.ApplicationPath(string(o.only().ID)) + "/events"
	for range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if a := listen(t, ctx, at, cookie); a.StatusCode != http.StatusOK {
			t.Fatal(a.Status)
		}
	}
	if a := listen(t, t.Context(), at, cookie); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the fifth: %s", a.Status)
	}
	// Without the header of a stream's reader nobody waits.
	answer := o.admin.Get(page.ApplicationPath(string(o.only().ID)) + "/events")
	if answer.Status != http.StatusOK || strings.Contains(answer.Body, "signin") {
		t.Errorf("got %d %q", answer.Status, answer.Body)
	}
}

func TestAStreamEndsWithTheServer(t *testing.T) {
	o := open(t)
	wantText(t, o.add("name", "Wiki", "redirect_uri", "https://wiki.example.org/return", "preset", "generic"), http.StatusOK)
	app := o.only()
	o.console.Stopping = func() bool { return true }
	s, cookie := o.streamed()
	answer := listen(t, t.Context(), s.URL+page.ApplicationPath(string(app.ID))+"/events", cookie)
	o.Group("Something that the log is woken by")
	if rest, err := io.ReadAll(answer.Body); err != nil || strings.Contains(string(rest), "signin") {
		t.Errorf("got %q, %v", rest, err)
	}
}
