package op

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an application is about to do is a scope that is not ours, and no more
// of them than a request can sensibly have.
func TestOperationsAreTheScopesThatAreNotOurs(t *testing.T) {
	many := strings.Fields("a b c d e f g h i j")
	for _, c := range []struct {
		scopes string
		want   []string
	}{
		{"openid profile offline_access", nil},
		{"openid release email", []string{"release"}},
		{strings.Repeat("x", 65) + " release", []string{"release"}},
		{strings.Join(many, " "), many[:8]},
	} {
		if d := cmp.Diff(c.want, append([]string(nil), operations(strings.Fields(c.scopes))...)); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.scopes, d)
		}
	}
}
