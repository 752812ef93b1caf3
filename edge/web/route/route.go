// Package route is the table of everything that the server answers: each
// pattern says who may call it, and the same word is what guards it. It
// refuses a route that does not say.
package route

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"holdfast/domain/authority"
)

// Kind is by what right a route is called.
type Kind string

const (
	KindAnyone   Kind = "anyone"    // nothing is asked: pages of the door, probes, discovery
	KindSignedIn Kind = "signed in" // a session; it touches only what is the caller's own
	KindStaff    Kind = "staff"     // a session whose person holds any scope
	KindScope    Kind = "scope"     // a session whose person holds the scope
	KindAppOwner Kind = "app owner" // the scope, or the application of the address is theirs
	KindToken    Kind = "token"     // an API token, or the host's socket, that holds the scope
	KindAnyToken Kind = "any token" // an API token, whatever it holds, or the host's socket
	KindTicket   Kind = "ticket"    // the secret of a one-time link, in the body
	KindClient   Kind = "client"    // an application, which authenticates itself in the call
	KindBearer   Kind = "bearer"    // an access token
	KindProxy    Kind = "proxy"     // a trusted reverse proxy, for its own visitor
	KindLoopback Kind = "loopback"  // this host, not through a proxy
)

// Access says who may call a route. The zero Access lets nobody in.
type Access struct {
	Kind  Kind
	Scope authority.Scope
}

var (
	Anyone   = Access{Kind: KindAnyone}
	SignedIn = Access{Kind: KindSignedIn}
	Staff    = Access{Kind: KindStaff}
	AnyToken = Access{Kind: KindAnyToken}
	Ticket   = Access{Kind: KindTicket}
	Client   = Access{Kind: KindClient}
	Bearer   = Access{Kind: KindBearer}
	Proxy    = Access{Kind: KindProxy}
	Loopback = Access{Kind: KindLoopback}
)

// Scope is a page or form for people who hold s.
func Scope(s authority.Scope) Access { return Access{KindScope, s} }

// AppOwner is Scope(s), or the owners of the application that the path value
// "id" names.
func AppOwner(s authority.Scope) Access { return Access{KindAppOwner, s} }

// Token is a call by a program that holds s.
func Token(s authority.Scope) Access { return Access{KindToken, s} }

func (a Access) String() string {
	if a.Scope != "" {
		return string(a.Kind) + " " + string(a.Scope)
	}
	return string(a.Kind)
}

// A Route is a pattern with who may call it.
type Route struct {
	Pattern string
	Access  Access
}

// A Guard lets into next who may be there, and answers everybody else.
type Guard func(a Access, next http.Handler) http.Handler

// Mux is a ServeMux that knows its routes. It is filled before it serves.
type Mux struct {
	mux    *http.ServeMux
	guard  Guard
	routes []Route
	inner  []*Mux
}

// NewMux makes a Mux. A guard of nil is for muxes whose handlers guard
// themselves, such as the OpenID Connect provider.
func NewMux(g Guard) *Mux {
	if g == nil {
		g = func(_ Access, next http.Handler) http.Handler { return next }
	}
	return &Mux{mux: http.NewServeMux(), guard: g}
}

// Handle adds a route. It panics when a says nothing: a route that nobody
// thought about is a hole.
func (m *Mux) Handle(pattern string, a Access, h http.Handler) {
	needs := a.Kind == KindScope || a.Kind == KindToken || a.Kind == KindAppOwner
	if a.Kind == "" || needs != (a.Scope != "") || a.Scope != "" && !slices.Contains(authority.All(), a.Scope) {
		panic(fmt.Sprintf("route: internal error: %q does not say who may call it (%v)", pattern, a))
	}
	m.routes = append(m.routes, Route{pattern, a})
	m.mux.Handle(pattern, m.guard(a, h))
}

// HandleFunc adds a route.
func (m *Mux) HandleFunc(pattern string, a Access, h http.HandlerFunc) { m.Handle(pattern, a, h) }

// Mount puts a Mux behind a handler that wraps it, under pattern, so that its
// routes are in the table too.
func (m *Mux) Mount(pattern string, inner *Mux, wrapped http.Handler) {
	m.inner = append(m.inner, inner)
	m.mux.Handle(pattern, wrapped)
}

func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// Match is the pattern that answers r.
func (m *Mux) Match(r *http.Request) string {
	_, pattern := m.mux.Handler(r)
	return pattern
}

// Routes is the whole table, by path.
func (m *Mux) Routes() []Route {
	out := slices.Clone(m.routes)
	for _, in := range m.inner {
		out = append(out, in.Routes()...)
	}
	slices.SortFunc(out, func(a, b Route) int { return strings.Compare(path(a), path(b)) })
	return out
}

func path(r Route) string {
	method, p, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		return r.Pattern
	}
	return p + " " + method
}
