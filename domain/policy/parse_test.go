package policy

import (
	"os"
	"testing"
)

// examples are the documents that we show and ship.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range []string{"hospital", "bank"} {
		text, err := os.ReadFile("../../docs/policies/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		out[name] = text
	}
	for _, p := range Presets() {
		out[p.Name] = p.Text
	}
	return out
}

func TestExamplesLoad(t *testing.T) {
	for name, text := range examples(t) {
		t.Run(name, func(t *testing.T) {
			d, problems := Parse(name+".yaml", text)
			if !problems.Bad() {
				_, more := Compile(d, nil)
				problems = append(problems, more...)
			}
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}
