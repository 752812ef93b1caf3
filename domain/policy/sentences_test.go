package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documents are those of docs/policies and the presets, by name.
func documents(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	files, err := filepath.Glob("../../docs/policies/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".yaml")] = text
	}
	for _, p := range Presets() {
		out["preset-"+p.Name] = p.Text
	}
	return out
}

func written(r Reading) string {
	var b strings.Builder
	for _, s := range r.Segments {
		b.WriteString(s.Name)
		if s.Privileged {
			b.WriteString(" (privileged)")
		}
		b.WriteString("\n  " + s.Who + "\n  - " + strings.Join(s.Lines, "\n  - ") + "\n\n")
	}
	b.WriteString("access\n  - " + strings.Join(r.Access, "\n  - ") + "\n\nchanges\n  - " + strings.Join(r.Changes, "\n  - ") + "\n")
	return b.String()
}

// What people read of a policy when they approve it changes only knowingly.
func TestSentencesAreTheGoldenOnes(t *testing.T) {
	for name, text := range documents(t) {
		d, problems := Parse(name+".yaml", text)
		if problems.Bad() {
			t.Errorf("%s: %v", name, problems)
		}
		got, golden := written(Sentences(d)), filepath.Join("testdata", "sentences", name+".txt")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
