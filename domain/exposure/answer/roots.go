package answer

import (
	"cmp"
	"fmt"
	"slices"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// roots lists who can do anything at all, and what it takes to be them: one that
// falls to a phone call is no rare power.
func (c *Case) roots() []RootPower {
	out := []RootPower{}
	seen := map[string]bool{}
	for i := range c.Graph.Edges {
		e := &c.Graph.Edges[i]
		if !e.Root || !e.At(c.Organisation.At) {
			continue
		}
		if len(e.Body) == 1 && e.Body[0] == rules.Root {
			continue // who has it, the edges to it say
		}
		for _, id := range e.Body {
			if seen[id] {
				continue
			}
			seen[id] = true
			t := c.thing(id)
			if e.Label != "" && e.Label != t.Label {
				t.Label += ": " + e.Label
			}
			out = append(out, c.root(t))
		}
	}
	slices.SortFunc(out, func(a, b RootPower) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// root says what one power over everything takes. The others are left out of
// that: with any of them one has this one too, so that all would be worth what the
// weakest is, and nobody would see which one that is.
func (c *Case) root(t Thing) RootPower {
	r := RootPower{Thing: t, Weakest: []string{}}
	if c.atoms[t.ID] != nil || t.Class == exposure.Unknown {
		a := c.atom(t.ID)
		s := exposure.Set{Atoms: []string{a.ID}, Phr: exposure.Resists([]exposure.Atom{a})}
		s.Level, s.House = exposure.Level([]exposure.Atom{a}, c.House)
		return c.weakest(r, &s)
	}
	net, err := c.net()
	if err != nil {
		r.Sentence = "It could not be computed what it takes (AAL0)."
		return r
	}
	truth := net.Assess(exposure.Question{Goal: t.ID, House: c.House, Given: c.given})
	if len(truth.Sets) == 0 {
		r.Level, r.Phr, r.Sentence = truth.Effective.AAL, truth.Effective.Phr, "Nobody gets it: there is no way to it."
		return r
	}
	first := truth.Sets[0]
	first.Level = truth.Effective.AAL // exact, where not all sets were kept
	r = c.weakest(r, &first)
	r.Phr = truth.Effective.Phr
	return r
}

// weakest puts the weakest way to a power over everything into words.
func (c *Case) weakest(r RootPower, s *exposure.Set) RootPower {
	r.Level, r.Phr, r.Weakest = s.Level, s.Phr, list(s.Atoms)
	r.Sentence = c.rootSentence(s)
	if r.Level < c.Required.AAL {
		r.Sentence += fmt.Sprintf(" That is less than the AAL%d asked for here.", c.Required.AAL)
	}
	return r
}

func (c *Case) rootSentence(s *exposure.Set) string {
	k := c.sorted(s)
	worth := fmt.Sprintf(" (AAL%d%s)", s.Level, relayed(s))
	steps := c.said(s.Path)
	switch {
	case len(s.Atoms) == 0:
		return "Nothing more is needed to have it (AAL0)." + steps
	case len(k.unknown) > 0:
		return fmt.Sprintf("AAL%d, and nobody can be sure: nobody has said %s.", s.Level, and(k.unknown)) + c.besides(k.stories, k.people, k.things, k.proofs) + steps
	case len(s.Atoms) == len(k.stories):
		return "It can be had by " + calls(len(k.stories)) + " (AAL0): " + and(k.stories) + "." + steps
	case len(s.Atoms) == len(k.people):
		return capital(and(k.people)) + ": that is enough to have it" + worth + "." + steps
	}
	return "Whoever has " + and(slices.Concat(k.things, k.proofs, clauses(k.people), clauses(k.stories))) + " has it" + worth + "." + steps
}
