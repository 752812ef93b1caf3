package aitm

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Against a server that has a password, the adversary wins: otherwise a test
// in which it gets nothing would say nothing.
func TestAnAdversaryStealsAPasswordSession(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewCrossOriginProtection().Check(r); err != nil || (r.Method == "POST" && r.Header.Get("Origin") != server.URL) {
			w.WriteHeader(403)
			return
		}
		if r.FormValue("password") == "hunter2" {
			http.SetCookie(w, &http.Cookie{Name: "holdfast", Value: "session"})
		}
		fmt.Fprintf(w, "<form action=%q>", server.URL+"/signin")
	}))
	t.Cleanup(server.Close)
	p := Start(t, server.URL, "localhost")

	r, err := http.NewRequestWithContext(t.Context(), "POST", p.Origin+"/signin", strings.NewReader("password=hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.Origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if want := fmt.Sprintf("<form action=%q>", p.Origin+"/signin"); string(body) != want {
		t.Errorf("the victim sees %s, want %s", body, want)
	}
	if got := p.Stolen("holdfast"); len(got) != 1 || got[0].Value != "session" {
		t.Errorf("stolen: %v, want the session", got)
	}
	if seen := p.Seen(); len(seen) != 1 || string(seen[0].Request) != "password=hunter2" {
		t.Errorf("seen: %+v, want the password", seen)
	}
}
