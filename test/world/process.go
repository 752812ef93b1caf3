package world

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"holdfast/test/need"
)

// patience bounds every wait for a process. Nothing here is measured by it: a
// wait ends as soon as what it waits for happens.
const patience = 2 * time.Minute

// Process is a holdfast command that goes on running: serve or demo.
type Process struct {
	Cmd *exec.Cmd

	mu    sync.Mutex
	lines []string      // of standard output so far
	more  chan struct{} // closed and replaced when a line comes, closed at the end
	ended bool
	done  chan struct{} // closed when the process is gone
	err   error         // how; after done
	log   string        // file with its standard error
}

// Run starts a command of the holdfast binary. It is killed at the end of the
// test if it still runs, and what it wrote to standard error is shown if the
// test failed.
func Run(t need.T, args ...string) *Process {
	t.Helper()
	return RunProgram(t, Binary(t), args...)
}

// RunProgram is Run for another program that starts holdfast.
func RunProgram(t need.T, program string, args ...string) *Process {
	t.Helper()
	p := &Process{Cmd: exec.Command(program, args...), more: make(chan struct{}), done: make(chan struct{}),
		log: filepath.Join(t.TempDir(), "stderr")}
	stderr, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	p.Cmd.Stderr = stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Cmd.Stdout = w
	// A group of its own: what the program starts ends with it.
	p.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = p.Cmd.Start()
	w.Close()
	stderr.Close()
	if err != nil {
		t.Fatal(err)
	}
	go p.read(r)
	go func() { p.err = p.Cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.Signal(syscall.SIGKILL)
		<-p.done
		if t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(p.Cmd.Args[1:], " "), p.Stderr())
		}
	})
	return p
}

func (p *Process) read(r io.ReadCloser) {
	defer r.Close()
	for s := bufio.NewScanner(r); s.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	close(p.more)
}

// Line waits for a line of standard output that holds part, and answers it
// without the white space around it.
func (p *Process) Line(part string) (string, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for seen := 0; ; {
		p.mu.Lock()
		lines, more, ended := p.lines, p.more, p.ended
		p.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if strings.Contains(lines[seen], part) {
				return strings.TrimSpace(lines[seen]), nil
			}
		}
		if ended {
			return "", fmt.Errorf("it ended without a line with %q; it said %q and %s", part, lines, p.Stderr())
		}
		select {
		case <-more:
		case <-late.C:
			return "", fmt.Errorf("no line with %q came; it said %q and %s", part, lines, p.Stderr())
		}
	}
}

// Stdout is what it has written to standard output.
func (p *Process) Stdout() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// Stderr is what it has written to standard error.
func (p *Process) Stderr() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Signal sends sig to the process and to what it started; to one that is gone
// it sends nothing.
func (p *Process) Signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		syscall.Kill(-p.Cmd.Process.Pid, sig)
	}
}

// Interrupt is Ctrl-C, and waits for the end. A status but 0 is an error.
func (p *Process) Interrupt() error {
	p.Signal(syscall.SIGINT)
	return p.Wait()
}

// InterruptChild is Ctrl-C for what the program started, and waits for the
// program: "go run" ends with the status of what it runs, unless it is
// interrupted itself.
func (p *Process) InterruptChild() error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile
		}
		_, rest, _ := strings.Cut(string(stat), ") ") // proc(5): pid (name) state ppid …
		var state string
		var ppid int
		if _, err := fmt.Sscan(rest, &state, &ppid); err != nil || ppid != p.Cmd.Process.Pid {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
			return err
		}
		return p.Wait()
	}
	return errors.New("it has started nothing")
}

// Kill is SIGKILL, and waits for the end: nothing is written any more.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Running says whether it has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Wait waits for the end. A status but 0 is an error.
func (p *Process) Wait() error {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.done:
		return p.err
	case <-late.C:
		return errors.New("it does not end")
	}
}

// FreePort is a TCP port of localhost where nobody listens. It is none of
// those that the kernel gives to outgoing connections and to listeners on port
// 0, so that it stays free until it is used, and over a restart.
func FreePort(t need.T) int {
	t.Helper()
	const low, high = 20_000, 32_000
	for range 100 {
		port := low + rand.IntN(high-low)
		l, err := net.Listen("tcp", fmt.Sprintf("localhost:%d", port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
