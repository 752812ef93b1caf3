package operate

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"holdfast/test/need"
	"holdfast/test/world"
)

// static is the binary that packages hold. The one that all tests start will do
// where it needs no shared library, as that of the test command; else another
// is built, at most once.
func static(t testing.TB) string {
	t.Helper()
	if path := world.Binary(t); needsNothing(t, path) {
		return path
	}
	path, err := build(need.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// needsNothing says that a program asks for no dynamic linker.
func needsNothing(t testing.TB, path string) bool {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return !slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

var build = func() func(root string) (string, error) {
	var once sync.Once
	var path string
	var err error
	return func(root string) (string, error) {
		once.Do(func() {
			path = filepath.Join(os.TempDir(), fmt.Sprintf("holdfast-test-%d-static", os.Getuid())) // replaced by the next run
			cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, "./cmd/holdfast")
			cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
			if out, e := cmd.CombinedOutput(); e != nil {
				err = fmt.Errorf("go build: %w: %s", e, out)
			}
		})
		return path, err
	}
}()

// little stands for a binary where it matters that packing it twice gives the
// same bytes, and not what it does: it is compressed in no time.
func little(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "holdfast")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

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
