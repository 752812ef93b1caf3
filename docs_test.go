package holdfast_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"holdfast/test/world"
)

func pagesOfDocumentation(t *testing.T) []string {
	t.Helper()
	files := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md"}
	err := filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every command line of holdfast in README.md and below docs/ names a command,
// flags and a number of arguments that there are, as --help says.
func TestCommandsInTheDocumentationExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	m := manual{binary: world.Binary(t), dir: t.TempDir(), pages: map[string]string{}}
	seen := 0
	for _, file := range pagesOfDocumentation(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range codeLines(string(text)) {
			if target := made.FindStringSubmatch(line); target != nil && !strings.Contains(string(makefile), "\n"+target[1]+":") {
				t.Errorf("%s: %s: the Makefile has no such target", file, line)
			}
		}
		for _, line := range commandLines(string(text)) {
			seen++
			if err := m.check(line); err != nil {
				t.Errorf("%s: %s: %v", file, strings.Join(line, " "), err)
			}
		}
	}
	if left, err := os.ReadDir(m.dir); err != nil || len(left) > 0 {
		t.Errorf("asking for --help has written %v, %v", left, err)
	}
	if seen < 50 {
		t.Errorf("only %d command lines were found", seen)
	}
}

// Every link from a page of documentation to a file or a heading of the
// repository leads somewhere.
func TestLinksInTheDocumentationLead(t *testing.T) {
	for _, file := range pagesOfDocumentation(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			if strings.Contains(l[1], "://") || strings.HasPrefix(l[1], "mailto:") {
				continue
			}
			to, heading, _ := strings.Cut(l[1], "#")
			path := file
			if to != "" {
				path = filepath.Join(filepath.Dir(file), to)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: there is no %s", file, to)
			} else if there, _ := os.ReadFile(path); heading != "" && !slices.Contains(headings(string(there)), heading) {
				t.Errorf("%s: %s has no heading #%s", file, path, heading)
			}
		}
	}
}

// headings are the anchors that a forge makes of a page's headings.
func headings(text string) (anchors []string) {
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.ToLower(strings.TrimSpace(h[1]))
		name = regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(name, "")
		anchors = append(anchors, strings.ReplaceAll(name, " ", "-"))
	}
	return anchors
}

// The check finds what it is there for.
func TestCommandsThatDoNotExistAreFound(t *testing.T) {
	m := manual{binary: world.Binary(t), dir: t.TempDir(), pages: map[string]string{}}
	for line, want := range map[string]string{
		"holdfast person list --query ada --json": "",
		"holdfast credential suspend ID":          "",
		"holdfast mail test --to ada@example.org": "",
		"holdfast config init holdfast.yaml":      "",
		"holdfast demo app printed.txt":           "",
		"holdfast persons list":                   "no command",
		"holdfast person invent":                  "no command",
		"holdfast demo application":               "argument",
		"holdfast person list --queries ada":      "--queries",

		"holdfast person show ada@example.org grace@": "argument",
	} {
		err := m.check(strings.Fields(line)[1:])
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", line, err, want)
		}
	}
	got := commandLines("Run `holdfast a|b x`:\n```sh\n$ sudo ./holdfast c --name \"A B\" \\\n  --y | tee holdfast z  # holdfast w\ngo run ./cmd/holdfast d && holdfast e > f\nholdfast f: no\n```\nholdfast g\n")
	if s := fmt.Sprintf("%q", got); s != `[["a" "x"] ["b" "x"] ["c" "--name" "A B" "--y"] ["d"] ["e"]]` {
		t.Error(s)
	}
}

var (
	fence    = regexp.MustCompile("(?ms)^[ \t]*```[^\n]*\n(.*?)^[ \t]*```")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	span     = regexp.MustCompile("`([^`\n]+)`")
	called   = regexp.MustCompile(`^(?:\$ )?(?:sudo )?(?:[A-Z_]+=\S+ )*(?:\./holdfast|/\S*/holdfast|holdfast|go run \./cmd/holdfast) +(.*)$`)
	made     = regexp.MustCompile(`^make ([a-z-]+)`)
	word     = regexp.MustCompile(`"[^"]*"|\S+`)
	remark   = regexp.MustCompile(`\s#.*$`)
	sequence = regexp.MustCompile(`\s(?:&&|\|\||\||;)\s`)
	output   = regexp.MustCompile(`\s>\s.*$`)
)

