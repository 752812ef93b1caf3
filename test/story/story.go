// Package story is a small organisation in one process for tests of the flows:
// the real stories on the real embedded store, software authenticators, and a
// clock that only the test moves. It refuses to reach into the store to make a
// state: whatever is there came about by a story.
package story

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/ceremony"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/edge/keys"
	"holdfast/edge/plans"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/account"
	"holdfast/flow/authorize"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
	"holdfast/flow/signin"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
	"holdfast/test/softkey"
)

// Origin of the organisation's server.
const Origin = "http://localhost:8080"

// World is the organisation.
type World struct {
	DB      *store.DB
	SignIn  *signin.Flow
	Enrol   *enrol.Flow
	Account *account.Flow
	Govern  *govern.Flow

	Authorize *authorize.Flow
	Revisions *govern.Revisions
	Rejudge   *rejudge.Flow

	Policies *policies.Shelf
	Metadata *Library
	Dir      string // of the database story.db and the master key
	// Devices are those of the organisation, by id, as they stand now.
	Devices map[string]verdict.Circumstances

	mu  sync.Mutex // covers now
	now time.Time
}

// Library is the metadata of authenticators that there is.
type Library struct{ Blob *mds.Blob }

// Current gives it, for enrolment.
func (l *Library) Current(context.Context) (*mds.Blob, error) { return l.Blob, nil }

// Newest gives it, for judging again.
func (l *Library) Newest(context.Context) (*mds.Blob, error) { return l.Blob, nil }

// Host is the administrator of the host.
var Host = holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}

// New makes an organisation without anybody, on a new database.
func New(t testing.TB) *World {
	t.Helper()
	dir := t.TempDir()
	master, err := keys.Load(filepath.Join(dir, "master.key"), true)
	must(t, err)
	signer, verifier, _, err := master.Log("localhost/story")
	must(t, err)
	db, err := store.Open(t.Context(), store.Config{SQLite: filepath.Join(dir, "story.db"), Signer: signer, Verifier: verifier, Mail: store.MailKeep})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	sealer, err := ceremony.NewSealer(master.Derive("ceremony"))
	must(t, err)
	w := &World{DB: db, Dir: dir, Metadata: &Library{}, Devices: map[string]verdict.Circumstances{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	w.Policies, err = policies.Presets(slog.New(slog.DiscardHandler))
	must(t, err)
	judge := verdict.Judge{Policies: w.Policies, Whence: func(_ context.Context, s session.Record) (verdict.Circumstances, error) {
		return w.Devices[s.Device], nil
	}}
	rp := webauthn.RelyingParty{ID: "localhost", Origins: []string{Origin}}
	w.SignIn = signin.New(signin.Config{Store: store.Port[signin.Tx]{DB: db}, RP: rp, Sealer: sealer, DecoyKey: master.Derive("decoy"), Clock: w.Now, Judge: judge, Metadata: w.Metadata})
	w.Enrol = enrol.New(enrol.Config{Store: store.Port[enrol.Tx]{DB: db}, RP: rp, Sealer: sealer, Clock: w.Now, Judge: judge, Metadata: w.Metadata})
	w.Account = account.New(store.Port[account.Tx]{DB: db}, w.Now)
	w.Govern = govern.New(store.Port[govern.Tx]{DB: db}, w.Now, Origin, judge)
	w.Authorize = authorize.New(authorize.Config{Store: store.Port[authorize.Tx]{DB: db}, Clock: w.Now, ACRs: assurance.Values(),
		Key: master.Derive("authorize"), Judge: judge})
	w.Rejudge = rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: db}, Policies: w.Policies, Metadata: w.Metadata, Judge: judge,
		Clock: w.Now, Node: "story"})
	w.Revisions = govern.NewRevisions(w.Govern, w.Policies, plans.New(plans.Config{Flow: w.Rejudge, Store: store.Port[plans.Tx]{DB: db}, Clock: w.Now,
		Life: t.Context(), Patience: time.Minute}))
	return w
}

