package page_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"holdfast/edge/web/page"
	"holdfast/edge/web/page/sample"
)

func newPages(t *testing.T) *page.Pages {
	t.Helper()
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func draw(t *testing.T, pages *page.Pages, p page.Page) string {
	t.Helper()
	var b strings.Builder
	if err := pages.Draw(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// everyPage is each story and the index, by name.
func everyPage() map[string]page.Page {
	out := map[string]page.Page{"index": sample.Contents(page.ThemeAuto, func(s string) string { return "/" + s })}
	for _, s := range sample.Stories(page.ThemeAuto) {
		out[s.Slug] = s.Page
	}
	// No story, since it would move on: but it is a page like any other.
	out["navigate"] = &page.Navigate{Target: "/next", Name: "Tide tables"}
	return out
}

func TestEveryPageIsSoundHTML(t *testing.T) {
	pages := newPages(t)
	for name, p := range everyPage() {
		t.Run(name, func(t *testing.T) {
			for _, fault := range faults(draw(t, pages, p)) {
				t.Error(fault)
			}
		})
	}
}

// The zero value of every field leaves its part of the page out.
func TestEveryPageDrawsWithItsZeroValue(t *testing.T) {
	pages := newPages(t)
	for name, p := range everyPage() {
		t.Run(name, func(t *testing.T) {
			zero := reflect.New(reflect.TypeOf(p).Elem()).Interface().(page.Page)
			if got := draw(t, pages, zero); !strings.HasSuffix(strings.TrimSpace(got), "</html>") {
				t.Errorf("page ends early: %q", got[max(0, len(got)-80):])
			}
		})
	}
}

func TestEveryTemplateHasAStory(t *testing.T) {
	drawn := map[string]bool{}
	for _, p := range everyPage() {
		drawn[strings.ToLower(reflect.TypeOf(p).Elem().Name())] = true
	}
	files, err := filepath.Glob("templates/[a-z]*.html")
	if err != nil || len(files) == 0 {
		t.Fatal("no templates", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".html")
		if !drawn[name] {
			t.Errorf("%s has no story", f)
		}
	}
}

// A page struct must not hide a field of Frame: the shells would show it.
func TestNoPageShadowsTheFrame(t *testing.T) {
	frame := reflect.TypeFor[page.Frame]()
	for name, p := range everyPage() {
		typ := reflect.TypeOf(p).Elem()
		for i := range typ.NumField() {
			f := typ.Field(i)
			if _, clash := frame.FieldByName(f.Name); clash && !f.Anonymous {
				t.Errorf("%s: field %s hides Frame.%s", name, f.Name, f.Name)
			}
		}
	}
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'{{.}}`

// Names come from strangers. Nothing that they write may become markup.
func TestHostileTextStaysText(t *testing.T) {
	pages := newPages(t)
	for name, p := range everyPage() {
		t.Run(name, func(t *testing.T) {
			soil(reflect.ValueOf(p).Elem())
			got := draw(t, pages, p)
			if strings.Contains(got, "<script>alert") || strings.Contains(got, "<img") {
				t.Error("hostile text became an element")
			}
			doc, err := html.Parse(strings.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			walk(doc, func(n *html.Node) {
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") {
						t.Errorf("<%s> has attribute %s", n.Data, a.Key)
					}
				}
			})
		})
	}
}

// soil puts hostile text into every string that a page shows.
func soil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			soil(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			soil(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			soil(v.Index(i))
		}
	case reflect.Map:
		if v.Type() == reflect.TypeFor[page.Errors]() && v.Len() > 0 {
			for _, k := range v.MapKeys() {
				v.SetMapIndex(k, reflect.ValueOf(hostile))
			}
		}
	case reflect.String:
		// Enumerations are ours; Picture is drawn by this package.
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() && v.String() != "app" {
			v.SetString(hostile)
		}
	}
}

func TestRenderSetsStrictHeaders(t *testing.T) {
	pages := newPages(t)
	w := httptest.NewRecorder()
	if err := pages.Render(w, http.StatusForbidden, &page.Problem{Status: 403}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Referrer-Policy":              "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	}
	for k, v := range want {
		if got := w.Header().Get(k); got != v {
			t.Errorf("%s: got %q, want %q", k, got, v)
		}
	}
	if got := w.Header().Get("Permissions-Policy"); !strings.Contains(got, "publickey-credentials-get=(self)") || !strings.Contains(got, "camera=()") {
		t.Errorf("Permissions-Policy: %q", got)
	}
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the connection is gone") }

func TestRenderTellsOfAFailedWrite(t *testing.T) {
	if err := newPages(t).Render(brokenWriter{httptest.NewRecorder()}, 200, &page.SignIn{}); err == nil {
		t.Error("no error")
	}
}

func TestAssets(t *testing.T) {
	pages := newPages(t)
	get := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.Assets().ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	for name, kind := range map[string]string{"holdfast.css": "text/css; charset=utf-8", "holdfast.js": "text/javascript; charset=utf-8", "mark.svg": "image/svg+xml"} {
		w := get("GET", pages.AssetURL(name))
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/assets/", "/assets/holdfast.css", "/assets/../doc.go", "/assets/nothing.js"} {
		if w := get("GET", path); w.Code != 404 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
	if w := get("POST", pages.AssetURL("holdfast.css")); w.Code != 405 {
		t.Errorf("POST: %d, want 405", w.Code)
	}
	if pages.AssetURL("nothing.js") != "" {
		t.Error("an unknown asset has an address")
	}
}

func TestStyleSheetStaysSmall(t *testing.T) {
	css, err := os.ReadFile("assets/holdfast.css")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(css), "\n"); n >= 700 {
		t.Errorf("%d lines, want under 700", n)
	}
	_, rules, ok := strings.Cut(string(css), "/* Ground */")
	if !ok {
		t.Fatal("the sheet has lost its first heading")
	}
	// Colours are custom properties: none is written out below them. Print is white.
	if m := regexp.MustCompile(`(?i)(#[0-9a-f]{3,8}\b|\b(oklch|rgba?|hsla?)\()`).FindString(rules); m != "" {
		t.Errorf("a colour outside the custom properties: %s", m)
	}
	if m := regexp.MustCompile(`@import|url\(`).FindString(string(css)); m != "" {
		t.Errorf("the sheet loads something: %s", m)
	}
}

// The names of exceptions are for switch cases only, never for people.
func TestScriptsShowNoExceptionName(t *testing.T) {
	scripts, err := filepath.Glob("assets/*.js")
	if err != nil || len(scripts) < 2 {
		t.Fatalf("%v, %v", scripts, err)
	}
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		js := string(text)
		for line := range strings.SplitSeq(js, "\n") {
			if strings.Contains(line, "Error\"") && !regexp.MustCompile(`^\s*case "\w+":$|new DOMException\("", "NotAllowedError"\)`).MatchString(line) {
				t.Errorf("%s: an exception's name outside a case: %s", name, strings.TrimSpace(line))
			}
		}
		if m := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`).FindString(js); m != "" {
			t.Errorf("%s makes markup or code from text: %s", name, m)
		}
		own := regexp.MustCompile(`(?m)^import \{[\w, ]+\} from "\./[a-z]+\.js";$|import\("\./call\.js"\)\.\w+\} \w+ \*/`).ReplaceAllString(js, "")
		if m := regexp.MustCompile(`(?m)^import |from "|\bimport\(|https?:/`).FindString(strings.ReplaceAll(own, "https://.", "")); m != "" {
			t.Errorf("%s loads something that is not ours: %s", name, m)
		}
	}
}

// A script imports the others by the names under which they are served.
func TestScriptsImportByHash(t *testing.T) {
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, b := range pages.AssetFiles() {
		for _, m := range regexp.MustCompile(`(?m)^import .* from "\./(.*)";$`).FindAllSubmatch(b, -1) {
			seen++
			if pages.AssetFiles()[string(m[1])] == nil {
				t.Errorf("%s imports %s, which is not served", name, m[1])
			}
		}
	}
	if seen == 0 {
		t.Error("no script imports another")
	}
}
