package op_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

// An application in a browser, at its own origin, may call what it has to and
// nothing that looks at a cookie.
func TestPagesOfOtherOrigins(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	asks := func(method, path string) answer {
		r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(url.Values{"client_id": {"x"}}.Encode()))
		w.must(err)
		r.Header.Set("Origin", "https://spa.example.org")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return w.do(r)
	}
	for _, path := range []string{op.PathPushed, op.PathToken, op.PathRevoke, op.PathUserInfo} {
		p := asks(http.MethodOptions, path)
		if p.status != http.StatusNoContent || !strings.Contains(p.header.Get("Access-Control-Allow-Headers"), "DPoP") {
			t.Errorf("%s: the preflight says %d %v", path, p.status, p.header)
		}
		if a := asks(http.MethodPost, path); a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
	for _, path := range []string{op.PathAuthorize, op.PathIntrospect, op.PathLogout} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			if a := asks(method, path); a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s is open: %v", method, path, a.header)
			}
		}
	}
}
