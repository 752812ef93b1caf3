package answer

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/exposure"
)

// way puts a minimal set into the form of answers.
func (c *Case) way(s *exposure.Set) Way {
	w := Way{Atoms: s.Atoms, Level: s.Level, Phr: s.Phr, Contest: s.Contest.String(), Path: list(s.Path),
		Status: string(c.status(s)), NIST: s.NIST, House: s.House, Unknown: s.Unknown, Things: []Thing{}, Steps: []Step{}}
	for _, id := range s.Atoms {
		w.Things = append(w.Things, c.thing(id))
	}
	for _, id := range s.Path {
		if e := c.edges[id]; e != nil {
			w.Steps = append(w.Steps, Step{Edge: id, Label: label(e.Label, id)})
		}
	}
	w.Sentence = c.sentence(s)
	return w
}

// status is the weakest of what a set rests on: assumed before declared before
// observed.
func (c *Case) status(s *exposure.Set) exposure.Status {
	worst := exposure.Observed
	weaken := func(st exposure.Status) {
		if st == exposure.Assumed || st == exposure.Declared && worst == exposure.Observed {
			worst = st
		}
	}
	for _, id := range s.Atoms {
		weaken(c.atom(id).Status)
	}
	for _, id := range s.Path {
		if e := c.edges[id]; e != nil {
			weaken(e.Status)
		}
	}
	return worst
}

// kinds are the atoms of a set by what they are, in words.
type kinds struct{ stories, people, things, proofs, unknown []string }

func (c *Case) sorted(s *exposure.Set) (k kinds) {
	for _, id := range s.Atoms {
		a := c.atom(id)
		switch text := label(a.Label, id); a.Class {
		case exposure.Deceive:
			k.stories = append(k.stories, text)
		case exposure.Person:
			k.people = append(k.people, text)
		case exposure.Proof:
			k.proofs = append(k.proofs, text)
		case exposure.Unknown:
			k.unknown = append(k.unknown, label(a.Learn, text))
		default:
			k.things = append(k.things, text)
		}
	}
	return k
}

// calls is how many people must be talked into something.
func calls(n int) string {
	if n == 1 {
		return "one phone call"
	}
	return fmt.Sprintf("%d phone calls", n)
}

// sentence says a set so that nobody needs to know what a set is.
func (c *Case) sentence(s *exposure.Set) string {
	k := c.sorted(s)
	stories, people, things, proofs, unknown := k.stories, k.people, k.things, k.proofs, k.unknown
	steps := c.said(s.Path)
	if len(s.Atoms) == 0 {
		return "Nothing more is needed to be signed in as " + c.name() + " (AAL0)." + steps
	}
	if len(unknown) > 0 {
		return c.between() + ": nobody has said " + and(unknown) + "." + c.besides(stories, people, things, proofs) + steps
	}
	worth := fmt.Sprintf(" (AAL%d%s)", s.Level, relayed(s))
	who := c.name()
	switch {
	case len(stories) > 0 && len(people)+len(things)+len(proofs) == 0:
		return capital(who) + " can be taken over by " + calls(len(stories)) + " (AAL0): " + and(stories) + "." + steps
	case len(people) > 0 && len(stories)+len(things)+len(proofs) == 0:
		return capital(and(people)) + ": that is enough to be signed in as " + who + worth + "." + steps
	case len(proofs) > 0 && len(stories)+len(things)+len(people) == 0:
		return capital(and(proofs)) + ": that is enough to be signed in as " + who + worth + "." + steps
	case c.own(s):
		them := "them"
		if len(things) == 1 {
			them = "it"
		}
		return capital(who) + " signs in with " + and(things) + worth + "; so does whoever has " + them + "." + c.house(s)
	}
	return "Whoever has " + and(slices.Concat(things, proofs, clauses(people), clauses(stories))) + " is signed in as " + who + worth + "." + steps
}

// clauses are sentences in a list of things.
func clauses(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = "that " + s
	}
	return out
}

// own says whether a set is how the person signs in: things of theirs, straight
// into a session.
func (c *Case) own(s *exposure.Set) bool {
	if len(s.Path) != 1 || len(c.given) > 0 {
		return false
	}
	for _, id := range s.Atoms {
		if c.atom(id).Owner != c.Person.ID {
			return false
		}
	}
	return true
}

func (c *Case) house(s *exposure.Set) string {
	if len(s.House) == 0 {
		return ""
	}
	return " Its level is a house rule: " + strings.Join(s.House, ", ") + "."
}

// between is what the account is worth, from the worst that the unknown facts
// can be to the best.
func (c *Case) between() string {
	if c.Truth.Effective.AAL == c.Truth.Best.AAL {
		return fmt.Sprintf("AAL%d, and nobody can be sure", c.Truth.Effective.AAL)
	}
	return fmt.Sprintf("Between AAL%d and AAL%d", c.Truth.Effective.AAL, c.Truth.Best.AAL)
}

func (c *Case) besides(lists ...[]string) string {
	all := slices.Concat(lists...)
	if len(all) == 0 {
		return ""
	}
	return " Besides, it takes " + and(all) + "."
}

// said is the path, after the first sentence.
func (c *Case) said(path []string) string {
	var steps []string
	for _, id := range path {
		if e := c.edges[id]; e != nil && e.Label != "" && !slices.Contains(steps, e.Label) {
			steps = append(steps, e.Label)
		}
	}
	if len(steps) == 0 {
		return ""
	}
	return " How: " + strings.Join(steps, "; ") + "."
}

func relayed(s *exposure.Set) string {
	if s.Phr {
		return ""
	}
	return ", can be phished"
}

// and joins what is needed together.
func and(list []string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// list is never null in JSON.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
