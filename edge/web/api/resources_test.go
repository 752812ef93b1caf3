package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/edge/web/api"
)

// page is a list of anything.
type page[T any] struct {
	Items []T
	Next  string
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	w.Invited("Ada", "ada@example.org")
	var g api.Group
	p.do("POST", "/groups", `{"name":"Needs / escaping & more"}`).into(201, &g)
	p.do("POST", "/groups", `{"name":"Needs / escaping & more"}`).refused(409, "group_taken")
	p.do("PUT", "/groups/Needs%20%2F%20escaping%20&%20more/members/ada@example.org", "").into(200, &g)
	if g.Members != 1 {
		t.Errorf("joined: %+v", g)
	}
	var members page[api.Person]
	if p.do("GET", "/groups/"+g.ID+"/members", "").into(200, &members); len(members.Items) != 1 || members.Items[0].Name != "Ada" {
		t.Errorf("members: %+v", members)
	}
	w.program(w.token(w.root, string(authority.GroupsRead))).do("GET", "/groups/"+g.ID+"/members", "").refused(403, "scope_missing")
	p.do("PATCH", "/groups/"+g.ID, `{"name":"Writers"}`).into(200, &g)
	p.do("DELETE", "/groups/Writers/members/ada@example.org", "").into(200, &g)
	if g.Name != "Writers" || g.Members != 0 {
		t.Errorf("left: %+v", g)
	}
	if got := p.do("DELETE", "/groups/Writers", "").want(204); len(got.body) != 0 {
		t.Errorf("got %s", got.body)
	}
	p.do("GET", "/groups/Writers", "").refused(404, "no_such_person_group")
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	var made, again api.Invited
	p.do("POST", "/invitations", `{"name":"Ada","email":"ada@example.org","life":"48h"}`).into(201, &made)
	if made.Ends.Sub(w.Now()) != 48*time.Hour || !strings.HasSuffix(made.URL, "/enrol#"+made.Ticket) {
		t.Errorf("made: %+v", made)
	}
	p.do("POST", "/people/ada@example.org/invitation", "").into(201, &again)
	var open, all page[api.Invitation]
	p.do("GET", "/invitations?state=open", "").into(200, &open)
	p.do("GET", "/invitations?person=ada@example.org", "").into(200, &all)
	if len(open.Items) != 1 || open.Items[0].ID != again.ID || len(all.Items) != 2 {
		t.Errorf("open: %+v, all: %+v", open, all)
	}
	if got := p.do("GET", "/invitations", ""); strings.Contains(string(got.body), again.Ticket) {
		t.Error("a list shows a secret")
	}
	var ended api.Invitation
	if p.do("DELETE", "/invitations/"+again.ID, "").into(200, &ended); ended.State != "revoked" {
		t.Errorf("ended: %+v", ended)
	}
	p.do("POST", "/invitations", `{"name":"Eve","email":"eve@example.org","life":"soon"}`).refused(400, "ticket_life")
}

