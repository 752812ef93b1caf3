package store

import (
	"context"

	"holdfast"
	"holdfast/domain/session"
)

// Followed says from which record on a follower of the log has not read, and
// how many records there are. Who follows for the first time begins at the end.
func (tx *Tx) Followed(ctx context.Context, follower string) (next, size int64, err error) {
	if size, err = tx.LogSize(ctx); err != nil {
		return 0, 0, err
	}
	next, err = queryInt(ctx, tx.q, "select coalesce((select next from follower where id = $1), -1)", follower)
	if err == nil && next < 0 {
		next, err = size, tx.Follow(ctx, follower, size)
	}
	return next, size, err
}

// Behind says whether there may be records that a follower has not read. It
// writes nothing, so that looking costs no transaction.
func (r reader) Behind(ctx context.Context, follower string) (bool, error) {
	n, err := queryInt(ctx, r.q, `select case when coalesce((select next from follower where id = $1), -1) =
		(select size from log_head where id = 1) then 0 else 1 end`, follower)
	return n == 1, err
}

// Follow notes that a follower has read all records before next.
func (tx *Tx) Follow(ctx context.Context, follower string, next int64) error {
	return tx.later(ctx, `insert into follower (id, next) values ($1, $2)
		on conflict (id) do update set next = excluded.next`, follower, next)
}

// LogSize is the number of records.
func (r reader) LogSize(ctx context.Context) (int64, error) {
	return queryInt(ctx, r.q, "select size from log_head where id = 1")
}

// SessionsEnded lists the sessions of which the records from one index up to
// another, not included, say that they ended.
func (r reader) SessionsEnded(ctx context.Context, from, to int64) ([]session.Ending, error) {
	rs, err := r.q.query(ctx, "select subject, person from log_leaf where idx >= $1 and idx < $2 and type = 'session.ended' order by idx", from, to)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []session.Ending
	for rs.Next() {
		var id, person string
		if err := rs.Scan(&id, &person); err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, session.Ending{Session: holdfast.SessionID(id), Person: holdfast.PersonID(person)})
	}
	return out, rs.Err()
}
