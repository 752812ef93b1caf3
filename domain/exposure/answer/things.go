package answer

import "holdfast/domain/exposure/rules"

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
