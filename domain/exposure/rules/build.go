package rules

import (
	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
)

// build is a graph in the making.
type build struct {
	o    *Organisation
	x    *index
	g    exposure.Graph
	seen map[string]bool // names of atoms and keys of edges; nil in a small graph, which is searched

	inbox, number bool // of the account at hand: something leads from it
	isBare        bool // of the passkey at hand: its owner could be put where it signs in unverified
}

// edgeKey keeps edges and atoms apart in seen.
func edgeKey(id string) string { return "\x00" + id }

func (b *build) atom(a exposure.Atom) {
	if b.seen != nil {
		if b.seen[a.ID] {
			return
		}
		b.seen[a.ID] = true
	} else {
		for i := range b.g.Atoms {
			if b.g.Atoms[i].ID == a.ID {
				return
			}
		}
	}
	b.g.Atoms = append(b.g.Atoms, a)
}

func (b *build) edge(e exposure.Edge) {
	if b.seen != nil {
		if b.seen[edgeKey(e.ID)] {
			return
		}
		b.seen[edgeKey(e.ID)] = true
	} else {
		for i := range b.g.Edges {
			if b.g.Edges[i].ID == e.ID {
				return
			}
		}
	}
	b.g.Edges = append(b.g.Edges, e)
}

// unknown adds a fact that nobody has said, and is its name.
func (b *build) unknown(what, learn string) string {
	id := "unknown:" + what
	b.atom(exposure.Atom{ID: id, Class: exposure.Unknown, Status: exposure.Assumed, Label: "nobody has said " + learn, Learn: learn})
	return id
}

// account adds everything that leads to one account's session.
func (b *build) account(a *Account) {
	b.inbox, b.number = false, false
	if b.opened(a) {
		b.credentials(a)
		b.fallbacks(a)
		b.procedures(a)
		b.moved(a)
		b.desks(a)
		b.operators(a)
		b.links(a)
		b.binding(a)
		b.channels(a)
	}
	b.root(a)
}

// core adds the accounts of the core and what they may do.
func (b *build) core() {
	for i := range b.o.Core {
		a := &b.o.Core[i]
		b.account(a)
		b.acts(a)
	}
	for i := range b.x.powers {
		b.power(&b.x.powers[i])
	}
	b.takeovers()
	b.approvals()
	b.roots()
	b.taken()
}

// whose is "Ada's", for labels.
func whose(name string) string {
	if name == "" {
		return "the person's"
	}
	return name + "'s"
}

// status of what a record says.
func status(r *surroundings.Record) exposure.Status {
	switch r.Status {
	case surroundings.Observed:
		return exposure.Observed
	case surroundings.Declared:
		return exposure.Declared
	}
	return exposure.Assumed
}
