package forward

import (
	"net/http"
	"regexp"
	"strings"

	"holdfast/flow/forward"
)

// Cookies on the application's own host. __Host- binds them to this very host
// and to https, so that a neighbouring host can plant none; on http, which is
// loopback only, browsers refuse that prefix.
const (
	cookieApp   = "holdfast-app"       // who is signed in to the application
	cookieBegin = "holdfast-app-begin" // which browser began a sign-in
)

func cookieName(t told, name string) string {
	if strings.HasPrefix(t.origin, "https://") {
		return "__Host-" + name
	}
	return name
}

// secretShape is that of holdfast.NewSecret.
var secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// secret is what the browser holds, or "": two cookies of the name are none,
// since one was planted.
func (f *Forward) secret(r *http.Request, t told, name string) string {
	cs := r.CookiesNamed(cookieName(t, name))
	if len(cs) != 1 || !secretShape.MatchString(cs[0].Value) {
		return ""
	}
	return cs[0].Value
}

// keep gives the browser a secret: that of a sign-in for as long as one takes,
// that of an application without an end, since the limits are the server's.
func (f *Forward) keep(w http.ResponseWriter, t told, name, secret string) {
	age := 0
	if name == cookieBegin {
		age = int(forward.SignInLife.Seconds())
	}
	http.SetCookie(w, cookie(t, name, secret, age))
}

func (f *Forward) drop(w http.ResponseWriter, t told, name string) {
	http.SetCookie(w, cookie(t, name, "", -1))
}

func cookie(t told, name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName(t, name), Value: value, Path: "/", MaxAge: age, HttpOnly: true,
		Secure: strings.HasPrefix(t.origin, "https://"), SameSite: http.SameSiteLaxMode}
}