func TestCredentialsAndSessions(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	member := w.Member("Ada", "ada@example.org")
	key := w.Passkey(member, "Blue key")
	var list page[api.Credential]
	for query, n := range map[string]int{"": 3, "?person=ada@example.org": 2, "?status=suspended": 0, "?synced=true": 0, "?synced=false": 3, "?aaguid=0": 0} {
		if p.do("GET", "/credentials"+query, "").into(200, &list); len(list.Items) != n && query != "?synced=true" && query != "?synced=false" {
			t.Errorf("%s: %d passkeys, want %d", query, len(list.Items), n)
		}
	}
	var synced, not page[api.Credential]
	p.do("GET", "/credentials?synced=true", "").into(200, &synced)
	p.do("GET", "/credentials?synced=false", "").into(200, &not)
	if len(synced.Items)+len(not.Items) != 3 {
		t.Errorf("%d synced and %d not", len(synced.Items), len(not.Items))
	}
	var c api.Credential
	p.do("POST", "/credentials/"+string(key.ID)+"/suspend", "").into(200, &c)
	if c.Status != "suspended" || c.Name != "Blue key" {
		t.Errorf("%+v", c)
	}
	p.do("POST", "/credentials/"+string(key.ID)+"/reinstate", "").into(200, &c)
	desk := w.program(w.token(w.root, string(authority.CredentialsWrite)))
	desk.do("DELETE", "/credentials/"+string(key.ID), "").refused(403, "scope_missing")
	if p.do("DELETE", "/credentials/"+string(key.ID), "").into(200, &c); c.Status != "removed" {
		t.Errorf("%+v", c)
	}

	b := w.SignIn(member)
	var open page[api.Session]
	if p.do("GET", "/sessions?person="+string(member.ID), "").into(200, &open); len(open.Items) != 1 || open.Items[0].Name != "Ada" {
		t.Fatalf("%+v", open)
	}
	narrow := w.program(w.token(w.root, string(authority.SessionsRead)))
	if narrow.do("GET", "/sessions", "").into(200, &open); open.Items[0].Name != "" {
		t.Error("a name is told to who may not read people")
	}
	p.do("DELETE", "/sessions/"+string(b.Session.ID), "").want(204)
	if p.do("GET", "/sessions?person=ada@example.org", "").into(200, &open); len(open.Items) != 0 {
		t.Errorf("%+v", open)
	}
	w.SignIn(member)
	p.do("DELETE", "/people/ada@example.org/sessions", "").want(204)
	if p.do("GET", "/sessions?person=ada@example.org", "").into(200, &open); len(open.Items) != 0 {
		t.Errorf("%+v", open)
	}
}

