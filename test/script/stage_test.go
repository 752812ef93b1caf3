package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// The cast. Mallory's browser leaves out what a browser checks.
var (
	people       = []string{"root-administrator", "ada", "grace", "mallory"}
	applications = []string{"wiki", "forge"}
)

func TestPlots(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:   "testdata",
				Cmds:  commands(),
				Setup: func(env *testscript.Env) error { return raise(env, engine) },
			})
		})
	}
}

// stage is one plot's world and who is on it.
type stage struct {
	t       testing.TB
	world   *world.World
	people  map[string]*person
	apps    map[string]*application
	shutOut []string // by e-mail address, on purpose
}

type stageKey struct{}

func raise(env *testscript.Env, engine world.Engine) error {
	t := env.T().(testing.TB)
	s := &stage{t: t, world: world.New(t, engine), people: map[string]*person{}, apps: map[string]*application{}}
	env.Values[stageKey{}] = s
	env.Setenv("ORIGIN", s.world.Base)
	env.Setenv("SETUP", s.world.SetUpTicket(t))
	for _, name := range people {
		s.people[name] = &person{name: name, stage: s, browser: s.world.BrowserWith(t, softkey.Config{Careless: name == "mallory"})}
	}
	for _, name := range applications {
		s.apps[name] = &application{name: name, stage: s}
	}
	s.world.Check(t)
	return nil
}

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){
		"holdfast": step(func(s *stage, l line) error { return s.host(l) }),
		"server":   step(func(s *stage, l line) error { return s.server(l) }),
		"set-up":   step(func(s *stage, l line) error { return s.setUp(l) }),
		"keep":     keep,

		"in-the-database":  inTheDatabase,
		"in-the-files":     inTheFiles,
		"holdfast-offline": step(func(s *stage, l line) error { return s.offline(l) }),
		"shut-out":         step(func(s *stage, l line) error { s.shutOut = append(s.shutOut, l.words...); return nil }),
	}
	for _, name := range people {
		all[name] = step(func(s *stage, l line) error { return s.people[name].does(l) })
	}
	for _, name := range applications {
		all[name] = step(func(s *stage, l line) error { return s.apps[name].does(l) })
	}
	return all
}

// line is one line of a plot.
type line struct {
	ts    *testscript.TestScript
	words []string
}

// verb is the first word and the line without it.
func (l line) verb() (string, line) {
	if len(l.words) == 0 {
		return "", l
	}
	return l.words[0], line{l.ts, l.words[1:]}
}

// word is the i-th word, or "".
func (l line) word(i int) string {
	if i < len(l.words) {
		return l.words[i]
	}
	return ""
}

// named are the words of the form name=value.
func (l line) named() map[string]string {
	m := map[string]string{}
	for _, w := range l.words {
		if name, value, ok := strings.Cut(w, "="); ok {
			m[name] = value
		}
	}
	return m
}

func (l line) say(format string, args ...any) { fmt.Fprintf(l.ts.Stdout(), format+"\n", args...) }

// refusal says whether err is the server's no, and what it said. Anything
// else, a status of the 5xx kind above all, ends the plot.
func refusal(err error) (string, bool) {
	if p, ok := errors.AsType[*client.Problem](err); ok {
		return fmt.Sprintf("%d %s %s\n%s", p.Status, p.Code, p.Step, p.Detail), p.Status >= 400 && p.Status < 500
	}
	if r, ok := errors.AsType[*world.Refusal](err); ok {
		return r.Stderr, r.Status == 1 || r.Status == 2
	}
	if o, ok := errors.AsType[*oauthError](err); ok {
		return o.Error(), o.status >= 400 && o.status < 500
	}
	return "", false
}

// mayChange marks a refusal that ends something, as a reused code does.
var errMayChange = errors.New("this refusal has consequences")

