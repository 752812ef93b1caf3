package console_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/edge/web/console"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
)

// office is a world with an administrator at the console.
type office struct {
	*webtest.World
	t       *testing.T
	ada     person.Record
	admin   *webtest.Browser
	console *console.Console
}

func open(t *testing.T) *office {
	t.Helper()
	w := webtest.New(t)
	c := console.New(console.Config{Visits: w.Visits, Govern: w.Govern, Store: w.DB, Issuer: webtest.Origin,
		Facts: []page.Pair{{Name: "Relying party", Value: "localhost", Code: true}}, Mails: true, Keys: rolls(t, w)})
	w.Serve(c)
	o := &office{World: w, t: t, console: c, ada: w.Administrator("Ada Lovelace", "ada@example.org")}
	o.admin = w.SignIn(o.ada)
	return o
}

// roller rolls keys over as the server does.
type roller struct {
	*webtest.World
	master keys.Master
}

func rolls(t *testing.T, w *webtest.World) roller {
	t.Helper()
	master, err := keys.Load(filepath.Join(t.TempDir(), "master.key"), true)
	if err == nil {
		err = master.Found(context.Background(), store.Port[keys.Tx]{DB: w.DB}, w.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	return roller{w, master}
}

func (r roller) Roll(ctx context.Context, by holdfast.Actor) error {
	if err := r.Govern.Allowed(ctx, by, authority.KeysWrite); err != nil {
		return err
	}
	_, err := r.master.Rotate(ctx, store.Port[keys.Tx]{DB: r.DB}, by, signingkey.Overlap, r.Now())
	return err
}

func (o *office) person(p person.Record) person.Record {
	o.t.Helper()
	now, err := o.DB.Person(context.Background(), p.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return now
}

// press posts a form of a person's page and wants that page again, saying text.
func (o *office) press(p person.Record, verb, text string, fields ...string) {
	o.t.Helper()
	at := page.PersonPath(string(p.ID))
	wantTo(o.t, o.admin.Post(at, at+"/"+verb, fields...), at)
	wantText(o.t, o.admin.Get(at), http.StatusOK, text)
}

func wantTo(t *testing.T, a webtest.Answer, location string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != location {
		t.Fatalf("got %d to %q, want 303 to %q\n%s", a.Status, a.Location, location, a.Body)
	}
}

func wantText(t *testing.T, a webtest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d\n%s", a.Status, status, main(a))
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			t.Errorf("%q is not on the page\n%s", text, main(a))
		}
	}
}

func wantNot(t *testing.T, a webtest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body, text) {
			t.Errorf("%q is on the page\n%s", text, main(a))
		}
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// issued is the event of a grant without its code.
func issued(g grant.Grant) audit.Event {
	return audit.New(grant.Issued, string(g.ID), g.Person, audit.Set(&g))
}

// main is what a failure quotes of a page.
func main(a webtest.Answer) string {
	_, text, found := strings.Cut(a.Body, "<main")
	if !found {
		return a.Body
	}
	return text
}