func TestApps(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	g := w.Group("Writers")
	var made api.AppMade
	p.do("POST", "/apps", `{"name":"Wiki","redirect_uris":["https://wiki.example.org/cb"],"confidential":true,"groups":["Writers"],"owners":["root@example.org"],
		"min_aal":2,"max_age":3600,"require_acr":"phr","domains":["wiki.example.org"]}`).into(201, &made)
	if made.ClientSecret == "" || !strings.Contains(made.Configuration, made.ClientID) {
		t.Errorf("%+v", made)
	}
	var app api.App
	p.do("GET", "/apps/"+made.ClientID, "").into(200, &app)
	want := api.AppDraft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.org/cb"}, PostLogoutURIs: []string{"https://wiki.example.org/"},
		Confidential: true, Preset: "generic", AuthMethod: "client_secret", MinAAL: 2, RequireACR: "phr", MaxAge: 3600,
		Groups: []string{string(g.ID)}, Owners: []string{string(w.root.ID)}, Domains: []string{"wiki.example.org"}}
	if diff := cmp.Diff(want, app.AppDraft); diff != "" {
		t.Error(diff)
	}
	p.do("PATCH", "/apps/"+made.ClientID, `{"groups":[],"require_acr":"","max_age":0,"logout_uri":"https://wiki.example.org/out"}`).into(200, &app)
	want.Groups, want.RequireACR, want.MaxAge, want.LogoutURI = nil, "", 0, "https://wiki.example.org/out"
	if diff := cmp.Diff(want, app.AppDraft); diff != "" {
		t.Error(diff)
	}
	jwks := `{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`
	p.do("PATCH", "/apps/"+made.ClientID, `{"auth_method":"private_key_jwt","jwks":`+jwks+`}`).into(200, &app)
	var a, b any
	if json.Unmarshal(app.JWKS, &a) != nil || json.Unmarshal([]byte(jwks), &b) != nil || !cmp.Equal(a, b) {
		t.Errorf("jwks: %s", app.JWKS)
	}
	p.do("POST", "/apps/"+made.ClientID+"/secret", "").refused(409, "app_public")
	p.do("PATCH", "/apps/"+made.ClientID, `{"auth_method":"client_secret","jwks":null}`).into(200, &app)
	var secret api.AppMade
	if p.do("POST", "/apps/"+made.ClientID+"/secret", "").into(200, &secret); secret.ClientSecret == "" || secret.ClientSecret == made.ClientSecret {
		t.Errorf("%+v", secret)
	}
	if p.do("GET", "/apps/"+made.ClientID+"/configuration", "").into(200, &secret); secret.ClientSecret != "" || secret.Configuration == "" {
		t.Errorf("%+v", secret)
	}
	p.do("POST", "/apps", `{"name":"X","redirect_uris":["http://evil.example/"]}`).refused(400, "redirect_uri")
	p.do("POST", "/apps", `{"name":"X","redirect_uris":["https://x.example/"],"groups":["Nobody"]}`).refused(404, "no_such_person_group")
	var apps page[api.App]
	if p.do("GET", "/apps?query=wik", "").into(200, &apps); len(apps.Items) != 1 {
		t.Errorf("%+v", apps)
	}
	if p.do("DELETE", "/apps/"+made.ClientID, "").into(200, &app); app.Removed.IsZero() {
		t.Errorf("%+v", app)
	}
	if p.do("GET", "/apps", "").into(200, &apps); len(apps.Items) != 0 {
		t.Errorf("%+v", apps)
	}
	p.do("DELETE", "/grants/gra_nobody", "").refused(404, "no_such_app_grant")
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	var made api.TokenMade
	p.do("POST", "/tokens", `{"name":"Backup","scopes":["audit:read"],"life":"2h"}`).into(201, &made)
	if made.Owner != string(w.root.ID) || made.Ends.Sub(w.Now()) != 2*time.Hour || !strings.HasPrefix(made.Secret, "hft_") {
		t.Errorf("%+v", made)
	}
	q := w.program(made.Secret)
	q.do("GET", "/audit", "").want(200)
	q.do("GET", "/people", "").refused(403, "scope_missing")
	var me api.Me
	if q.do("GET", "/me", "").into(200, &me); me.Actor != "token:"+made.ID || me.Owner.Email != "root@example.org" || !cmp.Equal(me.Scopes, []string{"audit:read"}) {
		t.Errorf("%+v", me)
	}
	p.do("POST", "/tokens", `{"name":"Longer","scopes":["audit:read"],"life":"48h"}`).refused(403, "token_outlives")
	p.do("POST", "/tokens", `{"name":"X","scopes":["everything"]}`).refused(400, "scope_unknown")
	w.program(w.token(w.root, "tokens:write")).do("POST", "/tokens", `{"name":"X","scopes":["people:read"],"life":"1h"}`).refused(403, "scope_not_yours")
	var list page[api.Token]
	p.do("GET", "/tokens?owner=root@example.org", "").into(200, &list)
	used := map[string]bool{}
	for _, tok := range list.Items {
		used[tok.ID] = !tok.LastUsed.IsZero()
		if tok.State != "live" {
			t.Errorf("%+v", tok)
		}
	}
	if len(list.Items) != 3 || !used[made.ID] {
		t.Errorf("%+v", list)
	}
	if strings.Contains(string(p.do("GET", "/tokens", "").body), made.Secret) {
		t.Error("a list shows a secret")
	}
	var over api.Token
	if p.do("DELETE", "/tokens/"+made.ID, "").into(200, &over); over.State != "revoked" {
		t.Errorf("%+v", over)
	}
	q.do("GET", "/me", "").refused(401, "token_refused")
	p.do("GET", "/tokens", "").into(200, &list)
	live := len(list.Items)
	if p.do("GET", "/tokens?all=true", "").into(200, &list); len(list.Items) != live+1 {
		t.Errorf("%d live, %d in all", live, len(list.Items))
	}
}

