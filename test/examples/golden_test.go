package examples

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// stated is what docs/exposure-examples.md, and the specification of the model
// before it, say of an account. -update does not change it.
type stated struct {
	aal          int
	phr          bool
	verdict      exposure.Verdict
	sets         map[string]int // "a b": level
	singles      []string
	availability int // 0: nothing is stated
	findings     []string
	because      func(atoms []string) bool // says of a set that is not stated why it is there all the same
}

// as holds an answer against what is stated, and all of it against the golden file.
func (p *place) as(t *testing.T, name string, c *answer.Case, want stated) {
	t.Helper()
	p.keep(name)
	w := c.Who()
	if w.Effective.AAL != want.aal || w.Effective.Phr != want.phr || w.Verdict != want.verdict || w.Truncated {
		t.Errorf("%s: AAL%d phr=%v %s, truncated %v; stated AAL%d phr=%v %s", name, w.Effective.AAL, w.Effective.Phr, w.Verdict, w.Truncated,
			want.aal, want.phr, want.verdict)
	}
	got := map[string]int{}
	for _, way := range w.Ways {
		atoms := way.Atoms
		if want.because != nil && want.because(atoms) {
			continue
		}
		got[strings.Join(atoms, " ")] = way.Level
	}
	if !maps.Equal(got, want.sets) {
		t.Errorf("%s: the sets are\n%v\nstated are\n%v", name, got, want.sets)
	}
	var singles []string
	for _, s := range w.SinglePoints {
		singles = append(singles, s.ID)
	}
	slices.Sort(singles)
	if !slices.Equal(singles, want.singles) {
		t.Errorf("%s: single points %q, stated %q", name, singles, want.singles)
	}
	if want.availability != 0 && w.Availability != want.availability {
		t.Errorf("%s: availability %d, stated %d", name, w.Availability, want.availability)
	}
	var findings []string
	for _, f := range w.Findings {
		findings = append(findings, string(f.Severity)+" "+f.Rule)
	}
	slices.Sort(findings)
	if !slices.Equal(findings, want.findings) {
		t.Errorf("%s: findings %q, stated %q", name, findings, want.findings)
	}
	for i := range w.Findings {
		w.Findings[i].Fixes = c.Fixes(w.Findings[i], p.count(c))
	}
	p.golden(t, name+".golden", told(&w))
	text, err := json.MarshalIndent(w, "", "  ")
	must(t, err)
	p.golden(t, name+".json.golden", stable(string(text)))
}

// count counts over the accounts of the place.
func (p *place) count(c *answer.Case) answer.Counting {
	if c != p.asked {
		return nil // the others are not as is supposed
	}
	o, all := p.whole()
	return func(e answer.Edit) (lifted, lockout int64) {
		changed := e.Organisation(o)
		for _, a := range all {
			up, out := e.Moves(o, changed, a)
			if up {
				lifted++
			}
			if out {
				lockout++
			}
		}
		return lifted, lockout
	}
}

// blast are those who fall with a thing, by name.
func (p *place) blast(t *testing.T, node string) []string {
	t.Helper()
	o, all := p.whole()
	var out []string
	for _, a := range all {
		net, err := exposure.Compile(o.Whole(a), exposure.Options{At: o.At})
		must(t, err)
		if net.Derives(rules.Session(a.ID), node) {
			out = append(out, a.ID)
		}
	}
	slices.Sort(out)
	return out
}

var volatile = []*regexp.Regexp{regexp.MustCompile(`"policy_rev": "[^"]*"`), regexp.MustCompile(`"facts_rev": \d+`)}

// stable leaves out what depends on keys that are made anew at each run.
func stable(text string) string {
	text = volatile[0].ReplaceAllString(text, `"policy_rev": "…"`)
	return volatile[1].ReplaceAllString(text, `"facts_rev": 0`)
}

// told is an answer as the documentation shows it.
func told(w *answer.WhoCan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", w.Sentence)
	fmt.Fprintf(&b, "effective     AAL%d, phr=%v, %s   (required AAL%d, phr=%v)\n", w.Effective.AAL, w.Effective.Phr, w.Effective.Contest, w.Required.AAL, w.Required.Phr)
	fmt.Fprintf(&b, "verdict       %s   (NIST SP 800-63B-4 alone: %s)\n", w.Verdict, map[bool]string{true: "accepts", false: "does not accept"}[w.NIST])
	fmt.Fprintf(&b, "availability  %d\n", w.Availability)
	if len(w.House) > 0 {
		fmt.Fprintf(&b, "house rules   %s\n", strings.Join(w.House, ", "))
	}
	for _, u := range w.Unknown {
		fmt.Fprintf(&b, "learn         %s\n", u)
	}
	for _, c := range w.Changes {
		fmt.Fprintf(&b, "by time       %s (%s)\n", c.Because, c.Verdict)
	}
	b.WriteString("\nways\n")
	for _, way := range w.Ways {
		mark, phr := " ", ""
		if way.Level < w.Required.AAL {
			mark = "!"
		}
		if !way.Phr {
			phr = "   can be phished"
		}
		fmt.Fprintf(&b, "  %s AAL%d {%s}%s\n", mark, way.Level, strings.Join(way.Atoms, ", "), phr)
	}
	if len(w.Ways) > 0 {
		b.WriteString("\nthe weakest, step by step\n")
		for _, s := range w.Ways[0].Steps {
			fmt.Fprintf(&b, "  %s   [%s]\n", s.Label, s.Edge)
		}
	}
	b.WriteString("\nfindings\n")
	for _, f := range w.Findings {
		fmt.Fprintf(&b, "  %s %s: %s\n", f.Severity, f.Rule, f.Sentence)
		for _, n := range f.NIST {
			fmt.Fprintf(&b, "    %s: %s\n", n.Ref, n.Result)
		}
		for _, x := range f.Fixes {
			fmt.Fprintf(&b, "    fix: %s\n         %s (%d lifted, %d may be locked out, then %s)\n", x.Change, x.Said, x.Lifted, x.Lockout, x.Verdict)
		}
	}
	return b.String()
}

// golden compares with a file, or writes it.
func (p *place) golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		must(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s is another; go test ./test/examples -update writes it. Got:\n%s", name, got)
	}
}
