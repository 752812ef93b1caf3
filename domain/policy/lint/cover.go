package lint

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/policy"
)

// maxUncovered is how many uncovered combinations are told.
const maxUncovered = 3

// cover is L-15 on the file. It tries the combinations of what the conditions
// ask: whoever matches no segment is denied everything, and a segment that is
// never the first to match holds for nobody.
func (r *run) cover() {
	conds := r.segmentConds()
	whole := r.read.asks(conds...).space(policy.Input{Now: r.at}, "user", "now")
	reached := make([]bool, len(conds))
	uncovered := 0
	exact := whole.all(func(in *policy.Input, pick []int) bool {
		i := first(conds, in)
		if i >= 0 {
			reached[i] = true
		} else if uncovered++; uncovered <= maxUncovered {
			r.fail("segments", "add a last segment that holds for the rest, or widen one", "an account with %s is in no segment", whole.describe(pick))
		}
		return true
	})
	if uncovered > maxUncovered {
		r.fail("segments", "add a last segment that holds for the rest, or widen one", "%d combinations more are in no segment", uncovered-maxUncovered)
	}
	for _, name := range r.d.Personas.Names {
		in := policy.Input{Now: r.at, User: r.d.Personas.Of[name].User()}
		if first(conds, &in) < 0 {
			r.fail("personas."+name, "add a last segment that holds for the rest, or widen one", "%s is in no segment", name)
		}
	}
	for i := range conds {
		if !reached[i] && (exact || !r.reachedAlone(conds, i)) && !r.read.spent() {
			r.shadowed(conds, i)
		}
	}
}

func first(conds []policy.Cond, in *policy.Input) int {
	return slices.IndexFunc(conds, func(c policy.Cond) bool { return holds(c, in) })
}

func holds(c policy.Cond, in *policy.Input) bool {
	ok, err := c.Eval(in)
	return err == nil && ok
}

// reachedAlone looks closer where not all combinations could be tried: those of
// what segment i asks, with everything else plain.
func (r *run) reachedAlone(conds []policy.Cond, i int) bool {
	found := false
	r.read.asks(conds[i]).space(policy.Input{Now: r.at}, "user", "now").all(func(in *policy.Input, _ []int) bool {
		found = first(conds[:i+1], in) == i
		return !found
	})
	return found
}

// shadowed says by which segments i is: those that match first where it holds.
func (r *run) shadowed(conds []policy.Cond, i int) {
	var by []string
	ever := false
	r.read.asks(conds[:i+1]...).space(policy.Input{Now: r.at}, "user", "now").all(func(in *policy.Input, _ []int) bool {
		if !holds(conds[i], in) {
			return true
		}
		ever = true
		if j := first(conds[:i], in); j >= 0 && !slices.Contains(by, r.d.Segments[j].Name) {
			by = append(by, r.d.Segments[j].Name)
		}
		return true
	})
	if r.read.spent() {
		return // it is not known
	}
	path := fmt.Sprintf("segments[%d].when", i)
	name := r.d.Segments[i].Name
	if !ever {
		r.fail(path, "mend the condition, or take the segment out", "the condition of segment %s never holds", name)
		return
	}
	slices.Sort(by)
	r.fail(path, "put it before them, or take it out", "segment %s is never the first to match: whoever it is for is in %s", name, strings.Join(by, ", "))
}
