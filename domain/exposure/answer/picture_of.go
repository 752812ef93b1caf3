package answer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/exposure"
)

// Picture draws together the ways to the account, the weakest first, as far as
// they fit. Each way that is in it is in it whole.
func (c *Case) Picture() Picture {
	p := Picture{Basis: c.Basis, Subject: c.Subject, Goal: c.Goal, Sentence: c.summary(), Nodes: []PictureNode{}, Edges: []PictureEdge{},
		Weakest: []string{}, Held: []string{}, Truncated: c.Truth.Truncated}
	shown, all := map[string]bool{c.Goal: true}, map[string]bool{c.Goal: true}
	var steps []string
	for i := range c.Truth.Sets {
		s := &c.Truth.Sets[i]
		parts := c.parts(s)
		more := 0
		for _, id := range parts {
			all[id] = true
			if !shown[id] {
				more++
			}
		}
		if len(shown)+more > PictureLimit {
			continue // a way with less on it may still fit
		}
		for _, id := range parts {
			shown[id] = true
		}
		for _, id := range s.Path {
			if !slices.Contains(steps, id) {
				steps = append(steps, id)
			}
		}
		if len(p.Weakest) == 0 {
			p.Weakest, p.Held = list(s.Path), list(s.Atoms)
		}
	}
	p.Left = len(all) - len(shown)
	for _, id := range steps {
		if e := c.edges[id]; e != nil {
			p.Edges = append(p.Edges, c.drawn(e, shown, slices.Contains(p.Weakest, id)))
		}
	}
	c.place(&p, shown)
	return p
}

// parts are the nodes and atoms of a way, each once.
func (c *Case) parts(s *exposure.Set) []string {
	out := slices.Clone(s.Atoms)
	for _, id := range s.Path {
		if e := c.edges[id]; e != nil {
			out = append(out, e.Head)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// drawn is an edge between what is shown. Of k of many, only those are drawn
// that some way takes.
func (c *Case) drawn(e *exposure.Edge, shown map[string]bool, weakest bool) PictureEdge {
	d := PictureEdge{ID: e.ID, To: e.Head, From: []string{}, K: e.K, Label: label(e.Label, e.ID), Rule: e.Rule, Status: e.Status,
		Weakest: weakest, Says: c.conditions(e)}
	for _, b := range e.Body {
		if shown[b] && !slices.Contains(d.From, b) {
			d.From = append(d.From, b)
		}
	}
	if d.K <= 0 {
		d.K = len(d.From)
	}
	return d
}

// conditions are what an edge depends on, beside its body.
func (c *Case) conditions(e *exposure.Edge) []string {
	out := []string{}
	if e.K > 0 && e.K < len(e.Body) {
		out = append(out, fmt.Sprintf("any %d of %d", e.K, len(e.Body)))
	}
	if e.Hold > 0 {
		text := "waits " + span(e.Hold)
		if e.Contest {
			text += ", and whoever is told can stop it meanwhile"
		}
		out = append(out, text)
	}
	var told []string
	for _, id := range e.Notify {
		told = append(told, c.thing(id).Label)
	}
	if len(told) > 0 {
		out = append(out, "a notice goes out: "+and(told))
	}
	if e.Approver != "" {
		out = append(out, "somebody else must agree: "+c.thing(e.Approver).Label)
	}
	if !e.From.IsZero() && c.Organisation.At.Before(e.From) {
		out = append(out, "from "+e.From.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if !e.Until.IsZero() {
		out = append(out, "until "+e.Until.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if e.Recovery && e.NIST {
		out = append(out, "a way back that SP 800-63B-4 accepts")
	}
	for _, h := range e.House {
		out = append(out, "rests on the house rule "+h)
	}
	switch e.Status {
	case exposure.Declared:
		out = append(out, "as the organisation declares")
	case exposure.Assumed:
		out = append(out, "nobody has said so: taken for possible")
	}
	return out
}

// span is a duration in the largest unit that tells it whole.
func span(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return plural(int(d/(24*time.Hour)), "day")
	case d%time.Hour == 0:
		return plural(int(d/time.Hour), "hour")
	}
	return plural(int(d/time.Minute), "minute")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// place puts what is shown into order, from the goal outwards.
func (c *Case) place(p *Picture, shown map[string]bool) {
	depth := map[string]int{c.Goal: 0}
	for changed := true; changed; { // a longest way would go round for ever where there are cycles: the shortest counts
		changed = false
		for i := range p.Edges {
			e := &p.Edges[i]
			at, ok := depth[e.To]
			for _, b := range e.From {
				if was, has := depth[b]; ok && (!has || at+1 < was) {
					depth[b], changed = at+1, true
				}
			}
		}
	}
	onWeakest := map[string]bool{c.Goal: len(p.Weakest) > 0}
	for i := range p.Edges {
		if e := &p.Edges[i]; e.Weakest {
			onWeakest[e.To] = true
		}
	}
	for _, id := range p.Held {
		onWeakest[id] = true
	}
	for id := range shown {
		n := PictureNode{Thing: c.thing(id), Depth: depth[id], Weakest: onWeakest[id]}
		if a := c.atoms[id]; a != nil {
			n.Atom, n.Owner, n.Learn = true, a.Owner, a.Learn
		} else if n.Class == exposure.Unknown { // in no edge's head: nobody has declared it
			n.Atom, n.Learn = true, c.atom(id).Learn
		}
		p.Nodes = append(p.Nodes, n)
	}
	slices.SortFunc(p.Nodes, func(a, b PictureNode) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), strings.Compare(a.ID, b.ID))
	})
	for i := range p.Edges {
		slices.Sort(p.Edges[i].From)
	}
}
