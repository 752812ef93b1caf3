package openid

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"holdfast/test/client"
)

func TestPushedRequestWithBoundTokens(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a := p.app("--require-par", "--require-dpop")
		var key struct{ Thumbprint string }
		for _, alg := range []string{"ES256", "EdDSA", "RS256"} {
			a.Must("key", Q{"alg": alg}, &key)
			got := p.signIn(a, Q{"par": true, "dpop": true})
			if !strings.EqualFold(got.Type, "dpop") || got.Claims["acr"] != "phr" {
				p.Fatalf("%s: %+v", alg, got)
			}
			var info map[string]any
			a.Must("userinfo", Q{"access_token": got.Access, "dpop": true}, &info)
			if info["email"] != "ada@example.org" {
				p.Errorf("%s: userinfo %v", alg, info)
			}
			p.refused(a.Ask("userinfo", Q{"access_token": got.Access}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
			var next tokens
			a.Must("refresh", Q{"refresh_token": got.Refresh, "dpop": true}, &next)
			a.Must("userinfo", Q{"access_token": next.Access, "dpop": true}, nil)
			p.refused(a.Ask("refresh", Q{"refresh_token": next.Refresh}, nil), "invalid_dpop_proof")
			a.Must("key", Q{}, nil)
			p.refused(a.Ask("refresh", Q{"refresh_token": next.Refresh, "dpop": true}, nil), "invalid_dpop_proof")
		}
	})
}

func TestARequestThatMustBePushed(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a := p.app("--require-par")
		if got := errorOf(p.callback(a, Q{})); got != "invalid_request" {
			p.Errorf("not pushed: %s", got)
		}
		p.signIn(a, Q{"par": true})
	})
}

func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		for _, alg := range []string{"ES256", "EdDSA", "RS256"} {
			private, public := jwks(p.T, alg)
			r := p.register("--public-keys", p.keys(public))
			if r.ClientSecret != "" {
				p.Error("there is a secret")
			}
			a := Run(p)
			a.Must("discover", Q{"issuer": p.issuer, "client_id": r.ClientID, "auth": "key", "jwk": json.RawMessage(private), "kid": "k1"}, nil)
			got := p.signIn(a, Q{"par": true})
			var next tokens
			a.Must("refresh", Q{"refresh_token": got.Refresh}, &next)
			var told map[string]any
			a.Must("introspect", Q{"token": next.Access}, &told)
			if told["active"] != true || told["client_id"] != r.ClientID {
				p.Errorf("%s: %v", alg, told)
			}
			a.Must("revoke", Q{"token": next.Refresh}, nil)
			p.refused(a.Ask("refresh", Q{"refresh_token": next.Refresh}, nil), "invalid_grant")

			other, _ := jwks(p.T, alg)
			thief := Run(p)
			thief.Must("discover", Q{"issuer": p.issuer, "client_id": r.ClientID, "auth": "key", "jwk": json.RawMessage(other), "kid": "k1"}, nil)
			p.refused(thief.Ask("introspect", Q{"token": next.Access}, nil), "invalid_client")
		}
	})
}

// counting counts how often Ada's authenticator is used.
func (p *place) counting() func() uint32 {
	var n uint32
	p.ada.Key.Config.Count = func(uint32) uint32 { n++; return n }
	return func() uint32 { return n }
}

func TestMaxAgeAndAuthTime(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a, used := p.app(), p.counting()
		p.signIn(a, Q{})
		if used() != 0 {
			p.Fatal("who is signed in was asked to sign in")
		}
		p.signIn(a, Q{"params": Q{"max_age": "3600"}})
		if used() != 0 {
			p.Error("a recent sign-in was not recent enough")
		}
		for i, params := range []Q{{"max_age": "0"}, {"prompt": "login"}} {
			before := time.Now().Unix()
			got := p.signIn(a, Q{"params": params})
			if used() != uint32(i+1) || int64(got.Claims["auth_time"].(float64)) < before {
				p.Errorf("%v: %d sign-ins, auth_time %v, asked at %d", params, used(), got.Claims["auth_time"], before)
			}
		}
	})
}

// Every passkey sign-in verifies its user, so that what can be stepped up to
// is met at once or not at all; asking for it anew is max_age and prompt.
func TestStepUp(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a, used := p.app(), p.counting()
		for _, c := range []struct {
			params Q
			acr    string
			used   uint32
		}{
			{Q{"acr_values": "phr"}, "phr", 0},
			{Q{"acr_values": "urn:unknown aal2"}, "aal2", 0},
			{Q{"acr_values": "phrh phr"}, "phr", 0},
			{Q{"acr_values": "phr", "max_age": "0"}, "phr", 1},
			{essential("aal2"), "aal2", 1},
			{Q{"claims": essential("phr")["claims"], "prompt": "login"}, "phr", 2},
		} {
			if got := p.signIn(a, Q{"params": c.params}); got.Claims["acr"] != c.acr || used() != c.used {
				p.Errorf("%v: acr %v after %d sign-ins", c.params, got.Claims["acr"], used())
			}
		}
		if got := errorOf(p.callback(a, Q{"params": essential("phrh")})); got != "unmet_authentication_requirements" {
			p.Errorf("phrh: %s", got)
		}
	})
}

