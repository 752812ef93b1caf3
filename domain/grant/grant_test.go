package grant

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	redirect  = "https://wiki.example.org/callback"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
)

func wiki(t *testing.T) App {
	t.Helper()
	a, _, err := CreateApp("app_wiki", Draft{Name: "Wiki", RedirectURIs: []string{redirect}}, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func authorization() Authorization {
	return Authorization{
		ID: "gra_1", Person: "per_ada", Session: "ses_1", Scopes: []string{ScopeOpenID, ScopeOffline},
		RedirectURI: redirect, Challenge: challenge, Nonce: "n", ACR: "phr", AMR: []string{"pop", "user", "mfa"}, AuthTime: noon,
	}
}

func issue(t *testing.T) (Grant, Token) {
	t.Helper()
	g, code, _, err := IssueCode(wiki(t), authorization(), "hash-code", noon)
	if err != nil {
		t.Fatal(err)
	}
	return g, code
}

func TestIssueCodeRefuses(t *testing.T) {
	removed := wiki(t)
	removed.Removed = noon
	cases := []struct {
		name string
		app  App
		edit func(*Authorization)
		want string
	}{
		{"an application that was removed", removed, func(*Authorization) {}, "no_such_app"},
		{"no application", App{}, func(*Authorization) {}, "no_such_app"},
		{"an address that is not registered", wiki(t), func(a *Authorization) { a.RedirectURI += "/" }, "redirect_uri_unknown"},
		{"RFC 7636 §4.3: no code_challenge", wiki(t), func(a *Authorization) { a.Challenge = "" }, "pkce_required"},
		{"RFC 7636 §4.2: a challenge that no SHA-256 gives", wiki(t), func(a *Authorization) { a.Challenge = challenge[1:] }, "pkce_required"},
		{"a scope that does not exist", wiki(t), func(a *Authorization) { a.Scopes = append(a.Scopes, "admin") }, "scope_not_granted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := authorization()
			c.edit(&a)
			_, _, events, err := IssueCode(c.app, a, "h", noon)
			if got := holdfast.CodeOf(err); err == nil || got != c.want || events != nil {
				t.Errorf("code %q, events %v, want %q and none", got, events, c.want)
			}
		})
	}
}

func TestRedeemCode(t *testing.T) {
	g, code := issue(t)
	tokens, events, err := RedeemCode(g, code, Fresh{Access: "hash-a", Refresh: "hash-r"}, noon.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	want := []Token{
		{ID: "hash-a", Grant: g.ID, Kind: Access, Scopes: g.Scopes, Status: Active, Issued: noon.Add(time.Second), Expires: noon.Add(time.Second + AccessLife)},
		{ID: "hash-r", Grant: g.ID, Kind: Refresh, Scopes: g.Scopes, Status: Active, Issued: noon.Add(time.Second), Expires: noon.Add(time.Second + RefreshGap)},
	}
	if d := cmp.Diff(want, tokens); d != "" {
		t.Error(d)
	}
	if len(events) != 1 || events[0].Type != Redeemed || len(events[0].Puts) != 3 {
		t.Errorf("events %+v, want one %s with the code and both tokens", events, Redeemed)
	}
}

func TestRedeemCodeRefuses(t *testing.T) {
	over, _ := End(func() Grant { g, _ := issue(t); return g }(), EndedSession, noon)
	cases := []struct {
		name string
		edit func(*Grant, *Token, *Fresh)
		at   time.Duration
		want string
	}{
		{"RFC 6749 §4.1.2: a second time", func(_ *Grant, c *Token, _ *Fresh) { c.Status = Used }, 0, "token_spent"},
		{"RFC 6749 §4.1.2: after its life", func(*Grant, *Token, *Fresh) {}, CodeLife, "token_expired"},
		{"an access token as a code", func(_ *Grant, c *Token, _ *Fresh) { c.Kind = Access }, 0, "token_kind"},
		{"a code of another grant", func(_ *Grant, c *Token, _ *Fresh) { c.Grant = "gra_2" }, 0, "token_kind"},
		{"a code of a grant that ended", func(g *Grant, _ *Token, _ *Fresh) { *g = over }, 0, "grant_over"},
		{"RFC 6749 §6: more than was granted", func(_ *Grant, _ *Token, f *Fresh) { f.Scopes = []string{ScopeEmail} }, 0, "scope_not_granted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g, code := issue(t)
			f := Fresh{Access: "a"}
			c.edit(&g, &code, &f)
			tokens, events, err := RedeemCode(g, code, f, noon.Add(c.at))
			if got := holdfast.CodeOf(err); err == nil || got != c.want || tokens != nil || events != nil {
				t.Errorf("code %q, want %q; tokens %v, events %v", got, c.want, tokens, events)
			}
		})
	}
}

func TestTokensNeverOutliveTheFamily(t *testing.T) {
	g, _ := issue(t)
	late := g.Created.Add(FamilyLife - time.Minute)
	old := Token{ID: "r", Grant: g.ID, Kind: Refresh, Status: Active, Expires: g.Created.Add(FamilyLife)}
	tokens, _, err := Rotate(g, old, Fresh{Access: "a", Refresh: "r2"}, late)
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range tokens {
		if tok.Expires.After(g.Created.Add(FamilyLife)) {
			t.Errorf("%s lives until %v, longer than its family", tok.Kind, tok.Expires)
		}
	}
	if _, _, err := Rotate(g, old, Fresh{Access: "a", Refresh: "r2"}, g.Created.Add(FamilyLife)); holdfast.CodeOf(err) != "grant_over" {
		t.Errorf("after the life of the family: %v, want grant_over", err)
	}
}

func TestRevoke(t *testing.T) {
	g, code := issue(t)
	tokens, _, err := RedeemCode(g, code, Fresh{Access: "a", Refresh: "r"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	retired := tokens[1]
	retired.Status = Retired
	cases := []struct {
		name  string
		token Token
		want  audit.Type
	}{
		{"RFC 7009 §2.1: an access token goes alone", tokens[0], Revoked},
		{"RFC 7009 §2.1: a refresh token takes its family", tokens[1], Ended},
		{"a replaced refresh token takes its family too", retired, Ended},
		{"a code takes its family", code, Ended},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			events, err := Revoke(g, c.token, noon)
			if err != nil || len(events) != 1 || events[0].Type != c.want {
				t.Errorf("events %v, error %v, want one %s", events, err, c.want)
			}
		})
	}
	t.Run("what is over gives no event", func(t *testing.T) {
		over, _ := End(g, EndedByHand, noon)
		for _, tok := range append(tokens, code) {
			if events, err := Revoke(over, tok, noon); events != nil || err != nil {
				t.Errorf("%s: %v, %v", tok.Kind, events, err)
			}
		}
	})
	t.Run("a token of another grant", func(t *testing.T) {
		if _, err := Revoke(Grant{ID: "gra_2"}, tokens[0], noon); err == nil {
			t.Error("no error")
		}
	})
}

func TestEndKeepsTheFirstReason(t *testing.T) {
	g, _ := issue(t)
	g, first := End(g, EndedTokenReuse, noon)
	again, second := End(g, EndedByHand, noon.Add(time.Hour))
	if len(first) != 1 || second != nil {
		t.Errorf("events %d and %d, want 1 and 0", len(first), len(second))
	}
	if again.Reason != EndedTokenReuse || !again.Ended.Equal(noon) {
		t.Errorf("ended %v because %q", again.Ended, again.Reason)
	}
}

func TestRemoveAppEndsItsGrants(t *testing.T) {
	g, _ := issue(t)
	over, _ := End(g, EndedByHand, noon)
	app, events, err := RemoveApp(wiki(t), []Grant{g, over}, noon)
	if err != nil || app.Live() {
		t.Fatalf("removed %v, error %v", app.Removed, err)
	}
	if len(events) != 2 || events[0].Type != AppRemoved || events[1].Type != Ended {
		t.Errorf("events %v, want the removal and one ending", events)
	}
	if _, _, err := RemoveApp(app, nil, noon); err == nil {
		t.Error("removed twice")
	}
}

func TestConsent(t *testing.T) {
	if (Consent{}).Covers(nil) {
		t.Error("the zero consent covers something")
	}
	c, events := Agree(Consent{}, "per_ada", "app_wiki", []string{"openid"}, noon)
	if !c.Covers([]string{"openid"}) || c.Covers([]string{"openid", "email"}) || len(events) != 1 {
		t.Errorf("first consent %+v, events %v", c, events)
	}
	c, _ = Agree(c, "per_ada", "app_wiki", []string{"email"}, noon)
	if !c.Covers([]string{"openid", "email"}) {
		t.Errorf("the second consent forgot the first: %+v", c)
	}
}

// The log alone rebuilds the rows: what the events put is what the functions
// returned.
func TestEventsFoldToTheRows(t *testing.T) {
	tables := audit.Tables{}
	fold := func(events []audit.Event) {
		t.Helper()
		for _, e := range events {
			b, _, err := audit.Encode(e, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: noon})
			if err != nil {
				t.Fatal(err)
			}
			entry, err := audit.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if err := tables.Fold(entry, func(string) (json.RawMessage, bool) { return nil, false }); err != nil {
				t.Fatal(err)
			}
		}
	}
	app, events, _ := CreateApp("app_wiki", Draft{Name: "Wiki", RedirectURIs: []string{redirect}, Confidential: true}, "hash", noon)
	fold(events)
	g, code, events, _ := IssueCode(app, authorization(), "c", noon)
	fold(events)
	first, events, _ := RedeemCode(g, code, Fresh{Access: "a1", Refresh: "r1"}, noon)
	fold(events)
	second, events, _ := Rotate(g, first[1], Fresh{Access: "a2", Refresh: "r2"}, noon)
	fold(events)
	events, _ = Revoke(g, second[0], noon)
	fold(events)
	g, events = End(g, EndedTokenReuse, noon)
	fold(events)

	code.Status, first[1].Status, second[0].Status = Used, Retired, Dropped
	for _, r := range []audit.Record{&app, &g, &code, &first[0], &first[1], &second[0], &second[1]} {
		if d := cmp.Diff(audit.RowOf(r), tables[r.Table()][audit.KeyOf(r)]); d != "" {
			t.Errorf("%s %s: %s", r.Table(), audit.KeyOf(r), d)
		}
	}
}

