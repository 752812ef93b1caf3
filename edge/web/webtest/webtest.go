// Package webtest is a small organisation on a real store, and browsers of its
// people, for the tests of pages. It refuses to pretend: whoever is signed in
// has a session in the store, and every request passes the same protection
// against other origins as in the server.
package webtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"holdfast/domain/verdict/verdicttest"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/flow/account"
	"holdfast/flow/govern"
)

// Origin is where the pages are.
const Origin = "http://localhost:8080"

// World is an organisation and what serves its pages. Its clock stands until
// Pass is called.
type World struct {
	t       testing.TB
	DB      *store.DB
	Visits  *visit.Visits
	Govern  *govern.Flow
	Account *account.Flow
	Log     *bytes.Buffer // what the server logged
	now     time.Time
	handler http.Handler
}

// New is an organisation of nobody, on SQLite.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{t: t, now: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), Log: &bytes.Buffer{}}
	place := storetest.SQLite(t)
	place.Config.Clock = w.Now
	w.DB = place.Open(t)
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w.Visits = visit.New(visit.Config{Store: w.DB, Pages: pages, Clock: w.Now, Log: slog.New(slog.NewTextHandler(w.Log, nil))})
	w.Govern = govern.New(store.Port[govern.Tx]{DB: w.DB}, w.Now, Origin, verdicttest.Fresh(t))
	w.Account = account.New(store.Port[account.Tx]{DB: w.DB}, w.Now)
	_, named, err := org.Rename("Kelp & Shore")
	if err != nil {
		t.Fatal(err)
	}
	w.Record(named...)
	return w
}

// Now is the world's clock.
func (w *World) Now() time.Time { return w.now }

// Pass lets time pass.
func (w *World) Pass(d time.Duration) { w.now = w.now.Add(d) }

// Serve answers requests with these routes.
func (w *World) Serve(routes ...interface{ Routes(*route.Mux) }) {
	mux := route.NewMux(w.Visits.Guard)
	for _, r := range routes {
		r.Routes(mux)
	}
	w.handler = http.NewCrossOriginProtection().Handler(mux)
}

// System is the actor of what a test arranges.
var System = holdfast.Actor{Kind: holdfast.ActorSystem}

// Record makes events happen.
func (w *World) Record(events ...audit.Event) {
	w.t.Helper()
	err := w.DB.InTx(context.Background(), func(tx *store.Tx) error {
		return tx.Record(context.Background(), audit.By{Actor: System, At: w.now}, events...)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Invited is a person without a passkey.
func (w *World) Invited(name, email string) person.Record {
	w.t.Helper()
	p, events, err := person.Add(person.New{Name: name, Email: email}, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Record(events...)
	return p
}

// Member is a person who has one passkey.
func (w *World) Member(name, email string) person.Record {
	w.t.Helper()
	p, events, err := person.Activate(w.Invited(name, email))
	if err != nil {
		w.t.Fatal(err)
	}
	w.Record(events...)
	w.Passkey(p, "First of "+name)
	return p
}

// Administrator is a person with one passkey who may open the console.
func (w *World) Administrator(name, email string) person.Record {
	w.t.Helper()
	p, events, err := person.SetRole(w.Member(name, email), person.Administrator, time.Time{}, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Record(events...)
	return p
}

// Passkey gives p one more passkey, a synced one.
func (w *World) Passkey(p person.Record, name string) credential.Record {
	w.t.Helper()
	var id [16]byte
	rand.Read(id[:])
	c, events, err := credential.Enrol(credential.Record{
		ID: holdfast.CredentialID(base64.RawURLEncoding.EncodeToString(id[:])), Person: p.ID, PublicKey: []byte{1}, Algorithm: -7,
		Format: "none", Attestation: "none", Transports: []string{"internal"}, BE: true, BS: true, Name: name, Provenance: "test",
	}, credential.Registration{AttestationObject: []byte{2}, ClientDataJSON: []byte{3}}, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Record(events...)
	return c
}

// Group is a new group.
func (w *World) Group(name string) person.Group {
	w.t.Helper()
	g, err := w.Govern.AddGroup(context.Background(), System, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// Browser is somebody's browser.
type Browser struct {
	w       *World
	Session session.Record // zero: nobody is signed in
	cookies map[string]string
}

// Nobody is a browser in which nobody is signed in.
func (w *World) Nobody() *Browser { return &Browser{w: w, cookies: map[string]string{}} }

// SignIn signs p in with a passkey, user verification included.
func (w *World) SignIn(p person.Record) *Browser {
	w.t.Helper()
	return w.SignInAt(p, assurance.Evidence{UV: true, BE: true})
}

// SignInAt signs p in with a passkey, and what it showed.
func (w *World) SignInAt(p person.Record, e assurance.Evidence) *Browser {
	w.t.Helper()
	creds, err := w.DB.ActiveCredentialsOf(context.Background(), p.ID)
	if err != nil || len(creds) == 0 {
		w.t.Fatalf("%s has no passkey that works: %v", p.Name, err)
	}
	s, secret, events := session.Open(session.SignIn{Person: p.ID, Credential: creds[0].ID, Assurance: assurance.Of(e),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", Address: "192.0.2.7"}, w.now)
	w.Record(events...)
	return &Browser{w: w, Session: s, cookies: map[string]string{"holdfast": secret}}
}

// Answer is what came back.
type Answer struct {
	Status   int
	Location string
	Body     string
	Header   http.Header
}

// Get opens a page.
func (b *Browser) Get(path string) Answer {
	return b.do(httptest.NewRequest(http.MethodGet, Origin+path, nil))
}

// GetFrom opens a page as another site's link or frame does.
func (b *Browser) GetFrom(origin, path string) Answer {
	r := httptest.NewRequest(http.MethodGet, Origin+path, nil)
	r.Header.Set("Referer", origin+"/")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return b.do(r)
}

// Post sends a form that stands on the page at from; fields are name, value, ….
func (b *Browser) Post(from, path string, fields ...string) Answer {
	r := form(path, fields)
	r.Header.Set("Origin", Origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Referer", Origin+from)
	return b.do(r)
}

// PostFrom sends a form that stands on another site, as if the cookies' own
// protection were not there.
func (b *Browser) PostFrom(origin, path string, fields ...string) Answer {
	r := form(path, fields)
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return b.do(r)
}

func form(path string, fields []string) *http.Request {
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, Origin+path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (b *Browser) do(r *http.Request) Answer {
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	answer := rec.Result()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return Answer{answer.StatusCode, answer.Header.Get("Location"), rec.Body.String(), answer.Header}
}

// Copy is a thief's browser: it has the same cookies.
func (b *Browser) Copy() *Browser { return &Browser{b.w, b.Session, maps.Clone(b.cookies)} }

// HasSession says whether the browser still holds the cookie of a session.
func (b *Browser) HasSession() bool { return b.cookies["holdfast"] != "" }

// Records is how many records the log has.
func (w *World) Records() int64 {
	w.t.Helper()
	leaves, err := w.DB.Tail(context.Background(), store.Filter{Limit: 1})
	if err != nil || len(leaves) == 0 {
		w.t.Fatal(err)
	}
	return leaves[0].Index + 1
}
