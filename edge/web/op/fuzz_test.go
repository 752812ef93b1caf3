package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

// Whatever a stranger's link says, the browser is sent to the application's
// registered address, to our door, or nowhere; and nothing breaks.
func FuzzAuthorize(f *testing.F) {
	w := newWorld(f, grant.Draft{})
	good, err := url.Parse(w.ask(oauth2.GenerateVerifier()))
	w.must(err)
	for _, more := range []string{"", "&prompt=none", "&max_age=0", "&acr_values=phr+x", "&request=a.b.c", "&response_mode=form_post",
		`&claims={"id_token":{"acr":{"essential":true,"values":["phr"]}}}`, "&id_token_hint=a.b.c", "&redirect_uri=https://evil.example/",
		"&state=%00", "&display=popup", "&claims={\"userinfo\":{\"sub\":{\"value\":\"x\"}}}", "&prompt=%", "&dpop_jkt=x&resource=y&resource=z"} {
		f.Add(more)
	}
	f.Fuzz(func(t *testing.T, more string) {
		r := httptest.NewRequest(http.MethodGet, op.PathAuthorize, nil)
		r.URL.RawQuery = good.RawQuery + more
		rec := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(rec, r)
		to := rec.Header().Get("Location")
		switch {
		case rec.Code >= 500:
			t.Errorf("%d: %s", rec.Code, rec.Body)
		case to == "" && rec.Code >= 400:
		case rec.Code != http.StatusSeeOther:
			t.Errorf("%d to %q", rec.Code, to)
		case strings.HasPrefix(to, callback+"?"), strings.HasPrefix(to, "/signin?"):
		default:
			t.Errorf("sent to %q", to)
		}
	})
}

// Whatever a stranger posts, no token comes out, and nothing breaks.
func FuzzToken(f *testing.F) {
	w := newWorld(f, grant.Draft{})
	id := string(w.wiki.App.ID)
	for _, form := range []string{"", "grant_type=authorization_code&code=x&code_verifier=y", "grant_type=refresh_token&refresh_token=x",
		"grant_type=client_credentials", "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=a.b.c",
		"client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "token=a.b.c", "%", "scope=openid+x"} {
		for _, at := range []string{op.PathToken, op.PathRevoke, op.PathIntrospect, op.PathUserInfo} {
			f.Add(at, form)
		}
	}
	f.Fuzz(func(t *testing.T, at, form string) {
		if at != op.PathToken && at != op.PathRevoke && at != op.PathIntrospect && at != op.PathUserInfo {
			return
		}
		r := httptest.NewRequest(http.MethodPost, at, strings.NewReader("client_id="+id+"&"+form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+url.QueryEscape(form))
		rec := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(rec, r)
		if rec.Code >= 500 || strings.Contains(rec.Body.String(), "access_token\"") || strings.Contains(rec.Body.String(), `"active":true`) {
			t.Errorf("%d: %s", rec.Code, rec.Body)
		}
	})
}
