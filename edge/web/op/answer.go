package op

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"holdfast/edge/web/page"
)

// serve hands a request to the library.
func (p *Provider) serve(at endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		c := &call{at: at}
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil || repeats(r.PostForm) {
				write(w, http.StatusBadRequest, "invalid_request", "the form cannot be read")
				return
			}
			c.scopes = strings.Fields(r.PostFormValue("scope"))
		}
		_, _, c.basic = r.BasicAuth()
		if at == atUserInfo && !bearer(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="holdfast"`) // RFC 6750 §3
			write(w, http.StatusUnauthorized, "invalid_token", "an access token is required")
			return
		}
		p.answer(w, r, c)
	})
}

// bearer: the library takes a token after any word.
func bearer(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

// answer runs the library against a buffer and sends what is right to send.
func (p *Provider) answer(w http.ResponseWriter, r *http.Request, c *call) {
	out := &buffer{header: http.Header{}, status: http.StatusOK}
	p.library.ServeHTTP(out, r.WithContext(withCall(r.Context(), c)))
	location := out.header.Get("Location")
	switch {
	case c.fault != nil && c.at == atAuthorize:
		p.fault(w, r, c.fault)
	case c.fault != nil:
		p.Log.ErrorContext(r.Context(), "openid failed", "path", r.URL.Path, "err", c.fault.Error())
		w.Header().Set("Retry-After", "5")
		write(w, http.StatusServiceUnavailable, "temporarily_unavailable", "try again in a moment")
	case location != "" && r.Method == http.MethodPost && leaves(location):
		// form-action 'self' also forbids the redirect that answers a form.
		denied := strings.Contains(location, "error=")
		p.Pages.Render(w, http.StatusOK, &page.Navigate{Frame: p.Frame(r), Target: location, Name: c.app.Name, Denied: denied})
	default:
		out.send(w, r, c)
	}
}

func leaves(location string) bool {
	u, err := url.Parse(location)
	return err == nil && u.Host != ""
}

// buffer holds an answer until it is sure: the library writes a page before it
// saves what the page leads on to.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
	wrote  bool
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(status int) {
	if !b.wrote {
		b.status, b.wrote = status, true
	}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.wrote = true
	return b.body.Write(p)
}

func (b *buffer) send(w http.ResponseWriter, r *http.Request, c *call) {
	h := w.Header()
	for name, values := range b.header {
		h[name] = values
	}
	h.Set("Cache-Control", "no-store") // RFC 6749 §5.1
	h.Set("X-Content-Type-Options", "nosniff")
	if c.at == atKeys {
		public(h)
	}
	if b.header.Get("Location") != "" {
		h.Set("Referrer-Policy", "no-referrer") // RFC 9700 §4.2.4: the code is in no Referer
	}
	if b.status == http.StatusUnauthorized {
		// RFC 6750 §3.1; RFC 6749 §5.2.
		switch {
		case c.at == atUserInfo:
			h.Set("WWW-Authenticate", `Bearer realm="holdfast", error="invalid_token"`)
		case c.basic:
			h.Set("WWW-Authenticate", `Basic realm="holdfast"`)
		}
	}
	w.WriteHeader(b.status)
	w.Write(b.body.Bytes())
}

// public is for what is the same for everybody and may be read from any page.
func public(h http.Header) {
	h.Del("Pragma")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
}

// write is an OAuth error (RFC 6749 §5.2).
func write(w http.ResponseWriter, status int, code, text string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": text})
}
