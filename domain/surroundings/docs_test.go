package surroundings

import (
	"os"
	"strings"
	"testing"
)

// docs/surroundings.md has every word, and its example is taken.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/surroundings.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	words := append(append(append([]string{}, Overs()...), Checks()...), Statuses()...)
	for _, k := range Kinds() {
		words = append(words, string(k))
	}
	for _, f := range Factors() {
		words = append(words, string(f))
	}
	for _, w := range words {
		if !strings.Contains(doc, "`"+w+"`") {
			t.Errorf("docs/surroundings.md does not say what %s is", w)
		}
	}
	_, example, _ := strings.Cut(doc, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	lines, faults := ReadFile([]byte(example))
	if len(faults) > 0 || len(lines) < 5 {
		t.Fatalf("the example: %d lines, %v", len(lines), faults)
	}
	for _, l := range lines {
		if _, _, err := Declare(l.Declaration, now); err != nil {
			t.Errorf("the example, line %d: %v", l.Line, err)
		}
	}
}
