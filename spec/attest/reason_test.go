package attest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestEveryReasonIsDocumented: a code that machines read is in the table that
// people read.
func TestEveryReasonIsDocumented(t *testing.T) {
	page := must(os.ReadFile("../../docs/attestation.md"))
	codes := regexp.MustCompile(`Reason = "([a-z_0-9]+)"`).FindAllSubmatch(must(os.ReadFile("reason.go")), -1)
	if len(codes) < 20 {
		t.Fatalf("only %d codes found", len(codes))
	}
	for _, code := range codes {
		if !strings.Contains(string(page), "`"+string(code[1])+"`") {
			t.Errorf("%s is not in docs/attestation.md", code[1])
		}
	}
}
