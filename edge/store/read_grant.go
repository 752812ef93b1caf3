package store

import (
	"context"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/signingkey"
)

// App gives the application, also one that was removed.
func (r reader) App(ctx context.Context, id holdfast.AppID) (grant.App, error) {
	return get[grant.App](ctx, r, "where id = $1", string(id))
}

// Apps lists all that were not removed, by name.
func (r reader) Apps(ctx context.Context) ([]grant.App, error) {
	return list[grant.App](ctx, r, "where removed = 0 order by name, id")
}

func (r reader) Grant(ctx context.Context, id holdfast.GrantID) (grant.Grant, error) {
	return get[grant.Grant](ctx, r, "where id = $1", string(id))
}

// GrantsOf lists a person's grants that have not ended.
func (r reader) GrantsOf(ctx context.Context, id holdfast.PersonID) ([]grant.Grant, error) {
	return list[grant.Grant](ctx, r, "where person = $1 and ended = 0 order by created, id", string(id))
}

// GrantsOfSession lists those of a session that have not ended.
func (r reader) GrantsOfSession(ctx context.Context, id holdfast.SessionID) ([]grant.Grant, error) {
	return list[grant.Grant](ctx, r, "where session = $1 and ended = 0 order by created, id", string(id))
}

// AllGrantsOfSession lists those of a session, also ended ones.
func (r reader) AllGrantsOfSession(ctx context.Context, id holdfast.SessionID) ([]grant.Grant, error) {
	return list[grant.Grant](ctx, r, "where session = $1 order by created, id", string(id))
}

// GrantsOfApp lists those of an application that have not ended.
func (r reader) GrantsOfApp(ctx context.Context, id holdfast.AppID) ([]grant.Grant, error) {
	return list[grant.Grant](ctx, r, "where app = $1 and ended = 0 order by created, id", string(id))
}

// Token takes holdfast.HashSecret of the value.
func (r reader) Token(ctx context.Context, hash string) (grant.Token, error) {
	return get[grant.Token](ctx, r, "where id = $1", hash)
}

// TokensOf lists a grant's tokens, of any status.
func (r reader) TokensOf(ctx context.Context, id holdfast.GrantID) ([]grant.Token, error) {
	return list[grant.Token](ctx, r, "where grant_id = $1 order by issued, id", string(id))
}

// Consent takes grant.ConsentID.
func (r reader) Consent(ctx context.Context, id string) (grant.Consent, error) {
	return get[grant.Consent](ctx, r, "where id = $1", id)
}

// ConsentsOf lists a person's consents.
func (r reader) ConsentsOf(ctx context.Context, id holdfast.PersonID) ([]grant.Consent, error) {
	return list[grant.Consent](ctx, r, "where person = $1 order by given, id", string(id))
}

// SigningKeys lists all, also retired ones, the oldest first.
func (r reader) SigningKeys(ctx context.Context) ([]signingkey.Record, error) {
	return list[signingkey.Record](ctx, r, "order by created, id")
}
