package main

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	v := []int{5, 1, 4, 2, 3}
	for q, want := range map[float64]int{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(v, q); got != want {
			t.Errorf("quantile %v: got %d, want %d", q, got, want)
		}
	}
	if v[0] != 5 {
		t.Error("quantile has sorted its argument")
	}
}

// TestWire has two answers come in one piece, and none of the second be taken
// for the first.
func TestWire(t *testing.T) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		buf := make([]byte, 16)
		if _, err := far.Read(buf); err != nil {
			return
		}
		fmt.Fprintf(far, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX: y\r\n\r\n{\"id\":\"ab\"}HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n{}")
		far.Read(buf)
	}()
	w := newWire(near)
	status, body, err := w.do([]byte("one"))
	if err != nil || status != 200 {
		t.Fatalf("got %d, %v", status, err)
	}
	if id, err := member(body, "id"); err != nil || string(id) != "ab" {
		t.Errorf("got id %q, %v", id, err)
	}
	if status, body, err = w.do([]byte("two")); err != nil || status != 403 || string(body) != "{}" {
		t.Errorf("got %d %s, %v", status, body, err)
	}
	if _, err := member(body, "id"); err == nil {
		t.Error("a member that is not there was found")
	}
}

// TestProcessFigures reads this process's own: a second of work must show.
func TestProcessFigures(t *testing.T) {
	before, err := cpuOf(os.Getpid(), true)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if i%1000 == 0 {
			if now, err := cpuOf(os.Getpid(), true); err != nil || now >= before+50*time.Millisecond {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		}
	}
	if n, err := memoryOf(os.Getpid(), "VmRSS"); err != nil || n < 1<<20 {
		t.Errorf("this process has %d bytes, %v", n, err)
	}
	if _, err := memoryOf(os.Getpid(), "VmNothing"); err == nil {
		t.Error("a figure that is not there was read")
	}
}
