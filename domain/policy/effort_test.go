package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast/domain/policy"
	"holdfast/domain/policy/lint"
)

// A document that asks for more combinations than anybody can try is refused
// for that, in seconds, and nothing is said of its segments that was not seen.
func TestLintEnds(t *testing.T) {
	text := string(policy.Examples(t)["hospital"])
	from, to := strings.Index(text, "  - name: contractors"), strings.Index(text, "  - name: workforce")
	var many strings.Builder
	for i := range 100 {
		var in []string
		for j := range 60 {
			in = append(in, fmt.Sprintf(`"g%d" in user.groups`, (i*7+j*13)%997))
		}
		s := strings.Replace(text[from:to], "name: contractors", fmt.Sprintf("name: c%d", i), 1)
		many.WriteString(strings.Replace(s, `user.employment == "contractor"`, strings.Join(in, " || "), 1))
	}
	got := lint.Document(load(t, "many.yaml", []byte(text[:from]+many.String()+text[to:])), at)
	if !slices.ContainsFunc(got, func(p policy.Problem) bool { return p.Rule == "L-20" && p.Path == "segments" }) {
		t.Error("it does not say that it gave up:", got)
	}
	for _, p := range got {
		if p.Rule == "L-15" && p.Path != "segments" {
			t.Error("it says what it has not seen:", p)
		}
	}
}
