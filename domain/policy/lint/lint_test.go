package lint_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/lint"
)

// day is the one for which the documents that we show are clean.
var day = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// TestDocumentsAreClean: what we show and what we install.
func TestDocumentsAreClean(t *testing.T) {
	for _, pattern := range []string{"../../../docs/policies/*.yaml", "../presets/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 2 {
			t.Fatal(pattern, files, err)
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				p, problems := lint.Check(filepath.Base(file), text, nil, day)
				for _, q := range problems {
					t.Error(q)
				}
				if p == nil {
					t.Error("it does not load")
				}
			})
		}
	}
}

// TestRules: the table is whole, and each rule can speak.
func TestRules(t *testing.T) {
	rules := lint.Rules()
	if len(rules) != 20 {
		t.Fatalf("%d rules", len(rules))
	}
	for i, r := range rules {
		if want := "L-" + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)); r.ID != want {
			t.Errorf("rule %d is %s, want %s", i, r.ID, want)
		}
		if r.Title == "" || r.Source == "" || r.Severity != policy.Error && r.Severity != policy.Warning {
			t.Errorf("%s says too little of itself: %+v", r.ID, r)
		}
	}
}
