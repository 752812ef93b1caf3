package forward

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
)

const site = "https://wiki.example.org"

func flow(t testing.TB, key byte, now time.Time) *Flow {
	t.Helper()
	f, err := New(Config{Clock: func() time.Time { return now }, Key: bytes.Repeat([]byte{key}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func TestStateOpensForItsBrowserHostAndTimeAlone(t *testing.T) {
	f, browser := flow(t, 1, noon), holdfast.NewSecret()
	asked := f.Begin(grant.App{ID: "app_wiki"}, site, "/deep?x=y", browser)
	if len(asked.Challenge) != 43 || strings.Contains(asked.State, browser) {
		t.Errorf("asked %+v", asked)
	}
	b, err := f.Open(site, asked.State, browser)
	if err != nil || b.App != "app_wiki" || b.Back != "/deep?x=y" || len(b.verifier) != 43 {
		t.Fatalf("got %+v, %v", b, err)
	}
	again := f.Begin(grant.App{ID: "app_wiki"}, site, "/deep?x=y", browser)
	if again.Challenge == asked.Challenge || again.State == asked.State {
		t.Error("two sign-ins of one browser are asked for alike")
	}
	for name, open := range map[string]func() (Begun, error){
		"another browser":    func() (Begun, error) { return f.Open(site, asked.State, holdfast.NewSecret()) },
		"no browser":         func() (Begun, error) { return f.Open(site, asked.State, "") },
		"another host":       func() (Begun, error) { return f.Open("https://docs.example.org", asked.State, browser) },
		"another key":        func() (Begun, error) { return flow(t, 2, noon).Open(site, asked.State, browser) },
		"half an hour later": func() (Begun, error) { return flow(t, 1, noon.Add(SignInLife)).Open(site, asked.State, browser) },
		"nothing":            func() (Begun, error) { return f.Open(site, "", browser) },
		"cut":                func() (Begun, error) { return f.Open(site, asked.State[:len(asked.State)-2], browser) },
	} {
		if b, err := open(); holdfast.CodeOf(err) != "forward_state" {
			t.Errorf("%s: got %+v, %v", name, b, err)
		}
	}
	if _, err := flow(t, 1, noon.Add(SignInLife-time.Second)).Open(site, asked.State, browser); err != nil {
		t.Errorf("another node, in time: %v", err)
	}
}

// /authorize takes a state of 2 kB: a longer one would be a sign-in that no
// browser can end.
func TestALongAddressIsLeftForTheFrontPage(t *testing.T) {
	f, browser := flow(t, 1, noon), holdfast.NewSecret()
	for back, want := range map[string]string{
		"/" + strings.Repeat("x", 1000):  "/" + strings.Repeat("x", 1000),
		"/" + strings.Repeat("x", 2000):  "/",
		"/?" + strings.Repeat("a&", 400): "/", // which JSON spells out
	} {
		asked := f.Begin(grant.App{ID: "app_wiki"}, site, back, browser)
		b, err := f.Open(site, asked.State, browser)
		if err != nil || b.Back != want || len(asked.State) > 2<<10 {
			t.Errorf("%.10s…: a state of %d, back to %.10s, %v", back, len(asked.State), b.Back, err)
		}
	}
}

func FuzzState(f *testing.F) {
	fl, browser := flow(f, 1, noon), holdfast.NewSecret()
	f.Add(fl.Begin(grant.App{ID: "app_wiki"}, site, "/", holdfast.NewSecret()).State)
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, state string) {
		if b, err := fl.Open(site, state, browser); err == nil {
			t.Errorf("%q opened: %+v", state, b)
		}
	})
}
