// Package rules says which edges of the exposure graph follow from what the
// organisation holds: one rule for each kind of fact, each by itself. A fact
// that is added adds exactly the edges of its rule. docs/exposure-rules.md lists
// them.
//
// It refuses to guess: what nobody has said is an unknown atom that names what
// to go and learn, and a synced passkey, or one of which nothing is proven, is
// never worth more than the account that syncs it.
package rules

import (
	"slices"
	"strconv"

	"holdfast/domain/exposure"
)

// Session is the node of being signed in as a person: the goal.
func Session(person string) string { return "session:" + person }

// Nodes and atoms of an account and of what is shared. Names are stable: they
// are in answers, findings and what people type.
func Act(person string) string          { return "act:" + person }                            // somebody with a power uses it for the attacker
func Bind(person string) string         { return "bind:" + person }                           // a new passkey for the person
func Corrupt(person string) string      { return "corrupt:" + person }                        // atom: dishonest
func Key(credential string) string      { return "key:" + credential }                        // atom: a proven hardware key
func Passkey(credential string) string  { return "passkey:" + credential }                    // atom: a passkey that may be copied, on a device of its owner
func Device(device string) string       { return "device:" + device }                         // atom: a device that holds a passkey which may be copied
func Unlock(credential string) string   { return "unlock:" + credential }                     // atom: its PIN, or what the device asks
func Restored(credential string) string { return "restored:" + credential }                   // node: a copy on a device of the attacker
func Sync(account string) string        { return "sync:" + account }                          // node: signed in at a sync account (a surroundings id, or PROVIDER/PERSON where none is declared)
func Inbox(person string) string        { return "inbox:" + person }                          // node: reads the person's mail
func Number(person string) string       { return "number:" + person }                         // node: gets what is sent to the person's telephone number
func Ready(person string) string        { return "ready:" + person }                          // node: would be signed in as somebody, were their account open
func Usable(credential string) string   { return "usable:" + credential }                     // node: a passkey that does not sign in is made to
func Bare(credential string) string     { return "bare:" + credential }                       // node: a passkey is made to sign in unverified
func Kept(person string) string         { return "kept:" + person }                           // node: has the person's saved recovery code, or is where they keep it
func Power(record string) string        { return "power:" + record }                          // node: a declared power, or one of Holdfast's own, is used for the attacker
func Deceived(procedure string) string  { return "deceive:" + procedure }                     // atom: a story that is believed
func Passes(procedure string) string    { return "proof:" + procedure }                       // atom: passing its proof of identity
func Pooled(party string, k int) string { return "pool:" + strconv.Itoa(k) + "-of-" + party } // atom: k dishonest people of a pool
func Approved(party string, k int) string {
	return "approved:" + strconv.Itoa(k) + "-of-" + party // node: so many of a pool approve for the attacker
}

// What operators may do here, by their scopes: nodes that are shared, so that an
// account has one edge to each.
const (
	InviteMembers   = "power:invite-members"   // link somebody in who has no passkey and no role
	InviteAnybody   = "power:invite-anybody"   // likewise, role or not
	RemoveMembers   = "power:remove-members"   // remove the passkeys of somebody without a role
	RemoveAnybody   = "power:remove-anybody"   // likewise, role or not
	WriteGroups     = "power:write-groups"     // say who is in which group
	WriteMembers    = "power:write-members"    // describe somebody without a role: their address, their employment, who their manager is
	WriteAnybody    = "power:write-anybody"    // likewise, role or not
	RestoreMembers  = "power:restore-members"  // end the suspension of a passkey of somebody without a role
	RestoreAnybody  = "power:restore-anybody"  // likewise, role or not
	OpenMembers     = "power:open-members"     // open the account of somebody without a role again
	OpenAnybody     = "power:open-anybody"     // likewise, role or not
	TakeoverMembers = "power:takeover-members" // remove the passkeys of somebody without a role, and link somebody in: one does both, or two do one each
	TakeoverAnybody = "power:takeover-anybody" // likewise, role or not
)

// Root is the node of a power over everything.
const Root = "root"

// Of builds the edges of one account: what leads to its session from its own
// atoms and from the nodes of the core. By itself it is not whole: the core's
// nodes have no edges in it.
func (o *Organisation) Of(a Account) exposure.Graph {
	b := build{o: o, x: o.indexed()}
	b.g.Edges = make([]exposure.Edge, 0, 16)
	b.g.Atoms = make([]exposure.Atom, 0, 16)
	b.account(&a)
	return b.g
}

