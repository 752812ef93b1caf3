package exposure

import (
	"slices"
	"strings"
)

// Profile is an adversary: what kinds of atoms they have from the start.
type Profile string

// The adversaries, in the order of the matrix.
const (
	Phisher         Profile = "phisher"          // relays what the person types or reads out
	SIMSwapper      Profile = "sim-swapper"      // takes over the telephone number
	HelpDeskCaller  Profile = "help-desk-caller" // talks people into it
	SyncThief       Profile = "sync-thief"       // has the sign-in factors of the sync account
	Burglar         Profile = "burglar"          // has the devices and keys, and not what unlocks them
	MailAdmin       Profile = "mail-admin"       // reads everybody's mail
	SingleOperator  Profile = "single-operator"  // one dishonest person with a power
	ProviderInsider Profile = "provider-insider" // one dishonest person at a sync provider
)

// Profiles lists them.
func Profiles() []Profile {
	return []Profile{Phisher, SIMSwapper, HelpDeskCaller, SyncThief, Burglar, MailAdmin, SingleOperator, ProviderInsider}
}

// Has says whether p has a from the start when the account of owner is what they
// are after. Of SingleOperator it says who they may be: they are one of them, not
// all (see Given).
func (p Profile) Has(a *Atom, owner string) bool {
	theirs := a.Owner == owner
	switch p {
	case Phisher:
		return theirs && a.Phishable && (a.Class == Know || a.Class == Have || a.Class == RecIssued)
	case HelpDeskCaller:
		return a.Class == Deceive
	case Burglar:
		return theirs && (a.Class == Have || a.Class == HaveHW)
	case SingleOperator:
		return a.Class == Person && a.Pool.K <= 1 && a.Owner != owner && !strings.HasPrefix(a.ID, "insider:")
	case ProviderInsider:
		return a.Class == Person && strings.HasPrefix(a.ID, "insider:")
	}
	return false
}

// Holds says whether p has a node from the start: one of the account's own edges
// leads to it.
func (p Profile) Holds(node string) bool {
	switch p {
	case SIMSwapper:
		return strings.HasPrefix(node, "number:")
	case SyncThief:
		return strings.HasPrefix(node, "sync:")
	case MailAdmin:
		return strings.HasPrefix(node, "inbox:")
	}
	return false
}

// Given lists what p has from the start, atoms and nodes: once, or for a profile
// that is one of several people, once for each of them. Own is the edges of the
// account of owner, core those that everybody shares: whoever reads everybody's
// mail reads the core's, too.
func (p Profile) Given(owner string, own, core *Graph) [][]string {
	var atoms, nodes []string
	for _, g := range []*Graph{own, core} {
		for i := range g.Atoms {
			if p.Has(&g.Atoms[i], owner) {
				atoms = append(atoms, g.Atoms[i].ID)
			}
		}
		if g == core && p != MailAdmin {
			continue
		}
		for i := range g.Edges {
			for _, n := range append([]string{g.Edges[i].Head}, g.Edges[i].Body...) {
				if p.Holds(n) {
					nodes = append(nodes, n)
				}
			}
		}
	}
	all := append(atoms, nodes...)
	slices.Sort(all)
	all = slices.Compact(all)
	if p != SingleOperator && p != ProviderInsider {
		return [][]string{all}
	}
	out := make([][]string, 0, len(all))
	for _, a := range all {
		out = append(out, []string{a})
	}
	return out
}
