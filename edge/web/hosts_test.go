package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/edge/telemetry"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/edge/web/wellknown"
)

// somebody is a store in which each secret is a session that was opened at the
// origin of that name.
type somebody struct{ nobody }

var opened = map[string]string{holdfast.HashSecret("own"): "", holdfast.HashSecret("shop"): "https://shop.example"}

func (somebody) SessionBySecret(_ context.Context, hash string) (store.Visit, error) {
	origin, ok := opened[hash]
	if !ok {
		return nobody{}.SessionBySecret(context.Background(), hash)
	}
	now := time.Now()
	return store.Visit{
		Session: session.Record{ID: "ses_1", Person: "per_1", AAL: holdfast.AAL2, AuthTime: now, Expires: now.Add(time.Hour), Origin: origin},
		Person:  person.Record{ID: "per_1", Name: "Ada", Status: person.Active}, Credential: credential.Active, LastSeen: now,
	}, nil
}

// brands is a server of three names: its own, and two related origins.
func brands(t *testing.T, related func(context.Context) ([]string, error)) http.Handler {
	t.Helper()
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	visits := visit.New(visit.Config{Store: somebody{}, Pages: pages, Clock: time.Now, Log: log, Secure: true})
	door := func(mux *route.Mux) {
		mux.HandleFunc("GET /signin", route.Anyone, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "door at "+visit.Origin(r))
		})
		mux.HandleFunc("POST /door/x", route.Anyone, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "done") })
		mux.HandleFunc("GET /me", route.SignedIn, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "portal") })
	}
	console := func(mux *route.Mux) {
		mux.HandleFunc("GET /console", route.SignedIn, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "console") })
		mux.HandleFunc("POST /console/x", route.SignedIn, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "changed") })
	}
	issuer := func(mux *route.Mux) {
		mux.HandleFunc("POST /token", route.Client, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "token") })
	}
	known := wellknown.New(wellknown.Config{Origin: "https://id.kelp.example", Related: related, Visits: visits})
	zero := func() float64 { return 0 }
	h, err := Handler(Config{
		Origin: "https://id.kelp.example", RPID: "kelp.example", Related: related, Pages: pages, Visits: visits, Log: log,
		Metrics: telemetry.New("test", zero, zero), Ready: func(context.Context) error { return nil },
		Door: []Routes{door}, Browser: []Routes{console}, Protocol: []Routes{issuer, known.Routes},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestRelatedOriginsServeTheDoorAndNothingElse(t *testing.T) {
	list := []string{"https://shop.example", "https://port.example:8443"}
	h := brands(t, func(context.Context) ([]string, error) { return list, nil })
	const both = `{"origins":["https://id.kelp.example","https://shop.example"`
	for _, c := range []struct {
		name, method, target, cookie, site string
		status                             int
		want                               string // in the body, or in Location
	}{
		{"the door", "GET", "https://shop.example/signin", "", "", 200, "door at https://shop.example"},
		{"the door in capitals", "GET", "https://SHOP.example/signin", "", "", 200, "door at https://shop.example"},
		{"the door at a port", "GET", "https://port.example:8443/signin", "", "", 200, "door at https://port.example:8443"},
		{"the door at its own name", "GET", "https://id.kelp.example/signin", "", "", 200, "door at "},
		{"the usual port where another is named", "GET", "https://port.example/signin", "", "", 307, "https://id.kelp.example/signin"},
		{"another port", "GET", "https://shop.example:8443/signin", "", "", 307, "https://id.kelp.example/signin"},
		{"a name within", "GET", "https://www.shop.example/signin", "", "", 307, "https://id.kelp.example/signin"},
		{"a call from the same page", "POST", "https://shop.example/door/x", "", "same-origin", 200, "done"},
		{"a call from a related origin", "POST", "https://shop.example/door/x", "", "cross-site", 403, "cross_origin"},
		{"a call from a related origin to its own", "POST", "https://id.kelp.example/door/x", "", "cross-site", 403, "cross_origin"},
		{"the console", "GET", "https://shop.example/console?a=b", "shop", "", 307, "https://id.kelp.example/console?a=b"},
		{"a change in the console", "POST", "https://shop.example/console/x", "shop", "same-origin", 400, "wrong_host"},
		{"the token endpoint", "POST", "https://shop.example/token", "", "", 400, "wrong_host"},
		{"a session where it was opened", "GET", "https://shop.example/me", "shop", "", 200, "portal"},
		{"a session of the own origin at a related one", "GET", "https://shop.example/me", "own", "", 303, "/signin"},
		{"a session of a related origin at the own one", "GET", "https://id.kelp.example/me", "shop", "", 303, "/signin"},
		{"a session of a related origin in the console", "GET", "https://id.kelp.example/console", "shop", "", 303, "/signin"},
		{"a session of a related origin at another", "GET", "https://port.example:8443/me", "shop", "", 303, "/signin"},
		{"the list at the own name", "GET", "https://id.kelp.example/.well-known/webauthn", "", "", 200, both},
		{"the list at the RP ID", "GET", "https://kelp.example/.well-known/webauthn", "", "", 200, both},
		{"the list asked for by a page", "GET", "https://kelp.example/.well-known/webauthn", "", "cross-site", 200, both},
		{"the pages of passkeys at the RP ID", "GET", "https://kelp.example/.well-known/passkey-endpoints", "", "", 200,
			`{"enroll":"https://id.kelp.example/me/passkeys","manage":"https://id.kelp.example/me/passkeys"}`},
		{"anything else at the RP ID", "GET", "https://kelp.example/signin", "", "", 307, "https://id.kelp.example/signin"},
		{"the list at another name", "GET", "https://evil.example/.well-known/webauthn", "", "", 307, "https://id.kelp.example/.well-known/webauthn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, nil)
			if c.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "__Host-holdfast", Value: c.cookie})
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := w.Header().Get("Location") + w.Body.String()
			if w.Code != c.status || !strings.Contains(got, c.want) {
				t.Errorf("got %d %s, want %d with %q", w.Code, got, c.status, c.want)
			}
			if strings.Contains(c.want, "{") && w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("Content-Type is %q", w.Header().Get("Content-Type"))
			}
			if w.Code == 200 && !strings.Contains(c.target, "//kelp.example") && w.Header().Get("Strict-Transport-Security") == "" {
				t.Error("no HSTS")
			}
		})
	}

	t.Run("every node follows at once", func(t *testing.T) {
		list = nil
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "https://shop.example/signin", nil))
		if w.Code != 307 {
			t.Errorf("an origin that is gone answers %d", w.Code)
		}
	})
}

func TestRelatedOriginsWithoutTheStore(t *testing.T) {
	h := brands(t, func(context.Context) ([]string, error) {
		return nil, holdfast.Errorf(holdfast.Unavailable, "store_unavailable", "Not now.").Because(errors.New("gone"))
	})
	for _, target := range []string{"https://shop.example/signin", "https://id.kelp.example/.well-known/webauthn"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != 503 {
			t.Errorf("%s: %d, want 503", target, w.Code)
		}
	}
}
