package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
)

// firstText is a small policy that loads; name makes others of it.
func text(name string) []byte {
	return bytes.Replace(emergency, []byte("name: emergency"), []byte("name: "+name), 1)
}

// database is a revision.Reader that counts.
type database struct {
	mu      sync.Mutex
	rows    map[string]revision.Record // by digest
	inForce string
	reads   int
	fail    error
}

func (d *database) PolicyInForce(context.Context) (holdfast.RevisionID, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rows[d.inForce].ID, d.inForce, nil
}

func (d *database) RevisionInForce(ctx context.Context) (revision.Record, error) {
	return d.RevisionByDigest(ctx, d.inForce)
}

func (d *database) RevisionByDigest(_ context.Context, digest string) (revision.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	if d.fail != nil {
		return revision.Record{}, d.fail
	}
	r, ok := d.rows[digest]
	if !ok {
		return r, holdfast.Errorf(holdfast.NotFound, "no_such_policy_revision", "None.")
	}
	return r, nil
}

func (d *database) put(text []byte, files map[string][]byte) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, _ := json.Marshal(files)
	r := revision.Record{ID: holdfast.NewRevisionID(), Digest: revision.Digest("before", text, files), Previous: "before", Text: text, Files: f}
	d.rows[r.Digest] = r
	d.inForce = r.Digest
	return r.Digest
}

func (d *database) edit(digest string, change func(*revision.Record)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.rows[digest]
	change(&r)
	d.rows[digest] = r
}

