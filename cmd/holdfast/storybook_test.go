package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"holdfast/edge/web/page"
	"holdfast/edge/web/page/sample"
)

func TestStorybookWritesEveryStory(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	if code := runStorybook([]string{"--out", dir}, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sample.Stories(page.ThemeAuto) {
		if !bytes.Contains(index, []byte(`href="`+s.Slug+`.html"`)) {
			t.Errorf("the index does not lead to %s", s.Slug)
		}
		b, err := os.ReadFile(filepath.Join(dir, s.Slug+".html"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="(assets/[^"]+)"`).FindAllSubmatch(b, -1) {
			if _, err := os.Stat(filepath.Join(dir, string(m[1]))); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestStorybookServes(t *testing.T) {
	pages, err := page.New(page.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/": 200, "/door-signin": 200, "/door-signin?theme=dark": 200, "/nothing": 404, pages.AssetURL("holdfast.js"): 200,
	} {
		w := httptest.NewRecorder()
		stories(pages).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if dark := strings.Contains(w.Body.String(), `data-theme="dark"`); dark != strings.Contains(path, "dark") {
			t.Errorf("%s: dark is %v", path, dark)
		}
	}
}

func TestStorybookRefusesWhatItDoesNotKnow(t *testing.T) {
	var out, errs bytes.Buffer
	if code := runStorybook([]string{"--colour", "red"}, &out, &errs); code != 2 {
		t.Errorf("exit %d, want 2", code)
	}
	if code := runStorybook([]string{"out"}, &out, &errs); code != 2 {
		t.Errorf("exit %d, want 2", code)
	}
}
