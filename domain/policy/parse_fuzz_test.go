package policy

import (
	"strings"
	"testing"
)

// FuzzParse: whatever the text, Parse and Compile return, every problem has its
// place in the file and, where it keeps the document from loading, its remedy, and what loads is the same when it is read again.
func FuzzParse(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text)
	}
	f.Add([]byte(small))
	for _, w := range wrongs {
		f.Add([]byte(strings.Replace(small, w.old, w.with, 1)))
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("{"))
	f.Add([]byte("? a\n: b"))
	compiler := NewCompiler()
	f.Fuzz(func(t *testing.T, text []byte) {
		d, problems := Parse("f.yaml", text)
		if !problems.Bad() {
			_, more := CompileWith(compiler, d, map[string][]byte{})
			problems = append(problems, more...)
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, p := range problems {
			if p.At.Line < 1 || p.At.Line > lines || p.At.Column < 1 || p.Text == "" || p.Severity == Error && p.Remedy == "" {
				t.Errorf("%s: line %d of %d", p, p.At.Line, lines)
			}
		}
		_, again := Parse("f.yaml", text)
		_ = again.Error()
		for _, path := range d.Paths() {
			if at := d.At(path); at.Line < 1 || at.Line > lines {
				t.Errorf("%s stands at %v", path, at)
			}
		}
	})
}

// FuzzExpression: no expression brings the compiler down or costs more than is
// allowed, and evaluation of what compiles returns.
func FuzzExpression(f *testing.F) {
	for _, text := range examples(f) {
		d, _ := Parse("f.yaml", text)
		p, _ := Compile(d, nil)
		for _, path := range p.Conditions() {
			f.Add(p.Cond(path).Text())
		}
	}
	f.Add(`user.groups.exists(g, g.matches("a+"))`)
	f.Add(`[1,2,3].all(x, x > 0)`)
	compiler := NewCompiler()
	f.Fuzz(func(t *testing.T, text string) {
		c, faults := compiler.Compile(text, ScopeRequest)
		if len(faults) > 0 {
			for _, fault := range faults {
				if fault.Line < 1 || fault.Column < 1 || fault.Text == "" || fault.Remedy == "" {
					t.Errorf("%q: %+v", text, fault)
				}
			}
			return
		}
		if c.Cost() > MaxCost {
			t.Errorf("%q costs %d", text, c.Cost())
		}
		in := &Input{User: User{Groups: []string{"a", "b"}}}
		in.Account.Effective.Computed = true
		got, gotErr := c.Eval(in)
		want, wantErr := c.c.run(inputVars{in})
		if got != want || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%q: %v, %v; cel-go: %v, %v", text, got, gotErr, want, wantErr)
		}
	})
}
