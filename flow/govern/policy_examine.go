package govern

import (
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
	"holdfast/domain/policy/lint"
)

// Examined is a policy as it was read.
type Examined struct {
	Document   *policy.Document // as far as it could be read
	Policy     *policy.Policy   // nil where it does not compile
	Problems   policy.Problems  // in the order of the text
	Assertions []assert.Result
}

// Examine reads, compiles and lints a policy, and runs the tests that it
// carries, each as far as what came before allows. at is the day by which dates
// are judged. It needs no organisation: the host's tools and editors use it too.
// Without files, nil, it is the document alone: what the files hold is not looked
// at, and a warning says so.
func Examine(name string, text []byte, files map[string][]byte, at time.Time) (e Examined) {
	e.Document, e.Problems = policy.Parse(name, text)
	if e.Problems.Bad() {
		return e
	}
	if files == nil {
		e.Problems = append(e.Problems, alone(e.Document)...)
	}
	var wrong policy.Problems
	e.Policy, wrong = policy.Compile(e.Document, files)
	e.Problems = append(e.Problems, lint.Named(wrong)...)
	if e.Policy != nil {
		e.Problems = append(e.Problems, lint.Document(e.Policy, at)...)
		e.Assertions = assert.Run(e.Policy, assert.World{}, at)
		e.Problems = append(e.Problems, assert.Problems(e.Assertions)...)
	}
	e.Problems.Sort()
	return e
}

func alone(d *policy.Document) (out policy.Problems) {
	for _, name := range d.Roots.Names {
		path := "roots." + name + ".file"
		r, _ := d.Roots.Get(name)
		out = append(out, policy.Problem{At: d.At(path), Rule: policy.RuleRefer, Path: path, Severity: policy.Warning,
			Text: "the file " + r.File + " is not here and was not looked at", Remedy: "put it beside the document before you propose it"})
	}
	return out
}
