package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"holdfast/edge/telemetry"
	"holdfast/edge/web"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/webtest"
)

// A proxy sends everything below /.holdfast/ of its application's host here.
// Nothing else of the server is there, however the path is written.
func TestTheHostOfAnApplicationReachesForwardAuthAlone(t *testing.T) {
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	says := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
	}
	s, err := web.Handler(web.Config{
		Origin: "https://id.example.org", Visits: webtest.New(t).Visits, Pages: pages,
		Metrics: telemetry.New("test", func() float64 { return 0 }, func() float64 { return 0 }), Log: slog.New(slog.DiscardHandler),
		Browser:  []web.Routes{func(m *route.Mux) { m.HandleFunc("GET /console", route.Anyone, says("console")) }},
		Protocol: []web.Routes{func(m *route.Mux) { m.HandleFunc("GET /authorize", route.Anyone, says("authorize")) }},
		Forward:  []web.Routes{func(m *route.Mux) { m.HandleFunc("/.holdfast/", route.Proxy, says("forward")) }},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/console", "/authorize", "/.holdfast", "/.holdfast/../console", "/.holdfast/%2e%2e/console", "/.holdfast//../../authorize",
		"/.holdfast/..%2fconsole", "/.holdfast/%2e%2e%2fconsole", "/.HOLDFAST/auth", "//.holdfast/../console"} {
		r := httptest.NewRequest(http.MethodGet, "http://wiki.example.org/", nil)
		if u, err := r.URL.Parse(path); err == nil {
			r.URL, r.RequestURI = u, path
		}
		r.Host = "wiki.example.org"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if body := w.Body.String(); strings.Contains(body, "console") && w.Code == http.StatusOK || strings.Contains(body, "authorize") && w.Code == http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, body)
		}
	}
	for _, host := range []string{"wiki.example.org", "id.example.org"} {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/.holdfast/auth", nil)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Body.String() != "forward" || w.Header().Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: got %d %q %v", host, w.Code, w.Body, w.Header())
		}
	}
}
