package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
)

// What travels together, and in which order.
func TestPendingKeepsTheOrderWithinATable(t *testing.T) {
	miss := errors.New("missed")
	set := func(table, key string) write {
		return write{table: table, key: key, text: "set " + table, many: "sets " + table, args: []any{key}}
	}
	change := func(table, key string) write {
		w := set(table, key)
		w.text, w.many, w.miss = "change "+table, "changes "+table, miss
		return w
	}
	for _, c := range []struct {
		name  string
		trust bool
		fill  func(*pending)
		want  []string
	}{
		{"rows of one table", false, func(p *pending) { p.add(set("a", "1")); p.add(set("a", "2")) }, []string{"sets a"}},
		{"tables in turn", false, func(p *pending) {
			p.add(set("a", "1"))
			p.add(set("b", "1"))
			p.add(set("a", "2"))
			p.add(set("b", "2"))
		}, []string{"sets a", "sets b"}},
		{"one row twice", false, func(p *pending) { p.add(set("a", "1")); p.add(set("a", "1")); p.add(set("a", "2")) }, []string{"set a", "sets a"}},
		{"another change between", true, func(p *pending) {
			p.add(set("a", "1"))
			p.add(change("a", "2"))
			p.add(set("a", "3"))
		}, []string{"set a", mustHit("change a", false), "set a"}},
		{"anything between", false, func(p *pending) { p.add(set("a", "1")); p.raw("x"); p.add(set("a", "2")) }, []string{"set a", "x", "set a"}},
		{"what must hit, each for itself", false, func(p *pending) { p.add(change("a", "1")); p.add(change("a", "2")) },
			[]string{mustHit("change a", false), mustHit("change a", false)}},
		{"what must hit, in trust", true, func(p *pending) { p.add(change("a", "1")); p.add(change("a", "2")) },
			[]string{mustHit("changes a", true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pending{last: map[string]*group{}, trust: c.trust}
			c.fill(&p)
			var got []string
			for _, q := range p.batch().QueuedQueries {
				got = append(got, q.SQL)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			for i, g := range p.groups {
				err := p.why(i, &pgconn.PgError{Code: divisionByZero})
				switch {
				case g.miss == nil && (errors.Is(err, miss) || errors.Is(err, errMissed)),
					g.miss != nil && len(g.rows) == 1 && !errors.Is(err, miss),
					g.miss != nil && len(g.rows) > 1 && !errors.Is(err, errMissed):
					t.Errorf("group %d missed: %v", i, err)
				}
			}
		})
	}
}
