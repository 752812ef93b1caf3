package mutate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/test/need"
	"holdfast/test/replay"
)

func TestEveryMutationIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it builds a server and starts it for each mutation")
	}
	began := time.Now()
	binary, err := Build(need.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %.1f s", time.Since(began).Seconds())
	o := replay.Build(t)
	j := replay.NewJudge(t, o, replay.Read(t, o))
	attacks := o.Attacks()
	t.Run("none", func(t *testing.T) { // what finds the mutations finds nothing without them
		for _, x := range (replay.Run{Binary: binary, Workers: 2}).Go(t.Context(), t, o, ofAll(t, attacks)) {
			if wrong := j.Wrong(x); wrong != "" {
				t.Error(wrong)
			}
		}
	})
	for _, m := range Mutants() {
		t.Run(m.Name, func(t *testing.T) {
			began, found := time.Now(), ""
			run := replay.Run{Binary: binary, Mutant: m.Name, Workers: 1, Stop: func(x replay.Outcome) bool {
				if wrong := j.Wrong(x); wrong != "" && found == "" {
					found = wrong
				}
				return found != ""
			}}
			run.Go(t.Context(), t, o, first(attacks, m.Caught))
			switch {
			case found == "":
				t.Errorf("nothing finds that %s is not checked: add an attack", m.Name)
			case !strings.Contains(found, act(m.Caught)):
				t.Errorf("%q was to find it, and what did is %s", m.Caught, found)
			default:
				t.Logf("%s, in %.1f s", found, time.Since(began).Seconds())
			}
		})
	}
}

// act is what is done in an attack, whoever does it: several may do the same, and
// any of them may be the first.
func act(attack string) string {
	if _, what, ok := strings.Cut(attack, ": "); ok {
		return what
	}
	return attack
}

// first puts the attacks in front that are to find a mutation.
func first(attacks []*replay.Attack, caught string) []*replay.Attack {
	out := slices.Clone(attacks)
	slices.SortStableFunc(out, func(a, b *replay.Attack) int {
		return rank(b.Name, caught) - rank(a.Name, caught)
	})
	return out
}

func rank(name, caught string) int {
	if strings.HasPrefix(name, caught) {
		return 1
	}
	return 0
}

// ofAll are the attacks that are to find any mutation.
func ofAll(t *testing.T, attacks []*replay.Attack) []*replay.Attack {
	var out []*replay.Attack
	for _, m := range Mutants() {
		n := len(out)
		for _, a := range attacks {
			if strings.HasPrefix(a.Name, m.Caught) {
				out = append(out, a)
			}
		}
		if len(out) == n {
			t.Errorf("there is no attack %q", m.Caught)
		}
	}
	return out
}
