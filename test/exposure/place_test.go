package exposure

import (
	"context"
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
	"holdfast/domain/verdict"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/flow/govern"
	"holdfast/flow/survey"
	"holdfast/test/organisation"
)

var host = holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}

// place is a small organisation whose policy is that of the made-up one.
type place struct {
	*store.DB
	at     storetest.Place
	shelf  *policies.Shelf
	govern *govern.Flow

	mu  sync.Mutex // covers now
	now time.Time
	n   int
}

func newPlace(t testing.TB, at storetest.Place) *place {
	t.Helper()
	p := &place{at: at, now: organisation.Now}
	p.at.Config.Clock = p.Now
	p.DB = p.at.Open(t)
	var err error
	p.shelf, err = policies.New(policies.Config{First: organisation.PolicyText(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	p.govern = govern.New(store.Port[govern.Tx]{DB: p.DB}, p.Now, "http://localhost", verdict.Judge{Policies: p.shelf})
	return p
}

func (p *place) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *place) wait(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// survey is a story that has read nothing yet, in batches so small that some
// come after others.
func (p *place) survey() *survey.Flow {
	return survey.New(survey.Config{Store: p.DB, Policies: p.shelf, Clock: p.Now, Batch: 7})
}

func (p *place) record(t testing.TB, events ...audit.Event) {
	t.Helper()
	must(t, p.InTx(context.Background(), func(tx *store.Tx) error {
		return tx.Record(context.Background(), audit.By{Actor: host, At: p.Now()}, events...)
	}))
}

// apply puts a policy in force.
func (p *place) apply(t testing.TB, text []byte) {
	t.Helper()
	before, err := p.RevisionInForce(context.Background())
	if holdfast.KindOf(err) == holdfast.NotFound {
		before, err = revision.Record{}, nil
	}
	must(t, err)
	p.n++
	r, events, err := revision.Propose(revision.New{Name: "test", Text: text, Needs: 1}, before, int64(p.n), host, p.Now())
	must(t, err)
	p.record(t, events...)
	r, _, events, err = revision.Approve(r, nil, host, "test", p.Now())
	must(t, err)
	p.record(t, events...)
	_, events, err = revision.Apply(r, before, p.Now())
	must(t, err)
	p.record(t, events...)
}

// kinds of passkeys: how each is judged.
const (
	hardware = iota
	managed
	synced
	unproven
)

// passkey gives somebody a passkey of a kind.
func (p *place) passkey(t testing.TB, who person.Record, kind int, name string) credential.Record {
	t.Helper()
	c := credential.Record{ID: holdfast.CredentialID(holdfast.NewSecret()), Person: who.ID, PublicKey: []byte{1}, Algorithm: -7, Format: "none",
		Attestation: "none", Name: name, Transports: []string{"internal"}, Provenance: "test", UVInitialized: true}
	j := evidence.Judgement{Person: who.ID, Kind: "none"}
	switch kind {
	case hardware:
		c.Format, c.Attestation, c.AAGUID = "packed", "verified", "b4d6e000-0000-4000-8000-000000000002"
		j = evidence.Judgement{Person: who.ID, Kind: "verified", Anchors: []string{"mds:1"}, AAGUIDProven: true, HardwareProtected: true, Protection: "hardware", MetadataNo: 1}
	case managed:
		c.BE, c.BS, c.AAGUID = true, true, "dd4ec289-e01d-41c9-bb89-70fa845d4bf2"
	case synced:
		c.BE, c.BS, c.AAGUID = true, true, "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
	}
	c, events, err := credential.Enrol(c, credential.Registration{AttestationObject: []byte("a"), ClientDataJSON: []byte("{}")}, p.Now())
	must(t, err)
	j.ID = c.ID
	events = append(events, evidence.Judged(evidence.Judgement{}, j)...)
	if who.Status == person.Invited {
		_, active, err := person.Activate(who)
		must(t, err)
		events = append(events, active...)
	}
	p.record(t, events...)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
