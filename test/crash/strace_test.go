package crash

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// strace runs a program with its writes and syncs traced into a file, all
// threads together in the order of their ends. -y names the files.
func strace(t *testing.T, trace string, program string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("strace is not installed, and CI proves this too")
		}
		t.Skip("strace is not installed")
	}
	cmd := exec.Command(path, append([]string{"-f", "-y", "-s", "2000", "-o", trace,
		"-e", "trace=fdatasync,fsync,write", program}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// A call is one system call, complete.
type call struct {
	name, text string
	ended      bool // not cut off
}

// syncs says whether the call put a file with this ending on the disk.
func (c call) syncs(suffix string) bool {
	return (c.name == "fdatasync" || c.name == "fsync") && c.ended && strings.Contains(c.text, suffix) && strings.HasSuffix(c.text, "= 0")
}

var (
	whole   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
)

// calls reads a trace. A call that strace shows in two parts, since another
// thread came between, counts where its part matters: a sync when it has
// returned, a write when it begins.
func calls(t *testing.T, trace string) []call {
	t.Helper()
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]string{}
	var out []call
	for line := range strings.SplitSeq(string(b), "\n") {
		if m := whole.FindStringSubmatch(line); m != nil {
			text, cut := strings.CutSuffix(m[3], " <unfinished ...>")
			if cut {
				begun[m[1]] = text
				if m[2] == "write" {
					out = append(out, call{m[2], text, false})
				}
				continue
			}
			out = append(out, call{m[2], text, true})
		} else if m := resumed.FindStringSubmatch(line); m != nil && m[2] != "write" {
			out = append(out, call{m[2], begun[m[1]] + m[3], true})
		}
	}
	return out
}
