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
	"holdfast/domain/grant"
	"holdfast/domain/org"
	"holdfast/edge/store"
	"holdfast/edge/telemetry"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
)

// nobody is a store in which nobody is signed in.
type nobody struct{}

func (nobody) SessionBySecret(context.Context, string) (store.Visit, error) {
	return store.Visit{}, holdfast.Errorf(holdfast.NotFound, "no_such_session", "none")
}
func (nobody) Seen(context.Context, holdfast.SessionID, time.Time) error { return nil }
func (nobody) App(context.Context, holdfast.AppID) (grant.App, error)    { return grant.App{}, nil }
func (nobody) Setting(context.Context, string) (org.Setting, error) {
	return org.Setting{Value: "Harbour"}, nil
}

func handler(t *testing.T, origin string, ready error) http.Handler {
	t.Helper()
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	zero := func() float64 { return 0 }
	h, err := Handler(Config{
		Origin: origin, Pages: pages, Log: log, Metrics: telemetry.New("test", zero, zero),
		Visits: visit.New(visit.Config{Store: nobody{}, Pages: pages, Clock: time.Now, Log: log}),
		Ready:  func(context.Context) error { return ready },
		Browser: []Routes{func(mux *route.Mux) {
			mux.HandleFunc("GET /page", route.Anyone, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page") })
			mux.HandleFunc("POST /change", route.Anyone, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "changed") })
			mux.HandleFunc("GET /panic", route.Anyone, func(http.ResponseWriter, *http.Request) { panic("oops") })
			mux.HandleFunc("GET /half", route.Anyone, func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "half of a list")
				w.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			})
		}},
		Protocol: []Routes{func(mux *route.Mux) {
			mux.HandleFunc("POST /token", route.Anyone, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "token") })
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHandler(t *testing.T) {
	h := handler(t, "http://localhost:8080", nil)
	for _, c := range []struct {
		name, method, target string
		headers              map[string]string
		status               int
		want                 string // in the body, or in Location
	}{
		{"a page", "GET", "http://localhost:8080/page", nil, 200, "page"},
		{"a page by address", "GET", "http://127.0.0.1:8080/page?a=b", nil, 307, "http://localhost:8080/page?a=b"},
		{"a page by another name", "GET", "http://evil.example/page", nil, 307, "http://localhost:8080/page"},
		{"a change by address", "POST", "http://127.0.0.1:8080/change", nil, 307, "http://localhost:8080/change"},
		{"a change by address, version 6", "POST", "http://[::1]:8080/change", nil, 307, "http://localhost:8080/change"},
		{"a change by another name", "POST", "http://evil.example/change", nil, 400, "wrong_host"},
		{"a change from here", "POST", "http://localhost:8080/change", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200, "changed"},
		{"a change by a program", "POST", "http://localhost:8080/change", nil, 200, "changed"},
		{"a change from another site", "POST", "http://localhost:8080/change", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "cross_origin"},
		{"a change from a neighbour", "POST", "http://localhost:8080/change", map[string]string{"Sec-Fetch-Site": "same-site"}, 403, "cross_origin"},
		{"a change by another origin", "POST", "http://localhost:8080/change", map[string]string{"Origin": "http://localhost:9"}, 403, "cross_origin"},
		{"a protocol's call from another site", "POST", "http://localhost:8080/token", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200, "token"},
		{"no such page", "GET", "http://localhost:8080/nothing", nil, 404, "no_such_page"},
		{"the wrong method", "GET", "http://localhost:8080/change", nil, 404, "no_such_page"},
		{"alive, by address", "GET", "http://127.0.0.1:8080/livez", nil, 200, "ok"},
		{"ready, by address", "GET", "http://127.0.0.1:8080/readyz", nil, 200, "ok"},
		{"metrics from elsewhere", "GET", "http://localhost:8080/metrics", nil, 404, "no_such_page"},
		{"a path that is not clean", "GET", "http://localhost:8080//evil.example", nil, 307, "/evil.example"},
		{"no such asset", "GET", "http://localhost:8080" + page.PathAssets + "nothing.js", nil, 404, "404"},
		{"a panic", "GET", "http://localhost:8080/panic", nil, 500, "Nothing was saved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, nil) // from 192.0.2.1
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Location") + w.Body.String(); w.Code != c.status || !strings.Contains(got, c.want) {
				t.Errorf("got %d %s, want %d with %q", w.Code, got, c.status, c.want)
			}
			if w.Header().Get("Strict-Transport-Security") != "" {
				t.Error("HSTS on http")
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if w.Header().Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func TestMetricsAreForThisHost(t *testing.T) {
	h := handler(t, "http://localhost:8080", nil)
	for forwarded, want := range map[string]int{"": 200, "203.0.113.9": 404} {
		r := httptest.NewRequest("GET", "http://localhost:8080/metrics", nil)
		r.RemoteAddr = "127.0.0.1:5"
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("forwarded %q: got %d, want %d", forwarded, w.Code, want)
		}
	}
}

func TestNotReadyAndHSTS(t *testing.T) {
	h := handler(t, "https://id.example.org", errors.New("stopping"))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "https://10.0.0.1/readyz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("readyz: got %d", w.Code)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "https://id.example.org/page", nil))
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS on https")
	}
}

// Half of an answer does not look whole: the connection breaks.
func TestHalfAnAnswerIsNotWhole(t *testing.T) {
	h := handler(t, "http://localhost:8080", nil)
	s := httptest.NewServer(h)
	defer s.Close()
	r, err := http.NewRequest(http.MethodGet, s.URL+"/half", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "localhost:8080"
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if string(got) != "half of a list" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", got, err)
	}
}
