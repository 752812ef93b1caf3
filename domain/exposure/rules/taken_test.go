package rules_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/surroundings"
)

// A pool that is not listed by name is worth what it would be if it were.
func TestALargePoolIsWorthItsPeople(t *testing.T) {
	laws := map[string]string{
		"two, and a proof on site": "      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }\n      - approve: { k: 2, from: group:desk, independent: true }\n",
		"three, and a code":        "      - approve: { k: 3, from: group:desk }\n      - code: { kind: saved, bits: 80 }\n",
	}
	for name, s := range laws {
		p := lawOf(t, steps(s), "p", "")
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var core []rules.Held
				for i := range 7 {
					h := anyHeld(t, "m"+strconv.Itoa(i))
					h.Groups = append(h.Groups, "desk")
					core = append(core, h)
				}
				o := orgOf(p, []surroundings.Record{power(surroundings.Record{ID: "post", Name: "mail", Over: surroundings.OverMail, Holders: []string{"mona"}})}, core...)
				g := o.Whole(o.From(held("ada", "Ada", hardKey("k1"))))
				got, gotBest := levels(t, g)
				want, wantBest := levels(t, byName(g, o))
				if got != want || gotBest != wantBest {
					t.Fatalf("%v %v, by name %v %v\n%s", got, gotBest, want, wantBest, strings.Join(lines(g), "\n"))
				}
			})
		})
	}
}

// byName is g with every pool listed.
func byName(g exposure.Graph, o *rules.Organisation) exposure.Graph {
	out := exposure.Graph{Atoms: g.Atoms}
	var acts []string
	for _, a := range o.Core {
		if a.Open {
			acts = append(acts, rules.Act(a.ID))
		}
	}
	for _, e := range g.Edges {
		if !strings.HasPrefix(e.Head, "approved:") {
			out.Edges = append(out.Edges, e)
			continue
		}
		k, _ := strconv.Atoi(strings.TrimPrefix(e.Head, "approved:")[:1])
		e = exposure.Edge{ID: e.Head, Head: e.Head, Body: acts, K: k}
		if !slices.ContainsFunc(out.Edges, func(o exposure.Edge) bool { return o.ID == e.ID }) {
			out.Edges = append(out.Edges, e)
		}
	}
	return out
}

func levels(t *rapid.T, g exposure.Graph) (worst, best [2]any) {
	n, err := exposure.Compile(g, exposure.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	w, b := n.Effective(rules.Session("ada"), exposure.Usual())
	return [2]any{w.AAL, w.Phr}, [2]any{b.AAL, b.Phr}
}
