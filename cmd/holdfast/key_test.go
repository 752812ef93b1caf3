package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"holdfast/edge/config"
)

// A key made beside an old database would be a wrong one, and in the way of the
// right one from the backup.
func TestNoMasterKeyIsMadeBesideADatabase(t *testing.T) {
	cfg, err := config.Config{Data: t.TempDir()}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire(t.Context(), cfg, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(cfg.Data, config.MasterKeyName)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := wire(t.Context(), cfg, slog.New(slog.DiscardHandler), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error that the key is missing", err)
	}
	if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a key was made")
	}

	cfg.Data, cfg.MasterKeyFile = t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	if _, err := wire(t.Context(), cfg, slog.New(slog.DiscardHandler), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that should come from elsewhere: got %v", err)
	}
}
