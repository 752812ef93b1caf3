package holdfast_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/test/world"
)

// readmeCommands are the two that a newcomer types: run it, and test it. Each
// is the one line of the first shell block behind its heading.
func readmeCommands(t *testing.T) (run, test string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)## Run it\n+```sh\n([^\n]+)\n```.*?## Test it\n+```sh\n([^\n]+)\n```").FindSubmatch(text)
	if m == nil {
		t.Fatal("README.md does not have one command below Run it and one below Test it")
	}
	return string(m[1]), string(m[2])
}

// The first command, as it stands there: the demonstration comes up, its link
// leads somewhere, an interrupt ends it well.
func TestTheREADMEsFirstCommandRuns(t *testing.T) {
	command, _ := readmeCommands(t)
	words := strings.Fields(command)
	world.Binary(t) // compiling from nothing takes longer than the test waits for a line
	// The folder that it makes for itself is to go with the test.
	t.Setenv("TMPDIR", t.TempDir())
	p := world.RunProgram(t, words[0], words[1:]...)
	link, err := p.Line("/setup#")
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{link, field(t, p, "Sign in"), field(t, p, "Mail"), field(t, p, "Demo app")} {
		page, _, _ := strings.Cut(address, "#")
		answer, err := http.Get(page)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %s, %s", page, answer.Status, answer.Header.Get("Content-Type"))
		}
	}
	if err := p.InterruptChild(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	if text := p.Stderr(); strings.Contains(text, "level=ERROR") || strings.Contains(text, "panic") {
		t.Errorf("it complained: %s", text)
	}
}

// field is what the demonstration prints behind a name.
func field(t *testing.T, p *world.Process, name string) string {
	t.Helper()
	line, err := p.Line("  " + name + "  ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, name))
}

// The second command is what continuous integration runs, and nothing else.
func TestTheREADMEsSecondCommandIsWhatCIRuns(t *testing.T) {
	_, command := readmeCommands(t)
	text, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if d := cmp.Diff("exec "+command, lines[len(lines)-1]); d != "" {
		t.Errorf("the last line of .ci/run (-want +got):\n%s", d)
	}
	info, err := os.Stat(".ci/run")
	if err != nil || info.Mode()&syscall.S_IXUSR == 0 {
		t.Errorf(".ci/run cannot be run: %v, %v", info.Mode(), err)
	}
	words := strings.Fields(command)
	makefile, err := os.ReadFile("Makefile")
	if err != nil || len(words) != 2 || words[0] != "make" || !regexp.MustCompile(`(?m)^`+words[1]+`:`).Match(makefile) {
		t.Errorf("%q is no target of the Makefile: %v", command, err)
	}
}
