package policy_test

import (
	"testing"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
	"holdfast/domain/policy/lint"
)

var at = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func load(t testing.TB, name string, text []byte) *policy.Policy {
	t.Helper()
	d, problems := policy.Parse(name, text)
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	return p
}

// TestExamplesHold: what we show and ship passes lint without a word, and its
// own tests as far as what they read is computed.
func TestExamplesHold(t *testing.T) {
	for name, text := range policy.Examples(t) {
		t.Run(name, func(t *testing.T) {
			p := load(t, name, text)
			for _, problem := range lint.Document(p, at) {
				t.Error(problem)
			}
			results := assert.Run(p, assert.World{}, at)
			for _, r := range assert.Failures(results) {
				t.Error(r)
			}
			if len(results) != len(p.Document().Assertions) {
				t.Errorf("%d results of %d assertions", len(results), len(p.Document().Assertions))
			}
		})
	}
}

// BenchmarkLoadAndLint2000: the goal is 200 ms.
func BenchmarkLoadAndLint2000(b *testing.B) {
	text := policy.Long(b, 2000)
	for b.Loop() {
		lint.Document(load(b, "long.yaml", text), at)
	}
}
