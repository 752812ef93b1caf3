package exposure_test

import (
	"fmt"
	"testing"

	"holdfast/domain/exposure"
)

// account is a typical one: 12 edges, 23 atoms and nodes. A passkey on a phone,
// synced at a provider with two ways in, a security key, recovery by two codes,
// and a desk of so many operators of whom two must act.
func account(operators int, pooled bool) exposure.Graph {
	a := func(id string, c exposure.Class) exposure.Atom { return exposure.Atom{ID: id, Class: c} }
	e := func(id, head string, body ...string) exposure.Edge {
		return exposure.Edge{ID: id, Head: head, Body: body}
	}
	g := exposure.Graph{
		Atoms: []exposure.Atom{a("phone", exposure.Have), {ID: "unlock", Class: exposure.Know, Key: "phone"}, a("key", exposure.HaveHW), {ID: "pin", Class: exposure.Know, Key: "key"},
			{ID: "sync password", Class: exposure.Know, Phishable: true}, {ID: "sync code", Class: exposure.Have, Phishable: true},
			{ID: "mail password", Class: exposure.Know, Phishable: true}, {ID: "number", Class: exposure.RecIssued, Phishable: true},
			a("saved code", exposure.RecSaved), a("proof", exposure.Proof)},
		Edges: []exposure.Edge{e("1", "session", "phone", "unlock"), e("2", "session", "key", "pin"), e("3", "session", "restored"), e("4", "restored", "sync"),
			e("5", "sync", "sync password", "sync code"), e("6", "sync", "inbox", "number"), e("7", "inbox", "mail password"), e("8", "inbox", "number"),
			e("9", "session", "bind"), e("10", "bind", "saved code", "inbox"), e("11", "bind", "reset", "proof")},
	}
	if pooled {
		g.Atoms = append(g.Atoms, exposure.Atom{ID: "operators", Class: exposure.Person, Pool: exposure.Pool{Of: "desk", K: 2}})
		g.Edges = append(g.Edges, e("12", "reset", "operators"))
		return g
	}
	desk := exposure.Edge{ID: "12", Head: "reset", K: 2}
	for i := range operators {
		g.Atoms = append(g.Atoms, a(fmt.Sprintf("op%02d", i), exposure.Person))
		desk.Body = append(desk.Body, fmt.Sprintf("op%02d", i))
	}
	g.Edges = append(g.Edges, desk)
	return g
}

func BenchmarkSolver(b *testing.B) {
	for _, c := range []struct {
		name      string
		operators int
		pooled    bool
	}{{"pool", 2, true}, {"2 of 6", 6, false}, {"2 of 60", 60, false}} {
		g := account(c.operators, c.pooled)
		n := compile(b, g)
		b.Run("compile/"+c.name, func(b *testing.B) {
			for b.Loop() {
				compile(b, g)
			}
		})
		b.Run("closure/"+c.name, func(b *testing.B) {
			for b.Loop() {
				n.Derives("session", "phone", "unlock")
			}
		})
		b.Run("effective/"+c.name, func(b *testing.B) {
			for b.Loop() {
				n.Effective("session", exposure.Usual())
			}
		})
		b.Run("minimal/"+c.name, func(b *testing.B) {
			for b.Loop() {
				n.Minimal("session", nil, 4096)
			}
		})
		b.Run("assess/"+c.name, func(b *testing.B) {
			for b.Loop() {
				n.Assess(exposure.Question{Goal: "session", House: exposure.Usual(), Required: exposure.Required{AAL: 2, Phr: true}})
			}
		})
	}
}
