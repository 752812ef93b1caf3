package story

import (
	"context"
	"slices"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/flow/logout"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type told struct {
	t    *testing.T
	db   *store.DB
	flow *logout.Flow
}

func (w *told) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *told) record(events ...audit.Event) {
	w.t.Helper()
	w.must(w.db.InTx(w.t.Context(), func(tx *store.Tx) error {
		return tx.Record(w.t.Context(), audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: noon}, events...)
	}))
}

func (w *told) app(id, logoutURI string) grant.App {
	w.t.Helper()
	a, events, err := grant.CreateApp(holdfast.AppID(id), grant.Draft{Name: id, RedirectURIs: []string{"https://" + id + ".example/cb"}, LogoutURI: logoutURI}, "", noon)
	w.must(err)
	w.record(events...)
	return a
}

func (w *told) session(id string) session.Record {
	s := session.Record{ID: holdfast.SessionID(id), SecretHash: "h" + id, Person: "per_ada", Created: noon, Expires: noon.Add(time.Hour)}
	w.record(audit.New("session.opened", id, s.Person, audit.Set(&s)))
	return s
}

func (w *told) grant(id string, a grant.App, s session.Record) grant.Grant {
	g := grant.Grant{ID: holdfast.GrantID(id), App: a.ID, Person: s.Person, Session: s.ID, Created: noon}
	w.record(audit.New(grant.Issued, id, s.Person, audit.Set(&g)))
	return g
}

func (w *told) end(s session.Record) {
	_, events := session.End(s, session.EndedByAdmin, noon)
	w.record(events...)
}

// told gives the targets of what waits in the outbox.
func (w *told) told() []string {
	w.t.Helper()
	w.must(w.flow.Tell(w.t.Context()))
	waiting, err := w.db.Deliveries(context.Background(), 100)
	w.must(err)
	var out []string
	for _, d := range waiting {
		if d.Kind != logout.Kind {
			w.t.Errorf("kind %q", d.Kind)
		}
		out = append(out, d.Target)
	}
	slices.Sort(out)
	return out
}

func TestTell(t *testing.T) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			db := place(t).Open(t)
			w := &told{t, db, logout.New(store.Port[logout.Tx]{DB: db})}
			wiki, mail, mute := w.app("app_wiki", "https://wiki.example/out"), w.app("app_mail", "https://mail.example/out"), w.app("app_mute", "")
			before := w.session("ses_before")
			w.grant("gra_0", wiki, before)
			w.end(before)
			if got := w.told(); len(got) != 0 {
				t.Errorf("what ended before anybody followed was told: %v", got)
			}
			one, two := w.session("ses_1"), w.session("ses_2")
			g := w.grant("gra_1", wiki, one)
			w.grant("gra_2", wiki, one)
			w.grant("gra_3", mail, one)
			w.grant("gra_4", mute, one)
			w.grant("gra_5", mail, two)
			_, given := grant.End(g, grant.EndedByHand, noon)
			w.record(given...)
			if got := w.told(); len(got) != 0 {
				t.Errorf("told though no session ended: %v", got)
			}
			w.end(one)
			want := []string{"https://mail.example/out", "https://wiki.example/out"}
			if got := w.told(); !slices.Equal(got, want) {
				t.Errorf("told %v, want each application of the session once: %v", got, want)
			}
			if got := w.told(); !slices.Equal(got, want) {
				t.Errorf("told again: %v", got)
			}
			w.end(two)
			if got := w.told(); len(got) != 3 {
				t.Errorf("told %v", got)
			}
		})
	}
}

// Two nodes that follow at once tell once.
func TestTellOnce(t *testing.T) {
	db := storetest.SQLite(t).Open(t)
	w := &told{t, db, logout.New(store.Port[logout.Tx]{DB: db})}
	wiki := w.app("app_wiki", "https://wiki.example/out")
	w.told()
	for _, id := range []string{"ses_1", "ses_2", "ses_3"} {
		s := w.session(id)
		w.grant("gra_"+id, wiki, s)
		w.end(s)
	}
	failed := make(chan error, 8)
	for range cap(failed) {
		go func() { failed <- logout.New(store.Port[logout.Tx]{DB: db}).Tell(context.Background()) }()
	}
	for range cap(failed) {
		w.must(<-failed)
	}
	if got := w.told(); len(got) != 3 {
		t.Errorf("three sessions ended, and %d messages wait", len(got))
	}
}
