package demo

import (
	"holdfast/domain/verdict/verdicttest"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/keys/keystest"
	"holdfast/edge/web/op"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/flow/authorize"
	"holdfast/flow/authorize/authorizetest"
)

// world is Holdfast's provider with Ada signed in, and the application.
type world struct {
	t         *testing.T
	who       *authorize.SignedIn // nil: nobody
	signedOut bool
	holdfast  *httptest.Server
	app       *httptest.Server
	browser   *http.Client

	provider *op.Provider
	store    *authorizetest.Store
	client   holdfast.AppID
}

func (w *world) Current(*http.Request) (session.Record, person.Record, error) {
	if w.who == nil {
		return session.Record{}, person.Record{}, holdfast.Errorf(holdfast.Unsigned, "sign_in_first", "Sign in first.")
	}
	return w.who.Session, w.who.Person, nil
}

func (w *world) SignOut(http.ResponseWriter, *http.Request) error {
	w.who, w.signedOut = nil, true
	return nil
}

func newWorld(t *testing.T) *world {
	w := &world{t: t}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pages, err := page.New(page.Config{})
	must(err)
	log := slog.New(slog.DiscardHandler)
	// The issuer starts after the application, as in the demo.
	theirs, mine := route.NewMux(nil), http.NewServeMux()
	w.holdfast, w.app = httptest.NewServer(theirs), httptest.NewServer(mine)
	t.Cleanup(w.holdfast.Close)
	t.Cleanup(w.app.Close)

	s := authorizetest.New(time.Now)
	registered, events, err := grant.CreateApp("app_tides", grant.Draft{Name: Name,
		RedirectURIs: []string{w.app.URL + CallbackPath}, PostLogoutURIs: []string{w.app.URL + "/"}, LogoutURI: w.app.URL + LogoutPath}, "", time.Now())
	must(err)
	s.Put(events...)
	ada, events, err := person.Add(person.New{Name: "Ada Byron", Email: "ada@example.org"}, time.Now())
	must(err)
	s.Put(events...)
	ada, events, err = person.Activate(ada)
	must(err)
	s.Put(events...)
	in, _, events := session.Open(session.SignIn{Person: ada.ID, Assurance: assurance.Of(assurance.Evidence{UV: true})}, time.Now())
	s.Put(events...)
	w.who = &authorize.SignedIn{Session: in, Person: ada}

	p, err := op.New(op.Config{
		Issuer: w.holdfast.URL, Flow: authorize.New(authorize.Config{Store: s, Clock: time.Now, Key: make([]byte, 32), Judge: verdicttest.Fresh(t)}), Sessions: w,
		Keys:  keystest.Ring(time.Now),
		Pages: pages, Frame: func(*http.Request) page.Frame { return page.Frame{} }, Log: log,
	})
	must(err)
	p.Register(theirs)
	w.provider, w.store, w.client = p, s, registered.ID
	mine.Handle("/", New(Config{Name: Name, Issuer: w.holdfast.URL, ClientID: string(registered.ID), Origin: w.app.URL, Callback: CallbackPath, Pages: pages, Log: log}))
	jar, err := cookiejar.New(nil)
	must(err)
	w.browser = &http.Client{Jar: jar}
	return w
}

// open gives the page that the browser ends at, and its address.
func (w *world) open(address string) (string, *url.URL) {
	w.t.Helper()
	resp, err := w.browser.Get(address)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b), resp.Request.URL
}

