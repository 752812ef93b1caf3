// Package node runs a script of Node.js that answers questions: one line of
// JSON each way, several at once. It is how tests let libraries of npm be the
// other side. It refuses to skip where it must run (see need), and to know what
// is asked.
package node

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"holdfast/test/need"
)

// Process is one script that runs. It may be asked several things at once.
type Process struct {
	t     testing.TB
	stdin io.Writer

	mu      sync.Mutex // covers what follows
	last    int
	waiting map[int]chan answer
}

type answer struct {
	ID     int             `json:"id"`
	OK     json.RawMessage `json:"ok"`
	Text   string          `json:"error"`
	Code   string          `json:"code"`
	Status int             `json:"status"`
	Cause  string          `json:"cause"`
}

// Refusal is what the script made of a refusal, or of an answer that its library
// does not accept.
type Refusal struct {
	Text, Code, Cause string
	Status            int // of HTTP; 0 where it never got there
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s (%s, status %d) %s", r.Text, r.Code, r.Status, r.Cause)
}

// Run starts the script of a folder below test/ whose package.json names the
// library. It ends with the test.
func Run(t testing.TB, folder, script, library string) *Process {
	t.Helper()
	node := need.Program(t, "node")
	here := filepath.Join(need.Root(t), "test", folder)
	need.File(t, filepath.Join(here, "node_modules", library))
	cmd := exec.Command(node, append(flags(t, node), filepath.Join(here, script))...)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &Process{t: t, stdin: in, waiting: map[int]chan answer{}}
	done := make(chan struct{})
	go func() { defer close(done); a.listen(out) }()
	t.Cleanup(func() {
		in.Close() // which ends it
		<-done
		cmd.Wait()
	})
	return a
}

// flags give Node.js 18, which is that of Debian 12, what later ones have by
// themselves and the libraries ask for: the global crypto.
func flags(t testing.TB, node string) []string {
	t.Helper()
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(version), "v18.") {
		return []string{"--experimental-global-webcrypto"}
	}
	return nil
}

// listen hands answers to who asked, and refuses all when the process ends.
func (a *Process) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var got answer
		if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
			got = answer{Text: "the script said " + lines.Text()}
		}
		a.mu.Lock()
		if c := a.waiting[got.ID]; c != nil {
			c <- got
			delete(a.waiting, got.ID)
		}
		a.mu.Unlock()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.waiting {
		c <- answer{Text: "the script ended"}
	}
	a.waiting = nil
}

// Q is a question's parameters: any but id and do.
type Q map[string]any

// Ask asks and reads the answer into out, unless that is nil. A refusal is a
// *Refusal.
func (a *Process) Ask(what string, q Q, out any) error {
	c := make(chan answer, 1)
	a.mu.Lock()
	if a.waiting == nil {
		a.mu.Unlock()
		return &Refusal{Text: "the script ended"}
	}
	a.last++
	line := Q{"id": a.last, "do": what}
	for name, value := range q {
		if _, taken := line[name]; taken {
			panic("node: internal error: " + name + " is the line's own")
		}
		line[name] = value
	}
	a.waiting[a.last] = c
	text, err := json.Marshal(line)
	if err == nil {
		_, err = a.stdin.Write(append(text, '\n'))
	}
	a.mu.Unlock()
	if err != nil {
		return err
	}
	got := <-c
	if got.Text != "" {
		return &Refusal{got.Text, got.Code, got.Cause, got.Status}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(got.OK, out)
}

// Must is Ask for what has to go well.
func (a *Process) Must(what string, q Q, out any) {
	a.t.Helper()
	if err := a.Ask(what, q, out); err != nil {
		a.t.Fatalf("%s: %v", what, err)
	}
}
