package visit

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"holdfast"
	"holdfast/edge/web/page"
)

func TestLocalPathRefusesEveryOtherHost(t *testing.T) {
	for _, p := range []string{"/", "/me/passkeys", "/authorize/abc?x=1&y=%2F", "/a//b"} {
		if got := LocalPath(p); got != p {
			t.Errorf("LocalPath(%q) = %q", p, got)
		}
	}
	for _, p := range []string{"", "x", "//evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example", "/\t/evil.example",
		"/\n/evil.example", "javascript:alert(1)", "///evil.example", "/%2f/evil" + "\x00", " /x", "/" + strings.Repeat("x", maxPath)} {
		if got := LocalPath(p); got != "" {
			t.Errorf("LocalPath(%q) = %q, want a refusal", p, got)
		}
	}
}

// A request that waits at /authorize is as long as flow/authorize lets it be.
func TestLocalPathLeadsBackToWhatWaits(t *testing.T) {
	if p := "/authorize/" + strings.Repeat("a", 4000); LocalPath(p) != p {
		t.Error("whoever signs in does not come back to the application")
	}
	if LocalPath("/"+strings.Repeat("a", maxPath)) != "" {
		t.Error("a path has no bound")
	}
}

func FuzzLocalPath(f *testing.F) {
	f.Add("/x?y#z")
	f.Add("//h/p")
	f.Fuzz(func(t *testing.T, p string) {
		got := LocalPath(p)
		if got == "" {
			return
		}
		// What a browser makes of it, seen from our origin.
		r := httptest.NewRecorder()
		http.Redirect(r, httptest.NewRequest("GET", "http://us.example/signin", nil), got, http.StatusSeeOther)
		to := r.Header().Get("Location")
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") {
			t.Errorf("%q leads to %q", p, to)
		}
	})
}

func TestAddressBelievesTrustedProxiesOnly(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name, peer, forwarded, want string
		unknown                     bool
	}{
		{name: "no proxy", peer: "192.0.2.7:1", want: "192.0.2.7"},
		{name: "a stranger claims", peer: "192.0.2.7:1", forwarded: "203.0.113.9", want: "192.0.2.7"},
		{name: "one proxy", peer: "10.0.0.1:1", forwarded: "203.0.113.9", want: "203.0.113.9"},
		{name: "two proxies", peer: "10.0.0.1:1", forwarded: "203.0.113.9, 10.0.0.2", want: "203.0.113.9"},
		{name: "a lie before the proxy", peer: "10.0.0.1:1", forwarded: "1.1.1.1, 203.0.113.9", want: "203.0.113.9"},
		{name: "nothing, and the proxy behind it", peer: "10.0.0.1:1", forwarded: ", 203.0.113.9", want: "203.0.113.9"},
		{name: "garbage", peer: "10.0.0.1:1", forwarded: "hello", want: "10.0.0.1", unknown: true},
		{name: "an address with its port", peer: "10.0.0.1:1", forwarded: "203.0.113.9:5123", want: "10.0.0.1", unknown: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if got, known := addressOf(r, trusted); got != c.want || known == c.unknown {
				t.Errorf("got %s, %v, want %s", got, known, c.want)
			}
		})
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for _, c := range []struct{ name, kind, body, code string }{
		{"not JSON by its type", "text/plain", `{"name":"a"}`, "content_type"},
		{"no type", "", `{"name":"a"}`, "content_type"},
		{"empty", "application/json", ``, "json"},
		{"cut", "application/json", `{"name":"a"`, "json"},
		{"twice the same member", "application/json", `{"name":"a","name":"b"}`, "json"},
		{"unknown member", "application/json", `{"nmae":"a"}`, "json"},
		{"something behind", "application/json", `{"name":"a"}{}`, "json"},
		{"no object", "application/json", `[1]`, "json"},
		{"deep", "application/json", strings.Repeat(`[`, 100_000), "json"},
		{"not UTF-8", "application/json", "{\"name\":\"\xff\"}", "json"},
		{"large", "application/json", `{"name":"` + strings.Repeat("x", maxBody) + `"}`, "body_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			var v struct {
				Name string `json:"name"`
			}
			err := ReadJSON(httptest.NewRecorder(), r, &v)
			if holdfast.CodeOf(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestTwoCookiesOfOurNameAreNone(t *testing.T) {
	vs := New(Config{Secure: true})
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-holdfast", Value: "a"})
	if vs.secret(r) != "a" {
		t.Error("the session's cookie was not read")
	}
	r.AddCookie(&http.Cookie{Name: "__Host-holdfast", Value: "b"})
	if got := vs.secret(r); got != "" {
		t.Errorf("with a planted cookie got %q", got)
	}
	w := httptest.NewRecorder()
	vs.Keep(w, "secret")
	if got, want := w.Header().Get("Set-Cookie"), "__Host-holdfast=secret; Path=/; HttpOnly; Secure; SameSite=Lax"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadJSONTakesExactlyTheObjectThatItIsTold(t *testing.T) {
	read := func(body string) (string, error) {
		var in struct {
			Name string `json:"name"`
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		err := ReadJSON(httptest.NewRecorder(), r, &in)
		return in.Name, err
	}
	for body, want := range map[string]string{`{}`: "", ` {"name" : "a"} `: "a"} {
		if got, err := read(body); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", body, got, err, want)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `"name"`, `{"name":"a"}{}`, `{"name":"a","name":"b"}`, `{"name":"a","NAME":"b"}`,
		`{"Name":"a"}`, `{"other":"a"}`, `{"name":1}`, `{"name":"a"`, "{\"name\":\"\xff\"}", `{"":1}`} {
		var e *holdfast.Error
		if got, err := read(body); !errors.As(err, &e) || e.Code != "json" {
			t.Errorf("%s: got %q, %v, want it refused", body, got, err)
		}
	}
}

func TestNobodyElsePutsWordsIntoOurPages(t *testing.T) {
	vs := New(Config{Secure: true})
	w := httptest.NewRecorder()
	vs.Flash(w, page.ToneGood, "Done.")
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", w.Result().Cookies()[0].Name+"="+w.Result().Cookies()[0].Value)
	if got := vs.takeFlash(httptest.NewRecorder(), r); got.Text != "Done." {
		t.Errorf("got %+v", got)
	}
	if name := w.Result().Cookies()[0].Name; !strings.HasPrefix(name, "__Host-") {
		t.Errorf("a neighbouring name can plant %s", name)
	}
}
