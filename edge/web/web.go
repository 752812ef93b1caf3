// Package web is the whole URL map in one file, and what stands before every
// route: the right host, no foreign origins, bounded time, a log line, a count.
// It refuses requests that were meant for another name.
package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"holdfast/domain/grant"
	"holdfast/edge/telemetry"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
)

// Routes adds a part to the map.
type Routes func(mux *route.Mux)

// Config is what the map is made of.
type Config struct {
	Origin  string // scheme://host[:port]
	Visits  *visit.Visits
	Pages   *page.Pages
	Metrics *telemetry.Metrics
	Log     *slog.Logger
	Ready   func(context.Context) error // nil: the server can do its work

	// RPID is the WebAuthn relying party id. Related lists the related origins;
	// nil: there are none.
	RPID    string
	Related func(context.Context) ([]string, error)

	// Door parts are Browser parts that are served at related origins too.
	Door []Routes
	// Browser parts answer to this origin's own pages only.
	Browser []Routes
	// Protocol parts are called by other origins and by programs: they
	// authenticate each call themselves and take no cookie's word for a change.
	Protocol []Routes
	// Forward parts are below grant.ForwardPrefix on any host: a reverse proxy
	// asks there, for the hosts of applications. Nothing else is served there.
	Forward []Routes
}

// Server is the whole map. It knows its own routes.
type Server struct {
	http.Handler
	table *route.Mux
}

// Routes lists everything that is answered, and who may call it.
func (s *Server) Routes() []route.Route { return s.table.Routes() }

// Handler is the server.
func Handler(c Config) (*Server, error) {
	origin, err := url.Parse(c.Origin)
	if err != nil {
		return nil, err
	}
	s := &server{Config: c, host: origin.Host, secure: origin.Scheme == "https"}
	browser := route.NewMux(c.Visits.Guard)
	browser.Handle("GET "+page.PathAssets, route.Anyone, c.Pages.Assets())
	for _, p := range slices.Concat(c.Door, c.Browser) {
		p(browser)
	}
	browser.HandleFunc("/", route.Anyone, s.notFound)

	root := route.NewMux(nil)
	for _, p := range c.Protocol {
		p(root)
	}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(s.crossOrigin))
	root.Mount("/", browser, protection.Handler(patterned(browser)))

	outer := route.NewMux(nil)
	Probes(outer, c.Ready)
	outer.Handle("GET /metrics", route.Loopback, s.local(c.Metrics.Handler()))
	if len(c.Forward) > 0 {
		forward := route.NewMux(nil)
		for _, p := range c.Forward {
			p(forward)
		}
		outer.Mount(grant.ForwardPrefix, forward, patterned(forward))
	}
	door := protection.Handler(patterned(s.related()))
	outer.Mount("/", root, s.rightHost(root, s.otherHost(root, door)))
	return &Server{telemetry.Traced(s.observe(outer), c.Visits.FromProxy), outer}, nil
}

// Probes adds what a supervisor asks. Both answer on any host name.
func Probes(mux *route.Mux, ready func(context.Context) error) {
	mux.HandleFunc("GET /livez", route.Anyone, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", route.Anyone, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			http.Error(w, "not ready: the database does not answer, or the server is stopping", http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ok\n"))
	})
}

type server struct {
	Config
	host   string
	secure bool // https
}

func (s *server) notFound(w http.ResponseWriter, r *http.Request) {
	s.Visits.PageError(w, r, visit.Visit{}, visit.ErrNoPage)
}

func (s *server) crossOrigin(w http.ResponseWriter, r *http.Request) {
	s.Visits.JSONError(w, r, errCrossOrigin)
}

// rightHost sends who asked for another name, such as an IP address, to the
// origin: passkeys work by name, and a cookie for another name would be lost.
func (s *server) rightHost(next, other http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Host, s.host) {
			other.ServeHTTP(w, r)
			return
		}
		if s.secure {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// byAddress says whether host is an IP address. Whoever calls by address means
// this server, so the call itself is sent on, method and body (307).
func byAddress(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// local lets only this host in, and nobody through a proxy.
func (s *server) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		forwarded := r.Header.Get("X-Forwarded-For") + r.Header.Get("Forwarded") + r.Header.Get("X-Real-Ip")
		if err != nil || !peer.Addr().Unmap().IsLoopback() || forwarded != "" {
			s.Visits.PageError(w, r, visit.Visit{}, visit.ErrNoPage)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// observe counts each request and keeps a panic from ending more than its own.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		page.Headers(w.Header()) // also of redirects and plain errors; whoever knows better sets them again
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				s.Log.ErrorContext(r.Context(), "panic", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				if !rec.wrote {
					http.Error(rec, "Something went wrong on our side. Nothing was saved.", http.StatusInternalServerError)
				}
			}
			route := r.Pattern
			if rec.route != "" {
				route = rec.route
			}
			took := time.Since(began)
			s.Metrics.Count(route, rec.status, took)
			// The pattern, not the path: what stands in paths is people's business.
			s.Log.DebugContext(r.Context(), "answered", "method", r.Method, "route", route, "status", rec.status, "took", took)
			if p != nil && rec.wrote && rec.status == http.StatusOK {
				panic(http.ErrAbortHandler) // half an answer must not end as a whole one does
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// patterned notes which pattern of an inner mux matched, for the count.
func patterned(mux *route.Mux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r)
		if rec, ok := w.(*recorder); ok {
			rec.route = r.Pattern
		}
	})
}

type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
	route  string
}

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// NewServer is an http.Server with limits on what a slow or large request can
// hold.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.Background() },
	}
}