// Graph builds the edges of the core: everybody's in o.Core, and the powers. It
// is built once and shared: do not change it.
func (o *Organisation) Graph() exposure.Graph {
	o.once.graph.Do(func() {
		b := &build{o: o, x: o.indexed(), seen: map[string]bool{}}
		b.core()
		o.graph = b
	})
	g := o.graph.g
	return exposure.Graph{Atoms: slices.Clip(g.Atoms), Edges: slices.Clip(g.Edges)}
}

// Whole is both, for one account: Core people bring everything with them. That
// the person themselves is dishonest is left out: nobody takes their own account
// over.
func (o *Organisation) Whole(a Account) exposure.Graph { return o.with(o.Graph(), a) }

// Leading is Whole without what of the core neither leads to the account nor is
// told of what is done to it: the answer to any question about the account is the
// same, and takes no longer the larger the core is.
func (o *Organisation) Leading(a Account) exposure.Graph {
	return o.with(o.leading(Session(a.ID), o.Of(a)), a)
}

// with is a part of the core with an account.
func (o *Organisation) with(core exposure.Graph, a Account) exposure.Graph {
	if o.indexed().core[a.ID] != nil {
		core = honest(core, a.ID)
	}
	own := o.Of(a)
	g := exposure.Graph{Atoms: make([]exposure.Atom, len(core.Atoms), len(core.Atoms)+len(own.Atoms)),
		Edges: make([]exposure.Edge, len(core.Edges), len(core.Edges)+len(own.Edges))}
	copy(g.Atoms, core.Atoms)
	copy(g.Edges, core.Edges)
	there := make(map[string]bool, len(g.Atoms)+len(g.Edges))
	for i := range g.Atoms {
		there[g.Atoms[i].ID] = true
	}
	for i := range g.Edges {
		there[edgeKey(g.Edges[i].ID)] = true
	}
	for i := range own.Atoms {
		if !there[own.Atoms[i].ID] {
			g.Atoms = append(g.Atoms, own.Atoms[i])
		}
	}
	for i := range own.Edges {
		if !there[edgeKey(own.Edges[i].ID)] {
			g.Edges = append(g.Edges, own.Edges[i])
		}
	}
	return g
}

// leading is the part of the core that leads to a goal or to what own edges name:
// a core may be thousands of people of whom few have power over one account.
func (o *Organisation) leading(goal string, own exposure.Graph) exposure.Graph {
	core := o.Graph()
	o.once.heads.Do(func() {
		o.heads, o.atoms = make(map[string][]int32, len(core.Edges)), make(map[string]int32, len(core.Atoms))
		for i := range core.Edges {
			o.heads[core.Edges[i].Head] = append(o.heads[core.Edges[i].Head], int32(i))
		}
		for i := range core.Atoms {
			o.atoms[core.Atoms[i].ID] = int32(i)
		}
	})
	var edges, atoms []int32
	seen := map[string]bool{}
	var names []string
	see := func(name string) {
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	look := func(e *exposure.Edge) {
		for _, b := range e.Body {
			see(b)
		}
		for _, n := range e.Notify {
			see(n)
		}
		see(e.Approver)
	}
	see(goal)
	for i := range own.Edges {
		look(&own.Edges[i])
	}
	for at := 0; at < len(names); at++ {
		if i, ok := o.atoms[names[at]]; ok {
			atoms = append(atoms, i)
		}
		for _, i := range o.heads[names[at]] {
			edges = append(edges, i)
			look(&core.Edges[i])
		}
	}
	slices.Sort(edges)
	slices.Sort(atoms)
	g := exposure.Graph{Atoms: make([]exposure.Atom, len(atoms)), Edges: make([]exposure.Edge, len(edges))}
	for at, i := range atoms {
		g.Atoms[at] = core.Atoms[i]
	}
	for at, i := range edges {
		g.Edges[at] = core.Edges[i]
	}
	return g
}

// honest is g without the dishonesty of one person.
func honest(g exposure.Graph, person string) exposure.Graph {
	out := exposure.Graph{Atoms: make([]exposure.Atom, 0, len(g.Atoms)), Edges: make([]exposure.Edge, 0, len(g.Edges))}
	corrupt := Corrupt(person)
	for i := range g.Atoms {
		if g.Atoms[i].ID != corrupt {
			out.Atoms = append(out.Atoms, g.Atoms[i])
		}
	}
	for i := range g.Edges {
		if !slices.Contains(g.Edges[i].Body, corrupt) {
			out.Edges = append(out.Edges, g.Edges[i])
		}
	}
	return out
}
