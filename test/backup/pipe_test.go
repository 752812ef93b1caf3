package backup

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func mkfifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// waitUntilRead returns when the other end has taken everything.
func waitUntilRead(t *testing.T, f *os.File) {
	t.Helper()
	for {
		n, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCINQ) // FIONREAD by its other name
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		runtime.Gosched()
	}
}
