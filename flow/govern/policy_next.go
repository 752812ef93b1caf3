package govern

import (
	"context"
	"fmt"

	"holdfast/domain/policy"
	"holdfast/domain/revision"
)

// next warns where, once p is in force, people could not let the change after it
// in: then only the host's administrator can, which is a decision that somebody
// should have made. r is who looks.
func next(ctx context.Context, tx Tx, p *policy.Policy, r right) (policy.Problems, error) {
	d := p.Document()
	var out policy.Problems
	for _, c := range []struct {
		lowers bool
		path   string
		what   string
	}{{false, "metadata.raise", "raises"}, {true, "metadata.lower", "lowers"}} {
		set := setFor(d.Metadata, c.lowers)
		a, err := approversOf(ctx, tx, set, revision.Record{Author: "nobody", Created: r.now}, nil, false, r)
		if err != nil {
			return nil, err
		}
		// One of them will be its author.
		if have := a.apart; have < set.Approvers+1 {
			out = append(out, policy.Problem{At: d.At(c.path), Rule: "fit", Path: c.path, Severity: policy.Warning,
				Text: fmt.Sprintf("under this policy a change that %s must be approved by %d of %s, and %d independent people could approve today, its author among them: then only the host's administrator can let it in",
					c.what, set.Approvers, partyNames(set.From), have),
				Remedy: "give more people the role, or put them into the group, before it is in force"})
		}
	}
	return out, nil
}
