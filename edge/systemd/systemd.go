// Package systemd tells the service manager how the server is: ready,
// reloading, stopping, alive (sd_notify(3)). Without a manager that asks, which
// NOTIFY_SOCKET says, it says nothing. It refuses to be needed: a manager that
// does not listen stops nothing.
package systemd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Manager is who started this process. The zero Manager is nobody.
type Manager struct {
	socket   string
	watchdog time.Duration
}

// FromEnvironment reads NOTIFY_SOCKET and WATCHDOG_USEC as get gives them
// (os.Getenv), and for which process WATCHDOG_PID means them.
func FromEnvironment(get func(string) string) Manager {
	m := Manager{socket: get("NOTIFY_SOCKET")}
	if !strings.HasPrefix(m.socket, "/") && !strings.HasPrefix(m.socket, "@") {
		m.socket = "" // vsock and whatever else comes is not spoken here
	}
	if pid := get("WATCHDOG_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return m
	}
	if usec, err := strconv.ParseInt(get("WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 && m.socket != "" {
		m.watchdog = time.Duration(usec) * time.Microsecond
	}
	return m
}

// Watchdog is how long the manager waits for a sign of life before it starts
// the server anew; 0 is for ever. Signs belong at half of it.
func (m Manager) Watchdog() time.Duration { return m.watchdog }

// Ready says that connections are answered, at first and after each reload.
func (m Manager) Ready(status string) error { return m.send("READY=1", "STATUS="+line(status)) }

// Reloading says that the configuration is being read again. Ready must follow
// whatever comes of it.
func (m Manager) Reloading() error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return fmt.Errorf("read the clock: %w", err)
	}
	// sd_notify(3): the manager tells by it this reload from an earlier one.
	return m.send("RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(now.Nano()/1000, 10))
}

// Stopping says that the end has begun.
func (m Manager) Stopping() error { return m.send("STOPPING=1") }

// Alive is the sign that Watchdog waits for.
func (m Manager) Alive() error { return m.send("WATCHDOG=1") }

func line(s string) string { return strings.ReplaceAll(s, "\n", " ") }

func (m Manager) send(lines ...string) error {
	if m.socket == "" {
		return nil
	}
	// An address that begins with @ is abstract; package net knows it so, too.
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	_, err = c.Write([]byte(strings.Join(lines, "\n")))
	return errors.Join(err, c.Close())
}
