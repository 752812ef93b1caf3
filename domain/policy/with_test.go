package policy_test

import (
	"os"
	"slices"
	"testing"

	"holdfast/domain/policy"
)

func TestWithLeavesThePolicyAlone(t *testing.T) {
	text, err := os.ReadFile("../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, problems := policy.Parse("hospital.yaml", text)
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	name := d.Recovery.Names[0]
	before, steps, provider := slices.Clone(d.Segments[0].Recovery), len(d.Recovery.Of[name].Steps), d.Providers.Names[0]
	q := p.With(func(d *policy.Document) {
		d.Segments[0].Recovery = append(d.Segments[0].Recovery, "another")
		d.Segments[0].Required.AAL = 1
		for _, s := range d.Recovery.Of[name].Steps {
			if s.Approve != nil {
				s.Approve.K = 9
			}
		}
		d.Recovery.Of[name].Steps = append(d.Recovery.Of[name].Steps, &policy.Step{})
		d.Providers.Of[provider].Access = "aal1"
	})
	if !slices.Equal(p.Document().Segments[0].Recovery, before) || len(p.Document().Recovery.Of[name].Steps) != steps || p.Document().Segments[0].Required.AAL == 1 {
		t.Error("the policy itself has changed")
	}
	for _, s := range p.Document().Recovery.Of[name].Steps {
		if s.Approve != nil && s.Approve.K == 9 {
			t.Error("a step of the policy itself has changed")
		}
	}
	if len(q.Document().Segments[0].Recovery) != len(before)+1 || q.Document().Segments[0].Required.AAL != 1 || q.Digest() != p.Digest() {
		t.Error("the change is not there, or the name is another")
	}
	got, _ := q.Profiles().Named(provider)
	if was, _ := p.Profiles().Named(provider); got.Access != "aal1" || was.Access == "aal1" {
		t.Errorf("access of %s: %q, was %q", provider, got.Access, was.Access)
	}
	// Conditions are still found: the same people are in the same segments.
	in := policy.Input{User: policy.User{Employment: "staff"}}
	a, _ := p.SegmentOf(&in)
	b, ok := q.SegmentOf(&in)
	if ok && a.Name != b.Name {
		t.Errorf("%s, was %s", b.Name, a.Name)
	}
	if a != nil && b == a {
		t.Error("the segment is the policy's own")
	}
}
