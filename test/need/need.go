// Package need says what a test needs of the machine: a program, a database, a
// folder beside the repository. Where it is missing the test is skipped with a
// sentence that says how to have it; with CI=true it fails. It refuses to
// install anything: that is for the test command.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
)

// T is what fixtures need of a testing.TB. A program that is no test, such as
// the bench, has one of its own (package tour).
type T interface {
	Helper()
	Name() string
	TempDir() string
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Failed() bool
}

// missing ends the test.
func missing(t T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing, and CI leaves nothing out (make test installs it)", what)
	}
	t.Skipf("%s is missing (make test installs it where it may)", what)
}

// Program is the path of the first of names that is installed.
func Program(t T, names ...string) string {
	t.Helper()
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	missing(t, names[0])
	return ""
}

// File is path, which must exist.
func File(t T, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		missing(t, path)
	}
	return path
}

// Postgres is the address of a PostgreSQL where databases may be made.
func Postgres(t T) string {
	t.Helper()
	dsn := os.Getenv("HOLDFAST_TEST_POSTGRES")
	if dsn == "" {
		missing(t, "HOLDFAST_TEST_POSTGRES")
	}
	return dsn
}

// Root is the folder of the repository, found from that of the running test.
func Root(t T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if b, err := os.ReadFile(filepath.Join(d, "go.mod")); err == nil && len(b) > 16 && string(b[:16]) == "module holdfast\n" {
			return d
		}
		if d == filepath.Dir(d) {
			t.Fatalf("no module holdfast above %s", dir)
		}
	}
}
