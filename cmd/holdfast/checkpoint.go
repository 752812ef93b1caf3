package main

import (
	"os"
	"sync"
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
}

func newCheckpointFile(path string) *checkpointFile { return &checkpointFile{path: path} }

func (f *checkpointFile) set(signed string) {
	f.mu.Lock()
	f.signed = signed
	f.mu.Unlock()
}

// save writes the newest checkpoint, whole or not at all.
func (f *checkpointFile) save() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.signed == f.saved {
		return nil
	}
	tmp := f.path + ".new"
	if err := os.WriteFile(tmp, []byte(f.signed), 0o600); err != nil {
		return err
	}
	if err := os.Rename(tmp, f.path); err != nil {
		return err
	}
	f.saved = f.signed
	return nil
}
