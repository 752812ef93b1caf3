package visit

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"holdfast/edge/web/page"
)

// cookieName of the session. __Host- binds it to this very origin and to
// https; on http, which is loopback only, browsers refuse that prefix.
func (vs *Visits) cookieName() string {
	if vs.Secure {
		return "__Host-holdfast"
	}
	return "holdfast"
}

func (vs *Visits) secret(r *http.Request) string {
	// Two cookies of our name: somebody planted one. Take none.
	if cs := r.CookiesNamed(vs.cookieName()); len(cs) == 1 {
		return cs[0].Value
	}
	return ""
}

// Keep gives the browser a session. The cookie has no end of its own: the
// limits are the server's (NIST SP 800-63B-4 §5.1.1).
func (vs *Visits) Keep(w http.ResponseWriter, secret string) {
	http.SetCookie(w, vs.cookie(vs.cookieName(), secret, 0))
}

// Drop takes the session from the browser.
func (vs *Visits) Drop(w http.ResponseWriter) {
	http.SetCookie(w, vs.cookie(vs.cookieName(), "", -1))
}

func (vs *Visits) cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: vs.Secure, SameSite: http.SameSiteLaxMode}
}

// flashName has the prefix for the same reason: who can plant cookies from a
// neighbouring name shall not put words into our pages.
func (vs *Visits) flashName() string { return vs.cookieName() + "-flash" }

// Flash has the next page say what was done.
func (vs *Visits) Flash(w http.ResponseWriter, tone page.Tone, text string) {
	value := base64.RawURLEncoding.EncodeToString([]byte(string(tone) + "\n" + text))
	http.SetCookie(w, vs.cookie(vs.flashName(), value, 60))
}

func (vs *Visits) takeFlash(w http.ResponseWriter, r *http.Request) page.Flash {
	c, err := r.Cookie(vs.flashName())
	if err != nil {
		return page.Flash{}
	}
	http.SetCookie(w, vs.cookie(vs.flashName(), "", -1))
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	tone, text, ok := strings.Cut(string(raw), "\n")
	if err != nil || !ok || len(text) > 400 {
		return page.Flash{}
	}
	switch t := page.Tone(tone); t {
	case page.ToneGood, page.ToneNote, page.ToneWarn, page.ToneAlarm:
		return page.Flash{Tone: t, Text: text}
	}
	return page.Flash{Text: text}
}

// maxPath is that of an application's request that waits: flow/authorize seals
// it into 4000 characters.
const maxPath = 4096

// LocalPath gives p where it leads somewhere on this origin, else "": whatever
// a browser might read as another host is refused (open redirect).
func LocalPath(p string) string {
	if len(p) > maxPath || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\x00\r\n\t") {
		return ""
	}
	u, err := url.Parse(p)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return ""
	}
	return p
}
