package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func server(t *testing.T, routes map[string]http.HandlerFunc) *Client {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.HandleFunc(pattern, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	c, err := New(s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestProblemIsAnError(t *testing.T) {
	c := server(t, map[string]http.HandlerFunc{
		"POST /door/signin/finish": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
			w.WriteHeader(403)
			fmt.Fprint(w, `{"type":"about:blank","title":"Denied","status":403,"detail":"Try again.","code":"denied","step":"7.2-17"}`)
		}})
	_, err := c.FinishSignIn(t.Context(), "x", []byte(`{}`))
	var got *Problem
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a Problem", err)
	}
	want := &Problem{Type: "about:blank", Title: "Denied", Detail: "Try again.", Status: 403, Code: "denied", Step: "7.2-17"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problem (-want +got):\n%s", d)
	}
}

func TestWalkStopsBeforeTheApplication(t *testing.T) {
	c := server(t, map[string]http.HandlerFunc{
		"/a": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "k", Value: "v"})
			http.Redirect(w, r, "/b", http.StatusSeeOther)
		},
		"/b": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://app.invalid/cb?code=1", http.StatusFound)
		},
		"/end": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("Cookie")) },
	})
	page, err := c.Walk(t.Context(), "/a", "https://app.invalid/cb")
	if err != nil || page.URL.Query().Get("code") != "1" {
		t.Fatalf("got %v, %v", page, err)
	}
	if page, err = c.Walk(t.Context(), "/end", ""); err != nil || string(page.Body) != "k=v" {
		t.Errorf("got %s, %v: the cookie of the first step is not sent", page.Body, err)
	}
}

func TestABrowserSaysWhereARequestComesFrom(t *testing.T) {
	c := server(t, map[string]http.HandlerFunc{"POST /x": func(w http.ResponseWriter, r *http.Request) {
		if http.NewCrossOriginProtection().Check(r) != nil {
			w.WriteHeader(403)
		}
	}})
	for site, want := range map[string]int{"same-origin": 200, "cross-site": 403, "": 200} {
		c.Site = site
		page, err := c.PostForm(t.Context(), "/x", nil)
		if err != nil || page.Status != want {
			t.Errorf("Sec-Fetch-Site %q: got %v, %v, want %d", site, page.Status, err, want)
		}
	}
}
