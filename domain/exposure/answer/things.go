package answer

import (
	"slices"
	"strconv"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
)

// Things are the atoms and nodes of what all accounts share, and other atoms that
// accounts have in common, by name, as people read them.
func Things(o *rules.Organisation, besides ...exposure.Atom) map[string]Thing {
	g := o.Graph()
	c := newCase(Basis{}, o, rules.Account{}, g)
	out := make(map[string]Thing, len(g.Atoms)+len(g.Edges))
	for _, a := range slices.Concat(besides, g.Atoms) {
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

// Supposed begins a sentence about what follows from a thing: what people do and
// what nobody has said are clauses, all else is a thing that somebody has.
func Supposed(t Thing) string {
	if clause(t) {
		return "If " + t.Label
	}
	return "With " + t.Label
}

func clause(t Thing) bool {
	switch t.Class {
	case exposure.Deceive, exposure.Person, exposure.Unknown:
		return true
	}
	return strings.HasPrefix(t.ID, "act:")
}

// operators says what operators may do by their scopes; empty: it is no such node.
func operators(id string) string {
	switch id {
	case rules.InviteMembers:
		return "making an invitation for whoever has no role and no passkey yet"
	case rules.InviteAnybody:
		return "making an invitation for anybody who has no passkey yet"
	case rules.RemoveMembers:
		return "removing the passkeys of whoever has no role"
	case rules.RemoveAnybody:
		return "removing anybody's passkeys"
	case rules.WriteGroups:
		return "saying who is in which group"
	case rules.WriteMembers:
		return "changing the address, the employment and the manager of whoever has no role"
	case rules.WriteAnybody:
		return "changing anybody's address, employment and manager"
	case rules.RestoreMembers:
		return "ending the suspension of a passkey of whoever has no role"
	case rules.RestoreAnybody:
		return "ending the suspension of anybody's passkey"
	case rules.OpenMembers:
		return "opening the account of whoever has no role again"
	case rules.OpenAnybody:
		return "opening anybody's account again"
	case rules.TakeoverMembers:
		return "taking over the account of whoever has no role (removing passkeys and making an invitation)"
	case rules.TakeoverAnybody:
		return "taking anybody's account over (removing passkeys and making an invitation)"
	}
	return ""
}

// approval says what a node of approvals is: "approved:K-of-PARTY".
func approval(of string) string {
	k, party, _ := strings.Cut(of, "-of-")
	return "approval by " + k + " of " + strings.ReplaceAll(party, "-without-", " without ")
}

// Losses says an availability: how many losses lock the owner out.
func Losses(availability int) string {
	switch {
	case availability <= 0:
		return "no passkey that works"
	case availability == 1:
		return "one loss, and the owner is locked out"
	}
	return strconv.Itoa(availability) + " losses, and the owner is locked out"
}
