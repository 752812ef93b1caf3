package device

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeardKeepsABoundedPart(t *testing.T) {
	said := map[string]bool{ConditionalGet: true, "extension:prf": true, "": true, "with space": true, "digit1": true,
		strings.Repeat("x", maxName+1): true, strings.Repeat("y", maxName): false, "é": true, "<script>": true}
	want := Capabilities{ConditionalGet: true, "extension:prf": true, strings.Repeat("y", maxName): false}
	if diff := cmp.Diff(want, Heard(said)); diff != "" {
		t.Error(diff)
	}
	for i := range 200 {
		said[strings.Repeat("a", i%maxName+1)+string(rune('A'+i%26))] = true
	}
	got := Heard(said)
	if len(got) != maxNames {
		t.Errorf("kept %d names, want %d", len(got), maxNames)
	}
	if !got[ConditionalGet] {
		t.Error("a known name made room for an unknown one")
	}
}

func TestAbilitiesSayOnlyWhatWasTold(t *testing.T) {
	got := Capabilities{ConditionalGet: true, Hybrid: false, "unknownName": true}.Abilities()
	if len(got) != 2 || !got[0].Can || got[1].Can {
		t.Errorf("got %+v", got)
	}
	if all := (Capabilities{}).Abilities(); len(all) != 0 {
		t.Errorf("from nothing came %+v", all)
	}
}

func TestSeeWritesOnlyWhatIsNew(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	can := Capabilities{ConditionalGet: true}
	first, write := See(Record{}, "d", "per_1", "Browser\x00 1", can, now)
	if !write || first.FirstSeen != now || first.UserAgent != "Browser 1" {
		t.Fatalf("got %+v, write %v", first, write)
	}
	for _, c := range []struct {
		name  string
		agent string
		said  Capabilities
		after time.Duration
		write bool
	}{
		{"the same at once", "Browser 1", can, time.Minute, false},
		{"the same after a while", "Browser 1", can, Again, true},
		{"another agent", "Browser 2", can, time.Minute, true},
		{"another answer", "Browser 1", Capabilities{ConditionalGet: false}, time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, write := See(first, "d", "per_1", c.agent, c.said, now.Add(c.after))
			if write != c.write || r.FirstSeen != now || r.LastSeen != now.Add(c.after) {
				t.Errorf("got %+v, write %v", r, write)
			}
		})
	}
}

func FuzzHeard(f *testing.F) {
	f.Add("conditionalGet", "extension:prf")
	f.Fuzz(func(t *testing.T, a, b string) {
		said := map[string]bool{a: true, b: false}
		for i := range 60 {
			said[fmt.Sprint(a, i)] = true
		}
		got := Heard(said)
		if len(got) > maxNames {
			t.Fatalf("kept %d", len(got))
		}
		for name := range got {
			if !wellFormed(name) {
				t.Fatalf("kept %q", name)
			}
		}
	})
}
