package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"holdfast/test/need"
)

// Demo is a running `holdfast demo`, known by what it printed and nothing else.
type Demo struct {
	Origin string // of Holdfast
	App    string // origin of the demo's application
	SetUp  string // the printed link
	Data   string // folder

	binary string
}

// built keeps the program between the tests of one process.
type built struct {
	once sync.Once
	path string
	err  error
	said []byte
}

var program built

// Binary builds cmd/holdfast, once for all tests of a package.
func Binary(t testing.TB) string {
	t.Helper()
	program.once.Do(func() {
		dir, err := os.MkdirTemp("", "holdfast-browser-")
		if err != nil {
			program.err = err
			return
		}
		program.path = filepath.Join(dir, "holdfast")
		cmd := exec.Command("go", "build", "-o", program.path, "./cmd/holdfast")
		cmd.Dir = need.Root(t)
		program.said, program.err = cmd.CombinedOutput()
	})
	if program.err != nil {
		t.Fatalf("build holdfast: %v\n%s", program.err, program.said)
	}
	return program.path
}

// StartDemo runs the demo in a folder of its own until the test ends.
func StartDemo(t testing.TB) *Demo {
	t.Helper()
	d := &Demo{Data: t.TempDir(), binary: Binary(t)}
	cmd := exec.Command(d.binary, "demo", "--data", d.Data)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the demo's log:\n%s", &log)
		}
	})
	d.read(t, bufio.NewScanner(out))
	go func() { // until the demo ends; it must not block on a full pipe
		for b := make([]byte, 4096); ; {
			if _, err := out.Read(b); err != nil {
				return
			}
		}
	}()
	return d
}

var printed = regexp.MustCompile(`^  (Sign in|Demo app)? +(http://\S+)$`)

// read waits for the set-up link, the last line that the demo prints.
func (d *Demo) read(t testing.TB, lines *bufio.Scanner) {
	t.Helper()
	for lines.Scan() {
		m := printed.FindStringSubmatch(strings.TrimRight(lines.Text(), " "))
		switch {
		case strings.Contains(lines.Text(), "/setup#"):
			d.SetUp = strings.TrimSpace(lines.Text())
			return
		case m == nil:
		case m[1] == "Sign in":
			d.Origin = m[2]
		case m[1] == "Demo app":
			d.App = m[2]
		}
	}
	t.Fatal("the demo ended before it printed the set-up link")
}

// CLI runs a command of the host on the demo's folder and gives what it prints.
func (d *Demo) CLI(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.Command(d.binary, append(args[:2:2], append([]string{"--data", d.Data}, args[2:]...)...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("holdfast %s: %v\n%s", strings.Join(args, " "), err, &said)
	}
	return string(out)
}

// Ask runs a command of the host with --json and reads its answer.
func Ask[T any](t testing.TB, d *Demo, args ...string) T {
	t.Helper()
	out := d.CLI(t, append(args[:2:2], append([]string{"--json"}, args[2:]...)...)...)
	var v T
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("holdfast %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// Invited is what `holdfast invite create` answers.
type Invited struct{ Person, Ticket, URL string }

// Invite invites somebody from the host.
func (d *Demo) Invite(t testing.TB, name, email string) Invited {
	t.Helper()
	return Ask[Invited](t, d, "invite", "create", "--name", name, "--email", email)
}
