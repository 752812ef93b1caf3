package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// leastFree is how many bytes of disk a node must have to take writes: the
// write-ahead log grows to some 16 MiB before it is emptied into the database.
const leastFree = 32 << 20

// ready says whether the file answers, is still the one that was opened, and
// has room to grow. A server goes on writing to a file that somebody has
// removed or replaced, and all of it is gone when it ends.
func (e *sqliteEngine) ready(ctx context.Context) error {
	now, err := os.Stat(e.path)
	if err != nil || !os.SameFile(now, e.file) {
		return errReplaced.Because(err)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(e.path), &disk); err != nil {
		return errUnavailable.Because(err)
	}
	if free := uint64(disk.Bavail) * uint64(disk.Bsize); free < leastFree {
		return errFull.Because(fmt.Errorf("%d bytes are free beside the database, which needs %d", free, leastFree))
	}
	_, err = queryInt(ctx, e, "select 1")
	return err
}
