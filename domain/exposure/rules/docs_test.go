package rules_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"holdfast/domain/exposure"
)

var (
	row        = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")
	quotedRule = regexp.MustCompile("`([a-z-]+)`")
)

// docs/exposure-rules.md lists every rule that makes an edge, and no other.
func TestTheDocumentationListsTheRules(t *testing.T) {
	text, err := os.ReadFile("../../../docs/exposure-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range row.FindAllSubmatch(text, -1) {
		for _, name := range quotedRule.FindAllSubmatch(r[1], -1) {
			told = append(told, string(name[1]))
		}
	}
	plain := lawOf(t, "", "", "")
	var made []string
	for _, f := range everyFact(t) {
		p := f.policy
		if p == nil {
			p = plain
		}
		for _, g := range []exposure.Graph{f.before.graph(p), f.after.graph(p)} {
			for _, e := range g.Edges {
				made = append(made, e.Rule)
			}
		}
	}
	slices.Sort(made)
	slices.Sort(told)
	if made = slices.Compact(made); !slices.Equal(made, told) {
		for _, m := range made {
			if !slices.Contains(told, m) {
				t.Errorf("the rule %s is not told", m)
			}
		}
		for i, m := range told {
			if !slices.Contains(made, m) || i > 0 && told[i-1] == m {
				t.Errorf("no fact of the tests makes the rule %s, or it is told twice", m)
			}
		}
	}
}
