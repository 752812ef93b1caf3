package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/config"
	"holdfast/edge/store"
	"holdfast/edge/web"
	"holdfast/edge/web/route"
)

var update = flag.Bool("update", false, "write docs/routes.md")

// tried is the server as it is served, with one of everybody.
type tried struct {
	t      *testing.T
	s      *server
	web    *web.Server
	people map[person.Role]person.Record
	tokens map[person.Role]string
	over   []string // tokens that are worth nothing
}

func newTried(t *testing.T) *tried {
	t.Helper()
	cfg, err := config.Config{Origin: "http://localhost:8080", Data: t.TempDir()}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	s, err := wireServer(t.Context(), cfg, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	r := &tried{t: t, s: s, web: s.handler.(*web.Server), people: map[person.Role]person.Record{}, tokens: map[person.Role]string{}}
	for _, role := range []person.Role{person.Administrator, person.HelpDesk, person.Auditor, person.Member} {
		r.add(role)
	}
	r.over = []string{"hft_" + holdfast.NewSecret(), "guess", ""}
	return r
}

// add makes somebody of a role, signed in, with a token of all that they hold.
func (r *tried) add(role person.Role) {
	now := time.Now()
	p, events, err := person.Add(person.New{Name: "N" + string(role), Email: "n" + string(role) + "@harbour.example"}, now)
	r.must(err)
	r.record(events...)
	p, events, err = person.Activate(p)
	r.must(err)
	r.record(events...)
	var ends time.Time
	if role == person.Auditor {
		ends = now.Add(time.Hour)
	}
	p, events, err = person.SetRole(p, role, ends, now)
	r.must(err)
	r.record(events...)
	c := credential.Record{ID: holdfast.CredentialID("c" + string(role)), Person: p.ID, Status: credential.Active, Created: now}
	r.record(audit.New("credential.enrolled", string(c.ID), p.ID, audit.Set(&c)))
	r.people[role] = p
	holds := authority.OfPerson(p, now)
	if holds.Empty() {
		return
	}
	by := holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID)}
	tok, secret, events, err := apitoken.Create(apitoken.New{Name: string(role), Scopes: holds.Strings()}, p, holds, by, now)
	r.must(err)
	r.record(events...)
	r.tokens[role] = secret
	for _, spoil := range []func(*apitoken.Record){
		func(t *apitoken.Record) { t.Revoked = now }, func(t *apitoken.Record) { t.Expires = now },
	} {
		spoiled, secret := tok, apitoken.Prefix+holdfast.NewSecret()
		spoiled.ID, spoiled.SecretHash = holdfast.NewAPITokenID(), holdfast.HashSecret(secret)
		spoil(&spoiled)
		r.record(audit.New("api_token.created", string(spoiled.ID), p.ID, audit.Set(&spoiled)))
		r.over = append(r.over, secret)
	}
}

// signIn gives the secret of a new session: some routes end them.
func (r *tried) signIn(role person.Role) string {
	_, secret, events := session.Open(session.SignIn{Person: r.people[role].ID, Credential: holdfast.CredentialID("c" + string(role)),
		Assurance: assurance.Of(assurance.Evidence{UV: true})}, time.Now())
	r.record(events...)
	return secret
}

func (r *tried) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *tried) record(events ...audit.Event) {
	r.t.Helper()
	if len(events) == 0 {
		return
	}
	r.must(r.s.db.InTx(r.t.Context(), func(tx *store.Tx) error {
		return tx.Record(r.t.Context(), audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: time.Now()}, events...)
	}))
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// call sends what a pattern answers: method, path with something in each
// wildcard, an empty body.
func (r *tried) call(pattern string, edit ...func(*http.Request)) (int, string, http.Header) {
	r.t.Helper()
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, pattern
	}
	path = strings.NewReplacer("{$}", "", "{index}", "1").Replace(path)
	path = wildcard.ReplaceAllString(path, "x1")
	body := io.Reader(http.NoBody)
	if strings.HasPrefix(path, "/api/") && (method == "POST" || method == "PATCH" || method == "PUT") {
		body = strings.NewReader("{}")
	}
	q := httptest.NewRequest(method, "http://localhost:8080"+path, body)
	q.RemoteAddr = fmt.Sprintf("192.0.2.%d:4711", len(pattern)%200+1)
	if body != io.Reader(http.NoBody) {
		q.Header.Set("Content-Type", "application/json")
	}
	for _, e := range edit {
		e(q)
	}
	w := httptest.NewRecorder()
	r.web.ServeHTTP(w, q)
	return w.Code, w.Body.String(), w.Header()
}

func cookie(secret string) func(*http.Request) {
	return func(q *http.Request) { q.AddCookie(&http.Cookie{Name: "holdfast", Value: secret}) }
}

func token(secret string) func(*http.Request) {
	return func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+secret) }
}

// nothing is what somebody is told who lacks the scope of a page.
const nothing = "There is no page at this address."