// The last use is kept to the minute: a write for each call would cost more
// than the call.
func TestTheLastUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t)
	record, secret := w.tokenFor(w.root, time.Hour)
	p := w.program(secret)
	used := func() time.Time {
		seen, err := w.DB.TokensSeen(t.Context(), []holdfast.APITokenID{record.ID})
		if err != nil {
			t.Fatal(err)
		}
		return seen[record.ID]
	}
	first := w.Now()
	p.do("GET", "/me", "").want(200)
	w.Pass(59 * time.Second)
	p.do("GET", "/me", "").want(200)
	if got := used(); !got.Equal(first) {
		t.Errorf("noted at %v, want %v", got, first)
	}
	w.Pass(time.Second)
	p.do("GET", "/me", "").want(200)
	if got := used(); !got.Equal(w.Now()) {
		t.Errorf("noted at %v, want %v", got, w.Now())
	}
}

func TestAudit(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	p.do("POST", "/people", ada).want(201)
	var list page[api.Record]
	p.do("GET", "/audit?type=person.*&limit=1", "").into(200, &list)
	if len(list.Items) != 1 || list.Items[0].Type != "person.added" || !strings.HasPrefix(list.Items[0].Actor, "token:") || list.Next == "" {
		t.Fatalf("%+v", list)
	}
	var proved api.Proved
	p.do("GET", "/audit/0", "").into(200, &proved)
	if proved.Index != 0 || !strings.Contains(proved.Proof, "c2sp.org/tlog-proof") {
		t.Errorf("%+v", proved)
	}
	p.do("GET", "/audit/99999", "").refused(404, "no_such_record")
	p.do("GET", "/audit/x", "").refused(400, "invalid_field")
	var head api.Checkpoint
	if p.do("GET", "/audit/checkpoint", "").into(200, &head); head.Checkpoint == "" || head.Verifier == "" {
		t.Errorf("%+v", head)
	}
	n, path := 0, "/audit?limit=3"
	last := int64(1 << 60)
	for path != "" {
		p.do("GET", path, "").into(200, &list)
		for _, r := range list.Items {
			if r.Index >= last {
				t.Fatalf("record %d stands behind %d", r.Index, last)
			}
			last = r.Index
			n++
		}
		if path = ""; list.Next != "" {
			path = "/audit?limit=3&cursor=" + list.Next
		}
	}
	if int64(n) != w.Records() || last != 0 {
		t.Errorf("%d of %d records, the last %d", n, w.Records(), last)
	}
	if got := p.do("GET", "/audit?before=2", "").into(200, &list); len(list.Items) != 2 {
		t.Errorf("%s", got.body)
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	var s api.Settings
	p.do("PATCH", "/settings", `{"name":"Shore & Kelp"}`).into(200, &s)
	if s.Name != "Shore & Kelp" || s.RPID != "localhost" || s.RelatedOrigins == nil {
		t.Errorf("%+v", s)
	}
	p.do("PATCH", "/settings", `{"related_origins":["https://id.kelp.example"]}`).into(200, &s)
	if !cmp.Equal(s.RelatedOrigins, []string{"https://id.kelp.example"}) {
		t.Errorf("%+v", s)
	}
	p.do("PATCH", "/settings", `{"name":"X","related_origins":[]}`).refused(400, "one_at_a_time")
	p.do("PATCH", "/settings", `{"name":""}`).refused(400, "organisation_name")
	p.do("PATCH", "/settings", `{}`).want(200)
}

func TestKeys(t *testing.T) {
	w := newWorld(t)
	w.foundKeys()
	p := w.admin()
	var list, made page[api.Key]
	if p.do("GET", "/keys", "").into(200, &list); len(list.Items) != 2 {
		t.Fatalf("%+v", list)
	}
	p.do("POST", "/keys", `{"overlap":"1s"}`).refused(400, "key_overlap")
	p.do("POST", "/keys", "").into(201, &made)
	if len(made.Items) != 2 || made.Items[0].State != "waiting" || !made.Items[0].Starts.Equal(w.Now().Add(24*time.Hour)) {
		t.Errorf("%+v", made)
	}
	p.do("POST", "/keys", `{"withdraw":true}`).into(201, &made)
	if made.Items[0].State != "signing" {
		t.Errorf("%+v", made)
	}
	if got := p.do("GET", "/keys", ""); strings.Contains(string(got.body), "rapped") {
		t.Errorf("%s", got.body)
	}
}
