package store

import (
	"context"

	"holdfast/domain/apitoken"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
)

// What the console's search finds by the beginning of an id. Each reads one
// index; people are found by PeopleWhere.

// CredentialsCalled lists credentials whose id or name begins with text, at
// most limit, the newest first of those that were not removed.
func (r reader) CredentialsCalled(ctx context.Context, text string, limit int) ([]credential.Record, error) {
	var c conditions
	from, to := c.arg(text), c.arg(text+"\U0010ffff")
	low, high := c.arg(lower(text)), c.arg(lower(text)+"\U0010ffff")
	// Two reads of an index each, bounded: many passkeys have the same name.
	n := c.arg(limit)
	where := `where id in (select id from (select id from credential where id >= ` + from + ` and id < ` + to + ` limit ` + n + `) as by_id
		union select id from (select id from credential where lower(name) >= ` + low + ` and lower(name) < ` + high + `
			and status <> 'removed' order by lower(name), id limit ` + n + `) as by_name)
		order by created desc, id limit ` + n
	return list[credential.Record](ctx, r, where, c.args...)
}

func starting[R any, P record[R]](ctx context.Context, r reader, id string, limit int) ([]R, error) {
	return list[R, P](ctx, r, "where id >= $1 and id < $2 order by id limit $3", id, id+"\U0010ffff", limit)
}

// SessionsStarting lists sessions, ended ones too, whose id begins so.
func (r reader) SessionsStarting(ctx context.Context, id string, limit int) ([]session.Record, error) {
	return starting[session.Record](ctx, r, id, limit)
}

// GrantsStarting lists grants, ended ones too, whose id begins so.
func (r reader) GrantsStarting(ctx context.Context, id string, limit int) ([]grant.Grant, error) {
	return starting[grant.Grant](ctx, r, id, limit)
}

// TicketsStarting lists tickets of any state whose id begins so.
func (r reader) TicketsStarting(ctx context.Context, id string, limit int) ([]ticket.Record, error) {
	return starting[ticket.Record](ctx, r, id, limit)
}

// APITokensStarting lists API tokens of any state whose id begins so.
func (r reader) APITokensStarting(ctx context.Context, id string, limit int) ([]apitoken.Record, error) {
	return starting[apitoken.Record](ctx, r, id, limit)
}
