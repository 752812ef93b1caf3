package store

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/person"
)

// A TokenVisit is what a call with an API token needs to know, in one read.
type TokenVisit struct {
	Token    apitoken.Record
	Owner    person.Record
	LastSeen time.Time // zero: never
}

// TokenBySecret takes holdfast.HashSecret of the token. It gives the token of
// any state: what it is worth is the domain's to say.
func (r reader) TokenBySecret(ctx context.Context, hash string) (TokenVisit, error) {
	var v TokenVisit
	tc, pc := audit.ColumnsOf(&v.Token), audit.ColumnsOf(&v.Owner)
	rs, err := r.q.query(ctx, "select "+names(tc, "t.")+", "+names(pc, "p.")+`, coalesce(v.at, 0)
		from api_token t join person p on p.id = t.owner left join api_token_seen v on v.id = t.id
		where t.secret_hash = $1`, hash)
	if err != nil {
		return v, err
	}
	defer rs.Close()
	if !rs.Next() {
		if err = rs.Err(); err == nil {
			err = holdfast.Errorf(holdfast.NotFound, "no_such_api_token", "There is no such API token.")
		}
		return v, err
	}
	row := newScanner(tc, pc)
	var seen int64
	if err := row.scan(rs, &seen); err != nil {
		return v, errInternal.Because(err)
	}
	if err := row.into(0, tc); err != nil {
		return v, errInternal.Because(err)
	}
	if err := row.into(len(tc), pc); err != nil {
		return v, errInternal.Because(err)
	}
	v.LastSeen = holdfast.FromMicros(seen)
	return v, rs.Err()
}

// SeenToken notes when a token was used. It may be lost.
func (db *DB) SeenToken(ctx context.Context, id holdfast.APITokenID, at time.Time) error {
	return db.InTx(ctx, func(tx *Tx) error {
		return tx.later(ctx, `insert into api_token_seen (id, at) values ($1, $2)
			on conflict (id) do update set at = excluded.at where api_token_seen.at < excluded.at`, string(id), holdfast.Micros(at))
	})
}

// TokensSeen says when each of ids was used last; who never was is missing.
func (r reader) TokensSeen(ctx context.Context, ids []holdfast.APITokenID) (map[holdfast.APITokenID]time.Time, error) {
	var c conditions
	among(&c, "id", ids)
	micros, err := counts[holdfast.APITokenID](ctx, r.q, "select id, at from api_token_seen"+c.where(), c.args...)
	out := make(map[holdfast.APITokenID]time.Time, len(micros))
	for id, at := range micros {
		out[id] = holdfast.FromMicros(at)
	}
	return out, err
}

// Throttled says whether the attempts under key are used up, as Tx.Throttle
// counts them, without counting one.
func (r reader) Throttled(ctx context.Context, key string, limit int) (bool, error) {
	n, err := queryInt(ctx, r.q, "select coalesce(max(n), 0) from throttle where id = $1 and until > $2", key, r.micros())
	return n >= int64(limit), err
}
