package policy

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/policy"
	"holdfast/edge/policies"
	"holdfast/edge/store"
	"holdfast/flow/signin"
)

// starts is a process that starts with a preset of its version.
func (o *office) starts(preset []byte) *policies.Shelf {
	o.t.Helper()
	s, err := policies.New(policies.Config{First: preset, Log: slog.New(slog.DiscardHandler)})
	o.must(err)
	o.must(o.DB.InTx(context.Background(), func(tx *store.Tx) error {
		return s.Keep(context.Background(), tx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: o.Now()})
	}))
	return s
}

// What the preset of one version decided is decided again by a version that
// comes with another one, and by one that comes with a third.
func TestDecisionsOfAPresetOutliveIt(t *testing.T) {
	o := newOffice(t)
	preset, _ := policy.Preset(policy.DefaultPreset)
	o.starts(preset)
	size, err := o.DB.LogSize(t.Context())
	o.must(err)
	o.starts(preset)
	if again, err := o.DB.LogSize(t.Context()); err != nil || again != size {
		t.Errorf("a second start put %d records into the log: %v", again-size, err)
	}
	o.Wait(time.Minute)
	_, err = o.Enter(t, o.keys[o.root.Person.ID], signin.Start{}, "")
	o.must(err)
	made := o.decisions(o.root.Person.ID)
	if len(made) == 0 || made[0].Policy != policies.Digest(preset) {
		t.Fatal(made)
	}

	for _, change := range []string{"overall: 12h", "overall: 8h"} {
		later := bytes.Replace(preset, []byte("overall: 24h"), []byte(change), 1)
		if bytes.Equal(later, preset) {
			t.Fatal("the preset has no such session")
		}
		shelf := o.starts(later)
		p, err := shelf.ByDigest(t.Context(), o.DB, made[0].Policy)
		if err != nil {
			t.Fatalf("a version with %s does not find the preset: %v", change, err)
		}
		if _, same, err := made[0].Replay(p); err != nil || !same {
			t.Errorf("a version with %s: same %v, %v", change, same, err)
		}
		now, err := shelf.InForce(t.Context(), o.DB)
		if err != nil || now.Digest() != policies.Digest(later) {
			t.Errorf("what is kept must not decide: %v", err)
		}
	}

	// A text that was edited in the database is not handed out.
	o.must(o.DB.InTx(context.Background(), func(tx *store.Tx) error {
		rec, err := tx.PolicyText(context.Background(), made[0].Policy)
		if err != nil {
			return err
		}
		rec.Body = append([]byte("# edited\n"), rec.Body...)
		return tx.Record(context.Background(), audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: o.Now()}, audit.New("policy.kept", rec.ID, "", audit.Set(&rec)))
	}))
	if _, err := o.starts(bytes.Replace(preset, []byte("overall: 24h"), []byte("overall: 4h"), 1)).ByDigest(t.Context(), o.DB, made[0].Policy); holdfast.CodeOf(err) != "policy_tampered" {
		t.Errorf("got %v", err)
	}
}
