package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/org"
)

// RelatedOrigins are the further origins at which the door is served.
func (f *Flow) RelatedOrigins(ctx context.Context, by holdfast.Actor) (list []string, err error) {
	err = f.do(ctx, by, authority.SettingsRead, func(tx Tx, _ right) ([]audit.Event, error) {
		list, err = relatedOrigins(ctx, tx)
		return nil, err
	})
	return list, err
}

// SetRelatedOrigins serves the door at these further origins and no others. A
// change that would take people's address away is refused with origin_in_use,
// whose sentence has the words that confirm makes of it.
//
// A new one takes roles:write as well: whoever runs that address can sign people
// in there and make passkeys of theirs, an administrator's too.
func (f *Flow) SetRelatedOrigins(ctx context.Context, by holdfast.Actor, next []string, confirm string) error {
	return f.do(ctx, by, authority.SettingsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		current, err := relatedOrigins(ctx, tx)
		if err != nil {
			return nil, err
		}
		if len(org.GoneOrigins(next, current)) > 0 && !r.holds.Has(authority.RolesWrite) {
			return nil, authority.Need(authority.RolesWrite)
		}
		change := org.OriginsChange{Own: f.origin, Current: current, Next: next, Confirm: confirm}
		if gone := org.GoneOrigins(current, next); len(gone) > 0 {
			if change.Users, err = tx.OriginUsers(ctx, gone, next); err != nil {
				return nil, err
			}
		}
		_, events, err := org.SetRelatedOrigins(change, r.now)
		return events, err
	})
}

func relatedOrigins(ctx context.Context, tx Tx) ([]string, error) {
	s, err := tx.Setting(ctx, org.SettingRelatedOrigins)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return nil, nil
	}
	return org.RelatedOrigins(s), err
}