// essential demands an acr (OpenID Connect Core §5.5.1.1).
func essential(acr string) Q {
	return Q{"claims": `{"id_token":{"acr":{"essential":true,"values":["` + acr + `"]}}}`}
}

func TestRefreshReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a := p.app("--confidential")
		first := p.signIn(a, Q{})
		var second, third tokens
		a.Must("refresh", Q{"refresh_token": first.Refresh}, &second)
		a.Must("refresh", Q{"refresh_token": second.Refresh}, &third)
		p.refused(a.Ask("refresh", Q{"refresh_token": first.Refresh}, nil), "invalid_grant")
		p.refused(a.Ask("refresh", Q{"refresh_token": third.Refresh}, nil), "invalid_grant")
		p.refused(a.Ask("userinfo", Q{"access_token": third.Access}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
	})
}

// Two applications' processes redeem one code, eight times each, at once.
func TestCodeRaceHasOneWinner(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a := p.app()
		to := p.callback(a, Q{})
		type end struct {
			Tokens *tokens
			Error  string
		}
		var ends []end
		a.Must("race", Q{"callback": to, "times": 16}, &ends)
		won := 0
		for _, e := range ends {
			switch {
			case e.Tokens != nil:
				won++
			case e.Error != "invalid_grant":
				p.Errorf("a loser was told %q", e.Error)
			}
		}
		if won != 1 || len(ends) != 16 {
			p.Errorf("%d of %d redemptions won", won, len(ends))
		}
	})
}

// A node dies between the push and the browser's arrival, another between code
// and tokens; both come back. Nothing that was begun is lost, and what was used
// on one node is used on all.
func TestANodeDiesInTheMiddle(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL, three nodes", func(t *testing.T) {
		t.Parallel()
		inTheMiddle(t)
	})
}

func inTheMiddle(t *testing.T) {
	p := cluster(t)
	a := p.app("--require-par", "--require-dpop")
	a.Must("key", Q{}, nil)
	p.signIn(a, Q{"par": true, "dpop": true})
	used := p.counting()

	var begun struct{ URL string }
	a.Must("begin", Q{"par": true, "dpop": true, "redirect_uri": redirect}, &begun)
	p.nodes[0].Kill()
	p.ada = p.fresh() // who has to sign in, at the nodes that are left
	at, err := p.ada.Authorize(t.Context(), client.Authorization{URL: begun.URL}, redirect)
	if err != nil {
		t.Fatal(err)
	}
	if used() != 1 {
		t.Errorf("%d sign-ins", used())
	}
	p.nodes[0].Start(t)
	p.nodes[1].Kill()
	var got, next tokens
	a.Must("redeem", Q{"callback": at.String(), "dpop": true}, &got)
	p.refused(a.Ask("redeem", Q{"callback": at.String(), "dpop": true}, nil), "invalid_grant") // which ends it
	p.refused(a.Ask("refresh", Q{"refresh_token": got.Refresh, "dpop": true}, nil), "invalid_grant")

	got = p.signIn(a, Q{"par": true, "dpop": true})
	p.nodes[1].Start(t)
	a.Must("refresh", Q{"refresh_token": got.Refresh, "dpop": true}, &next)
	p.nodes[2].Kill()
	a.Must("userinfo", Q{"access_token": next.Access, "dpop": true}, nil)
	p.refused(a.Ask("refresh", Q{"refresh_token": got.Refresh, "dpop": true}, nil), "invalid_grant")
	p.refused(a.Ask("userinfo", Q{"access_token": next.Access, "dpop": true}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
	p.nodes[2].Start(t)

	// One request_uri gives one code, wherever it is opened.
	a.Must("begin", Q{"par": true, "dpop": true, "redirect_uri": redirect}, &begun)
	if _, err := p.ada.Authorize(t.Context(), client.Authorization{URL: begun.URL}, redirect); err != nil {
		t.Fatal(err)
	}
	if at, err := p.ada.Authorize(t.Context(), client.Authorization{URL: begun.URL}, redirect); err == nil {
		t.Errorf("a request_uri gave a second code: %v", at)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		a := p.app()
		got := p.signIn(a, Q{})
		var to struct{ URL string }
		a.Must("logout", Q{"params": Q{"id_token_hint": got.ID}}, &to)
		if _, err := p.ada.Get(p.Context(), to.URL); err != nil {
			p.Fatal(err)
		}
		if got := errorOf(p.callback(a, Q{"params": Q{"prompt": "none"}})); got != "login_required" {
			p.Errorf("after sign-out: %s", got)
		}
		p.refused(a.Ask("refresh", Q{"refresh_token": got.Refresh}, nil), "invalid_grant")
	})
}
