package assurance

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
)

// Nothing is said that is not proven: what can leave its device, or of which no
// verified attestation says that it is in hardware, is never AAL3, phrh or hwk,
// and the policy's bound holds.
func TestNothingUnprovenIsSaid(t *testing.T) {
	for i := range 32 {
		e := Evidence{UV: i&1 != 0, BE: i&2 != 0, Hardware: i&4 != 0, Most: holdfast.AAL(i >> 3)}
		a := Of(e)
		hardware := e.UV && e.Hardware && !e.BE
		if slices.Contains(a.ACR, "phrh") != hardware || slices.Contains(a.AMR, "hwk") != hardware {
			t.Errorf("%+v gives %+v", e, a)
		}
		if three := a.AAL >= holdfast.AAL3; three && !hardware || three != slices.Contains(a.ACR, "aal3") {
			t.Errorf("%+v gives %+v", e, a)
		}
		if e.Most != holdfast.AALNone && a.AAL > e.Most {
			t.Errorf("%+v gives %v", e, a.AAL)
		}
		if !e.UV && (a.AAL > holdfast.AAL1 || slices.Contains(a.AMR, "mfa")) {
			t.Errorf("without user verification: %+v", a)
		}
		if slices.Contains(a.AMR, "swk") != (e.UV && e.BE) {
			t.Errorf("where the key is: %+v gives %+v", e, a)
		}
		var sorted []string
		for _, v := range Values() {
			if slices.Contains(a.ACR, v) {
				sorted = append(sorted, v)
			}
		}
		if diff := cmp.Diff(sorted, a.ACR); diff != "" {
			t.Errorf("%+v: a value is not among those announced, or not in their order: %s", e, diff)
		}
	}
}

func TestPick(t *testing.T) {
	truth := []string{"phr", "aal2", "aal1"}
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
