package console_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/edge/web/console"
	"holdfast/edge/web/webtest"
	"holdfast/spec/translog"
)

// redeem uses up a person's open invitation.
func (o *office) redeem(id holdfast.PersonID) {
	o.t.Helper()
	open, err := o.DB.OpenTickets(context.Background(), id)
	if err != nil || len(open) != 1 {
		o.t.Fatal(open, err)
	}
	_, events, err := ticket.Redeem(open[0], o.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	o.Record(events...)
}

// use lets an application in, from a browser.
func (o *office) use(a grant.App, b *webtest.Browser) {
	o.t.Helper()
	challenge := base64.RawURLEncoding.EncodeToString(sha256.New().Sum(nil))
	g := grant.Grant{ID: holdfast.NewGrantID(), App: a.ID, Person: b.Session.Person, Session: b.Session.ID,
		RedirectURI: a.RedirectURIs[0], CodeChallenge: challenge, Created: o.Now()}
	o.Record(issued(g))
}

func TestAudit(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	grace := o.Member("Grace Hopper", "grace@example.org")
	at := "/console/people/" + string(grace.ID)
	wantTo(t, o.admin.Post(at, at+"/suspend"), at)
	g := o.Group("Engineering")
	if err := o.Govern.Join(ctx, webtest.System, grace.ID, g.ID); err != nil {
		t.Fatal(err)
	}
	app, err := o.Govern.CreateApp(ctx, webtest.System, grant.Draft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.org/return"}})
	if err != nil {
		t.Fatal(err)
	}
	o.use(app.App, o.admin)
	a := o.admin.Get("/console/audit")
	wantText(t, a, http.StatusOK, "Everything that changed", "Grace Hopper was suspended", "Grace Hopper joined Engineering", "Ada Lovelace signed in",
		"Ada Lovelace went on to Wiki", "Holdfast itself", ">the organisation</a>", `href="`+at+`"`, "Keep a checkpoint elsewhere", "test.example")

	for _, c := range []struct {
		query      string
		are, arent []string
	}{
		{"?type=person.suspended", []string{"Grace Hopper was suspended"}, []string{"joined Engineering"}},
		{"?actor=ada%40example.org", []string{"Grace Hopper was suspended"}, []string{"joined Engineering"}},
		{"?actor=lovelace", []string{"Grace Hopper was suspended"}, []string{"joined Engineering"}},
		{"?actor=" + string(o.ada.ID), []string{"Grace Hopper was suspended"}, []string{"joined Engineering"}},
		{"?actor=system", []string{"joined Engineering"}, []string{"was suspended"}},
		{"?subject=grace%40example.org", []string{"joined Engineering", "was suspended"}, []string{"Ada Lovelace signed in"}},
		{"?subject=hopper", []string{"joined Engineering", "was suspended"}, []string{"Ada Lovelace signed in"}},
		{"?subject=" + string(g.ID), []string{"joined Engineering", "The group Engineering was made"}, []string{"was suspended"}},
		{"?subject=nobody", []string{"No record matches"}, nil},
		{"?from=2026-11-02&to=2026-11-02", []string{"was suspended"}, nil},
		{"?from=2026-11-03", []string{"No record matches"}, nil},
		{"?to=2026-11-01", []string{"No record matches"}, nil},
		{"?to=nonsense&from=&before=x&after=-1", []string{"was suspended"}, nil},
	} {
		t.Run(c.query, func(t *testing.T) {
			a := o.admin.Get("/console/audit" + c.query)
			wantText(t, a, http.StatusOK, c.are...)
			_, a.Body, _ = strings.Cut(a.Body, "<tbody>") // the choices of the filter are the same sentences
			wantNot(t, a, c.arent...)
		})
	}
}

var recordLinks = regexp.MustCompile(`href="/console/audit/(\d+)"`)

func TestTheLogPages(t *testing.T) {
	o := open(t)
	for range 130 {
		o.Record(issued(grant.Grant{ID: holdfast.NewGrantID(), App: "app_x", Created: o.Now()}))
	}
	var seen []string
	path := "/console/audit?type=grant.issued"
	for n := range 4 {
		a := o.admin.Get(path)
		wantText(t, a, http.StatusOK, "What the log says")
		for _, m := range recordLinks.FindAllStringSubmatch(a.Body, -1) {
			seen = append(seen, m[1])
		}
		if strings.Contains(a.Body, `rel="prev"`) != (n > 0) {
			t.Errorf("page %d: Newer is there: %v", n, n == 0)
		}
		if !strings.Contains(a.Body, `rel="next"`) {
			if n != 2 {
				t.Fatalf("the last page is page %d", n)
			}
			newer := o.admin.Get("/console/audit" + html.UnescapeString(between(t, a.Body, `rel="prev" href="`, `"`)))
			links := recordLinks.FindAllStringSubmatch(newer.Body, -1)
			if len(links) != 50 || links[0][1] != seen[50] || links[49][1] != seen[99] {
				t.Errorf("Newer does not lead back to the page before")
			}
			first := o.admin.Get("/console/audit" + html.UnescapeString(between(t, newer.Body, `rel="prev" href="`, `"`)))
			links = recordLinks.FindAllStringSubmatch(first.Body, -1)
			if len(links) != 50 || links[0][1] != seen[0] || strings.Contains(first.Body, `rel="prev"`) || !strings.Contains(first.Body, `rel="next"`) {
				t.Errorf("Newer twice does not lead back to the first page")
			}
			break
		}
		path = "/console/audit" + html.UnescapeString(between(t, a.Body, `rel="next" href="`, `"`))
	}
	if unique := slices.Compact(slices.Clone(seen)); len(seen) != 130 || len(unique) != 130 {
		t.Errorf("%d records on all pages, %d of them different, want 130", len(seen), len(unique))
	}
}

// What the page of a record shows is enough to check it without the server.
func TestARecordProvesItself(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace Hopper", "grace@example.org")
	leaves, err := o.DB.Tail(context.Background(), store.Filter{Person: grace.ID, Type: "person.added"})
	if err != nil || len(leaves) != 1 {
		t.Fatal(leaves, err)
	}
	path := "/console/audit/" + itoa(leaves[0].Index)
	a := o.admin.Get(path)
	wantText(t, a, http.StatusOK, "Grace Hopper was added", "grace@example.org", "commitment", "as it is", "2 Nov 2026, 12:00:00.000000 UTC")

	block := func(id string) string {
		_, rest, _ := strings.Cut(a.Body, `<pre id="`+id+`"`)
		return html.UnescapeString(between(t, rest, "<code>", "</code>"))
	}
	canonical := []byte(block("canonical"))
	if hash := between(t, a.Body, "<dt>Leaf hash</dt><dd><code>", "<"); html.UnescapeString(hash) != translog.LeafHash(canonical).String() {
		t.Errorf("the leaf hash on the page, %s, is of another record", hash)
	}
	if strings.Contains(string(canonical), "grace@example.org") {
		t.Error("the record holds a personal value in the clear")
	}
	text := "c2sp.org/tlog-proof@v1\nindex " + itoa(leaves[0].Index) + "\n"
	if hashes := block("proof"); hashes != "" {
		text += hashes + "\n"
	}
	proof, err := translog.ParseProof(text + "\n" + block("checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	_, verifier := storetest.Key()
	if _, err := proof.Check(canonical, verifier); err != nil {
		t.Error(err)
	}
	if _, err := proof.Check(append(canonical, ' '), verifier); err == nil {
		t.Error("another record passes with the same proof")
	}

	if err := o.Govern.Erase(context.Background(), webtest.System, grace.ID); err != nil {
		t.Fatal(err)
	}
	a = o.admin.Get(path)
	wantText(t, a, http.StatusOK, "Erased person was added", ">erased<")
	wantNot(t, a, "Grace", "grace@example.org")

	for _, none := range []string{"999999", "-1", "x", "99999999999999999999"} {
		wantText(t, o.admin.Get("/console/audit/"+none), http.StatusNotFound)
	}
}

func TestAPersonsHistoryIsTheNewest(t *testing.T) {
	o := open(t)
	grace := o.Member("Grace", "grace@example.org")
	for range 12 {
		o.SignIn(grace)
		o.Pass(time.Minute)
	}
	o.admin = o.SignIn(o.ada)
	a := o.admin.Get("/console/people/" + string(grace.ID))
	_, history, _ := strings.Cut(a.Body, `class="timeline"`)
	if n := strings.Count(history, "Grace signed in"); n != 10 {
		t.Errorf("%d moments, want the newest 10", n)
	}
}

// eventType is a literal that names an event in the code of the inner rings.
// elsewhere finds those that an edge makes.
var elsewhere = regexp.MustCompile(`audit\.(?:New\(|Type *= *)"([a-z_]+\.[a-z_]+)"`)

var eventType = regexp.MustCompile(`"((?:api_token|app|consent|credential|decision|device|export|finding|grant|group|host|metadata|organisation|outbox|person|policy|session|signing_key|surrounding|task|token)\.[a-z_]+)"`)

// otherwise are words of the same shape that name no event: paths of the
// policy's language, fields of expressions, a file, and what re-judging is
// ready for and nothing records.
var otherwise = []string{"person.exception_given", "person.exception_ended", "organisation.time_moved",
	"metadata.name", "metadata.owner", "metadata.revision", "metadata.raise", "metadata.lower", "metadata.change_control",
	"device.id", "app.ehr", "policy.yaml", "policy.fallbacks"}

func TestEveryEventHasASentence(t *testing.T) {
	have := console.Sentences()
	found := map[string]bool{}
	for _, k := range []ticket.Kind{ticket.Setup, ticket.Invitation, ticket.Replacement} {
		for _, verb := range []string{"issued", "redeemed", "revoked"} {
			found[string(k)+"."+verb] = true
		}
	}
	for _, root := range []string{"../../../domain", "../../../flow", "../..", "../../../cmd"} {
		types := eventType
		if !strings.HasSuffix(root, "domain") && !strings.HasSuffix(root, "flow") {
			types = elsewhere // where the same shape of words has other meanings too
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && strings.HasSuffix(path, "test") {
				return filepath.SkipDir // what tests make up
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range types.FindAllSubmatch(text, -1) {
				found[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 40 {
		t.Fatalf("only %d types of events were found: does the expression still fit?", len(found))
	}
	for name := range found {
		if !slices.Contains(have, name) && !slices.Contains(otherwise, name) {
			t.Errorf("%s has no sentence", name)
		}
	}
	for _, name := range have {
		if !found[name] {
			t.Errorf("there is a sentence for %s, which nothing records", name)
		}
	}
}
