package main

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"strings"

	"holdfast/domain/grant"
)

func applications() noun {
	made := []string{"client_id", "client_secret", "configuration"}
	one := []string{"APP"}
	cols := []string{"client_id", "name", "redirect_uris", "confidential"}
	all := []string{"client_id", "name", "created", "removed", "preset", "redirect_uris", "post_logout_uris", "logout_uri", "confidential",
		"third_party", "auth_method", "jwks", "kinds", "require_par", "require_dpop", "min_aal", "require_acr", "max_age", "groups",
		"owners", "domains", "upstream", "policy_name", "sensitivity"}
	return noun{"app", "applications that sign people in through OpenID Connect", []verb{
		{name: "list", summary: "list applications by name", columns: cols, list: true, flags: filters("/apps", "query", "`TEXT` in the name")},
		{name: "show", summary: "show one application", args: one, columns: all, flags: on(http.MethodGet, "apps")},
		{name: "create", summary: "add an application", columns: made, flags: func(fs *flag.FlagSet) input {
			m := appFlags(fs)
			return func([]string) (request, error) { return m.to(http.MethodPost, "/apps") }
		}},
		{name: "change", summary: "change an application; what is not given stays", args: one, columns: all, flags: func(fs *flag.FlagSet) input {
			m := appFlags(fs)
			return func(args []string) (request, error) { return m.to(http.MethodPatch, escaped("apps", args[0])) }
		}},
		{name: "secret", summary: "give an application a new secret", args: one, columns: made, flags: on(http.MethodPost, "apps", "secret")},
		{name: "config", summary: "print its configuration again", args: one, columns: made, flags: on(http.MethodGet, "apps", "configuration")},
		{name: "remove", summary: "remove an application and end its grants", args: one, columns: []string{"client_id", "name"}, flags: on(http.MethodDelete, "apps")},
	}}
}

// appFlags are what can be said of an application.
func appFlags(fs *flag.FlagSet) members {
	m := bodyOf(fs)
	m.text("name", "name", "`NAME` that people see")
	m.yes("confidential", "confidential", "it can keep a secret: it runs on a server")
	m.yes("third-party", "third_party", "not the organisation's own: ask each person for consent")
	m.text("preset", "preset", "what to print a configuration for: "+strings.Join(grant.Presets, ", "))
	m.text("upstream", "upstream", "`URL` where it listens itself, behind the proxy that the preset configures")
	m.list("redirect-uri", "redirect_uris", "`URI` that codes are sent to")
	m.list("post-logout-uri", "post_logout_uris", "`URI` to return to after signing out")
	m.text("logout-uri", "logout_uri", "`URI` that is told when a session ends (Back-Channel Logout 1.0)")
	fs.Func("public-keys", "JWK set in `FILE`: it proves itself by private_key_jwt (RFC 7523)", func(path string) error {
		text, err := os.ReadFile(path)
		m.body["auth_method"], m.body["jwks"] = string(grant.MethodKey), json.RawMessage(text)
		return err
	})
	m.text("auth-method", "auth_method", "how it proves itself: none, client_secret or private_key_jwt")
	m.yes("require-par", "require_par", "take its requests only pushed (RFC 9126)")
	m.yes("require-dpop", "require_dpop", "give it only tokens that are bound to a key (RFC 9449)")
	m.number("min-aal", "min_aal", "least assurance `LEVEL` of a sign-in, 1 to 3; 0: any")
	m.text("require-acr", "require_acr", "what a sign-in must be: `phr` or phrh")
	m.seconds("max-age", "max_age", "`DURATION` after which somebody has to sign in again, 8h; 0: any")
	m.text("policy-name", "policy_name", "`NAME` that the policy knows it by")
	m.number("sensitivity", "sensitivity", "how much is at stake in it, for the policy, `N` from 0 to 9")
	m.list("group", "groups", "`GROUP` whose members may use it, by id or name")
	m.list("kind", "kinds", "`KIND` of grant beyond the authorization code: "+strings.Join(grant.Kinds, ", "))
	m.list("owner", "owners", "`PERSON` who looks after it, by id or e-mail address")
	m.list("domain", "domains", "`HOST` that forward-auth protects for it")
	return m
}

func grants() noun {
	return noun{"grant", "what people let applications do", []verb{
		{name: "list", summary: "list what lives, the newest first", columns: []string{"id", "app", "person", "scopes", "created"}, list: true,
			flags: filters("/grants", "person", "`PERSON` by id or e-mail address", "app", "`APP` by its client id")},
		{name: "end", summary: "take it from the application; its tokens are over", args: []string{"GRANT"}, flags: on(http.MethodDelete, "grants")},
	}}
}
