package census_test

import (
	"fmt"
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/test/organisation"
)

// The curve up to 1,000,000 accounts, with memory, is printed by
// go run ./test/bench -parts exposure.
func each(b *testing.B, do func(b *testing.B, o *organisation.Organisation, c *census.Census)) {
	for _, n := range []int{1_000, 10_000} {
		o := organisation.New(n, 1)
		c := loaded(b, o)
		b.Run(fmt.Sprint(n), func(b *testing.B) { do(b, o, c) })
	}
}

func BenchmarkEverybodyAfterAnotherPolicy(b *testing.B) {
	p := organisation.Policy()
	each(b, func(b *testing.B, _ *organisation.Organisation, c *census.Census) {
		for b.Loop() {
			c.Policy(p)
			c.Settle(organisation.Now)
		}
	})
}

func BenchmarkOneEvent(b *testing.B) {
	each(b, func(b *testing.B, o *organisation.Organisation, c *census.Census) {
		var held []rules.Held
		for i := range 100 {
			held = append(held, o.Held(o.People/2+i))
		}
		i := 0
		for b.Loop() {
			c.Put(held[i%len(held)])
			c.Settle(organisation.Now)
			i++
		}
	})
}

func BenchmarkOneEventOfAnOperator(b *testing.B) {
	each(b, func(b *testing.B, o *organisation.Organisation, c *census.Census) {
		h, less := o.Held(0), o.Held(0)
		less.Credentials = less.Credentials[:1]
		i := 0
		for b.Loop() {
			if i++; i%2 == 0 {
				c.Put(h)
			} else {
				c.Put(less)
			}
			c.Settle(organisation.Now)
		}
	})
}

func BenchmarkWhoCan(b *testing.B) {
	each(b, func(b *testing.B, o *organisation.Organisation, c *census.Census) {
		org := c.Organisation()
		h, house := o.Held(o.People-1), answer.HouseOf(org.Policy)
		for b.Loop() {
			a := org.From(h)
			n, err := exposure.Compile(org.Leading(a), exposure.Options{At: org.At})
			if err != nil {
				b.Fatal(err)
			}
			n.Assess(exposure.Question{Goal: rules.Session(a.ID), Required: exposure.Required{AAL: 2, Phr: true}, House: house, Owner: a.ID})
		}
	})
}

func BenchmarkBlast(b *testing.B) {
	each(b, func(b *testing.B, o *organisation.Organisation, c *census.Census) {
		given := []string{rules.Corrupt(string(o.ID(0)))}
		for b.Loop() {
			c.Blast(given, "", 100)
		}
	})
}
