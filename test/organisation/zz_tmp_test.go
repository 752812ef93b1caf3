package organisation

import (
	"testing"
	"time"
	"slices"

	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

func TestZZ(t *testing.T) {
	for _, n := range []int{1000, 100000} {
		o := New(n, 1)
		p := Policy()
		org := &rules.Organisation{Policy: p, At: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Shared: o.Powers()}
		var some []rules.Account
		i := 0
		for h := range o.All() {
			a := org.From(h)
			if rules.IsCore(p, h, org.Shared) {
				org.Core = append(org.Core, a)
			}
			if i++; i%(n/40) == 0 {
				some = append(some, a)
			}
		}
		org.Graph()
		var who, find, fix []time.Duration
		nf := 0
		for _, a := range some {
			s := time.Now()
			c, err := answer.Examine(answer.Basis{}, org, a)
			if err != nil {
				t.Fatal(err)
			}
			w := c.Who()
			who = append(who, time.Since(s))
			s = time.Now()
			fs := c.Findings()
			find = append(find, time.Since(s))
			for _, f := range fs {
				s = time.Now()
				x := c.Fixes(f, nil)
				fix = append(fix, time.Since(s))
				nf += len(x)
				_ = w
			}
		}
		slices.Sort(who); slices.Sort(find); slices.Sort(fix)
		t.Log(n, "core", len(org.Core), "who", who[len(who)/2], who[len(who)-1], "find", find[len(find)-1], "fix", len(fix), fix[len(fix)/2], fix[len(fix)-1], nf)
	}
}
