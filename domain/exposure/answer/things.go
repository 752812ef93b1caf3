package answer

import (
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// Things are the atoms and nodes of what all accounts share, by name, as people
// read them.
func Things(o *rules.Organisation) map[string]Thing {
	g := o.Graph()
	c := newCase(Basis{}, o, rules.Account{}, g)
	out := make(map[string]Thing, len(g.Atoms)+len(g.Edges))
	for i := range g.Atoms {
		a := &g.Atoms[i]
		out[a.ID] = Thing{ID: a.ID, Label: label(a.Label, a.ID), Class: a.Class, Status: a.Status}
	}
	for i := range g.Edges {
		if id := g.Edges[i].Head; out[id].ID == "" {
			out[id] = Thing{ID: id, Label: c.nodeLabel(id)}
		}
	}
	return out
}

// Core is the graph of what all accounts share after the edit, under changed,
// which Organisation made.
func (ch Edit) Core(changed *rules.Organisation) exposure.Graph {
	g := changed.Graph()
	if ch.graph != nil {
		g = ch.graph(g)
	}
	return g
}

// Own is the graph of an account's own after the edit, and what the account has
// become.
func (ch Edit) Own(changed *rules.Organisation, a rules.Account) (rules.Account, exposure.Graph) {
	a = ch.Account(a)
	g := changed.Of(a)
	if ch.graph != nil {
		g = ch.graph(g)
	}
	return a, g
}
