// Package verdicttest has judges for tests: by the policy of a fresh
// installation, or by a text. It refuses to be of use in the product: it reads
// no store.
package verdicttest

import (
	"context"
	"sync"
	"testing"

	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/verdict"
)

// preset is compiled once for all tests of a program: a Policy is immutable.
var preset = sync.OnceValue(func() *policy.Policy {
	text, _ := policy.Preset(policy.DefaultPreset)
	doc, problems := policy.Parse("policy.yaml", text)
	if problems.Bad() {
		panic(problems)
	}
	p, problems := policy.Compile(doc, nil)
	if problems.Bad() {
		panic(problems)
	}
	return p
})

// Fresh judges by the preset of a fresh installation.
func Fresh(testing.TB) verdict.Judge { return verdict.Judge{Policies: fixed{preset()}} }

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
