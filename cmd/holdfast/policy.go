package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
	"holdfast/edge/web/api"
	"holdfast/flow/govern"
)

func thePolicy() noun {
	file := []string{"FILE"}
	list := []string{"number", "id", "state", "name", "lowers", "needs", "author", "created", "note"}
	lint, diff, show, decide := &policyLint{}, &policyDiff{}, &policyShow{}, &policyDecide{}
	propose, apply := &policyPropose{}, &policyApply{}
	return noun{"policy", "which credential may do what, for whom", []verb{
		{name: "lint", summary: "say everything that is wrong with a policy; needs no server", args: file, flags: lint.flags, run: lint.run},
		{name: "test", summary: "run the tests that a policy carries; needs no server", args: file, flags: lint.flags, run: lint.test},
		{name: "diff", summary: "say what changes in meaning, from A or what is in force", args: []string{"A", "[B]"}, flags: diff.flags, run: diff.run},
		{name: "show", summary: "show the policy in force", columns: []string{"number", "name", "digest", "revision", "applied", "trouble"}, flags: show.flags, run: show.run},
		{name: "decide", summary: "say what a policy would decide", args: []string{"[FILE]"}, flags: decide.flags, run: decide.run},
		{name: "revisions", summary: "list the revisions, the newest first", list: true, columns: list, flags: at(http.MethodGet, "/policy/revisions")},
		revisionVerb("revision", "show a revision", http.MethodGet),
		{name: "propose", summary: "propose a policy, with the files that it names", args: file, flags: propose.flags, run: propose.run},
		revisionVerb("approve", "approve a revision that somebody else proposed", http.MethodPost, "approve"),
		{name: "apply", summary: "put an approved revision in force; --plan only says what would become of people", args: []string{"REVISION"}, flags: apply.flags, run: apply.run},
		revisionVerb("withdraw", "withdraw a revision that is not in force", http.MethodPost, "withdraw"),
		{name: "preset", summary: "list the policies that come with Holdfast, or print one; needs no server", args: []string{"[NAME]"}, run: runPreset},
		{name: "decisions", summary: "list decisions that did not allow, or all of a person", list: true,
			columns: []string{"id", "at", "op", "person", "outcome", "code", "segment", "rules"},
			flags:   filters("/decisions", "person", "`PERSON` by id or e-mail address", "outcome", "allow, need or deny", "op", "sign_in, enrol, bind, …")},
		{name: "providers", summary: "list the sync providers that the policy knows, and what their profiles lack",
			columns: []string{"name", "standing", "lacks", "kind", "managed", "status", "access", "recovery", "sharing", "review_by"}, flags: at(http.MethodGet, "/providers")},
	}}
}

// written is a policy in a file, with the files that it names.
type written struct {
	name  string
	text  []byte
	files map[string][]byte
}

// readPolicy reads FILE and the files that it names, which stand beside it.
// Where one is missing there are none: a document can be looked at alone.
func readPolicy(name string) (written, error) {
	w := written{name: name, files: map[string][]byte{}}
	var err error
	if w.text, err = os.ReadFile(name); err != nil {
		return w, err
	}
	d, _ := policy.Parse(name, w.text)
	missing := false
	for _, root := range d.Roots.Names {
		r, _ := d.Roots.Get(root)
		if r == nil || !filepath.IsLocal(r.File) {
			continue // the problems say so
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(name), r.File))
		if errors.Is(err, os.ErrNotExist) {
			missing = true
			continue
		}
		if err != nil {
			return w, err
		}
		w.files[r.File] = text
	}
	if missing {
		w.files = nil
	}
	return w, nil
}

func (w written) examine(at time.Time) (govern.Examined, error) {
	e, err := govern.Proposal{File: w.name, Text: w.text, Files: w.files}.Lint(at)
	if e.Document == nil && err != nil {
		return e, err
	}
	return e, nil
}

// body is the document as the API takes it.
func (w written) body() api.Document {
	d := api.Document{Text: string(w.text), File: filepath.Base(w.name), Files: map[string]string{}}
	for name, text := range w.files {
		d.Files[name] = string(text)
	}
	return d
}

// atFlag is the day by which dates are judged.
type atFlag struct{ at time.Time }

