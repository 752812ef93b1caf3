package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/revision"
)

// Foresee says what proposing p would make of it, and proposes nothing. What is
// wrong with p is in Examined, and no error.
func (s *Revisions) Foresee(ctx context.Context, by holdfast.Actor, p Proposal) (out Proposed, e Examined, err error) {
	e, err = p.Check(s.flow.clock())
	if err != nil && !e.Problems.Bad() {
		return out, e, err // too large
	}
	wrong := err != nil
	err = s.flow.do(ctx, by, authority.PolicyRead, func(tx Tx, r right) ([]audit.Event, error) {
		if wrong {
			return nil, nil
		}
		c, err := s.change(ctx, tx, e.Policy)
		if err != nil {
			return nil, err
		}
		author := string(r.actor.Kind) + ":" + r.actor.ID
		out, err = s.proposed(ctx, tx, revision.Record{Name: e.Document.Metadata.Name, Text: p.Text, Lowers: c.lowers,
			Needs: int64(c.set.Approvers), Author: author, Created: r.now}, c, nil, r)
		return nil, err
	})
	return out, e, err
}
