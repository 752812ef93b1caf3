package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast/domain/apitoken"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/surroundings"
	"holdfast/edge/web/webtest"
)

// addresses fills the patterns with what there is, so that each would work for
// an administrator.
func (o *office) addresses() map[string][2]string {
	o.t.Helper()
	ctx := context.Background()
	grace := o.Member("Grace Hopper", "grace@example.org")
	creds, err := o.DB.CredentialsOf(ctx, grace.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	link, err := o.Govern.InviteAgain(ctx, webtest.System, o.Invited("Invited", "invited@example.org").ID, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	app, err := o.Govern.CreateApp(ctx, webtest.System, grant.Draft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.org/return"}, Confidential: true})
	if err != nil {
		o.t.Fatal(err)
	}
	token, _, err := o.Govern.CreateToken(ctx, webtest.System, o.ada.ID, apitoken.New{Name: "Import", Scopes: []string{"people:read"}})
	if err != nil {
		o.t.Fatal(err)
	}
	declared, err := o.Govern.DeclareSurrounding(ctx, webtest.System, surroundings.Declaration{Kind: surroundings.Phone, Name: "Grace's telephone", Person: grace.ID})
	if err != nil {
		o.t.Fatal(err)
	}
	ids := map[string]string{"/console/surroundings": string(declared.ID), "/console/credentials": string(creds[0].ID), "/console/tokens": string(token.ID), "/console/people": string(grace.ID), "/console/invitations": string(link.Ticket.ID),
		"/console/groups": string(o.Group("Engineering").ID), "/console/applications": string(app.App.ID), "/console/sessions": string(o.SignIn(grace).Session.ID),
		"/console/policy/revisions": string(o.proposed(o.ada, "hybrid").ID), "/console/policy/decisions": string(o.refused(grace, creds[0]).ID),
		"/console/policy/replacements": string(o.toReplace(grace, creds[0]).ID),
		"/console/exposure/accounts":   string(grace.ID)}
	out := map[string][2]string{}
	for _, pattern := range o.console.Patterns() {
		if strings.HasSuffix(pattern, "/events") {
			continue // never ends; it has tests of its own
		}
		method, path, _ := strings.Cut(pattern, " ")
		base, _, _ := strings.Cut(path, "/{")
		out[pattern] = [2]string{method, strings.NewReplacer("{id}", ids[base], "{passkey}", string(creds[0].ID),
			"{session}", ids["/console/sessions"], "{index}", "0").Replace(path)}
	}
	return out
}

func TestOnlyAdministrators(t *testing.T) {
	o := open(t)
	addresses := o.addresses()
	if len(addresses) < 35 {
		t.Fatalf("only %d addresses", len(addresses))
	}
	one := o.SignInAt(o.ada, assurance.Evidence{UV: false}) // AAL1
	visitors := map[string]*webtest.Browser{"member": o.SignIn(o.Member("Mallory", "mallory@example.org")), "administrator at AAL1": one}
	before := o.Records()
	for pattern, at := range addresses {
		t.Run(pattern, func(t *testing.T) {
			ask := func(b *webtest.Browser) webtest.Answer {
				if at[0] == http.MethodGet {
					return b.Get(at[1])
				}
				return b.Post("/console", at[1], "name", "Mallory's", "email", "m@example.org", "role", "auditor", "confirm", "Grace Hopper", "organisation", "Mallory's")
			}
			a := ask(o.Nobody())
			back := at[1]
			if at[0] == http.MethodPost {
				back = "/console"
			}
			wantTo(t, a, "/signin?return="+url.QueryEscape(back))
			for who, b := range visitors {
				a := ask(b)
				if a.Status != http.StatusNotFound {
					t.Errorf("%s: %d, want 404", who, a.Status)
				}
				wantNot(t, a, "Grace", "Engineering", "Wiki", `href="/console/people"`)
			}
		})
	}
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
	for pattern, at := range addresses {
		if at[0] == http.MethodGet {
			if a := o.admin.Get(at[1]); a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, Cache-Control %q for an administrator\n%s", pattern, a.Status, a.Header.Get("Cache-Control"), a.Body)
			}
		}
	}
}

func TestAStaleSessionConfirmsBeforeItChanges(t *testing.T) {
	o := open(t)
	addresses := o.addresses()
	o.Pass(16 * time.Minute)
	before := o.Records()
	for pattern, at := range addresses {
		if at[0] == http.MethodGet || strings.HasSuffix(pattern, "/policy/check") || strings.HasSuffix(pattern, "/policy/propose") {
			// The one changes nothing, the other keeps what was typed: TestTheEditor.
			continue
		}
		t.Run(pattern, func(t *testing.T) {
			a := o.admin.Post("/console/people?q=x", at[1], "name", "New", "email", "new@example.org", "role", "auditor",
				"confirm", "Grace Hopper", "organisation", "New", "person", "grace@example.org", "redirect_uri", "https://a.example/r", "preset", "oidc",
				"ends", "2027-01-01", "scope", "people:read", "plan", "seen")
			wantTo(t, a, "/signin?confirm=1&return="+url.QueryEscape("/console/people?q=x"))
		})
	}
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}

func TestAnotherOriginChangesNothing(t *testing.T) {
	o := open(t)
	before := o.Records()
	for pattern, at := range o.addresses() {
		if at[0] == http.MethodPost {
			before = o.Records()
			if a := o.admin.PostFrom("https://mallory.example", at[1], "name", "x"); a.Status != http.StatusForbidden {
				t.Errorf("%s: %d, want 403", pattern, a.Status)
			}
		}
	}
	if after := o.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}

// script is what must never come back as it was sent.
const script = `"'><script>alert(1)</script>`

func TestNothingIsReflectedAsHTML(t *testing.T) {
	o := open(t)
	for pattern, at := range o.addresses() {
		t.Run(pattern, func(t *testing.T) {
			var a webtest.Answer
			if at[0] == http.MethodGet {
				q := url.Values{}
				for _, name := range []string{"q", "state", "group", "page", "type", "actor", "subject", "from", "to", "before", "after"} {
					q.Set(name, script)
				}
				a = o.admin.Get(at[1] + "?" + q.Encode())
			} else {
				a = o.admin.Post("/console", at[1], "name", script, "email", script, "ends", script, "group", script, "person", script,
					"redirect_uri", script, "preset", script, "organisation", script, "on", script, "confirm", script)
			}
			wantNot(t, a, "<script>alert")
		})
	}
	o.Member("<script>alert(2)</script>", "script@example.org")
	for _, path := range []string{"/console/people", "/console/audit"} {
		a := o.admin.Get(path)
		wantText(t, a, http.StatusOK, "&lt;script&gt;alert(2)")
		wantNot(t, a, "<script>alert")
	}
}
