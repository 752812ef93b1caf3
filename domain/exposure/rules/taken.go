package rules

import (
	"slices"
	"strconv"
	"strings"

	"holdfast/domain/exposure"
)

// Of a pool that is too large to list, people may also be had whose accounts are
// taken over, all of them or beside some who are dishonest. Every choice of them
// would be a way; listed are those that can decide: for each kind of thing that an
// attacker may have, the first people whose accounts fall to that kind alone, and
// each single cause by which several fall at once, such as a power over the mail.
// So what an account is worth stays what it would be if all were listed, while no
// key that is proven to be in hardware has to be counted.

// taken adds them, until nothing more follows from what was added.
func (b *build) taken() {
	var large []*pool
	for _, p := range b.x.pools {
		if p.k > 1 && len(p.members) > named {
			large = append(large, p)
		}
	}
	for before := -1; len(large) > 0 && before < len(b.g.Edges); {
		before = len(b.g.Edges)
		net, err := exposure.Compile(b.g, exposure.Options{At: b.o.At})
		if err != nil {
			return // an atom is there twice: whoever compiles the graph hears of it
		}
		kinds := b.kinds()
		for _, given := range kinds {
			had := reached(net, given)
			for _, p := range large {
				b.fall(p, "", nil, p.fallen(had, nil))
			}
		}
		for _, cause := range b.causes() {
			had := reached(net, []string{cause})
			for _, p := range large {
				n := len(p.fallen(had, nil))
				if n == 0 || cause == Approved(p.name, p.k) {
					continue
				}
				b.fall(p, cause, had, nil)
				if n >= p.k {
					continue
				}
				for _, given := range kinds {
					b.fall(p, cause, had, p.fallen(reached(net, append(given, cause)), had))
				}
			}
		}
	}
}

func reached(net *exposure.Net, given []string) map[string]bool {
	had := map[string]bool{}
	for _, n := range net.Closure(given...) {
		had[n] = true
	}
	return had
}

// fallen are the first k members whose accounts are had, but for those of but.
func (p *pool) fallen(had, but map[string]bool) []string {
	var out []string
	for _, m := range p.members {
		if s := Session(m); len(out) < p.k && had[s] && !but[s] {
			out = append(out, s)
		}
	}
	return out
}

// fall adds the edges by which a pool approves whose people have fallen: by a
// cause, which brings some of them at once, and one by one, and with as many
// dishonest ones beside them as it takes.
func (b *build) fall(p *pool, cause string, by map[string]bool, sessions []string) {
	node, caused := Approved(p.name, p.k), 0
	if cause != "" {
		caused = len(p.fallen(by, nil))
	}
	for n := min(len(sessions), p.k-caused); n >= 0; n-- {
		if n == 0 && (caused == 0 || len(sessions) > 0) {
			return
		}
		body := slices.Clone(sessions[:n])
		if cause != "" {
			body = append(body, cause)
		}
		what := strconv.Itoa(n+caused) + " of " + p.name + " whose accounts were taken over"
		if rest := p.k - n - caused; rest > 0 {
			atom := Pooled(p.name, rest)
			b.atom(exposure.Atom{ID: atom, Class: exposure.Person, Pool: exposure.Pool{Of: p.name, K: rest}, Status: exposure.Declared, Label: poolLabel(p, rest)})
			body = append(body, atom)
			what += ", and " + strconv.Itoa(rest) + " who act dishonestly"
		}
		b.edge(exposure.Edge{ID: node + ":" + strings.Join(body, "+"), Head: node, Body: body, Rule: "approval-taken", Label: what + ", approve", Status: exposure.Declared})
	}
}

// kinds are all atoms of a kind, with those that are worth nothing, for each kind;
// all that can be relayed; and at last all but people, hardware keys and what is
// worth as much. Each is there without what nobody has said, and with it.
func (b *build) kinds() [][]string {
	by := map[exposure.Class][]string{}
	var deceived, unknown, relayed, most []string
	for i := range b.g.Atoms {
		a := &b.g.Atoms[i]
		if a.Phishable && a.Class != exposure.Person {
			relayed = append(relayed, a.ID)
		}
		switch {
		case a.Class == exposure.Deceive:
			deceived = append(deceived, a.ID)
		case a.Class == exposure.Unknown:
			unknown = append(unknown, a.ID)
		case a.Class == exposure.Person || a.Class == exposure.Proof && a.IAL > 2:
		case a.Class == exposure.HaveHW:
			by[exposure.Have] = append(by[exposure.Have], a.ID)
		default:
			by[a.Class], most = append(by[a.Class], a.ID), append(most, a.ID)
		}
	}
	var out [][]string
	for _, nothing := range [][]string{deceived, slices.Concat(deceived, unknown)} {
		out = append(out, nothing)
		for _, c := range exposure.Classes() {
			if len(by[c]) > 0 {
				out = append(out, slices.Concat(nothing, by[c]))
			}
		}
		out = append(out, slices.Concat(nothing, relayed), slices.Concat(nothing, most))
	}
	return out
}

// causes are the nodes and atoms by which accounts of several people fall: powers,
// pools, stories and proofs.
func (b *build) causes() []string {
	var out []string
	for i := range b.g.Atoms {
		if a := &b.g.Atoms[i]; a.Owner == "" && (a.Class == exposure.Deceive || a.Class == exposure.Proof || a.Class == exposure.Unknown) {
			out = append(out, a.ID)
		}
	}
	for i := range b.g.Edges {
		if h := b.g.Edges[i].Head; strings.HasPrefix(h, "power:") || strings.HasPrefix(h, "approved:") {
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func poolLabel(p *pool, k int) string {
	return strconv.Itoa(k) + " of the " + strconv.Itoa(len(p.members)) + " people of " + p.name + " act dishonestly"
}
