package systemd

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func environment(m map[string]string) func(string) string {
	return func(k string) string { return m[k] }
}

func TestMessages(t *testing.T) {
	for name, address := range map[string]string{
		"a file": filepath.Join(t.TempDir(), "notify"), "an abstract name": "@holdfast-test-" + strconv.Itoa(os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			m := FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": address}))
			for want, send := range map[string]func() error{
				"READY=1\nSTATUS=serving a b": func() error { return m.Ready("serving a\nb") },
				"STOPPING=1":                  m.Stopping,
				"WATCHDOG=1":                  m.Alive,
				"RELOADING=1\nMONOTONIC_USEC": m.Reloading,
			} {
				if err := send(); err != nil {
					t.Fatal(err)
				}
				b := make([]byte, 1000)
				n, err := l.Read(b)
				if err != nil {
					t.Fatal(err)
				}
				got, usec, _ := strings.Cut(string(b[:n]), "USEC=")
				if usec != "" {
					got += "USEC"
					if v, err := strconv.ParseInt(usec, 10, 64); err != nil || v <= 0 {
						t.Errorf("MONOTONIC_USEC is %q", usec)
					}
				}
				if got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	for _, e := range []map[string]string{{}, {"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": "relative"}} {
		m := FromEnvironment(environment(e))
		if err := m.Ready("x"); err != nil {
			t.Errorf("%v: %v", e, err)
		}
	}
	gone := FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": filepath.Join(t.TempDir(), "gone")}))
	if gone.Ready("x") == nil {
		t.Error("a manager that is gone was told")
	}
}

func TestWatchdog(t *testing.T) {
	mine := strconv.Itoa(os.Getpid())
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"30000000", mine, 30 * time.Second}, {"30000000", "", 30 * time.Second},
		{"30000000", "1", 0}, {"", mine, 0}, {"-5", mine, 0}, {"many", mine, 0},
	} {
		m := FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": c.usec, "WATCHDOG_PID": c.pid}))
		if m.Watchdog() != c.want {
			t.Errorf("%+v: got %s", c, m.Watchdog())
		}
	}
}
