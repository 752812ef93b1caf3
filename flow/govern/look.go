package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
)

// LookedAt records that somebody looked at who can get at an account, or at the
// accounts of everybody where whose is empty: what is shown there says how
// people can be attacked. What comes of one's own account is nobody's concern.
func (f *Flow) LookedAt(ctx context.Context, by holdfast.Actor, what string, whose holdfast.PersonID) error {
	return f.do(ctx, by, authority.ExposureRead, func(_ Tx, r right) ([]audit.Event, error) {
		if whose != "" && whose == r.person {
			return nil, nil
		}
		return []audit.Event{audit.New("host.looked", what, whose)}, nil
	})
}
