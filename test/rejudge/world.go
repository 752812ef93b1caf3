// Package rejudge plays what becomes of passkeys after they were made: a small
// organisation on a real store of either engine, with real policies, attested
// authenticators and a clock that only the test moves. It refuses to put a
// state there that no event would have made.
package rejudge

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/domain/task"
	ruling "holdfast/domain/verdict"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/flow/rejudge"
	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
	"holdfast/test/softkey"
)

// World is the organisation.
type World struct {
	Place    storetest.Place
	DB       *store.DB
	Shelf    *policies.Shelf
	Maker    *softkey.CA // of hardware keys
	Metadata *Library
	Node     *rejudge.Flow

	mu  sync.Mutex // covers now
	now time.Time
	n   int
}

// Library is the metadata that there is.
type Library struct {
	authority *mdsblob.Authority
	blob      *mds.Blob
}

// Newest gives it.
func (l *Library) Newest(context.Context) (*mds.Blob, error) { return l.blob, nil }

// Model is that of the hardware keys.
var Model = [16]byte{0xb4, 0xd6, 0xe0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 2}

// New makes an organisation whose policy is Lax.
func New(t *testing.T, place storetest.Place) *World {
	t.Helper()
	w := &World{Place: place, Metadata: &Library{authority: mdsblob.New("rejudge")}, now: storetest.Now()}
	w.Place.Config.Clock = w.Now
	var err error
	w.Maker, err = softkey.NewCA("Key Works")
	must(t, err)
	w.DB = w.Open(t)
	w.Shelf, err = policies.New(policies.Config{First: []byte(Lax), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	w.Import(t)
	w.Node = w.NewNode(w.DB, "one")
	must(t, w.Node.Settle(t.Context())) // follows from here on
	return w
}

// Open opens the database once more, as another node would.
func (w *World) Open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), w.Place.Config)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// NewNode is another node's story.
func (w *World) NewNode(db *store.DB, name string) *rejudge.Flow {
	return rejudge.New(rejudge.Config{Store: store.Port[rejudge.Tx]{DB: db}, Policies: w.Shelf, Metadata: w.Metadata, Clock: w.Now, Node: name, Batch: 8})
}

// Now is what the clock shows.
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

// Settle has the node do all that there is to do.
func (w *World) Settle(t *testing.T) {
	t.Helper()
	must(t, w.Node.Settle(t.Context()))
}

// Record makes events happen.
func (w *World) Record(t *testing.T, events ...audit.Event) {
	t.Helper()
	must(t, w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Record(t.Context(), audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem, ID: "test"}, At: w.Now()}, events...)
	}))
}

// Apply puts a policy in force.
func (w *World) Apply(t *testing.T, text string) {
	t.Helper()
	before, err := w.DB.RevisionInForce(t.Context())
	if holdfast.KindOf(err) == holdfast.NotFound {
		before, err = revision.Record{}, nil
	}
	must(t, err)
	w.n++
	host := holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}
	r, events, err := revision.Propose(revision.New{Name: "test", Text: []byte(text), Needs: 1}, before, int64(w.n), host, w.Now())
	must(t, err)
	w.Record(t, events...)
	r, _, events, err = revision.Approve(r, nil, host, "test", w.Now())
	must(t, err)
	w.Record(t, events...)
	_, events, err = revision.Apply(r, before, w.Now())
	must(t, err)
	w.Record(t, events...)
}

// Import puts metadata there that say these statuses of Model, and that they
// were imported.
func (w *World) Import(t *testing.T, statuses ...string) {
	t.Helper()
	w.n++
	a := w.Metadata.authority
	jwt := a.Sign(mdsblob.Blob{No: int64(w.n), NextUpdate: w.Now().AddDate(1, 0, 0),
		Entries: []mdsblob.Entry{mdsblob.Certified(Model, w.Maker.Root, append([]string{"FIDO_CERTIFIED_L2"}, statuses...)...)}})
	blob, err := mds.Parse(jwt, []*x509.Certificate{a.Root}, w.Now())
	must(t, err)
	w.Metadata.blob = blob
	w.Record(t, audit.New("metadata.imported", fmt.Sprint(w.n), ""))
}

