package operate

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"holdfast/test/need"
)

// static is the static binary that packages hold. It is built at most once:
// linking it takes longer than all that is done with it here.
func static(t testing.TB) string {
	t.Helper()
	path, err := build(need.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var build = func() func(root string) (string, error) {
	var once sync.Once
	var path string
	var err error
	return func(root string) (string, error) {
		once.Do(func() {
			path = filepath.Join(os.TempDir(), fmt.Sprintf("holdfast-test-%d-static", os.Getuid())) // replaced by the next run
			cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/holdfast")
			cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
			if out, e := cmd.CombinedOutput(); e != nil {
				err = fmt.Errorf("go build: %w: %s", e, out)
			}
		})
		return path, err
	}
}()

// pack runs a script of packaging/ on a binary, and answers the file that it made.
func pack(t testing.TB, script, binary string, env ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(need.Root(t), "packaging", script), t.TempDir())
	cmd.Env = append(append(os.Environ(), "HOLDFAST_BINARY="+binary, "HOLDFAST_VERSION=1.2.3", "SOURCE_DATE_EPOCH=1780315200", "DEB_COMPRESSION=gzip"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// run is the output of a program that must succeed.
func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// output is that of a program, however it ends.
func output(program string, args ...string) (string, error) {
	out, err := exec.Command(program, args...).CombinedOutput()
	return string(out), err
}
