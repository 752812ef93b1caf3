package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"holdfast/spec/translog"
)

// checkpointFile keeps the newest checkpoint outside the database, so that a
// log that was put back to an older state is found out. It is written behind
// the commits, not with them: an older one proves a little less and nothing
// wrong.
type checkpointFile struct {
	path string

	mu     sync.Mutex
	signed string // newest; guarded by mu
	saved  string // as in the file; guarded by mu
	held   bool   // the file stays as it is, being evidence; guarded by mu
}

func newCheckpointFile(path string) *checkpointFile { return &checkpointFile{path: path} }

func (f *checkpointFile) set(signed string) {
	f.mu.Lock()
	f.signed = signed
	f.mu.Unlock()
}

// hold keeps the file from being written.
func (f *checkpointFile) hold() {
	f.mu.Lock()
	f.held = true
	f.mu.Unlock()
}

// continued says why the database's log does not continue the one whose
// checkpoint is kept, or nil; err says that it could not be found out.
func (f *checkpointFile) continued(ctx context.Context, db interface {
	Continues(context.Context, translog.Checkpoint) (broken, err error)
}, v note.Verifier) (broken, err error) {
	signed, err := os.ReadFile(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	seen, broken := translog.OpenCheckpoint(string(signed), v)
	if broken == nil {
		broken, err = db.Continues(ctx, seen)
	}
	if err != nil || broken == nil {
		return nil, err
	}
	return fmt.Errorf("the log does not continue what %s has seen: %w. Run holdfast audit verify, which says more; "+
		"if an older database was put back on purpose, move that file away and start again", f.path, broken), nil
}

// save writes the newest checkpoint, whole or not at all.
func (f *checkpointFile) save() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held || f.signed == f.saved {
		return nil
	}
	tmp := f.path + ".new"
	if err := writeSynced(tmp, f.signed); err != nil {
		return err
	}
	if err := os.Rename(tmp, f.path); err != nil {
		return err
	}
	f.saved = f.signed
	return nil
}

// writeSynced has the text on disk when it returns: a file that a power cut
// left empty would be taken for damage at the next start.
func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
