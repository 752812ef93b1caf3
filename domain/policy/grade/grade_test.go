package grade_test

import (
	"testing"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

var house = policy.Equivalence{Mode: "strict", DualControl: 3, OnsitePortraitMatch: 3, RemoteVideoProof: 2}

func proof(kind policy.ProofKind, ial int, match policy.ProofMatch) *policy.Step {
	return &policy.Step{Proof: &policy.Proof{Kind: kind, IAL: ial, Match: match}}
}

func approve(k int, independent bool) *policy.Step {
	return &policy.Step{Approve: &policy.Approve{K: k, From: "role:desk", Independent: independent}}
}

func code(kind policy.CodeKind, channels ...policy.Channel) *policy.Step {
	return &policy.Step{Code: &policy.Code{Kind: kind, Channel: channels, Bits: 80}}
}

func procedure(aal policy.AAL, steps ...*policy.Step) *policy.Procedure {
	return &policy.Procedure{Name: "x", Yields: policy.Yields{AAL: aal, Capability: "bind-only"}, Steps: steps}
}

func independent(p *policy.Procedure) *policy.Procedure {
	p.Independence = "required"
	return p
}

// TestExamples: the verdicts of the assurance model, and what is next to them.
func TestExamples(t *testing.T) {
	device := &policy.Step{Device: &policy.DeviceStep{Certificate: "mdm"}}
	for _, c := range []struct {
		name string
		p    *policy.Procedure
		aal  int64
		nist bool
	}{
		{"one operator and questions", procedure(2, proof("knowledge-questions", 0, ""), approve(1, false)), 0, false},
		{"two operators and questions: insiders are covered, the caller is not", procedure(2, proof("knowledge-questions", 0, ""), approve(2, true)), 0, false},
		{"two operators who check nothing", procedure(2, approve(2, true)), 0, false},
		{"ten operators who check nothing", procedure(2, approve(10, true)), 0, false},
		{"video and two operators", procedure(2, proof("remote-video", 2, ""), approve(2, true)), 2, true},
		{"video alone: who attends it could say that it was passed", procedure(2, proof("remote-video", 2, "")), 1, true},
		{"on-site comparison and two operators", procedure(3, proof("onsite-attended", 2, "stored-portrait"), approve(2, true)), 3, true},
		{"on-site comparison by one: who attends and who approves are two", procedure(3, proof("onsite-attended", 2, "stored-portrait"), approve(1, false)), 3, true},
		{"on-site, compared with nothing", procedure(3, proof("onsite-attended", 2, ""), approve(2, true)), 2, true},
		{"on-site at IAL3, compared with nothing", procedure(3, proof("onsite-attended", 3, ""), approve(2, true)), 2, false},
		{"at no stated level", procedure(2, proof("onsite-attended", 0, ""), approve(2, true)), 0, false},
		{"by a machine and one operator", procedure(2, proof("onsite-unattended", 2, ""), approve(1, false)), 2, true},
		{"one code by e-mail", procedure(2, code("issued", "email")), 1, false},
		{"one code by e-mail for level 1", procedure(1, code("issued", "email")), 1, true},
		{"two codes that may be on one phone", procedure(2, code("saved"), code("issued", "sms")), 1, true},
		{"two codes that are held apart", independent(procedure(2, code("saved"), code("issued", "sms"))), 2, true},
		{"two codes of one kind", independent(procedure(2, code("issued", "email"), code("issued", "sms"))), 1, false},
		{"a code and a device", procedure(2, code("saved"), device), 2, true},
		{"a code that whoever approves hands over", procedure(2, approve(1, false), code("issued", "manual")), 1, false},
		{"a code that is sent, and one who approves", procedure(2, approve(1, false), code("issued", "email")), 1, false},
		{"a proof, one who approves, and a code that they hand over", procedure(2, proof("remote-video", 2, ""), approve(1, false), code("issued", "manual")), 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := grade.Of(c.p, house)
			if g.AAL != c.aal || g.NIST != c.nist || g.Why == "" || g.Text == "" {
				t.Errorf("%+v, want %d, %v", g, c.aal, c.nist)
			}
		})
	}
}

// TestHouseRules: the grade follows what the house counts, and names it.
func TestHouseRules(t *testing.T) {
	p := procedure(3, proof("onsite-attended", 2, "stored-portrait"), approve(2, true))
	for want := range 4 {
		g := grade.Of(p, policy.Equivalence{DualControl: 3, OnsitePortraitMatch: want})
		if g.AAL != int64(want) || len(g.By) == 0 {
			t.Errorf("a comparison that counts %d: %+v", want, g)
		}
		if g := grade.Of(p, policy.Equivalence{DualControl: want, OnsitePortraitMatch: 3}); g.AAL != int64(want) || len(g.By) == 0 {
			t.Errorf("insiders who count %d: %+v", want, g)
		}
	}
}

// TestMoreNeverHurts: a further step, a further approver, or more that the house
// counts never lowers a grade (properties M2 and M5 of the model).
func TestMoreNeverHurts(t *testing.T) {
	steps := []*policy.Step{
		proof("remote-video", 2, ""), proof("onsite-attended", 2, "stored-portrait"), proof("knowledge-questions", 0, ""), proof("remote-unattended", 2, ""),
		code("saved"), code("issued", "sms"), code("issued", "manual"), {Device: &policy.DeviceStep{Certificate: "mdm"}},
	}
	for a := range 1 << len(steps) {
		var some []*policy.Step
		for i, s := range steps {
			if a&(1<<i) != 0 {
				some = append(some, s)
			}
		}
		for k := 1; k < 4; k++ {
			with := append([]*policy.Step{approve(k, true)}, some...)
			base := grade.Of(independent(procedure(3, with...)), house).AAL
			if more := grade.Of(independent(procedure(3, append([]*policy.Step{approve(k+1, true)}, some...)...)), house).AAL; more < base {
				t.Errorf("%b: %d approvers are worth %d, %d are worth %d", a, k, base, k+1, more)
			}
			for i, s := range steps {
				if a&(1<<i) == 0 && len(some) > 0 {
					if more := grade.Of(independent(procedure(3, append(with[:len(with):len(with)], s)...)), house).AAL; more < base {
						t.Errorf("%b and step %d: %d in place of %d", a, i, more, base)
					}
				}
			}
		}
	}
}
