package browser

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"holdfast/edge/web/page"
	"holdfast/edge/web/page/sample"
)

// storybook serves every page with sample data under the headers that the real
// server sends.
func storybook(t *testing.T) string {
	t.Helper()
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+page.PathAssets, pages.Assets())
	mux.HandleFunc("GET /story/{slug}", func(w http.ResponseWriter, r *http.Request) {
		for _, s := range sample.Stories(page.ThemeAuto) {
			if s.Slug == r.PathValue("slug") {
				if err := pages.Render(w, http.StatusOK, s.Page); err != nil {
					t.Errorf("%s: %v", s.Slug, err)
				}
			}
		}
	})
	// The pages' script begins a sign-in by itself; nobody is there to sign in.
	mux.HandleFunc("POST /door/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte(`{"status":503,"code":"storybook","detail":"This is only a picture of the page."}`))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/story/"
}

// Every page, light and dark, wide and at 320 px: nothing for axe-core to find,
// nothing that scrolls sideways, nothing that the page's own policy blocks.
func TestEveryPageCanBeUsedByEveryone(t *testing.T) {
	t.Parallel()
	base := storybook(t)
	tab := Start(t).Tab(t, "page")
	stories := sample.Stories(page.ThemeAuto)
	if len(stories) == 0 {
		t.Fatal("the storybook has no page")
	}
	for _, s := range stories {
		t.Run(s.Slug, func(t *testing.T) {
			tab := tab.For(t)
			tab.Open(base + s.Slug)
			lookAs(t, tab, "", everyView[:])
		})
	}
}

// view is a way to look at a page.
type view struct {
	scheme string
	width  int64 // CSS pixels
}

func (v view) String() string {
	return v.scheme + "-" + map[int64]string{1280: "wide", 320: "narrow"}[v.width]
}

// Of a page with sample data every view is looked at; of the same page in the
// course of a story two, which have both colours and both widths.
var (
	everyView = [...]view{{"light", 1280}, {"dark", 1280}, {"dark", 320}, {"light", 320}}
	bothViews = [...]view{{"light", 1280}, {"dark", 320}}
)

// look looks at the page that is open, and keeps pictures of it.
func look(t *testing.T, tab *Tab, name string) {
	t.Helper()
	lookAs(t, tab, name+"-", bothViews[:])
}

func lookAs(t *testing.T, tab *Tab, name string, views []view) {
	t.Helper()
	for _, v := range views {
		tab.Size(v.width, 800)
		tab.Scheme(v.scheme)
		if n := tab.Sideways(); n > 0 {
			t.Errorf("%s%s: the page is %d px wider than its window", name, v, n)
		}
		for _, found := range tab.Axe() {
			t.Errorf("%s%s: %s: %s\n  %s", name, v, found.ID, found.Help, strings.Join(found.Targets, "\n  "))
		}
		tab.Screenshot(name + v.String())
	}
	for _, c := range tab.Complaints() {
		if !strings.Contains(c, "503") { // the door of the storybook
			t.Errorf("%s: console: %s", name, c)
		}
	}
	tab.Size(1280, 800)
}
