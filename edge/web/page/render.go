package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
)

//go:embed templates/*.html
var templates embed.FS

// Config says how pages are put together. The zero Config is right for the
// server; the storybook's static files set Base.
type Config struct {
	Base string // address of the assets; PathAssets where empty
}

// Pages draws pages. It is immutable and may be used concurrently.
type Pages struct {
	assets *assets
	byName map[string]func() (*template.Template, error) // parsed when it is first called
}

// New reads the assets. It fails only on a mistake in this package.
//
// Templates are parsed when a page is first drawn: each page takes a copy of
// all that is shared, 6 MiB and half of the start for pages that most servers
// show to a few administrators. The tests draw every one.
func New(c Config) (*Pages, error) {
	if c.Base == "" {
		c.Base = PathAssets
	}
	as, err := readAssets(c.Base)
	if err != nil {
		return nil, err
	}
	p := &Pages{assets: as, byName: map[string]func() (*template.Template, error){}}
	shared := sync.OnceValues(func() (*template.Template, error) {
		return template.New("").Funcs(p.funcs()).ParseFS(templates, "templates/_*.html")
	})
	files, err := fs.Glob(templates, "templates/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		p.byName[strings.TrimSuffix(strings.TrimPrefix(f, "templates/"), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			base, err := shared()
			if err != nil {
				return nil, fmt.Errorf("the shared templates: %w", err)
			}
			return template.Must(base.Clone()).ParseFS(templates, f)
		})
	}
	return p, nil
}

// Draw writes the page's HTML, or nothing and an error.
func (ps *Pages) Draw(w io.Writer, p Page) error {
	parsed, ok := ps.byName[p.name()]
	if !ok {
		return fmt.Errorf("page: no template %q", p.name())
	}
	t, err := parsed()
	if err != nil {
		return fmt.Errorf("page: parse %s: %w", p.name(), err)
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, p.shell(), p); err != nil {
		return fmt.Errorf("page: draw %s: %w", p.name(), err)
	}
	_, err = buf.WriteTo(w)
	return err
}

// Render answers with the page. When the page cannot be drawn it answers 500
// in plain text and returns the error, for the log; an error of writing is
// returned too.
func (ps *Pages) Render(w http.ResponseWriter, status int, p Page) error {
	var buf bytes.Buffer
	if err := ps.Draw(&buf, p); err != nil {
		Headers(w.Header())
		http.Error(w, "Something went wrong on our side. Nothing was changed by showing this page. Try again.", http.StatusInternalServerError)
		return err
	}
	Headers(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := buf.WriteTo(w)
	return err
}

// contentSecurityPolicy lets a page load and post to its own origin only, and
// run no script but the module. form-action 'self' also forbids a redirect to
// an application after a form post: see Navigate.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// permissionsPolicy keeps WebAuthn and the clipboard for ourselves, and the rest for nobody.
const permissionsPolicy = "publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), " +
	"camera=(), microphone=(), geolocation=(), payment=(), usb=(), hid=(), serial=(), display-capture=()"

// Headers sets what every page answers with. Pages are never cached: they hold
// one-time links, and "back" after signing out must not show them.
func Headers(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("Permissions-Policy", permissionsPolicy)
	// Not no-referrer: it turns the Origin of a form post into "null", which
	// cross-origin protection must refuse where Sec-Fetch-Site is missing.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
