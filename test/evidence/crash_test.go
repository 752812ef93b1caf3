package evidence

import (
	"fmt"
	"testing"

	"holdfast/test/story"
	"holdfast/test/world"
)

// A server that is killed while a policy comes into force has the old one or
// the new one afterwards, whole, and decides by it.
func TestAPolicyIsAppliedOrNot(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, w *world.World) {
		maker := newMaker(t)
		root := administrator(t, w, maker)
		before, applied := "nist-aal2", 0
		const rounds = 6
		for round := range rounds {
			name := fmt.Sprintf("round-%d", round)
			text, files := story.Document(maker, "name: harbour", "name: "+name)
			id := propose(t, w, text, files)
			asks := world.Run(t, "policy", "apply", id, "--config", w.Config)
			for i := 0; i < round*60 && asks.Running(); i++ { // each round goes a little further
				must(t, w.Ready(t.Context()))
			}
			if round == rounds-1 {
				must(t, asks.Wait()) // what was answered is on disk
			}
			w.Kill()    // at whatever it is doing
			asks.Kill() // who would ask the next server
			told := asks.Wait()
			w.Start(t)
			must(t, w.Ready(t.Context()))
			switch now := inForce(t, w); {
			case now == name:
				before, applied = name, applied+1
			case now != before:
				t.Errorf("round %d: in force is %s, which is neither %s nor %s", round, now, before, name)
			case told == nil:
				t.Errorf("round %d: it was said to be in force, and %s is", round, now)
			}
			_, err := enter(t, root, w.Base)
			must(t, err)
			if before != name {
				w.CLI(t, nil, "policy", "withdraw", id)
			}
		}
		w.Verify(t)
		t.Logf("%d of %d came into force", applied, rounds)
	})
}
