package rules

import (
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

// power adds who can use a declared power: its holders, and whoever passes its
// check.
func (b *build) power(r *surroundings.Record) {
	id := string(r.ID)
	node := Power(id)
	var body []string
	for _, h := range r.Holders {
		body = append(body, b.holder(h))
	}
	st := status(r)
	if len(body) == 0 {
		name := "holder:" + id
		b.atom(exposure.Atom{ID: name, Class: exposure.Person, Label: "whoever holds " + r.Name + " acts dishonestly", Status: exposure.Assumed})
		body, st = []string{name}, exposure.Assumed
	}
	k := max(1, r.K)
	b.edge(exposure.Edge{ID: "holders:" + id, Head: node, Body: body, K: k, Rule: "power-holders", Of: node, Label: r.Name + " is used", Status: st})
	way := kept{b: b, topic: "power-" + id, of: node, id: id, node: node, name: r.Name, devices: r.Devices, status: status(r), over: r.Over, learn: "how the accounts of " + r.Name + " are signed in to"}
	way.ways(r.SignIn, "power-sign-in")
	way.ways(r.Recovery, "power-recovery")
	b.check(r, node)
	if st := r.Standing(b.o.At); st == surroundings.Overdue || status(r) == exposure.Assumed {
		what := b.unknown("power/"+id, "who can use "+r.Name+", and how it makes sure of who asks")
		b.edge(exposure.Edge{ID: "unsaid:" + id, Head: node, Body: []string{what}, Rule: "power-unknown", Of: node,
			Label: "what is said of " + r.Name + " is assumed, or past its review", Status: exposure.Assumed})
	}
}

// holder is the node of one holder of a power.
func (b *build) holder(h string) string {
	if id, ok := strings.CutPrefix(h, "person:"); ok {
		return b.person(id)
	}
	b.atom(exposure.Atom{ID: Corrupt(h), Class: exposure.Person, Label: h + " acts dishonestly", Status: exposure.Declared})
	return Corrupt(h)
}

// check: honest holders do what they are asked to by whoever passes it, however
// many of them must agree.
func (b *build) check(r *surroundings.Record, node string) {
	id := string(r.ID)
	var a exposure.Atom
	switch r.Check {
	case surroundings.CheckNone, surroundings.CheckAsked:
		a = exposure.Atom{ID: Deceived(id), Class: exposure.Deceive, Label: "somebody talks " + r.Name + " into it", Status: status(r)}
	case surroundings.CheckVideo:
		a = exposure.Atom{ID: Passes(id), Class: exposure.Proof, IAL: 2, Label: "passing the video proof of " + r.Name, Status: status(r)}
	case surroundings.CheckOnsite:
		a = exposure.Atom{ID: Passes(id), Class: exposure.Proof, IAL: 3, Label: "passing the on-site comparison of " + r.Name, Status: status(r)}
	case surroundings.CheckSound:
		return
	default:
		if r.Over != surroundings.OverPasskeys && r.Over != surroundings.OverPrimary {
			return
		}
		what := b.unknown("check/"+id, "how "+r.Name+" makes sure of who asks")
		b.edge(exposure.Edge{ID: "check:" + id, Head: node, Body: []string{what}, Rule: "power-check", Of: node, Label: "ask " + r.Name, Status: exposure.Assumed})
		return
	}
	b.atom(a)
	b.edge(exposure.Edge{ID: "check:" + id, Head: node, Body: []string{a.ID}, Rule: "power-check", Of: node, Label: "ask " + r.Name, Status: status(r)})
}

// root: powers over everything reach every account, through one node.
func (b *build) root(a *Account) {
	if a.Status != person.Erased {
		b.edge(exposure.Edge{ID: "root:" + a.ID, Head: Session(a.ID), Body: []string{Root}, Rule: "root", Of: "root", Root: true,
			Label: "whoever holds the host, the database or the keys makes any session", Status: exposure.Observed})
	}
}

// roots: who has a power over everything. Somebody always has the host, whatever
// is declared besides: its commands make anybody a way in.
func (b *build) roots() {
	for i := range b.x.powers {
		switch r := &b.x.powers[i]; r.Over {
		case surroundings.OverDatabase, surroundings.OverSigning, surroundings.OverBackups:
			b.edge(exposure.Edge{ID: "root-holder:" + string(r.ID), Head: Root, Body: []string{Power(string(r.ID))}, Rule: "root-holder", Of: Power(string(r.ID)), Root: true,
				Label: "any session can be made", Status: status(r)})
		}
	}
	b.atom(exposure.Atom{ID: "root:host", Class: exposure.Person, Label: "whoever holds the host acts dishonestly", Status: exposure.Assumed})
	b.edge(exposure.Edge{ID: "root-holder:host", Head: Root, Body: []string{"root:host"}, Rule: "root-holder", Of: "root", Root: true,
		Label: "any session can be made", Status: exposure.Assumed})
}