func TestCheckRedirectURI(t *testing.T) {
	good := []string{
		"https://wiki.example.org/callback", "https://wiki.example.org:8443/a?b=c", "http://localhost:8081/callback",
		"http://127.0.0.1/cb", "http://[::1]:9000/cb",
	}
	for _, u := range good {
		if err := CheckRedirectURI(u); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
	bad := map[string]string{
		"plain http": "http://wiki.example.org/cb", "fragment": "https://a.example/cb#x", "empty fragment": "https://a.example/cb#",
		"wildcard": "https://*.example/cb", "userinfo": "https://localhost@evil.example/cb", "script": "javascript:alert(1)",
		"data": "data:text/html,x", "no host": "https:///cb", "relative": "/cb", "scheme-relative": "//a.example/cb",
		"upper case": "https://A.example/cb", "no path": "https://a.example", "backslash": `https://a.example\@evil.example/`,
		"space": "https://a.example/c b", "line end": "https://a.example/\nSet-Cookie: x", "almost localhost": "http://localhost.evil.example/cb",
		"custom scheme": "com.example:/cb", "empty": "", "long": "https://a.example/" + strings.Repeat("a", maxURI),
		"loopback in another range": "http://127.0.0.2/cb", "not UTF-8": "https://a.example/\xff",
	}
	for name, u := range bad {
		t.Run(name, func(t *testing.T) {
			if err := CheckRedirectURI(u); holdfast.CodeOf(err) != "redirect_uri" {
				t.Errorf("%q: %v", u, err)
			}
		})
	}
}

func FuzzCheckRedirectURI(f *testing.F) {
	for _, u := range []string{redirect, "http://localhost:1/", "https://a/#", "https://a\\b", "%zz"} {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, u string) {
		if CheckRedirectURI(u) != nil {
			return
		}
		if !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://localhost") &&
			!strings.HasPrefix(u, "http://127.0.0.1") && !strings.HasPrefix(u, "http://[::1]") {
			t.Errorf("accepted %q", u)
		}
		if strings.ContainsAny(u, "#*\\ \r\n") {
			t.Errorf("accepted %q", u)
		}
	})
}

func TestCreateAppRefuses(t *testing.T) {
	cases := map[string]Draft{
		"no name":         {RedirectURIs: []string{redirect}},
		"a line end":      {Name: "a\nb", RedirectURIs: []string{redirect}},
		"white space":     {Name: " a", RedirectURIs: []string{redirect}},
		"a long name":     {Name: strings.Repeat("a", maxAppName+1), RedirectURIs: []string{redirect}},
		"no address":      {Name: "a"},
		"a bad address":   {Name: "a", RedirectURIs: []string{"http://a.example/"}},
		"a bad way out":   {Name: "a", RedirectURIs: []string{redirect}, PostLogoutURIs: []string{"javascript:x"}},
		"no such preset":  {Name: "a", RedirectURIs: []string{redirect}, Preset: "word"},
		"too many places": {Name: "a", RedirectURIs: strings.Split(strings.Repeat(redirect+" ", maxURIs)+redirect, " ")},
	}
	for name, d := range cases {
		t.Run(name, func(t *testing.T) {
			if _, events, err := CreateApp("app_x", d, "", noon); holdfast.KindOf(err) != holdfast.Invalid || events != nil {
				t.Errorf("error %v, events %v", err, events)
			}
		})
	}
}