// Human is somebody with passkeys and sessions.
type Human struct {
	person.Record
	w *World
}

// Join makes somebody active, with a role, in groups.
func (w *World) Join(t *testing.T, role person.Role, groups ...string) *Human {
	t.Helper()
	w.n++
	p, events, err := person.Add(person.New{Name: fmt.Sprintf("Person %d", w.n), Email: fmt.Sprintf("p%d@example.org", w.n)}, w.Now())
	must(t, err)
	p, more, err := person.Activate(p)
	must(t, err)
	events = append(events, more...)
	if role != "" {
		var given []audit.Event
		p, given, err = person.SetRole(p, role, time.Time{}, w.Now())
		must(t, err)
		events = append(events, given...)
	}
	w.Record(t, events...)
	h := &Human{p, w}
	for _, g := range groups {
		h.Into(t, g)
	}
	return h
}

// Into puts h into a group, which is made where it is missing.
func (h *Human) Into(t *testing.T, name string) person.Group {
	t.Helper()
	g, err := h.w.DB.GroupByName(t.Context(), name)
	if holdfast.KindOf(err) == holdfast.NotFound {
		var events []audit.Event
		g, events, err = person.AddGroup(name, h.w.Now())
		must(t, err)
		h.w.Record(t, events...)
	}
	must(t, err)
	_, events := person.Join(h.Record, g, h.w.Now())
	h.w.Record(t, events...)
	return g
}

// Out takes h out of a group.
func (h *Human) Out(t *testing.T, name string) {
	t.Helper()
	all, err := h.w.DB.MembershipsOf(t.Context(), h.ID)
	must(t, err)
	g, err := h.w.DB.GroupByName(t.Context(), name)
	must(t, err)
	for _, m := range all {
		if m.Group == g.ID {
			h.w.Record(t, person.Leave(m)...)
		}
	}
}

// Synced makes h a passkey that syncs.
func (h *Human) Synced(t *testing.T) credential.Record {
	return h.enrol(t, softkey.Config{BE: true, BS: true})
}

// Hardware makes h a key of Model, attested by its maker.
func (h *Human) Hardware(t *testing.T) credential.Record {
	return h.enrol(t, softkey.Attested(h.w.Maker, Model))
}

func (h *Human) enrol(t *testing.T, c softkey.Config) credential.Record {
	t.Helper()
	w := h.w
	c.Origin = "https://example.org"
	options, err := json.Marshal(map[string]any{"rp": map[string]string{"id": "example.org", "name": "x"},
		"user":      map[string]string{"id": base64.RawURLEncoding.EncodeToString(h.Handle), "name": "x", "displayName": "x"},
		"challenge": base64.RawURLEncoding.EncodeToString(make([]byte, 32)), "attestation": "direct",
		"pubKeyCredParams": []map[string]any{{"type": "public-key", "alg": -7}}})
	must(t, err)
	answer, err := softkey.New(c).Create(options)
	must(t, err)
	var a struct {
		ID       string
		Response struct{ AttestationObject, ClientDataJSON string }
	}
	must(t, json.Unmarshal(answer, &a))
	r := credential.Record{ID: holdfast.CredentialID(a.ID), Person: h.ID, PublicKey: []byte{1}, Algorithm: -7, Format: "none", Name: "Key",
		BE: c.BE, BS: c.BS, UVInitialized: true, Transports: c.Transports, Provenance: "test"}
	if c.Format == softkey.Packed {
		r.Format, r.AAGUID = "packed", "b4d6e000-0000-4000-8000-000000000002"
	}
	raw := credential.Registration{AttestationObject: unbase64(t, a.Response.AttestationObject), ClientDataJSON: unbase64(t, a.Response.ClientDataJSON)}
	p, err := w.Shelf.InForce(t.Context(), w.DB)
	must(t, err)
	r, events, err := credential.Enrol(r, raw, w.Now())
	must(t, err)
	raw.At = w.Now()
	j := evidence.Judge(r, raw, ruling.Anchors(p, w.Metadata.blob), w.Now())
	w.Record(t, append(events, evidence.Judged(evidence.Judgement{}, j)...)...)
	return r
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	must(t, err)
	return b
}

