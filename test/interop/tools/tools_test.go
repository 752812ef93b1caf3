package tools

import (
	"os/exec"
	"strings"
	"testing"
)

// What go.mod pins can be built and is what it says.
func TestOAuth2ProxyIsPinned(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "tool", "oauth2-proxy", "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "oauth2-proxy") {
		t.Fatalf("%v: %s", err, out)
	}
}
