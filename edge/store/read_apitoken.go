package store

import (
	"context"

	"holdfast"
	"holdfast/domain/apitoken"
)

func (r reader) APIToken(ctx context.Context, id holdfast.APITokenID) (apitoken.Record, error) {
	return get[apitoken.Record](ctx, r, "where id = $1", string(id))
}

// APITokenBySecret takes holdfast.HashSecret of the token.
func (r reader) APITokenBySecret(ctx context.Context, hash string) (apitoken.Record, error) {
	return get[apitoken.Record](ctx, r, "where secret_hash = $1", hash)
}

// APITokensOf lists a person's tokens that were not revoked, the newest first.
// They may have expired.
func (r reader) APITokensOf(ctx context.Context, id holdfast.PersonID) ([]apitoken.Record, error) {
	return list[apitoken.Record](ctx, r, "where owner = $1 and revoked = 0 order by created desc, id", string(id))
}

// APITokensBy gives those that were made by who is named, as apitoken.Maker
// names them, and were not revoked.
func (r reader) APITokensBy(ctx context.Context, maker string) ([]apitoken.Record, error) {
	return list[apitoken.Record](ctx, r, "where made_by = $1 and revoked = 0 order by created desc, id", maker)
}

// APITokens lists all, the newest first, at most limit, from behind the token
// after; the empty after is the beginning.
func (r reader) APITokens(ctx context.Context, after holdfast.APITokenID, limit int) ([]apitoken.Record, error) {
	if after == "" {
		return list[apitoken.Record](ctx, r, "order by created desc, id limit $1", limit)
	}
	return list[apitoken.Record](ctx, r, `where created < (select created from api_token where id = $1)
		or created = (select created from api_token where id = $1) and id > $1 order by created desc, id limit $2`, string(after), limit)
}