// codeLines are the spans and the lines of code in a text of Markdown.
func codeLines(text string) (code []string) {
	rest := fence.ReplaceAllStringFunc(text, func(block string) string {
		body := strings.ReplaceAll(fence.FindStringSubmatch(block)[1], "\\\n", " ")
		code = append(code, strings.Split(body, "\n")...)
		return ""
	})
	var spans []string
	for _, s := range span.FindAllStringSubmatch(rest, -1) {
		spans = append(spans, s[1])
	}
	return append(spans, code...)
}

// commandLines are the arguments of each call of holdfast in it.
func commandLines(text string) (lines [][]string) {
	for _, line := range codeLines(text) {
		for _, part := range sequence.Split(remark.ReplaceAllString(line, ""), -1) {
			call := called.FindStringSubmatch(output.ReplaceAllString(strings.TrimSpace(part), ""))
			if call == nil {
				continue
			}
			words := word.FindAllString(call[1], -1)
			for i, w := range words {
				words[i] = strings.Trim(w, `"[]`)
			}
			// "holdfast person: …" is what it answers, what is in capitals stands for any.
			if strings.HasSuffix(words[0], ":") || words[0] == strings.ToUpper(words[0]) {
				continue
			}
			for name := range strings.SplitSeq(words[0], "|") {
				lines = append(lines, append([]string{name}, words[1:]...))
			}
		}
	}
	return lines
}

// manual is what the commands say of themselves.
type manual struct {
	binary string
	dir    string // where a command runs, lest one writes
	mu     sync.Mutex
	pages  map[string]string // covered by mu
}

// help is what holdfast ARGS --help says.
func (m *manual) help(args ...string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := strings.Join(args, " ")
	if _, has := m.pages[key]; !has {
		cmd := exec.Command(m.binary, append(slices.Clone(args), "--help")...)
		cmd.Dir = m.dir
		out, _ := cmd.CombinedOutput()
		m.pages[key] = string(out)
	}
	return m.pages[key]
}

// check says what is wrong with a call.
func (m *manual) check(args []string) error {
	if args[0] == "help" {
		return nil
	}
	if !strings.Contains(m.help(), "  holdfast "+args[0]+" ") {
		return fmt.Errorf("there is no command %q", args[0])
	}
	path, help := args[:1], m.help(args[0])
	if verbs := strings.Count(help, "\n  holdfast "+args[0]+" "); verbs > 0 { // a noun, which lists its verbs
		if len(args) == 1 {
			return nil
		}
		if !strings.Contains(help, "\n  holdfast "+args[0]+" "+args[1]+" ") && !strings.Contains(help, "\n  holdfast "+args[0]+" "+args[1]+"\n") {
			return fmt.Errorf("there is no command %q", strings.Join(args[:2], " "))
		}
		path, help = args[:2], m.help(args[:2]...)
	} else if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		// A word that its usage line repeats is part of the command.
		if longer := m.help(args[:2]...); strings.Contains(strings.ToLower(longer), "usage: holdfast "+args[0]+" "+args[1]) {
			path, help = args[:2], longer
		}
	}
	return fits(args[len(path):], help)
}

var (
	named  = regexp.MustCompile(`(?m)(?:^  |[\s\[])--?([a-z][a-z-]*)(?:[ =]([A-Za-z0-9]+))?`)
	usages = regexp.MustCompile(`(?mi)^usage: holdfast [a-z -]+?\[flags\] ?(.*)$`)
)

// fits holds flags and arguments against what --help says.
func fits(args []string, help string) error {
	takes := map[string]bool{} // whether a value follows, of each flag
	for _, f := range named.FindAllStringSubmatch(help, -1) {
		takes[f[1]] = takes[f[1]] || f[2] != ""
	}
	others := 0
	for i := 0; i < len(args); i++ {
		name, _, valued := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") || args[i] == "-" {
			others++
			continue
		}
		value, is := takes[name]
		if !is {
			return fmt.Errorf("there is no flag --%s", name)
		}
		if value && !valued {
			i++
		}
	}
	usage := usages.FindStringSubmatch(help)
	if usage == nil {
		return nil // it says it in its own words
	}
	most := strings.Fields(usage[1])
	least := slices.DeleteFunc(slices.Clone(most), func(s string) bool { return strings.HasPrefix(s, "[") })
	// A command that is only named has no arguments.
	if len(args) > 0 && (others < len(least) || others > len(most)) {
		return fmt.Errorf("it has %d arguments, and the usage is %q", others, usage[0])
	}
	return nil
}
