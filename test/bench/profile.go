package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// profiler is laid over the command's sources while a server that is to be
// profiled is built (go build -overlay). It is part of no other server.
// SIGUSR1 begins a CPU profile and ends it.
const profiler = `package main

import (
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

func init() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	go func() {
		for range c {
			f, err := os.Create(os.Getenv("HOLDFAST_BENCH_PROFILE"))
			if err != nil {
				panic(err)
			}
			if err := pprof.StartCPUProfile(f); err != nil {
				panic(err)
			}
			<-c
			pprof.StopCPUProfile()
			f.Close()
			os.Rename(f.Name(), f.Name()+".pprof")
		}
	}()
}
`

// overlay writes what go build -overlay takes, and gives its name.
func (b *bench) overlay() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	file := filepath.Join(b.dir, "profiler.go")
	if err := os.WriteFile(file, []byte(profiler), 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "cmd/holdfast/profiler.go"): file}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(b.dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}

// moduleRoot is the folder of go.mod at or above the working directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the working directory: %w", os.ErrNotExist)
		}
		dir = filepath.Dir(dir)
	}
}

// profileLoad keeps a CPU profile of one more load, where one was asked for.
func (b *bench) profileLoad(ctx context.Context, s *server, name string, next func(connection, i int) identity) error {
	if b.prof == "" {
		return nil
	}
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	if _, err := load(ctx, s, slices.Max(b.people), b.length, next); err != nil {
		return err
	}
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	done := s.profile + ".pprof"
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(done); err == nil {
			return os.WriteFile(filepath.Join(b.prof, name+".pprof"), text, 0o600)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no profile came: was -server built without -profile?")
		}
	}
}