// SignIn opens a session with a passkey.
func (h *Human) SignIn(t *testing.T, c credential.Record) session.Record {
	t.Helper()
	s, _, events := session.Open(session.SignIn{Person: h.ID, Credential: c.ID}, h.w.Now())
	h.w.Record(t, events...)
	return s
}

// Status is where a passkey stands.
func (w *World) Status(t *testing.T, c credential.Record) credential.Status {
	t.Helper()
	now, err := w.DB.Credential(t.Context(), c.ID)
	must(t, err)
	return now.Status
}

// Ended says why a session ended; empty: it has not.
func (w *World) Ended(t *testing.T, s session.Record) string {
	t.Helper()
	now, err := w.DB.Session(t.Context(), s.ID)
	must(t, err)
	return now.EndedWhy
}

// Tasks are "why state" of h's, the oldest first.
func (h *Human) Tasks(t *testing.T) (out []string) {
	t.Helper()
	for _, k := range h.AllTasks(t) {
		out = append(out, k.Why+" "+string(k.State))
	}
	return out
}

// AllTasks are h's, the oldest first.
func (h *Human) AllTasks(t *testing.T) []task.Record {
	t.Helper()
	all, err := h.w.DB.Subjects(t.Context(), []holdfast.PersonID{h.ID})
	must(t, err)
	return all[0].Tasks
}

// Happened counts the records of a type.
func (w *World) Happened(t *testing.T, what string) int {
	t.Helper()
	leaves, err := w.DB.Tail(t.Context(), store.Filter{Type: what, Limit: 1000})
	must(t, err)
	return len(leaves)
}

// Check says that the log is whole and explains every row.
func (w *World) Check(t *testing.T) {
	t.Helper()
	report, err := w.DB.Verify(t.Context(), nil)
	must(t, err)
	if !report.Whole() {
		t.Errorf("the log does not explain the tables: %+v", report.Findings)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const head = `apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: test
  change_control: { approvers: 2, from: [role:administrator], author_may_approve: false }
  floor: { aal: 2, phr: true }
authenticators:
  key:
    distribution: device_bound
    attestation: { required: true, conveyance: direct, trust: [mds] }
    mds: { deny_status: [REVOKED, USER_KEY_REMOTE_COMPROMISE] }
    user_verification: required
    level: 3
  passkey: { distribution: any, user_verification: required, level: 2 }
  kept: { distribution: synced, providers: [keeper], user_verification: required, level: 2 }
providers:
  keeper: { kind: os, aaguids: ["00000000-0000-4000-8000-00000000000a"], access: aal2, recovery: [admin-reset], sharing: "off", managed: true, status: declared, source: contract, review_by: 2030-03-31 }
binding: { require: 'true', notify: { to: all_addresses } }
segments:
`

func segment(name, when, required, allow, sync string) string {
	return fmt.Sprintf(`  - { name: %s, risk_rank: 1, when: '%s', required: { aal: %s, phr: true }, allow: [%s], sync: %s, tolerates_recovery: broad,
      authenticators: { min: 1, backup: desk }, recovery: [], fallbacks: [], session: { overall: 8h, inactivity: 15m, reauth: full } }
`, name, when, required, allow, sync)
}

// The policies of the stories.
var (
	// Lax: surgeons have hardware keys, all others what they like.
	Lax = head + segment("surgeons", `"surgeons" in user.groups`, "3", "key", "forbid") + segment("everybody", "true", "2", "key, passkey", "allow")
	// Strict: everybody has a hardware key.
	Strict = head + segment("everybody", "true", "3", "key", "forbid")
	// Free: everybody may have anything.
	Free = head + segment("everybody", "true", "2", "passkey, key", "allow")
	// Kept: what a provider keeps whose profile is to be reviewed.
	Kept = head + segment("everybody", "true", "2", "kept, key", "allow")
	// Asserted says of everybody what is not so.
	Asserted = Free + `assertions:
  - { name: nobody-is-here, forall: accounts, expect: 'acct.segment == "nowhere"' }
  - { name: all-are-somewhere, forall: accounts, expect: 'acct.segment != ""' }
`
	// Gap covers surgeons alone.
	Gap = head + segment("surgeons", `"surgeons" in user.groups`, "3", "key", "forbid")
)
