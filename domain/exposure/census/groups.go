package census

import (
	"hash/maphash"
	"regexp"
	"slices"
	"strings"

	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
)

// groupSets are the sets of groups that people are in, each kept once. Almost
// everybody of a large organisation is in a set of their own, and a policy names
// few groups: what it can tell apart is the part of a set that it names.
type groupSets struct {
	names  []string
	byName map[string]uint32
	arena  []uint32 // numbers of groups, set after set, each sorted
	end    []uint32 // by set: where it ends in arena
	byHash map[uint64]uint32
	seed   maphash.Seed

	part []uint32 // by set: the set of what the policy names of it, from 1; 0: not asked yet
	core []int8   // by set: whoever is in it is of the core: 1, is not: -1
}

func newGroupSets() *groupSets {
	g := &groupSets{byName: map[string]uint32{}, byHash: map[uint64]uint32{}, seed: maphash.MakeSeed()}
	g.intern(nil)
	return g
}

// of is the number of a set of names.
func (g *groupSets) of(names []string) uint32 {
	if len(names) == 0 {
		return 0
	}
	set := make([]uint32, 0, len(names))
	for _, n := range names {
		number, ok := g.byName[n]
		if !ok {
			n = strings.Clone(n)
			number = uint32(len(g.names))
			g.names = append(g.names, n)
			g.byName[n] = number
		}
		set = append(set, number)
	}
	slices.Sort(set)
	return g.intern(slices.Compact(set))
}

func (g *groupSets) intern(set []uint32) uint32 {
	var h maphash.Hash
	h.SetSeed(g.seed)
	for _, n := range set {
		h.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
	}
	for sum := h.Sum64(); ; sum++ {
		n, ok := g.byHash[sum]
		if !ok {
			n = uint32(len(g.end))
			g.arena = append(g.arena, set...)
			g.end, g.part, g.core = append(g.end, uint32(len(g.arena))), append(g.part, 0), append(g.core, 0)
			g.byHash[sum] = n
			return n
		}
		if slices.Equal(g.set(n), set) {
			return n
		}
	}
}

func (g *groupSets) set(n uint32) []uint32 {
	from := uint32(0)
	if n > 0 {
		from = g.end[n-1]
	}
	return g.arena[from:g.end[n]]
}

// list is the names of a set.
func (g *groupSets) list(n uint32) []string {
	var out []string
	for _, i := range g.set(n) {
		out = append(out, g.names[i])
	}
	slices.Sort(out)
	return out
}

// forget what was asked under another policy.
func (g *groupSets) forget() {
	clear(g.part)
	clear(g.core)
}

// named is the part of a set that the policy can tell.
func (g *groupSets) named(n uint32, r *reads) uint32 {
	if r.allGroups {
		return n
	}
	if p := g.part[n]; p > 0 {
		return p - 1
	}
	var kept []uint32
	for _, i := range g.set(n) {
		if r.groups[g.names[i]] {
			kept = append(kept, i)
		}
	}
	p := g.intern(kept)
	g.part[n] = p + 1
	return p
}

// inCore says whether whoever is in a set is of the core by that alone.
func (g *groupSets) inCore(n uint32, p *policy.Policy) bool {
	if g.core[n] == 0 {
		h := rules.Held{}
		h.Groups = g.list(n)
		if g.core[n] = -1; rules.IsCore(p, h, nil) {
			g.core[n] = 1
		}
	}
	return g.core[n] > 0
}

var (
	anyGroup = regexp.MustCompile(`user\.groups\b`)
	oneGroup = regexp.MustCompile(`(?:"([^"\\]*)"|'([^'\\]*)')\s+in\s+user\.groups\b`)
)

// groupsOf notes the groups that a condition names. One that does more with them
// than to ask whether somebody is in one can tell every set from every other.
func (r *reads) groupsOf(text string) {
	found := oneGroup.FindAllStringSubmatch(text, -1)
	if len(found) < len(anyGroup.FindAllString(text, -1)) {
		r.allGroups = true
	}
	for _, m := range found {
		r.groups[m[1]+m[2]] = true
	}
}

// partiesOf notes the groups from which procedures take people.
func (r *reads) partiesOf(p *policy.Procedure) {
	for _, s := range p.Steps {
		if s.Approve == nil {
			continue
		}
		for _, party := range append([]policy.Party{s.Approve.From}, s.Approve.NotIn...) {
			if name, ok := party.Group(); ok {
				r.groups[name] = true
			}
			if name, ok := party.Role(); ok {
				r.groups[name] = true
			}
		}
	}
}