func (f *atFlag) flags(fs *flag.FlagSet) {
	fs.Func("at", "judge dates as of `YYYY-MM-DD` (default today)", func(s string) (err error) {
		f.at, err = time.Parse(time.DateOnly, s)
		return err
	})
}

func (f *atFlag) time() time.Time {
	if f.at.IsZero() {
		return time.Now()
	}
	return f.at
}

// policyLint is lint and test.
type policyLint struct{ atFlag }

func (l *policyLint) flags(fs *flag.FlagSet) input {
	l.atFlag.flags(fs)
	return nil
}

// linted is what is printed as JSON, as the API gives it.
func linted(e govern.Examined) api.Linted {
	v := api.Linted{OK: !e.Problems.Bad(), Problems: append([]policy.Problem{}, e.Problems...), Assertions: append([]assert.Result{}, e.Assertions...)}
	if v.OK {
		reading := policy.Sentences(e.Document)
		v.Reading = &reading
	}
	return v
}

func (l *policyLint) run(_ context.Context, c console, h hostFlags, args []string) error {
	w, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	e, err := w.examine(l.time())
	if err != nil {
		return err
	}
	if h.json {
		if err := printJSON(c, linted(e)); err != nil {
			return err
		}
	} else {
		for _, p := range e.Problems {
			fmt.Fprintln(c.out, problemLine(p))
		}
		if !e.Problems.Bad() {
			fmt.Fprintf(c.out, "%s: it loads, with %s\n", args[0], warned(len(e.Problems)))
		}
	}
	if e.Problems.Bad() {
		return exitCode(1)
	}
	return nil
}

func warned(n int) string {
	if n == 1 {
		return "1 warning"
	}
	return fmt.Sprintf("%d warnings", n)
}

// problemLine is "hospital.yaml:12:5: L-06 text → remedy".
func problemLine(p policy.Problem) string {
	said := p.Text
	if p.Path != "" {
		said = p.Path + ": " + said
	}
	if p.Severity == policy.Warning {
		said = "warning: " + said
	}
	if p.Remedy != "" {
		said += " → " + p.Remedy
	}
	return strings.TrimPrefix(fmt.Sprintf("%s: %s %s", p.At, p.Rule, said), ": ")
}

// test prints what became of each assertion. What cannot be computed yet is
// said to be so; it has not passed.
func (l *policyLint) test(_ context.Context, c console, h hostFlags, args []string) error {
	w, err := readPolicy(args[0])
	if err != nil {
		return err
	}
	e, err := w.examine(l.time())
	if err != nil {
		return err
	}
	if e.Policy == nil { // it cannot be asked anything
		for _, p := range e.Problems {
			fmt.Fprintln(c.err, problemLine(p))
		}
		return exitCode(1)
	}
	failed := false
	for _, a := range e.Assertions {
		failed = failed || a.Status == assert.Failed
	}
	if h.json {
		err = printJSON(c, append([]assert.Result{}, e.Assertions...))
	} else {
		for _, a := range e.Assertions {
			fmt.Fprintln(c.out, a)
		}
	}
	if err == nil && failed {
		err = exitCode(1)
	}
	return err
}

func printJSON(c console, v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// about is the first sentence of the comment that a preset begins with.
func about(p policy.PresetText) string {
	var b strings.Builder
	for line := range strings.Lines(string(p.Text)) {
		text, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		b.WriteString(strings.TrimRight(text, "\n"))
	}
	said := strings.TrimPrefix(strings.TrimSpace(b.String()), p.Name+": ")
	first, _, _ := strings.Cut(said, ". ")
	return first
}

func runPreset(_ context.Context, c console, h hostFlags, args []string) error {
	if len(args) == 0 {
		for _, p := range policy.Presets() {
			fmt.Fprintf(c.out, "%-20s %s\n", p.Name, about(p))
		}
		return nil
	}
	for _, p := range policy.Presets() {
		if p.Name != args[0] {
			continue
		}
		if h.json {
			return printJSON(c, api.Preset{Name: p.Name, Text: string(p.Text)})
		}
		_, err := c.out.Write(p.Text)
		return err
	}
	return fmt.Errorf("there is no preset %q: holdfast policy preset lists them", args[0])
}
