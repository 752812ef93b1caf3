package lint

import (
	"strings"
	"time"

	"holdfast/domain/policy"
)

// Check reads, compiles and lints a document on the file alone. The Policy is
// nil where it does not load. files holds what the document names, or is nil.
func Check(name string, text []byte, files map[string][]byte, at time.Time) (*policy.Policy, policy.Problems) {
	return CheckWith(policy.NewCompiler(), name, text, files, at)
}

// CheckWith is Check with a Compiler at hand, for an editor.
func CheckWith(c *policy.Compiler, name string, text []byte, files map[string][]byte, at time.Time) (*policy.Policy, policy.Problems) {
	d, problems := policy.Parse(name, text)
	if problems.Bad() {
		return nil, problems
	}
	p, more := policy.CompileWith(c, d, files)
	problems = append(problems, Named(more)...)
	if more.Bad() {
		return nil, problems
	}
	problems = append(problems, Document(p, at)...)
	problems.Sort()
	if problems.Bad() {
		return nil, problems
	}
	return p, problems
}

// Named gives the faults that the compiler found in expressions the rule that they
// break: L-20, and L-14 where the rollout's gate asks for what nobody counts.
func Named(problems policy.Problems) policy.Problems {
	for i := range problems {
		switch q := &problems[i]; {
		case q.Rule != policy.RuleCEL:
		case q.Path == "rollout.gate" && strings.HasPrefix(q.Text, "there is no field"):
			q.Rule = "L-14"
		default:
			q.Rule = "L-20"
		}
	}
	return problems
}
