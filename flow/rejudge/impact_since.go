package rejudge

import (
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/policy"
)

// mostTouched is how many people are judged once more before a plan is carried
// out; of more the whole count is made again.
const mostTouched = 5000

// lookBack is how far the log is looked through for what happened since a plan.
const lookBack = 2_000_000

// takes lists what shuts somebody out, beside what asks for a judgement.
func takes(t audit.Type) bool { return watches(t) || t == "credential.suspended" }

// Holds says whether what was counted for candidate is still what would happen:
// an error where facts have moved so that it would shut out somebody whom it did
// not show, or so much that nobody can tell without counting again.
func (f *Flow) Holds(ctx context.Context, candidate *policy.Policy, shown Counted) error {
	people, err := f.touchedSince(ctx, shown.Impact.Facts)
	if err != nil || len(people) == 0 {
		return err
	}
	before, _, err := f.deciding(ctx)
	if err != nil {
		return err
	}
	c, err := f.counting(ctx, before, candidate)
	if err != nil {
		return err
	}
	more := 0
	for part := range slices.Chunk(people, f.Batch) {
		subjects, err := f.Store.Subjects(ctx, part)
		if err != nil {
			return err
		}
		fresh, err := f.again(ctx, c.after, subjects)
		if err != nil {
			return err
		}
		now := f.Clock()
		for i := range subjects {
			s := &subjects[i]
			if _, was := slices.BinarySearch(shown.Locked, s.Person.ID); !was && shutOut(before.verdict(s, nil, now), c.after.verdict(s, fresh, now)) {
				more++
			}
		}
	}
	if more == 0 {
		return nil
	}
	who := "somebody"
	if more > 1 {
		who = "more people"
	}
	return holdfast.Errorf(holdfast.Conflict, "plan_outgrown",
		"Since this plan was counted, facts have changed: %s could not sign in afterwards whom it does not show (%d). Nothing was changed. Look at the plan again.", who, more)
}

var errPlanMoved = holdfast.Errorf(holdfast.Conflict, "plan_moved",
	"Since this plan was counted, something changed for everybody, or for too many to look at once more. Nothing was changed. Look at the plan again.")

// touchedSince gives those whom the log says something of since a record.
func (f *Flow) touchedSince(ctx context.Context, from int64) ([]holdfast.PersonID, error) {
	size, err := f.Store.LogSize(ctx)
	if err != nil {
		return nil, err
	}
	if size-from > lookBack {
		return nil, errPlanMoved
	}
	seen := map[holdfast.PersonID]bool{}
	for ; from < size; from += step {
		entries, err := f.Store.Happened(ctx, from, min(from+step, size), takes)
		if err != nil {
			return nil, err
		}
		t := touchedBy(entries)
		if t.all {
			return nil, errPlanMoved
		}
		for _, id := range t.people {
			seen[id] = true
		}
		for _, g := range t.groups {
			members, err := f.Store.MembersAfter(ctx, g, "", mostTouched)
			if err != nil {
				return nil, err
			}
			for _, id := range members {
				seen[id] = true
			}
		}
		if len(seen) >= mostTouched {
			return nil, errPlanMoved
		}
	}
	out := make([]holdfast.PersonID, 0, len(seen))
	for id := range seen {
		out = append(out, id)
	}
	slices.Sort(out)
	return out, nil
}
