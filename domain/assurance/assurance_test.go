package assurance

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
)

// While no attestation is trusted, nothing may be said that only one proves.
func TestNothingUnprovenIsSaid(t *testing.T) {
	for _, e := range []Evidence{{}, {UV: true}, {BE: true}, {UV: true, BE: true}} {
		a := Of(e)
		if a.AAL >= holdfast.AAL3 || slices.Contains(a.ACR, "phrh") || slices.Contains(a.ACR, "aal3") || slices.Contains(a.AMR, "hwk") {
			t.Errorf("%+v gives %+v", e, a)
		}
		if !e.UV && (a.AAL > holdfast.AAL1 || slices.Contains(a.AMR, "mfa")) {
			t.Errorf("without user verification: %+v", a)
		}
		if !e.BE && slices.Contains(a.AMR, "swk") {
			t.Errorf("where the key is was not said, and is claimed: %+v", a)
		}
		if diff := cmp.Diff(Values()[len(Values())-len(a.ACR):], a.ACR); diff != "" {
			t.Errorf("%+v: a value is not among those announced, or not in their order: %s", e, diff)
		}
	}
}

func TestPick(t *testing.T) {
	truth := Values()
	for _, c := range []struct {
		name      string
		requested []string
		truth     []string
		acr       string
		met       bool
	}{
		{"nothing requested: the strongest", nil, truth, "phr", true},
		{"the first that is met", []string{"phrh", "aal2", "phr"}, truth, "aal2", true},
		{"none met: the strongest, and not met", []string{"phrh", "aal3"}, truth, "phr", false},
		{"nothing is true", []string{"aal2"}, nil, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			acr, met := Pick(c.requested, c.truth)
			if acr != c.acr || met != c.met {
				t.Errorf("got %q, %v; want %q, %v", acr, met, c.acr, c.met)
			}
		})
	}
}
