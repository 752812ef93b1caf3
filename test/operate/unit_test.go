package operate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"holdfast/test/need"
	"holdfast/test/world"
)

// unit is the service's unit as it would be on this host, with the binary at
// another place.
func unit(t *testing.T) string {
	t.Helper()
	text := string(read(t, filepath.Join(need.Root(t), "packaging", "holdfast.service")))
	path := filepath.Join(t.TempDir(), "holdfast.service")
	text = strings.ReplaceAll(text, "/usr/bin/holdfast ", world.Binary(t)+" ")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnitIsUnderstood(t *testing.T) {
	analyze := need.Program(t, "systemd-analyze")
	if said := run(t, analyze, "verify", "--man=no", unit(t)); strings.Contains(said, "holdfast.service") {
		t.Errorf("systemd says %s", said)
	}
	// 2.0 of 10, "OK": what is left is the network and a user that is known.
	run(t, analyze, "security", "--offline=yes", "--no-pager", "--threshold=20", unit(t))
}

// What the unit lets through is what systemd would load into the kernel; what
// the server does in a life is what strace sees.
func TestUnitAllowsWhatTheServerDoes(t *testing.T) {
	analyze, strace := need.Program(t, "systemd-analyze"), need.Program(t, "strace")
	allowed := filtered(t, analyze)
	if slices.Contains(allowed, "mount") || slices.Contains(allowed, "ptrace") || !slices.Contains(allowed, "openat") {
		t.Fatal("the filter was not understood")
	}
	m := managed(t)
	trace := filepath.Join(t.TempDir(), "trace")
	d := deploy(t, "http")
	d.server = world.RunProgram(t, strace, "-f", "-qq", "-o", trace, world.Binary(t), "serve", "--config", d.config)
	m.hears("READY=1")
	if out, err := d.cli("invite", "create", "--name", "Ada", "--email", "ada@example.org"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	if r, err := browser(nil).Get(d.origin + "/signin"); err != nil || r.Body.Close() != nil {
		t.Fatal(err)
	}
	d.server.Signal(syscall.SIGHUP)
	m.hears("RELOADING=1")
	m.hears("READY=1")
	d.server.Signal(syscall.SIGTERM)
	d.server.Wait()

	// Go raises its limit of open files where it may, and goes on where not;
	// SQLite gives files to another owner when it runs as root, as this test may.
	tolerated := []string{"prlimit64", "fchown"}
	seen := map[string]bool{}
	for line := range strings.Lines(string(read(t, trace))) {
		_, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, isCall := strings.Cut(strings.TrimSpace(call), "(")
		if isCall && name != "" && !strings.ContainsAny(name, " <+-=?") {
			seen[name] = true
		}
	}
	if !seen["fdatasync"] && !seen["fsync"] || !seen["accept4"] {
		t.Fatalf("that was no life of a server: %v", seen)
	}
	for name := range seen {
		if !slices.Contains(allowed, name) && !slices.Contains(tolerated, name) {
			t.Errorf("the server calls %s, which the unit refuses", name)
		}
	}
}

// filtered are the system calls that the unit's filters leave.
func filtered(t *testing.T, analyze string) (allowed []string) {
	t.Helper()
	for line := range strings.Lines(string(read(t, unit(t)))) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "SystemCallFilter=")
		if !ok {
			continue
		}
		names, not := strings.CutPrefix(value, "~")
		for name := range strings.FieldsSeq(names) {
			calls := expand(t, analyze, name)
			if not {
				allowed = slices.DeleteFunc(allowed, func(c string) bool { return slices.Contains(calls, c) })
			} else {
				allowed = append(allowed, calls...)
			}
		}
	}
	return allowed
}

// expand lists the calls of a group, and of the groups in it.
func expand(t *testing.T, analyze, group string) (calls []string) {
	t.Helper()
	if !strings.HasPrefix(group, "@") {
		return []string{group}
	}
	for line := range strings.Lines(run(t, analyze, "--no-pager", "syscall-filter", group)) {
		name := strings.TrimSpace(line)
		if name == "" || name == group || strings.HasPrefix(name, "#") {
			continue
		}
		calls = append(calls, expand(t, analyze, name)...)
	}
	return calls
}
