package op_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"holdfast/domain/grant"
	"holdfast/edge/keys/keystest"
	"holdfast/edge/outbox"
	"holdfast/edge/outward"
	"holdfast/edge/web/op"
	"holdfast/flow/logout"
)

func TestBackChannelLogout(t *testing.T) {
	status, got := http.StatusOK, ""
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got = r.PostFormValue("logout_token")
		rw.Header().Set("Location", "/elsewhere")
		rw.WriteHeader(status)
	}))
	defer receiver.Close()
	w := newWorld(t, grant.Draft{})
	told := w.add(grant.Draft{Name: "Told", RedirectURIs: []string{"https://told.example/cb"}, LogoutURI: receiver.URL + "/out"})
	ring := keystest.Ring(w.now)
	p := &op.Provider{Config: op.Config{Issuer: w.server.URL, Flow: w.flow, Keys: ring}}
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	sender := p.LogoutSender(outward.Client(here), w.now)
	body, err := json.Marshal(logout.Message{App: told.App.ID, Subject: "per_ada", Session: "ses_1"})
	w.must(err)

	t.Run("§2.4 the token", func(t *testing.T) {
		w.must(sender.Send(t.Context(), receiver.URL+"/out", body))
		token, err := jwt.ParseSigned(got, []jose.SignatureAlgorithm{jose.RS256})
		w.must(err)
		published, err := ring.Published(t.Context())
		w.must(err)
		var claims map[string]any
		for _, k := range published {
			if k.ID == token.Headers[0].KeyID {
				w.must(token.Claims(k.Key, &claims))
			}
		}
		events, _ := claims["events"].(map[string]any)
		_, is := events["http://schemas.openid.net/event/backchannel-logout"]
		if claims["iss"] != w.server.URL || claims["aud"] != string(told.App.ID) || claims["sub"] != "per_ada" || claims["sid"] != "ses_1" ||
			!is || claims["jti"] == "" || claims["nonce"] != nil || token.Headers[0].ExtraHeaders["typ"] != "logout+jwt" {
			t.Errorf("claims %v, header %v", claims, token.Headers[0])
		}
		if claims["exp"].(float64)-claims["iat"].(float64) > 120 {
			t.Error("it lives for more than two minutes")
		}
		first := got
		w.must(sender.Send(t.Context(), receiver.URL+"/out", body))
		if got == first {
			t.Error("a repetition has the same jti")
		}
	})
	for _, c := range []struct {
		name, target     string
		status           int
		client           *http.Client
		permanent, heard bool
	}{
		{"§2.8 refused", "/out", http.StatusBadRequest, outward.Client(here), true, true},
		{"a redirect", "/out", http.StatusFound, outward.Client(here), true, true},
		{"trouble over there", "/out", http.StatusInternalServerError, outward.Client(here), false, true},
		{"§2.8 not implemented", "/out", http.StatusNotImplemented, outward.Client(here), true, true},
		{"another address than the application's", "/else", http.StatusOK, outward.Client(here), true, false},
		{"loopback, not allowed", "/out", http.StatusOK, outward.Client(nil), true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, got = c.status, ""
			err := p.LogoutSender(c.client, w.now).Send(t.Context(), receiver.URL+c.target, body)
			if err == nil || outbox.IsPermanent(err) != c.permanent || (got != "") != c.heard {
				t.Errorf("%v, permanent %v, heard %v", err, outbox.IsPermanent(err), got != "")
			}
			if c.client != nil && c.name == "loopback, not allowed" && !errors.Is(err, outward.ErrForbidden) {
				t.Errorf("refused for another reason: %v", err)
			}
		})
	}
}
