package exposure_test

import (
	"testing"
	"time"

	"holdfast/domain/exposure"
)

// What an account is worth is a step function of time: it changes when an edge
// begins or ends, and at no other moment.
func TestWorthChangesWhenEdgesDo(t *testing.T) {
	now := time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
	ends, begins := now.Add(30*24*time.Hour), now.Add(60*24*time.Hour)
	g := exposure.Graph{
		Atoms: []exposure.Atom{{ID: "key", Class: exposure.HaveHW}, {ID: "pin", Class: exposure.Know, Key: "key"}, {ID: "password", Class: exposure.Know, Phishable: true},
			{ID: "caller", Class: exposure.Deceive}, {ID: "root", Class: exposure.Person}},
		Edges: []exposure.Edge{
			{ID: "key", Head: "session", Body: []string{"key", "pin"}},
			{ID: "fallback", Head: "typed", Body: []string{"password"}, Until: ends},
			{ID: "typed", Head: "session", Body: []string{"typed"}},
			{ID: "desk", Head: "session", Body: []string{"caller"}, From: begins, Until: begins.Add(time.Hour)},
			{ID: "host", Head: "session", Body: []string{"root"}, Root: true},
		},
	}
	worth := func(o exposure.Options) int {
		n, err := exposure.Compile(g, o)
		if err != nil {
			t.Fatal(err)
		}
		a := n.Assess(exposure.Question{Goal: "session", House: exposure.Usual(), Required: exposure.Required{AAL: 3}})
		if len(a.Unknown) > 0 { // "typed" has no edge left, and is known all the same
			t.Errorf("%+v: unknown %v", o, a.Unknown)
		}
		return a.Effective.AAL
	}
	for _, c := range []struct {
		name string
		o    exposure.Options
		want int
	}{
		{"now", exposure.Options{At: now}, 1},
		{"the last moment", exposure.Options{At: ends.Add(-1)}, 1},
		{"until is out", exposure.Options{At: ends}, 3},
		{"before it begins", exposure.Options{At: begins.Add(-1)}, 3},
		{"from is in", exposure.Options{At: begins}, 0},
		{"when it is over", exposure.Options{At: begins.Add(time.Hour)}, 3},
		{"at no moment, that is at any", exposure.Options{}, 0},
		{"with powers over everything", exposure.Options{At: ends, Roots: true}, 1},
		{"left out", exposure.Options{Without: map[string]bool{"desk": true, "fallback": true}}, 3},
	} {
		if got := worth(c.o); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	changes := g.Changes(now)
	if len(changes) != 3 || !changes[0].Equal(ends) || !changes[1].Equal(begins) || len(g.Changes(begins)) != 1 {
		t.Errorf("changes %v", changes)
	}
}

// What cannot be meant is no graph.
func TestCompileRefuses(t *testing.T) {
	for name, atoms := range map[string][]exposure.Atom{
		"two of one name":    {{ID: "a", Class: exposure.Know}, {ID: "a", Class: exposure.Have}},
		"no name":            {{Class: exposure.Know}},
		"the same of a pool": {{ID: "a", Class: exposure.Person, Pool: exposure.Pool{Of: "p", K: 2}}, {ID: "b", Class: exposure.Person, Pool: exposure.Pool{Of: "p", K: 2}}},
	} {
		if _, err := exposure.Compile(exposure.Graph{Atoms: atoms}, exposure.Options{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	// More than there are is never reached, and harms nobody.
	n := compile(t, exposure.Graph{Atoms: []exposure.Atom{{ID: "a", Class: exposure.Know}}, Edges: []exposure.Edge{{ID: "e", Head: "g", Body: []string{"a"}, K: 2}}})
	if n.Derives("g", "a") {
		t.Error("two of one")
	}
}
