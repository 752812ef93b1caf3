package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/signingkey"
	"holdfast/domain/task"
	"holdfast/domain/verdict"
	"holdfast/edge/keys"
	"holdfast/edge/metadata"
	"holdfast/edge/plans"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/edge/web/console"
	"holdfast/edge/web/page"
	"holdfast/edge/web/webtest"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
	"holdfast/flow/survey"
	"holdfast/spec/mds"
)

// office is a world with an administrator at the console.
type office struct {
	*webtest.World
	t       *testing.T
	ada     person.Record
	admin   *webtest.Browser
	console *console.Console
	changes *govern.Revisions
}

func open(t *testing.T) *office {
	t.Helper()
	w := webtest.New(t)
	shelf, err := policies.Presets(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	library := metadata.New(metadata.Config{Store: w.DB, Import: w.Govern, Clock: w.Now, Log: slog.New(slog.DiscardHandler)}, metadata.Settings{MaxAge: 30 * 24 * time.Hour})
	judging := rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: w.DB}, Policies: shelf, Metadata: noMetadata{}, Clock: w.Now, Node: "office"})
	changes := govern.NewRevisions(w.Govern, shelf, plans.New(plans.Config{Flow: judging, Store: store.Port[plans.Tx]{DB: w.DB}, Clock: w.Now, Life: t.Context(), Patience: time.Minute}))
	c := console.New(console.Config{Visits: w.Visits, Govern: w.Govern, Store: w.DB, Issuer: webtest.Origin,
		Policies: shelf, Revisions: changes, Metadata: library, Exposure: survey.New(survey.Config{Store: w.DB, Policies: shelf, Clock: w.Now}),
		Facts: []page.Pair{{Name: "Relying party", Value: "localhost", Code: true}}, Mails: true, Keys: rolls(t, w)})
	w.Serve(c)
	o := &office{World: w, t: t, console: c, changes: changes, ada: w.Administrator("Ada Lovelace", "ada@example.org")}
	o.admin = w.SignIn(o.ada)
	return o
}

// noMetadata is of nothing.
type noMetadata struct{}

func (noMetadata) Newest(context.Context) (*mds.Blob, error) { return nil, nil }

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

// proposed is a revision that by proposed: a preset, with a line of its own.
func (o *office) proposed(by person.Record, preset string) revision.Record {
	o.t.Helper()
	for _, p := range policy.Presets() {
		if p.Name == preset {
			out, err := o.changes.Propose(context.Background(), holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(by.ID), Session: o.SignIn(by).Session.ID},
				govern.Proposal{File: "policy.yaml", Text: append([]byte("# of this house\n"), p.Text...), Note: "Because."})
			if err != nil {
				o.t.Fatal(err)
			}
			return out.Revision
		}
	}
	o.t.Fatal("no preset", preset)
	return revision.Record{}
}

// refused is a decision that did not let p in with a passkey.
func (o *office) refused(p person.Record, k credential.Record) decision.Record {
	o.t.Helper()
	ctx := context.Background()
	rules, err := o.console.Policies.InForce(ctx, o.DB)
	if err != nil {
		o.t.Fatal(err)
	}
	account, err := o.DB.Standing(ctx, p)
	if err != nil {
		o.t.Fatal(err)
	}
	v, err := verdict.Decide(rules, account, verdict.Case{Op: policy.SignIn, Person: p, Credential: &k, Now: o.Now()}) // without user verification
	if err != nil || v.Allowed() {
		o.t.Fatal(v.Decision, err)
	}
	o.Record(v.Refused())
	return v.Record
}

// toReplace is an open task of p about a passkey.
func (o *office) toReplace(p person.Record, k credential.Record) task.Record {
	o.t.Helper()
	t, events := task.New(p.ID, k.ID, task.NotAccepted, "segment:everybody", o.Now().Add(240*time.Hour), o.Now())
	o.Record(events...)
	return t
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
