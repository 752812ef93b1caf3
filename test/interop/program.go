package interop

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write puts a file into a program's folder, readable by the user that the
// program becomes.
func write(t testing.TB, dir, name, text string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readable opens the way to dir for that user.
func readable(t testing.TB, dir string) {
	t.Helper()
	for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// serve runs a program until the test ends, and waits until it answers at
// address, an origin. What it said, and its log, are shown if the test failed.
func serve(t testing.TB, cmd *exec.Cmd, address, log string) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		<-ended
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("%s said:\n%s\n%s", filepath.Base(cmd.Path), &said, text)
		}
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	// Every try waits for the kernel, not for a clock, and the program's end
	// ends it.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			text, _ := os.ReadFile(log)
			t.Fatalf("%s ended: %v\n%s\n%s", cmd.Path, err, &said, text)
		case <-tick.C:
			c, err := net.Dial("tcp", "127.0.0.1:"+u.Port())
			if err == nil {
				c.Close()
				return
			}
		}
	}
}