// TestRoutes reads the table from the running mux and tries each route with no
// credential, with a wrong one, and with each role.
func TestRoutes(t *testing.T) {
	r := newTried(t)
	routes := r.web.Routes()
	for _, at := range routes {
		t.Run(at.Pattern, func(t *testing.T) {
			r := *r
			r.t = t
			switch a := at.Access; a.Kind {
			case route.KindSignedIn, route.KindStaff, route.KindScope, route.KindAppOwner:
				r.page(at)
			case route.KindToken, route.KindAnyToken:
				r.program(at)
			case route.KindClient, route.KindBearer:
				if code, body, _ := r.call(at.Pattern); code < 400 || code >= 500 {
					t.Errorf("without a credential: %d %s", code, body)
				}
				if code, body, _ := r.call(at.Pattern, token("guess")); code < 400 || code >= 500 {
					t.Errorf("with a wrong one: %d %s", code, body)
				}
				if code, _, _ := r.call(at.Pattern, cookie(r.signIn(person.Administrator))); code < 400 || code >= 500 {
					t.Errorf("a browser's session was taken: %d", code)
				}
			case route.KindTicket, route.KindProxy, route.KindLoopback:
				if code, body, _ := r.call(at.Pattern); code < 400 || code >= 500 {
					t.Errorf("without a right: %d %s", code, body)
				}
			case route.KindAnyone:
			default:
				t.Errorf("nobody tries a route for %q here", a)
			}
		})
	}
	golden(t, routes)
}

// page tries a page or form.
func (r *tried) page(at route.Route) {
	toDoor := func(what string, edit ...func(*http.Request)) {
		r.t.Helper()
		code, _, h := r.call(at.Pattern, edit...)
		if code != http.StatusSeeOther || !strings.HasPrefix(h.Get("Location"), "/signin") {
			r.t.Errorf("%s: %d to %q, want the door", what, code, h.Get("Location"))
		}
	}
	toDoor("nobody")
	toDoor("a wrong session", cookie("guess"))
	toDoor("an API token", token(r.tokens[person.Administrator]))
	for role := range r.people {
		holds := authority.OfRole(role)
		may := at.Access.Kind == route.KindSignedIn || holds.Has(at.Access.Scope) || at.Access.Kind == route.KindStaff && !holds.Empty()
		code, body, h := r.call(at.Pattern, cookie(r.signIn(role)))
		refused := code == http.StatusNotFound && strings.Contains(body, nothing)
		if may == refused || code >= 500 || strings.HasPrefix(h.Get("Location"), "/signin") && !strings.Contains(h.Get("Location"), "confirm") {
			r.t.Errorf("role %q, may %v: %d, refused %v", role, may, code, refused)
		}
	}
	if strings.HasPrefix(at.Pattern, "POST ") {
		code, _, _ := r.call(at.Pattern, cookie(r.signIn(person.Administrator)), func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") })
		if code != http.StatusForbidden {
			r.t.Errorf("a form from another site: %d", code)
		}
	}
}

// program tries a call of the API or of SCIM.
func (r *tried) program(at route.Route) {
	for i, secret := range append([]string{""}, r.over...) {
		code, body, h := r.call(at.Pattern, func(q *http.Request) {
			if q.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", len(at.Pattern)+i); i > 0 {
				q.Header.Set("Authorization", "Bearer "+secret)
			}
		})
		if code != http.StatusUnauthorized && code != http.StatusTooManyRequests || code == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
			r.t.Errorf("token %d that opens nothing: %d %s", i, code, body)
		}
	}
	if code, _, _ := r.call(at.Pattern, cookie(r.signIn(person.Administrator))); code != http.StatusUnauthorized && code != http.StatusTooManyRequests {
		r.t.Errorf("a browser's session was taken: %d", code)
	}
	for role, secret := range r.tokens {
		may := at.Access.Kind == route.KindAnyToken || authority.OfRole(role).Has(at.Access.Scope)
		code, body, _ := r.call(at.Pattern, token(secret))
		refused := code == http.StatusForbidden && strings.Contains(body, "scope_missing")
		if may == refused || !may && code != http.StatusForbidden || code == http.StatusUnauthorized || code >= 500 {
			r.t.Errorf("a token of role %q, may %v: %d %s", role, may, code, body)
		}
	}
}

// golden keeps the table in the documentation.
func golden(t *testing.T, routes []route.Route) {
	var b bytes.Buffer
	b.WriteString("# Every route, and who may call it\n\nWritten from the running server by `go test ./cmd/holdfast -run TestRoutes -update`; the test holds it against the server\nand tries each route with no credential, a wrong one, and each role.\n\n| route | for |\n|---|---|\n")
	for _, at := range routes {
		fmt.Fprintf(&b, "| `%s` | %s |\n", at.Pattern, at.Access)
	}
	const file = "../../docs/routes.md"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || cmp.Diff(string(want), b.String()) != "" {
		t.Errorf("docs/routes.md is not what the server answers (%v): %s", err, cmp.Diff(string(want), b.String()))
	}
}

// TestNoRouteBesideTheTable: a mux that does not ask who may call would hide
// routes from it.
func TestNoRouteBesideTheTable(t *testing.T) {
	err := filepath.WalkDir("../../edge/web", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("NewServeMux(")) && !strings.Contains(path, "edge/web/route/") {
			t.Errorf("%s makes a mux of its own: use route.NewMux", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
