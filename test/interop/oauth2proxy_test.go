package interop

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// oauth2-proxy with what was printed for it. Its refresh each minute, by which
// it learns that a session has ended, is made one each second here.
func TestOAuth2Proxy(t *testing.T) {
	var signOut string
	g := guard(t, "oauth2-proxy", func(t testing.TB, port int, printed string) {
		_, signOut, _ = strings.Cut(printed, "# To sign out of both: ")
		StartOAuth2Proxy(t, port, printed, "--cookie-refresh=1ms")
	})
	ada := g.stranger()
	g.atTheDoor(ada, g.site+"/pages/one?a=b")
	page := g.open(ada, g.site+"/pages/one?a=b")
	told := g.told(page)
	for name, want := range map[string]string{"Path": "/pages/one?a=b", "X-Forwarded-User": g.id, "X-Forwarded-Email": "ada@example.org", "X-Forwarded-Groups": "Nurses",
		"X-Forwarded-Preferred-Username": "ada@example.org"} {
		if told[name] != want {
			t.Errorf("%s: the application was told %q, want %q", name, told[name], want)
		}
	}

	g.part("what a browser claims to be does not arrive", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.site+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-User", "root")
		answer, err := g.stranger().HTTP.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			t.Error("a stranger is let in")
		}
	})
	g.part("a session that the console ends is over at the next refresh", func(t *testing.T) {
		g.endSessions()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for {
			page, err := ada.Walk(ctx, g.site+"/", "")
			if err != nil {
				t.Fatal(err)
			}
			if page.URL.Path == "/signin" {
				return
			}
		}
	})
	g.part("signing out ends both", func(t *testing.T) {
		g.told(g.open(ada, g.site+"/"))
		page, err := ada.Walk(t.Context(), strings.TrimSpace(signOut), "")
		if err != nil || page.Status != http.StatusOK || !strings.Contains(string(page.Body), "You are signed out") {
			t.Fatalf("got %v, %v: %s", page.URL, err, page.Body)
		}
		g.atTheDoor(ada, g.site+"/")
		g.atTheDoor(ada, g.Base+"/me/passkeys")
	})
	g.part("it sends nobody anywhere but to Holdfast", func(t *testing.T) {
		page, err := ada.Get(t.Context(), g.site+"/oauth2/sign_out?rd="+url.QueryEscape("https://evil.example/"))
		if err != nil || strings.Contains(page.Header.Get("Location"), "evil.example") {
			t.Errorf("got %v, %v", page.Header.Get("Location"), err)
		}
	})
	g.Verify(t)
}
