package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast"
	"holdfast/edge/config"
)

// An older database was put back while no server ran. Were the server to go on
// with it, the next checkpoint would cover the evidence up.
func TestAnOlderDatabaseIsNotServed(t *testing.T) {
	cfg, err := config.Config{Data: t.TempDir()}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	database, kept := filepath.Join(cfg.Data, "holdfast.db"), filepath.Join(cfg.Data, "checkpoint")
	run := func(t *testing.T) error {
		s, err := wireServer(t.Context(), cfg, slog.New(slog.DiscardHandler), false)
		if err != nil {
			return err
		}
		if _, err := s.govern.AddGroup(t.Context(), holdfast.Actor{Kind: holdfast.ActorSystem}, t.Name()); err != nil {
			t.Fatal(err)
		}
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		return s.checkpoint.save()
	}
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"the first start", "a start on the same database"} {
		t.Run(name, func(t *testing.T) {
			if err := run(t); err != nil {
				t.Fatal(err)
			}
		})
	}
	older, before := read(database), read(kept)
	t.Run("another one", func(t *testing.T) {
		if err := run(t); err != nil {
			t.Fatal(err)
		}
	})
	newest := read(kept)
	refused := func(t *testing.T) {
		if err := run(t); err == nil || !strings.Contains(err.Error(), "audit verify") {
			t.Errorf("served with %v", err)
		}
		s, err := wire(t.Context(), cfg, slog.New(slog.DiscardHandler), false)
		if err != nil {
			t.Fatalf("the host's verbs: %v", err)
		}
		if _, err := s.govern.AddGroup(t.Context(), holdfast.Actor{Kind: holdfast.ActorSystem}, t.Name()); err != nil {
			t.Fatal(err)
		}
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.checkpoint.save(); err != nil || read(kept) != newest {
			t.Errorf("the evidence was written over, %v", err)
		}
	}
	write(database, older)
	t.Run("an older database", refused)
	t.Run("grown again since", refused)
	t.Run("no database", func(t *testing.T) {
		if err := os.Remove(database); err != nil {
			t.Fatal(err)
		}
		refused(t)
	})
	t.Run("a checkpoint that is none", func(t *testing.T) {
		write(kept, "x")
		if err := run(t); err == nil {
			t.Error("served")
		}
	})
	t.Run("on purpose", func(t *testing.T) {
		write(database, older)
		write(kept, before)
		if err := run(t); err != nil {
			t.Error(err)
		}
	})
}
