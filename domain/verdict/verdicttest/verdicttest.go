// Package verdicttest has judges for tests: by the policy of a fresh
// installation, or by a text. It refuses to be of use in the product: it reads
// no store.
package verdicttest

import (
	"context"
	"testing"

	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/verdict"
)

// Fresh judges by the preset of a fresh installation.
func Fresh(t testing.TB) verdict.Judge {
	t.Helper()
	text, ok := policy.Preset(policy.DefaultPreset)
	if !ok {
		t.Fatal("there is no default preset")
	}
	return By(t, text, nil)
}

// By judges by a policy's text.
func By(t testing.TB, text []byte, files map[string][]byte) verdict.Judge {
	t.Helper()
	return verdict.Judge{Policies: fixed{Compile(t, text, files)}}
}

// Compile makes a policy of a text.
func Compile(t testing.TB, text []byte, files map[string][]byte) *policy.Policy {
	t.Helper()
	doc, problems := policy.Parse("policy.yaml", text)
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(doc, files)
	if problems.Bad() {
		t.Fatal(problems)
	}
	return p
}

type fixed struct{ policy *policy.Policy }

func (f fixed) InForce(context.Context, revision.Reader) (*policy.Policy, error) {
	return f.policy, nil
}