func (w *world) post(address string, edit func(*http.Request)) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	edit(r)
	resp, err := w.browser.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestSignInAndOut(t *testing.T) {
	w := newWorld(t)
	body, _ := w.open(w.app.URL)
	if !strings.Contains(body, `href="/signin"`) || strings.Contains(body, "Ada Byron") {
		t.Fatalf("before signing in: %s", body)
	}
	body, at := w.open(w.app.URL + signInPath)
	if at.String() != w.app.URL+"/" {
		t.Fatalf("signing in ends at %v: %s", at, body)
	}
	for _, want := range []string{"Hello, Ada Byron", string(w.who.Person.ID), "ada@example.org", ">phr<", "pop, user, mfa"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q: %s", want, body)
		}
	}
	status, _ := w.post(w.app.URL+signOutPath, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if status != http.StatusForbidden {
		t.Errorf("another site signs out: %d", status)
	}
	status, body = w.post(w.app.URL+signOutPath, func(*http.Request) {})
	i := strings.Index(body, w.holdfast.URL+"/logout?")
	if status != http.StatusOK || i < 0 {
		t.Fatalf("signing out: %d %s", status, body)
	}
	next, _, _ := strings.Cut(body[i:], `"`)
	body, _ = w.open(html.UnescapeString(next))
	if !w.signedOut || !strings.Contains(body, w.app.URL+"/") {
		t.Errorf("signed out of Holdfast: %v: %s", w.signedOut, body)
	}
	if body, _ = w.open(w.app.URL); strings.Contains(body, "Ada Byron") {
		t.Error("the application still knows")
	}
}

func TestCallbackRefuses(t *testing.T) {
	for name, change := range map[string]func(q url.Values, w *world){
		"RFC 6749 §10.12: another state":            func(q url.Values, _ *world) { q.Set("state", "guess") },
		"RFC 6749 §10.12: no state":                 func(q url.Values, _ *world) { q.Del("state") },
		"RFC 6749 §10.12: another browser":          func(_ url.Values, w *world) { w.browser.Jar, _ = cookiejar.New(nil) },
		"RFC 9207 §2.4: another issuer":             func(q url.Values, _ *world) { q.Set("iss", "https://evil.example") },
		"a code that never was":                     func(q url.Values, _ *world) { q.Set("code", "guess") },
		"an error, with markup":                     func(q url.Values, _ *world) { q.Set("error", "<script>") },
		"a person who said no":                      func(q url.Values, _ *world) { q.Set("error", "access_denied") },
		"another application's cookie as the state": func(q url.Values, w *world) { renameCookie(w) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			// Stop at the callback, change it, and go on.
			var answer *url.URL
			w.browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
				if r.URL.Path == CallbackPath && answer == nil {
					answer = r.URL
					return http.ErrUseLastResponse
				}
				return nil
			}
			w.open(w.app.URL + signInPath)
			if answer == nil || answer.Query().Get("code") == "" {
				t.Fatalf("no answer: %v", answer)
			}
			q := answer.Query()
			change(q, w)
			answer.RawQuery = q.Encode()
			body, at := w.open(answer.String())
			if at.Path != CallbackPath || !strings.Contains(body, `role="alert"`) || strings.Contains(body, "<script>") {
				t.Errorf("at %v: %s", at, body)
			}
			if body, _ := w.open(w.app.URL); strings.Contains(body, "Ada Byron") {
				t.Error("somebody was signed in")
			}
		})
	}
}

// renameCookie offers a cookie that the application sealed, under another name.
func renameCookie(w *world) {
	at, _ := url.Parse(w.app.URL)
	for _, c := range w.browser.Jar.Cookies(at) {
		if name, is := strings.CutSuffix(c.Name, "_asked"); is {
			w.browser.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: c.Value}, {Name: c.Name, MaxAge: -1}})
		}
	}
}

func TestNobodySignedInIsSentToTheDoor(t *testing.T) {
	w := newWorld(t)
	w.who = nil
	if _, at := w.open(w.app.URL + signInPath); at.Path != page.PathSignIn || !strings.HasPrefix(at.String(), w.holdfast.URL) {
		t.Errorf("sent to %v", at)
	}
}

func TestAnIssuerThatIsAway(t *testing.T) {
	w := newWorld(t)
	w.holdfast.Close()
	if body, at := w.open(w.app.URL + signInPath); at.Path != signInPath || !strings.Contains(body, "does not answer") {
		t.Errorf("at %v: %s", at, body)
	}
}