// Now is what the stories' clock shows.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Wait moves the clock.
func (w *World) Wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Key is an honest authenticator of one person.
func Key(c softkey.Config) *softkey.Authenticator {
	if c.Origin == "" {
		c.Origin = Origin
	}
	return softkey.New(c)
}

// Found makes the first administrator.
func (w *World) Found(t testing.TB, key *softkey.Authenticator) enrol.Done {
	t.Helper()
	link, err := w.Govern.SetUp(t.Context(), Host)
	must(t, err)
	done, err := w.Make(t, key, enrol.Start{Ticket: link.Secret,
		Setup: ceremony.Setup{Organisation: "Harbour", Name: "Root", Email: "root@harbour.example"}})
	must(t, err)
	return done
}

// Invite has the host invite somebody.
func (w *World) Invite(t testing.TB, name, email string) govern.Link {
	t.Helper()
	link, err := w.Govern.Invite(t.Context(), Host, govern.Guest{New: person.New{Name: name, Email: email}})
	must(t, err)
	return link
}

// Join invites somebody and has them make their passkey.
func (w *World) Join(t testing.TB, name, email string, key *softkey.Authenticator) enrol.Done {
	t.Helper()
	done, err := w.Make(t, key, enrol.Start{Ticket: w.Invite(t, name, email).Secret})
	must(t, err)
	return done
}

// Make runs an enrolment from begin to finish.
func (w *World) Make(t testing.TB, key *softkey.Authenticator, start enrol.Start) (enrol.Done, error) {
	t.Helper()
	begun, err := w.Enrol.Begin(t.Context(), start)
	if err != nil {
		return enrol.Done{}, err
	}
	answer := enrol.Answer{ID: begun.ID, Credential: Create(t, key, begun.Options), Where: start.Where}
	if start.Session != nil {
		answer.Current = start.Session.ID
	}
	return w.Enrol.Finish(t.Context(), answer)
}

// Enter runs a sign-in from begin to finish.
func (w *World) Enter(t testing.TB, key *softkey.Authenticator, start signin.Start, current holdfast.SessionID) (signin.Done, error) {
	t.Helper()
	id, options, err := w.SignIn.Begin(t.Context(), start)
	if err != nil {
		return signin.Done{}, err
	}
	return w.SignIn.Finish(t.Context(), signin.Answer{ID: id, Credential: Get(t, key, options), Current: current})
}

// Actor is who acts by a session.
func Actor(s session.Record) holdfast.Actor {
	return holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(s.Person), Session: s.ID}
}

// Create has key answer creation options.
func Create(t testing.TB, key *softkey.Authenticator, options webauthn.CreationOptions) []byte {
	t.Helper()
	text, err := json.Marshal(options)
	must(t, err)
	answer, err := key.Create(text)
	must(t, err)
	return answer
}

// Get has key answer request options.
func Get(t testing.TB, key *softkey.Authenticator, options webauthn.RequestOptions) []byte {
	t.Helper()
	text, err := json.Marshal(options)
	must(t, err)
	answer, err := key.Get(text)
	must(t, err)
	return answer
}

// Check says that the log is whole and explains every row.
func (w *World) Check(t testing.TB) {
	t.Helper()
	report, err := w.DB.Verify(t.Context(), nil)
	must(t, err)
	if !report.Whole() {
		t.Errorf("the log does not explain the tables: %+v", report.Findings)
	}
}

// Alive says whether a session still carries anybody, read as a request does.
func (w *World) Alive(t testing.TB, secret string) bool {
	t.Helper()
	v, err := w.DB.SessionBySecret(t.Context(), holdfast.HashSecret(secret))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return false
	}
	must(t, err)
	return v.Session.Live(v.LastSeen, w.Now()) && v.Person.MaySignIn(w.Now()) && v.Credential == "active"
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
