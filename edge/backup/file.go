package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// file is a new file that gets its name when it is whole.
type file struct {
	*os.File
	path string
	tmp  string // its name until then; "" where it has none
}

// newFile opens a file without a name in the folder of path, so that a process
// that is killed leaves nothing; where the file system cannot do that, one with
// a name that discard removes.
func newFile(path string) (*file, error) {
	dir := filepath.Dir(path)
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return &file{File: os.NewFile(uintptr(fd), path), path: path}, nil
	}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) {
		return nil, &os.PathError{Op: "write into", Path: dir, Err: err}
	}
	f, err := os.CreateTemp(dir, ".holdfast-backup-*")
	if err != nil {
		return nil, err
	}
	return &file{File: f, path: path, tmp: f.Name()}, nil
}

// keep gives the file its name once it is on disk. It replaces nothing.
func (f *file) keep() error {
	if err := f.Sync(); err != nil {
		return err
	}
	from := f.tmp
	if from == "" {
		from = fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	}
	if err := unix.Linkat(unix.AT_FDCWD, from, unix.AT_FDCWD, f.path, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.PathError{Op: "name the finished backup", Path: f.path, Err: err}
	}
	return syncFolder(filepath.Dir(f.path))
}

// discard closes the file; one that was not kept is gone then.
func (f *file) discard() {
	f.Close()
	if f.tmp != "" {
		os.Remove(f.tmp)
	}
}

// syncFolder has the names in a folder on disk when it returns.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
