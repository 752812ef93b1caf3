package rules_test

import (
	"strconv"
	"testing"

	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

// Reading an account, its edges, and its shape: what a census does for each
// account, and for each shape.
func BenchmarkAccount(b *testing.B) {
	o := anyOrg(anyLaw(b))
	h := held("ada", "Ada", synced("c1", vault), synced("c2", ""), groups("nurses"),
		account("s1", surroundings.Record{Provider: "vault", SignIn: []string{"password+code"}, Recovery: []string{"email", "sms"}, Said: true}), phone("p1"))
	a := o.From(h)
	o.Of(a)
	b.Run("from", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			o.From(h)
		}
	})
	b.Run("of", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			o.Of(a)
		}
	})
	b.Run("shape", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c, _ := rules.Canon(a)
			rules.Shape(c)
		}
	})
}

// The core of an organisation with 200 people in its desk, of whom two approve.
func BenchmarkCore(b *testing.B) {
	p := anyLaw(b)
	core := []rules.Held{held("root", "Root", hardKey("kr"), role(person.Administrator))}
	for i := range 200 {
		id := "m" + strconv.Itoa(i)
		core = append(core, held(id, id, groups("desk"), synced("c"+id, vault)))
	}
	people := orgOf(p, nil, core...).Core
	b.ReportAllocs()
	for b.Loop() {
		o := rules.Organisation{Policy: p, At: now, Core: people}
		o.Graph()
	}
}
