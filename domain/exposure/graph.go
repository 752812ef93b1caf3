package exposure

import "time"

// Edge is a procedure: whoever has K of its body has its head. Several edges
// with the same head are ways to choose from.
type Edge struct {
	ID   string
	Head string   // a node
	Body []string // nodes or atoms
	K    int      // how many of the body it takes; 0: all of it

	Recovery bool // it is a way back in, or to the first credential
	NIST     bool // and SP 800-63B-4 §4.2.2 accepts it

	Rule   string // that made it: "synced-copy"
	Of     string // what it was made of, all of whose edges come and go together: "recovery:desk", "fallback:totp", "power:ID", "credential:ID", "binding", "token:ID"
	Label  string // for people: "an operator removes the passkeys and makes an invitation"
	Status Status
	Root   bool     // a power over everything, such as the host's: reported apart, and left out unless asked for
	House  []string // the house rules its worth rests on: "onsite_portrait_match: 3"

	Notify   []string      // nodes of the channels that are told
	Hold     time.Duration // between asking and getting
	Contest  bool          // those who are told can stop it meanwhile
	Approver string        // node of somebody else who must agree; empty: nobody

	From, Until time.Time // when it can be used; zero: always
}

// Graph is atoms and edges. A name in a body that is neither an atom nor the
// head of an edge is a fact that nobody has declared: see Compile.
type Graph struct {
	Atoms []Atom
	Edges []Edge
}

// Add puts b's atoms and edges behind g's; what is there by the same id stays.
func (g *Graph) Add(b Graph) {
	atoms, edges := map[string]bool{}, map[string]bool{}
	for i := range g.Atoms {
		atoms[g.Atoms[i].ID] = true
	}
	for i := range g.Edges {
		edges[g.Edges[i].ID] = true
	}
	for _, a := range b.Atoms {
		if !atoms[a.ID] {
			atoms[a.ID] = true
			g.Atoms = append(g.Atoms, a)
		}
	}
	for _, e := range b.Edges {
		if !edges[e.ID] {
			edges[e.ID] = true
			g.Edges = append(g.Edges, e)
		}
	}
}

// Changes lists the moments behind at when an edge begins or ends, in order:
// between them nothing changes by itself.
func (g Graph) Changes(at time.Time) []time.Time {
	var out []time.Time
	for i := range g.Edges {
		for _, t := range []time.Time{g.Edges[i].From, g.Edges[i].Until} {
			if t.After(at) {
				out = append(out, t)
			}
		}
	}
	return sortedTimes(out)
}

// At says whether e can be used at a moment: From is in, Until is out.
func (e *Edge) At(at time.Time) bool {
	return (e.From.IsZero() || !at.Before(e.From)) && (e.Until.IsZero() || at.Before(e.Until))
}