func newShelf(t *testing.T, keep int) (*Shelf, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	s, err := New(Config{First: text("first"), Builtin: [][]byte{text("other")}, Log: slog.New(slog.NewTextHandler(log, nil)), Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

func name(t *testing.T, p *policy.Policy, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return p.Document().Metadata.Name
}

func TestThePresetDecidesUntilOneIsApplied(t *testing.T) {
	s, _ := newShelf(t, 0)
	db := &database{rows: map[string]revision.Record{}}
	p, err := s.InForce(t.Context(), db)
	if name(t, p, err) != "first" || p.Digest() != s.First().Digest || s.First().Intact() != nil {
		t.Errorf("got %s", p.Digest())
	}
	digest := db.put(text("applied"), nil)
	p, err = s.InForce(t.Context(), db)
	if name(t, p, err) != "applied" || p.Digest() != digest {
		t.Errorf("got %s", p.Digest())
	}
	// Decisions of the presets can be replayed, in force or not.
	for _, b := range []string{"first", "other", "emergency"} {
		p, err := s.ByDigest(t.Context(), db, Digest(text(b)))
		if name(t, p, err) != b {
			t.Errorf("%s: got %s", b, p.Document().Metadata.Name)
		}
	}
	if _, err := s.ByDigest(t.Context(), db, "nobody's"); holdfast.KindOf(err) != holdfast.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestATextIsReadAndCompiledOnce(t *testing.T) {
	s, _ := newShelf(t, 0)
	db := &database{rows: map[string]revision.Record{}}
	db.put(text("applied"), nil)
	var wg sync.WaitGroup
	got := make([]*policy.Policy, 50)
	for i := range got {
		wg.Go(func() { got[i], _ = s.InForce(context.Background(), db) })
	}
	wg.Wait()
	for _, p := range got {
		if p == nil || p != got[0] {
			t.Fatal("they do not share one policy")
		}
	}
	if db.reads != 1 {
		t.Errorf("the text was read %d times", db.reads)
	}
	db.put(text("have"), nil)
	s.Have(db.inForce, got[0].WithDigest(db.inForce))
	if p, err := s.InForce(t.Context(), db); err != nil || p.Digest() != db.inForce || db.reads != 1 {
		t.Errorf("%v: what was compiled elsewhere was read again: %d", err, db.reads)
	}
}

func TestTheShelfIsBounded(t *testing.T) {
	s, _ := newShelf(t, 4)
	db := &database{rows: map[string]revision.Record{}}
	for i := range 20 {
		db.put(text(fmt.Sprint("n", i)), nil)
		if _, err := s.InForce(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.books) != 4 || s.recent.Len() != 4 {
		t.Errorf("%d are kept", len(s.books))
	}
	reads := db.reads
	if _, err := s.InForce(t.Context(), db); err != nil || db.reads != reads {
		t.Errorf("the one in force was forgotten")
	}
}

// Whoever went away while they read is no reason for others to fail.
func TestWhatCouldNotBeReadIsReadAgain(t *testing.T) {
	s, _ := newShelf(t, 0)
	db := &database{rows: map[string]revision.Record{}}
	db.put(text("applied"), nil)
	db.fail = errors.New("the connection broke")
	if _, err := s.InForce(t.Context(), db); err == nil {
		t.Fatal("no error")
	}
	db.fail = nil
	if _, err := s.InForce(t.Context(), db); err != nil {
		t.Error(err)
	}
}

// A text that was edited in the database is found when it is loaded.
func TestATamperedPolicyDoesNotDecide(t *testing.T) {
	for what, change := range map[string]func(*revision.Record){
		"text":     func(r *revision.Record) { r.Text = bytes.Replace(r.Text, []byte("level: 2"), []byte("level: 1"), 1) },
		"files":    func(r *revision.Record) { r.Files = []byte(`{"roots/x.pem":"AAAA"}`) },
		"no files": func(r *revision.Record) { r.Files = []byte(`{`) },
		"previous": func(r *revision.Record) { r.Previous = "another" },
	} {
		t.Run(what, func(t *testing.T) {
			s, log := newShelf(t, 0)
			db := &database{rows: map[string]revision.Record{}}
			digest := db.put(text("applied"), nil)
			whole := db.rows[digest]
			db.edit(digest, change)
			for range 3 {
				p, err := s.InForce(t.Context(), db)
				if name(t, p, err) != "emergency" {
					t.Fatalf("%s decides", p.Document().Metadata.Name)
				}
			}
			if n := strings.Count(log.String(), "cannot be used"); n != 1 || !strings.Contains(log.String(), digest) {
				t.Errorf("the operator was told %d times: %s", n, log)
			}
			if why, err := s.Unusable(t.Context(), db); err != nil || holdfast.CodeOf(why) != "policy_tampered" {
				t.Errorf("got %v, %v", why, err)
			}
			db.edit(digest, func(r *revision.Record) { *r = whole })
			p, err := s.InForce(t.Context(), db)
			if why, _ := s.Unusable(t.Context(), db); name(t, p, err) != "applied" || why != nil {
				t.Errorf("put right, %s decides: %v", p.Document().Metadata.Name, why)
			}
			// The compiled one goes on when the row is edited afterwards.
			db.edit(digest, change)
			if p, err := s.InForce(t.Context(), db); name(t, p, err) != "applied" {
				t.Errorf("%s decides", p.Document().Metadata.Name)
			}
		})
	}
}

// An older program beside a newer one keeps to what it knows.
func TestAPolicyThatDoesNotCompileLeavesTheRunningOne(t *testing.T) {
	s, log := newShelf(t, 0)
	db := &database{rows: map[string]revision.Record{}}
	db.put(text("applied"), nil)
	if _, err := s.InForce(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	db.put([]byte("apiVersion: holdfast/v9\n"), nil)
	p, err := s.InForce(t.Context(), db)
	if name(t, p, err) != "applied" || !strings.Contains(log.String(), "policy_unreadable") {
		t.Errorf("%s decides: %s", p.Document().Metadata.Name, log)
	}
	reads := db.reads
	if _, err := s.InForce(t.Context(), db); err != nil || db.reads != reads {
		t.Errorf("it was read again, to the same end")
	}
}

func TestThePresetsAreOnTheShelf(t *testing.T) {
	s, err := Presets(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, preset := range policy.Presets() {
		p, err := s.ByDigest(t.Context(), &database{}, Digest(preset.Text))
		if name(t, p, err) != preset.Name {
			t.Errorf("%s: got %s", preset.Name, p.Document().Metadata.Name)
		}
	}
	if s.First().Name != policy.DefaultPreset {
		t.Errorf("the first is %s", s.First().Name)
	}
}

// Under the emergency policy people sign in and nothing else is done.
func TestTheEmergencyPolicy(t *testing.T) {
	s, _ := newShelf(t, 0)
	p, err := s.builtin(s.last)
	if err != nil {
		t.Fatal(err)
	}
	cred := policy.Cred{Kind: "webauthn", BE: true, UV: true, Level: 2, Distribution: policy.Synced}
	for _, op := range policy.Ops() {
		in := policy.Input{Cred: cred, Ctx: policy.Ctx{Op: string(op)}, Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
		in.User.Credentials.Count = 1
		if d := p.Decide(&in); d.Allowed() != (op == policy.SignIn) {
			t.Errorf("%s: %+v", op, d)
		}
		in.Auth = policy.Auth{AAL: 3, Phr: true, ACR: "phrh", Method: "passkey"}
		if d := p.Decide(&in); d.Allowed() != (op == policy.SignIn) {
			t.Errorf("%s from a session: %+v", op, d)
		}
	}
	in := policy.Input{Cred: cred, Ctx: policy.Ctx{Op: string(policy.SignIn)}}
	in.Cred.UV, in.Cred.Level = false, 1
	if d := p.Decide(&in); d.Allowed() {
		t.Errorf("without user verification: %+v", d)
	}
}
