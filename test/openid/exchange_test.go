package openid

import (
	"net/url"
	"testing"
)

// A wiki passes Ada's token on to a ledger, which passes it on to a vault.
func TestTokenExchange(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		passes := url.Values{"kind": {"token_exchange"}, "auth_method": {"client_secret"}}
		secret := url.Values{"auth_method": {"client_secret"}}
		wikis, ledgers, vaults := p.connect("Wiki", passes), p.connect("Ledger", passes), p.connect("Vault", secret)
		wiki, ledger, vault := p.runs(Run(p), wikis), p.runs(Run(p), ledgers), p.runs(Run(p), vaults)
		got := p.signIn(wiki, Q{})

		type passed struct {
			Access  string `json:"access_token"`
			Kind    string `json:"issued_token_type"`
			Refresh string `json:"refresh_token"`
			ID      string `json:"id_token"`
			Scope   string `json:"scope"`
		}
		var on, further passed
		to := func(id, scope string) Q { return Q{"audience": id, "scope": scope} }
		wiki.Must("exchange", Q{"subject_token": got.Access, "params": to(ledgers.ClientID, "openid email")}, &on)
		if on.Kind != "urn:ietf:params:oauth:token-type:access_token" || on.Refresh != "" || on.ID != "" || on.Scope != "openid email" {
			p.Errorf("RFC 8693 §2.2.1: %+v", on)
		}
		active := func(a *App, token string) map[string]any {
			var told map[string]any
			a.Must("introspect", Q{"token": token}, &told)
			return told
		}
		if told := active(ledger, on.Access); told["active"] != true || told["sub"] != got.Claims["sub"] {
			p.Errorf("its audience is told %v", told)
		}
		if told := active(vault, on.Access); told["active"] != false {
			p.Errorf("another is told %v", told)
		}
		ledger.Must("exchange", Q{"subject_token": on.Access, "params": Q{"audience": vaults.ClientID}}, &further)

		p.refused(wiki.Ask("exchange", Q{"subject_token": got.Access, "params": to(ledgers.ClientID, "openid groups")}, nil), "invalid_scope")
		p.refused(wiki.Ask("exchange", Q{"subject_token": got.Access, "params": Q{"audience": "app_none"}}, nil), "invalid_target")
		p.refused(wiki.Ask("exchange", Q{"subject_token": on.Access, "params": Q{"audience": vaults.ClientID}}, nil), "invalid_grant")
		p.refused(ledger.Ask("exchange", Q{"subject_token": got.Access, "params": Q{"audience": vaults.ClientID}}, nil), "invalid_grant")
		p.refused(vault.Ask("exchange", Q{"subject_token": further.Access, "params": Q{"audience": ledgers.ClientID}}, nil), "unauthorized_client")
		p.refused(wiki.Ask("userinfo", Q{"access_token": on.Access}, nil), "OAUTH_WWW_AUTHENTICATE_CHALLENGE")

		// What was passed on ends with the session, at its next use.
		p.hostOf(2).CLI(p, nil, "session", "end", got.Claims["sid"].(string))
		if told := active(ledger, on.Access); told["active"] != false {
			p.Errorf("after the session, the ledger is told %v", told)
		}
		if told := active(vault, further.Access); told["active"] != false {
			p.Errorf("after the session, the vault is told %v", told)
		}
		p.refused(wiki.Ask("exchange", Q{"subject_token": got.Access, "params": Q{"audience": ledgers.ClientID}}, nil), "invalid_grant")
	})
}

// A bound token is passed on by whoever has its key only.
func TestABoundTokenIsExchanged(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		passes := url.Values{"kind": {"token_exchange"}, "auth_method": {"client_secret"}}
		wikis, ledgers := p.connect("Wiki", passes), p.connect("Ledger", passes)
		wiki := p.runs(Run(p), wikis)
		wiki.Must("key", Q{}, nil)
		got := p.signIn(wiki, Q{"dpop": true})
		q := Q{"subject_token": got.Access, "params": Q{"audience": ledgers.ClientID}, "dpop": true}
		var on struct {
			Type string `json:"token_type"`
		}
		wiki.Must("exchange", q, &on)
		if on.Type != "dpop" && on.Type != "DPoP" {
			p.Errorf("what came of it is %q", on.Type)
		}
		wiki.Must("key", Q{}, nil)
		p.refused(wiki.Ask("exchange", q, nil), "invalid_dpop_proof")
		q["dpop"] = false
		p.refused(wiki.Ask("exchange", q, nil), "invalid_dpop_proof")
	})
}