// step runs one line and looks at the world after it.
func step(do func(*stage, line) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, words []string) {
		s := ts.Value(stageKey{}).(*stage)
		before := s.world.Records()
		err := do(s, line{ts, words})
		text, refused := refusal(err)
		fmt.Fprintln(ts.Stderr(), text)
		switch {
		case err != nil && !refused:
			ts.Fatalf("%v", err)
		case refused && !neg:
			ts.Fatalf("refused: %v", err)
		case !refused && neg:
			ts.Fatalf("it was not refused")
		case refused && !errors.Is(err, errMayChange):
			if after := s.world.Verify(s.t).Records; after != before {
				ts.Fatalf("a refusal added %d records to the log", after-before)
			}
		default:
			s.world.Check(s.t, s.shutOut...)
		}
		if s.t.Failed() {
			ts.Fatalf("what must always hold does not")
		}
	}
}

// host is "holdfast VERB…" on the server's host.
func (s *stage) host(l line) error {
	out, err := s.world.Host(l.words...)
	l.ts.Stdout().Write(out)
	return err
}

// server is what befalls the server.
func (s *stage) server(l line) error {
	switch l.word(0) {
	case "restarts":
		s.world.Restart(s.t)
	case "is-killed":
		s.world.Kill()
		s.world.Start(s.t)
	case "says": // what it has printed
	default:
		return fmt.Errorf("the server does not %q", l.word(0))
	}
	l.say("%s", s.world.Server.Stdout())
	return s.world.Ready(s.t.Context())
}

// setUp is "set-up": the organisation is founded, and ada and grace, invited,
// have each made a passkey. Most plots begin with it.
func (s *stage) setUp(line) error {
	root := s.people["root-administrator"]
	if _, err := root.browser.SetUp(s.t.Context(), s.world.SetUpTicket(s.t),
		client.Founding{Organisation: "Example", Name: "Root Administrator", Email: "root-administrator@example.org"}); err != nil {
		return err
	}
	for _, name := range []string{"ada", "grace"} {
		i := s.world.Invite(s.t, strings.ToUpper(name[:1])+name[1:]+" Example", name+"@example.org")
		if _, err := s.people[name].browser.Enrol(s.t.Context(), i.Ticket); err != nil {
			return err
		}
	}
	return nil
}

// offline is "holdfast VERB…" of somebody who has only files.
func (s *stage) offline(l line) error {
	cmd := exec.Command(world.Binary(s.t), l.words...)
	out, err := cmd.CombinedOutput()
	l.ts.Stdout().Write(out)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &world.Refusal{Args: l.words, Status: exit.ExitCode(), Stderr: string(out)}
	}
	return err
}

// keep VARIABLE NAME: the member NAME of the JSON object, or of the first one
// of the array, that was printed last. "keep VARIABLE setup-link" is the ticket
// that the server printed at its start.
func keep(ts *testscript.TestScript, neg bool, words []string) {
	if neg || len(words) != 2 {
		ts.Fatalf("usage: keep VARIABLE NAME")
	}
	if words[1] == "setup-link" {
		s := ts.Value(stageKey{}).(*stage)
		ts.Setenv(words[0], s.world.SetUpTicket(s.t))
		return
	}
	text := bytes.TrimSpace([]byte(ts.ReadFile("stdout")))
	var object map[string]any
	var list []map[string]any
	if json.Unmarshal(text, &list) == nil && len(list) > 0 {
		object = list[0]
	} else if err := json.Unmarshal(text, &object); err != nil {
		ts.Fatalf("%s: %v", text, err)
	}
	value, ok := object[words[1]].(string)
	if !ok {
		ts.Fatalf("%s has no %q", text, words[1])
	}
	ts.Setenv(words[0], value)
}

// inTheDatabase TEXT: it stands in a column of a table, in small letters or large.
func inTheDatabase(ts *testscript.TestScript, neg bool, words []string) {
	s := ts.Value(stageKey{}).(*stage)
	found := s.world.Grep(s.t, words[0])
	if (len(found) > 0) == neg {
		ts.Fatalf("%q is in %d columns: %v", words[0], len(found), found)
	}
}

// inTheFiles TEXT DIR: it stands in a file below DIR.
func inTheFiles(ts *testscript.TestScript, neg bool, words []string) {
	var found []string
	read := 0
	err := filepath.WalkDir(ts.MkAbs(words[1]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if read++; bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(words[0]))) {
			found = append(found, path)
		}
		return err
	})
	ts.Check(err)
	if read == 0 || (len(found) > 0) == neg {
		ts.Fatalf("%q is in %v, of %d files", words[0], found, read)
	}
}
