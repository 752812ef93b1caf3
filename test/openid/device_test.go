package openid

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

type waits struct {
	UserCode string `json:"user_code"`
	URI      string `json:"verification_uri"`
	Complete string `json:"verification_uri_complete"`
}

// decide is Ada at /device: she types what the device shows, sees what it is,
// and answers.
func (p *place) decide(w waits, decision string) {
	p.Helper()
	page, err := p.ada.Get(p.Context(), w.URI)
	if err != nil || page.Status != http.StatusOK {
		p.Fatalf("%s: %v %d", w.URI, err, page.Status)
	}
	typed := strings.ToLower(strings.ReplaceAll(w.UserCode, "-", " ")) // as people do
	page, err = p.ada.PostForm(p.Context(), w.URI, url.Values{"code": {typed}})
	if err != nil || page.Status != http.StatusOK || !strings.Contains(string(page.Body), w.UserCode) || !strings.Contains(string(page.Body), "Television") {
		p.Fatalf("the code typed: %v %d %s", err, page.Status, page.Body)
	}
	page, err = p.ada.PostForm(p.Context(), w.URI+"/decide", url.Values{"code": {w.UserCode}, "decision": {decision}})
	if err != nil || page.Status != http.StatusOK {
		p.Fatalf("%s: %v %d %s", decision, err, page.Status, page.Body)
	}
}

// RFC 8628: the library waits five seconds before each question, as the answer
// tells it to.
func TestDevice(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		tv := p.runs(Run(p), p.connect("Television", url.Values{"redirect_uri": {""}, "kind": {"device"}, "auth_method": {"none"}}))
		var w waits
		tv.Must("device", Q{}, &w)
		if w.Complete != "" || w.URI != p.issuer+"/device" {
			p.Errorf("a link that carries the code: %+v", w)
		}
		p.refused(tv.Ask("ask", Q{}, nil), "authorization_pending")
		p.refused(tv.Ask("ask", Q{}, nil), "slow_down")
		in := make(chan tokens, 1)
		go func() {
			var got tokens
			if err := tv.Ask("poll", Q{}, &got); err != nil {
				p.Errorf("poll: %v", err)
			}
			in <- got
		}()
		p.decide(w, "allow")
		got := <-in
		if got.Claims["acr"] != "phr" || got.Claims["sid"] == nil || got.Refresh == "" || !strings.EqualFold(got.Type, "bearer") {
			p.Fatalf("%+v", got)
		}
		var info map[string]any
		tv.Must("userinfo", Q{"access_token": got.Access}, &info)
		if info["email"] != "ada@example.org" || info["sub"] != got.Claims["sub"] {
			p.Errorf("userinfo %v", info)
		}
		var next tokens
		tv.Must("refresh", Q{"refresh_token": got.Refresh}, &next)
		p.refused(tv.Ask("ask", Q{}, nil), "invalid_grant") // which ends what came of the code
		p.refused(tv.Ask("refresh", Q{"refresh_token": next.Refresh}, nil), "invalid_grant")
		p.refused(tv.Ask("userinfo", Q{"access_token": next.Access}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
	})
}

func TestDeviceIsNotLetIn(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		tv := p.runs(Run(p), p.connect("Television", url.Values{"redirect_uri": {""}, "kind": {"device"}, "auth_method": {"none"}}))
		var w waits
		tv.Must("device", Q{}, &w)
		p.decide(w, "deny")
		p.refused(tv.Ask("poll", Q{}, nil), "access_denied")

		var other waits
		tv.Must("device", Q{}, &other)
		thief := p.runs(Run(p), p.connect("Other television", url.Values{"redirect_uri": {""}, "kind": {"device"}, "auth_method": {"none"}}))
		thief.Must("device", Q{}, nil)
		p.decide(other, "allow")
		p.refused(thief.Ask("ask", Q{}, nil), "authorization_pending") // by its own code still

		wiki := p.app()
		p.refused(wiki.Ask("device", Q{}, nil), "unauthorized_client")
	})
}

// The key with which the device asked is the one that its tokens are bound to,
// and they end with the session of who let it in.
func TestDeviceWithBoundTokens(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		tv := p.runs(Run(p), p.connect("Television", url.Values{"redirect_uri": {""}, "kind": {"device"}, "auth_method": {"none"}, "require_dpop": {"yes"}}))
		var w waits
		tv.Must("device", Q{}, &w)
		tv.Must("key", Q{}, nil)
		p.decide(w, "allow")
		p.refused(tv.Ask("ask", Q{}, nil), "invalid_dpop_proof")
		var got, next tokens
		tv.Must("poll", Q{"dpop": true}, &got)
		if !strings.EqualFold(got.Type, "dpop") {
			p.Errorf("%+v", got)
		}
		p.refused(tv.Ask("userinfo", Q{"access_token": got.Access}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
		tv.Must("refresh", Q{"refresh_token": got.Refresh, "dpop": true}, &next)
		p.hostOf(1).CLI(p, nil, "session", "end", got.Claims["sid"].(string))
		p.refused(tv.Ask("refresh", Q{"refresh_token": next.Refresh, "dpop": true}, nil), "invalid_grant")
		p.refused(tv.Ask("userinfo", Q{"access_token": next.Access, "dpop": true}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
	})
}
