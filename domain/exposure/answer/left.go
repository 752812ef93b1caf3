package answer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
)

// Left says what somebody who has left can still do with what they still have;
// ok is false for everybody else.
func (c *Case) Left() (l Left, ok bool) {
	since, ok := c.since()
	if !ok {
		return Left{}, false
	}
	l = Left{Subject: c.Subject, Since: since.UTC(), Places: []Thing{}, Dormant: []Thing{}}
	l.Derives, l.Places = c.keeps(c.Graph)
	if !l.Derives {
		_, l.Dormant = c.keeps(c.reopened())
		l.Places = []Thing{}
	}
	l.Sentence = c.leftSentence(&l)
	return l, true
}

// since is when the person left.
func (c *Case) since() (time.Time, bool) {
	a, at := &c.Person, c.Organisation.At
	switch {
	case !a.Left.IsZero() && !at.Before(a.Left):
		return a.Left, true
	case a.Ended:
		return a.User.EndDate, true
	}
	return time.Time{}, false
}

// holds says whether an atom is something that the owner walks out with.
func holds(a *exposure.Atom, owner string) bool {
	switch a.Class {
	case exposure.Person, exposure.Deceive, exposure.Proof, exposure.Unknown:
		return false
	}
	return a.Owner == owner
}

// keeps says whether the person's own things lead to a session, and which of
// them are the places where a key is.
func (c *Case) keeps(g exposure.Graph) (bool, []Thing) {
	places := []Thing{}
	net, err := exposure.Compile(g, exposure.Options{At: c.Organisation.At})
	if err != nil {
		return false, places
	}
	var own []string
	for i := range g.Atoms {
		if holds(&g.Atoms[i], c.Person.ID) {
			own = append(own, g.Atoms[i].ID)
		}
	}
	if !net.Derives(c.Goal, own...) {
		return false, places
	}
	sets, _ := net.Minimal(c.Goal, nil, moments)
	for _, s := range sets {
		if slices.ContainsFunc(s, func(id string) bool { return !slices.Contains(own, id) }) {
			continue
		}
		for _, id := range s {
			for i := range g.Atoms {
				a := &g.Atoms[i]
				if a.ID == id && isPlace(id) {
					places = append(places, Thing{ID: id, Label: label(a.Label, id), Class: a.Class, Status: a.Status})
				}
			}
		}
	}
	for i := range g.Edges {
		if e := &g.Edges[i]; e.Rule == "synced-copy" && c.keepsCopies(e) && net.Derives(e.Body[0], own...) {
			places = append(places, Thing{ID: e.Body[0], Label: strings.TrimPrefix(c.nodeLabel(e.Body[0]), "being signed in at ")})
		}
	}
	slices.SortFunc(places, func(a, b Thing) int { return cmp.Compare(a.ID, b.ID) })
	return true, slices.CompactFunc(places, func(a, b Thing) bool { return a.ID == b.ID })
}

// isPlace says whether an atom is where a key is.
func isPlace(id string) bool {
	return strings.HasPrefix(id, "device:") || strings.HasPrefix(id, "key:") || strings.HasPrefix(id, "passkey:")
}

// keepsCopies says whether an edge is from an account that keeps a passkey of
// the person.
func (c *Case) keepsCopies(e *exposure.Edge) bool {
	return len(e.Body) == 1 && strings.HasPrefix(e.Body[0], "sync:") && slices.ContainsFunc(c.Person.Credentials, func(k rules.Credential) bool {
		return e.Head == rules.Restored(k.ID)
	})
}

// reopened is the account as it would be if its end were taken back.
func (c *Case) reopened() exposure.Graph {
	a := c.Person
	a.Open, a.Ended, a.Left, a.Status = true, false, time.Time{}, person.Active
	a.User.EndDate = time.Time{}
	for i := range a.Credentials {
		if a.Credentials[i].Active && !a.Credentials[i].Admitted {
			a.Credentials = slices.Clone(a.Credentials)
			a.Credentials[i].Admitted = true
		}
	}
	return c.Organisation.Whole(a)
}

func (c *Case) leftSentence(l *Left) string {
	when := ""
	if !l.Since.IsZero() {
		when = " on " + l.Since.Format("2 Jan 2006")
	}
	labels := func(things []Thing) []string {
		var out []string
		for _, t := range things {
			out = append(out, t.Label)
		}
		return out
	}
	switch {
	case l.Derives && len(l.Places) > 0:
		return fmt.Sprintf("%s left%s and can still sign in, with %s.", capital(c.name()), when, and(labels(l.Places)))
	case l.Derives:
		return fmt.Sprintf("%s left%s and can still sign in.", capital(c.name()), when)
	case len(l.Dormant) > 0:
		return fmt.Sprintf("%s left%s and cannot sign in. What would work again if the account were opened: %s.", capital(c.name()), when, and(labels(l.Dormant)))
	}
	return fmt.Sprintf("%s left%s, and nothing of theirs opens anything.", capital(c.name()), when)
}
