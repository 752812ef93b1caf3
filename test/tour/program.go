package tour

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"holdfast/test/need"
)

// ErrLeftOut is what Run answers where the machine lacks something.
var ErrLeftOut = errors.New("left out")

// Run does what a test does, in a program that is none: folders are made in
// dir, what was started is ended, and the first failure is the error.
func Run(name, dir string, do func(need.T)) error {
	p := &program{name: name, dir: dir}
	p.guard(func() { do(p) })
	for {
		p.mu.Lock()
		rest := len(p.cleanups)
		var last func()
		if rest > 0 {
			last, p.cleanups = p.cleanups[rest-1], p.cleanups[:rest-1]
		}
		p.mu.Unlock()
		if last == nil {
			return errors.Join(p.failures...)
		}
		p.guard(last)
	}
}

// program is a need.T.
type program struct {
	name, dir string

	mu       sync.Mutex // covers what follows
	cleanups []func()
	failures []error
}

// guard waits for do in a goroutine of its own, which Fatal may end.
func (p *program) guard(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
}

func (p *program) Helper()      {}
func (p *program) Name() string { return p.name }

func (p *program) TempDir() string {
	dir, err := os.MkdirTemp(p.dir, "tour-")
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			p.fail(err)
		}
	})
	return dir
}

func (p *program) Cleanup(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cleanups = append(p.cleanups, f)
}

func (p *program) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = append(p.failures, err)
}

func (p *program) Logf(format string, args ...any)   { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (p *program) Errorf(format string, args ...any) { p.fail(fmt.Errorf(format, args...)) }
func (p *program) Fatal(args ...any)                 { p.Fatalf("%s", fmt.Sprint(args...)) }

func (p *program) Fatalf(format string, args ...any) {
	p.Errorf(format, args...)
	runtime.Goexit()
}

// Skipf ends it likewise: a tour that was not taken is none.
func (p *program) Skipf(format string, args ...any) {
	p.Fatalf("%w: %s", ErrLeftOut, fmt.Sprintf(format, args...))
}

func (p *program) Failed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.failures) > 0
}
