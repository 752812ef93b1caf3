package policy

import (
	"os"
	"testing"
)

// TestDocumentsLoad: the documents that we show are read without a word.
func TestDocumentsLoad(t *testing.T) {
	for _, name := range []string{"hospital"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("../../docs/policies/" + name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			_, problems := Parse(name+".yaml", text)
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}
