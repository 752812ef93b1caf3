package store

import (
	"context"
	"time"

	"holdfast"
)

// A Use says who let an application in, and when.
type Use struct {
	Person holdfast.PersonID
	At     time.Time
}

// LastUseOf is the last time that somebody let an application in, or
// holdfast.NotFound where nobody has.
func (r reader) LastUseOf(ctx context.Context, id holdfast.AppID) (Use, error) {
	rs, err := r.q.query(ctx, "select person, created from app_grant where app = $1 and person <> '' order by created desc limit 1", string(id))
	if err != nil {
		return Use{}, err
	}
	defer rs.Close()
	if !rs.Next() {
		if err := rs.Err(); err != nil {
			return Use{}, err
		}
		return Use{}, holdfast.Errorf(holdfast.NotFound, "never_used", "Nobody has signed in to it yet.")
	}
	var who string
	var at int64
	if err := rs.Scan(&who, &at); err != nil {
		return Use{}, errInternal.Because(err)
	}
	return Use{holdfast.PersonID(who), holdfast.FromMicros(at)}, nil
}
