package api_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/person"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/keys/keystest"
	"holdfast/edge/metadata"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/edge/web/api"
	"holdfast/edge/web/bearer"
	"holdfast/edge/web/route"
	"holdfast/edge/web/webtest"
	"holdfast/flow/govern"
	"holdfast/flow/survey"
	"holdfast/test/mdsblob"
)

// world is an organisation with its API.
type world struct {
	*webtest.World
	t    testing.TB
	api  *api.API
	mux  *route.Mux
	keys keyChanger
	root person.Record // an administrator

	fido     *mdsblob.Authority // who vouches for metadata
	metadata *metadata.Library
	policies *policies.Shelf
}

type keyChanger struct {
	keys.Master
	keys.Store
}

func (k keyChanger) Rotate(ctx context.Context, by holdfast.Actor, overlap time.Duration, now time.Time) ([]signingkey.Record, error) {
	return k.Master.Rotate(ctx, k.Store, by, overlap, now)
}

func (k keyChanger) Withdraw(ctx context.Context, by holdfast.Actor, now time.Time) ([]signingkey.Record, error) {
	return k.Master.Withdraw(ctx, k.Store, by, now)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: webtest.New(t), t: t, fido: mdsblob.New("test")}
	master := keystest.Master(t)
	w.keys = keyChanger{master, store.Port[keys.Tx]{DB: w.DB}}
	guard := bearer.New(bearer.Config{Store: w.DB, Clock: w.Now, Log: slog.New(slog.DiscardHandler), Address: w.Visits.Address, Refuse: w.Visits.JSONError})
	var err error
	if w.policies, err = policies.Presets(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	w.metadata = metadata.New(metadata.Config{Store: w.DB, Import: w.Govern, Clock: w.Now, Log: slog.New(slog.DiscardHandler)},
		metadata.Settings{Roots: []*x509.Certificate{w.fido.Root}, MaxAge: 30 * 24 * time.Hour})
	w.api, err = api.New(api.Config{Store: w.DB, Govern: w.Govern, Keys: w.keys, Metadata: w.metadata,
		Survey:   survey.New(survey.Config{Store: w.DB, Policies: w.policies, Clock: w.Now}),
		Policies: w.policies, Revisions: govern.NewRevisions(w.Govern, w.policies, nil), Visits: w.Visits, Guard: guard.Guard,
		Sealer: master, Clock: w.Now, Log: slog.New(slog.DiscardHandler), Origin: webtest.Origin, RPID: "localhost", VerifierKey: "verifier"})
	if err != nil {
		t.Fatal(err)
	}
	w.mux = route.NewMux(nil)
	w.api.Routes(w.mux)
	w.root = w.Administrator("Root Administrator", "root@example.org")
	return w
}

// foundKeys makes the keys that sign tokens, which takes long.
func (w *world) foundKeys() {
	w.t.Helper()
	if err := w.keys.Found(w.t.Context(), w.keys.Store, w.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// token makes one for owner with scopes; without scopes, with all.
func (w *world) token(owner person.Record, scopes ...string) string {
	w.t.Helper()
	_, secret := w.tokenFor(owner, time.Hour*24, scopes...)
	return secret
}

func (w *world) tokenFor(owner person.Record, life time.Duration, scopes ...string) (apitoken.Record, string) {
	w.t.Helper()
	if len(scopes) == 0 {
		scopes = allScopes()
	}
	t, secret, err := w.Govern.CreateToken(context.Background(), webtest.System, owner.ID, apitoken.New{Name: "Test", Scopes: scopes, Life: life})
	if err != nil {
		w.t.Fatal(err)
	}
	return t, secret
}

// answer is what a call was answered.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// program calls with a token.
type program struct {
	w      *world
	token  string
	header http.Header
}

func (w *world) program(token string) *program { return &program{w, token, http.Header{}} }

func (w *world) admin() *program { return w.program(w.token(w.root)) }

// with has the next calls carry a header.
func (p *program) with(name, value string) *program {
	h := p.header.Clone()
	h.Set(name, value)
	return &program{p.w, p.token, h}
}

func (p *program) do(method, path string, body string) answer {
	p.w.t.Helper()
	r := httptest.NewRequest(method, webtest.Origin+"/api/v1"+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:4711"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	for name, values := range p.header {
		r.Header[name] = values
	}
	return p.w.serve(r)
}

func (w *world) serve(r *http.Request) answer {
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	body, _ := io.ReadAll(rec.Body)
	return answer{w.t, rec.Code, rec.Header(), body}
}

// into reads a body of the status that is wanted.
func (a answer) into(status int, v any) answer {
	a.t.Helper()
	a.want(status)
	reflect.ValueOf(v).Elem().SetZero()
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		a.t.Fatalf("%s: %v", a.body, err)
	}
	return a
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d %s, want %d", a.status, a.body, status)
	}
	return a
}

// refused wants a problem.
func (a answer) refused(status int, code string) map[string]any {
	a.t.Helper()
	var p map[string]any
	if err := json.Unmarshal(a.body, &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Fatalf("got %d %s %s, want a problem", a.status, a.header.Get("Content-Type"), a.body)
	}
	if a.status != status || p["code"] != code || p["status"] != float64(status) {
		a.t.Fatalf("got %d %s, want %d %s", a.status, a.body, status, code)
	}
	return p
}
