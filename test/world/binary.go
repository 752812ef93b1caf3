package world

import (
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"holdfast/test/need"
)

// binaryVariable names a binary that the test command has built already.
const binaryVariable = "HOLDFAST_TEST_BINARY"

// Binary is the path of the holdfast command as it is in the tree: the one that
// HOLDFAST_TEST_BINARY names, or one that is built here, once in a test run.
func Binary(t need.T) string {
	t.Helper()
	if path := os.Getenv(binaryVariable); path != "" {
		return path
	}
	root := need.Root(t)
	if err := noticeSources(root); err != nil {
		t.Fatal(err)
	}
	path, err := built(root)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// noticeSources looks at every file that the binary is made of. The go command
// keeps the results of tests, and knows of what a test depends on only what the
// test imports, opens and looks at.
func noticeSources(root string) error {
	for _, part := range []string{"go.mod", "go.sum", "cmd", "edge", "flow", "domain", "spec"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// built holds what all tests of this process share: building takes seconds.
var built = func() func(root string) (string, error) {
	var once sync.Once
	var path string
	var err error
	return func(root string) (string, error) {
		once.Do(func() { path, err = build(root) })
		return path, err
	}
}()

// build puts the binary where the next run replaces it. Another package's tests
// may do the same meanwhile, so it is renamed into place; who started the old
// one keeps it.
func build(root string) (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("holdfast-test-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	part, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	cmd := exec.Command("go", "build", "-o", part+"/holdfast", "./cmd/holdfast")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/holdfast: %w\n%s", err, out)
	}
	path := filepath.Join(dir, fmt.Sprintf("holdfast-%08x", crc32.ChecksumIEEE([]byte(root)))) // one for each clone
	return path, os.Rename(part+"/holdfast", path)
}
