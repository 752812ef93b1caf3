package console_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/webtest"
)

// holder is a member with a role.
func (o *office) holder(name string, r person.Role) person.Record {
	o.t.Helper()
	var ends time.Time
	if r == person.Auditor {
		ends = o.Now().AddDate(0, 1, 0)
	}
	p, events, err := person.SetRole(o.Member(name, strings.ToLower(name)+"@example.org"), r, ends, o.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	o.Record(events...)
	return p
}

// An offer is what a page offers: a form to send, or a link to follow.
type offer struct{ method, path string }

// offers are the forms and links of a page that lead into the console.
func offers(t *testing.T, body, at string) []offer {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	var out []offer
	add := func(method, to string) {
		u, err := base.Parse(to)
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		if u.Fragment = ""; strings.HasPrefix(u.Path, page.PathConsole) {
			out = append(out, offer{method, u.String()})
		}
	}
	for n := range doc.Descendants() {
		attrs := map[string]string{}
		for _, a := range n.Attr {
			attrs[a.Key] = a.Val
		}
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "a":
			add(http.MethodGet, attrs["href"])
		case n.Data == "form":
			add(strings.ToUpper(attrs["method"] + "GET")[:max(3, len(attrs["method"]))], attrs["action"])
		}
	}
	return out
}

// routes are the console's, with who may call them.
func (o *office) routes() *route.Mux {
	mux := route.NewMux(nil)
	o.console.Routes(mux)
	return mux
}

// Whoever may open the console finds nothing there that is refused: every link
// leads to a page, and every button to what they may do.
func TestNobodyIsOfferedWhatIsRefused(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	addresses := o.addresses()
	for range 3 {
		o.Pass(time.Second)
		o.admin = o.SignIn(o.ada)
	}
	if _, _, err := o.Govern.CreateToken(ctx, webtest.System, o.ada.ID, apitoken.New{Name: "Old", Scopes: []string{"people:read"}, Life: time.Minute}); err != nil {
		t.Fatal(err)
	}
	mux := o.routes()
	access := map[string]route.Access{}
	for _, r := range mux.Routes() {
		access[r.Pattern] = r.Access
	}
	for _, c := range []struct {
		role    person.Role
		buttons int // at least so many different ones; none for an auditor
	}{{person.Administrator, 20}, {person.HelpDesk, 6}, {person.Auditor, 0}} {
		t.Run(string(c.role), func(t *testing.T) {
			who := o.holder("Role"+string(c.role), c.role)
			b, holds := o.SignIn(who), authority.OfRole(c.role)
			seen, queue, buttons := map[string]bool{}, []string{page.PathConsole}, map[string]bool{}
			for _, at := range addresses {
				if a := at[1]; at[0] == http.MethodGet && b.Get(a).Status == http.StatusOK {
					queue = append(queue, a)
				}
			}
			for ; len(queue) > 0 && len(seen) < 120; queue = queue[1:] {
				at := queue[0]
				if seen[at] || strings.Contains(at, "format=") {
					continue
				}
				seen[at] = true
				a := b.Get(at)
				if a.Status != http.StatusOK {
					t.Errorf("%s: %d", at, a.Status)
					continue
				}
				for _, of := range offers(t, a.Body, at) {
					if of.method == http.MethodGet {
						queue = append(queue, of.path)
						continue
					}
					r, err := http.NewRequest(of.method, of.path, nil)
					if err != nil {
						t.Fatal(err)
					}
					pattern := mux.Match(r)
					if need := access[pattern]; pattern == "" || need.Kind != route.KindStaff && !holds.Has(need.Scope) {
						t.Errorf("%s offers %s %s, which takes %v", at, of.method, of.path, need)
					}
					buttons[pattern] = true
				}
			}
			if len(buttons) < c.buttons || c.buttons == 0 && len(buttons) > 0 {
				t.Errorf("%d buttons: %v", len(buttons), buttons)
			}
			if len(seen) < 15 {
				t.Errorf("only %d pages were looked at", len(seen))
			}
		})
	}
}

// A help desk sees who holds a role, and cannot lay a hand on them.
func TestAHelpDeskHasNoButtonOverRoles(t *testing.T) {
	o := open(t)
	desk := o.SignIn(o.holder("Helen", person.HelpDesk))
	grace := o.Member("Grace", "grace@example.org")
	o.SignIn(grace)
	buttons := func(path string) []string {
		var out []string
		for _, of := range offers(t, desk.Get(path).Body, path) {
			if of.method == http.MethodPost {
				out = append(out, of.path)
			}
		}
		return out
	}
	own := page.PersonPath(string(o.ada.ID))
	if got := buttons(own); len(got) > 0 {
		t.Errorf("over an administrator: %v", got)
	}
	wantText(t, desk.Get(own), http.StatusOK, "Only an administrator can change anything here.")
	if got := buttons(page.PersonPath(string(grace.ID))); len(got) < 3 {
		t.Errorf("over a member: %v", got)
	}
	for _, list := range []string{page.PathCredentials, page.PathAllSessions} {
		got := buttons(list)
		if len(got) == 0 {
			t.Errorf("%s: no button for anybody", list)
		}
		for _, of := range []*webtest.Browser{o.admin} {
			if slices.ContainsFunc(got, func(p string) bool {
				return strings.Contains(p, string(of.Session.ID)) || strings.Contains(p, string(of.Session.Credential))
			}) {
				t.Errorf("%s: a button over an administrator", list)
			}
		}
	}
}

// Who looks after an application and holds no role sees its page and nothing of
// the console around it.
func TestAnOwnerSeesTheirApplicationAlone(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	app, err := o.Govern.CreateApp(context.Background(), webtest.System, grant.Draft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.org/return"},
		Confidential: true, Owners: []string{string(grace.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	b, at := o.SignIn(grace), page.ApplicationPath(string(app.App.ID))
	a := b.Get(at)
	wantText(t, a, http.StatusOK, "Wiki")
	for _, entry := range regexp.MustCompile(`(?s)<nav class="rail".*?</nav>`).FindAllString(a.Body, -1) {
		if strings.Contains(entry, `href="/console`) {
			t.Errorf("the rail leads into the console: %s", entry)
		}
	}
	wantNot(t, a, `action="/console/search"`)
	for _, of := range offers(t, a.Body, at) {
		if of.method == http.MethodGet && b.Get(of.path).Status != http.StatusOK {
			t.Errorf("their application's page leads to %s, which is not for them", of.path)
		}
	}
	for _, path := range []string{"/console", "/console/people", "/console/search?q=ada", page.PathCredentials, page.PathTokens} {
		if a := b.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// Every scope that a template names is one.
func TestTemplatesNameScopes(t *testing.T) {
	names := regexp.MustCompile(`(?:May|Can) "([a-z:]*)"`)
	all := authority.Everything().Strings()
	n := 0
	for _, m := range names.FindAllStringSubmatch(templates(t), -1) {
		if n++; !slices.Contains(all, m[1]) {
			t.Errorf("there is no scope %q", m[1])
		}
	}
	if n < 30 {
		t.Errorf("only %d scopes are named: does the expression still fit?", n)
	}
}
