package store

import (
	"context"

	"holdfast"
	"holdfast/domain/decision"
	"holdfast/domain/policy"
)

// DecisionList says which decisions. Those of everybody are only those that did
// not allow: there is one that did for each sign-in.
type DecisionList struct {
	Person  holdfast.PersonID // empty: everybody
	Outcome policy.Outcome    // empty: any
	Op      policy.Op         // empty: any
	Refused bool              // only those that did not allow
}

// ListDecisions gives a page, the newest first.
func (r reader) ListDecisions(ctx context.Context, f DecisionList, after Cut, limit int) ([]decision.Record, error) {
	c := f.conditions()
	if after.ID != "" {
		c.add("(at < %s or at = %s and id < %s)", after.At, after.At, after.ID)
	}
	return list[decision.Record](ctx, r, c.where()+" order by at desc, id desc limit "+c.arg(limit), c.args...)
}

func (f DecisionList) conditions() *conditions {
	c := &conditions{}
	if f.Person != "" {
		c.add("person = %s", string(f.Person))
	}
	if f.Person == "" || f.Refused {
		c.texts = append(c.texts, "outcome <> 'allow'") // of an index
	}
	if f.Outcome != "" {
		c.add("outcome = %s", string(f.Outcome))
	}
	if f.Op != "" {
		c.add("op = %s", string(f.Op))
	}
	return c
}
