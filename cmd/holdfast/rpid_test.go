package main

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/org"
	"holdfast/edge/config"
	"holdfast/edge/store"
)

// founded is a database of an organisation with one passkey that was made
// under made, from before the RP ID was written down.
func founded(t *testing.T, made string) config.Config {
	t.Helper()
	cfg, err := config.Config{Origin: "https://id.kelp.example", RPID: "kelp.example", Data: t.TempDir()}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire(t.Context(), cfg, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256([]byte(made))
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": append(hash[:], 1, 0, 0, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ready := org.Setting{ID: org.SettingReady, Value: now.Format(time.RFC3339)}
	_, enrolled, err := credential.Enrol(credential.Record{ID: "abc", Person: "per_1", Name: "Key", Provenance: "test"},
		credential.Registration{AttestationObject: object}, now)
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.Record(t.Context(), audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: now},
			append(enrolled, audit.New("organisation.founded", org.SettingReady, "", audit.Set(&ready)))...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func serveOnce(t *testing.T, cfg config.Config) (recorded string, err error) {
	t.Helper()
	s, err := wireServer(t.Context(), cfg, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return "", err
	}
	defer s.db.Close()
	setting, err := s.db.Setting(context.Background(), org.SettingRPID)
	return setting.Value, err
}

func TestAnOldDatabaseLearnsItsRPID(t *testing.T) {
	cfg := founded(t, "kelp.example")
	for _, when := range []string{"the first start", "the next start"} {
		if got, err := serveOnce(t, cfg); err != nil || got != "kelp.example" {
			t.Errorf("%s: %q, %v", when, got, err)
		}
	}
	cfg.RPID = "id.kelp.example"
	_, err := serveOnce(t, cfg)
	if holdfast.CodeOf(err) != "rp_id_changed" || !strings.Contains(err.Error(), "the one passkey") || !strings.Contains(err.Error(), `"kelp.example"`) {
		t.Errorf("another RP ID: %v", err)
	}
	if _, err := wire(t.Context(), cfg, slog.New(slog.DiscardHandler), false); holdfast.CodeOf(err) != "rp_id_changed" {
		t.Errorf("the host's verbs would sign the log under another name: %v", err)
	}
}

func TestAnOldDatabaseOfAnotherRPIDIsRefused(t *testing.T) {
	for made, want := range map[string]string{"id.kelp.example": "Set rp_id: id.kelp.example again", "shore.example": "under none that this origin may have"} {
		if _, err := serveOnce(t, founded(t, made)); holdfast.CodeOf(err) != "rp_id_changed" || !strings.Contains(err.Error(), want) {
			t.Errorf("made under %s: %v", made, err)
		}
	}
}
