package rejudge

import (
	"context"
	"testing"

	"holdfast/domain/policy"
	"holdfast/test/softkey"
)

type ctx = context.Context

func compiled(t *testing.T, _ *World, text string) *policy.Policy {
	t.Helper()
	d, problems := policy.Parse("test.yaml", []byte(text))
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, map[string][]byte{})
	if problems.Bad() {
		t.Fatal(problems)
	}
	return p
}

func other(t *testing.T) *softkey.CA {
	t.Helper()
	ca, err := softkey.NewCA("Somebody Else")
	must(t, err)
	return ca
}
