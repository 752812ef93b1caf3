package store

import (
	"context"
	"strings"

	"holdfast"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
)

// reader is what DB and Tx can both read. Lists are empty, not an error, when
// there is nothing; a single thing that is not there is holdfast.NotFound.
type reader struct {
	q      querier
	now    holdfast.Clock
	tables map[string]*table
}

func (r reader) micros() int64 { return holdfast.Micros(r.now()) }

func (r reader) Person(ctx context.Context, id holdfast.PersonID) (person.Record, error) {
	return get[person.Record](ctx, r, "where id = $1", string(id))
}

// PersonByEmail takes the address in lower case.
func (r reader) PersonByEmail(ctx context.Context, email string) (person.Record, error) {
	if email == "" {
		email = " " // nobody's: erased people have the empty address
	}
	return get[person.Record](ctx, r, "where email = $1 and email <> ''", email)
}

// PersonByExternalID takes what a directory calls somebody.
func (r reader) PersonByExternalID(ctx context.Context, id string) (person.Record, error) {
	return get[person.Record](ctx, r, "where external_id = $1 and external_id <> ''", id)
}

// PersonByHandle takes the WebAuthn user handle.
func (r reader) PersonByHandle(ctx context.Context, handle []byte) (person.Record, error) {
	return get[person.Record](ctx, r, "where handle = $1", handle)
}

// People lists people by name, at most limit, from behind the person after;
// the empty after is the beginning.
func (r reader) People(ctx context.Context, after holdfast.PersonID, limit int) ([]person.Record, error) {
	if after == "" {
		return list[person.Record](ctx, r, "order by name, id limit $1", limit)
	}
	return list[person.Record](ctx, r,
		"where (name, id) > (select name, id from person where id = $1) order by name, id limit $2", string(after), limit)
}

// SearchPeople lists people whose name or address contains text, by name.
// Case does not matter for a to z.
func (r reader) SearchPeople(ctx context.Context, text string, limit int) ([]person.Record, error) {
	text = "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
	return list[person.Record](ctx, r,
		`where lower(name) like $1 escape '\' or email like $1 escape '\' order by name, id limit $2`, text, limit)
}

// CountPeople counts people by status.
func (r reader) CountPeople(ctx context.Context) (map[person.Status]int64, error) {
	return counts[person.Status](ctx, r.q, "select status, count(*) from person group by status")
}

// Administrators gives those who may sign in or will be able to.
func (r reader) Administrators(ctx context.Context) ([]person.Record, error) {
	return list[person.Record](ctx, r,
		"where role = 'administrator' and role <> '' and status in ('active', 'invited') and (ends = 0 or ends > $1) order by id", r.micros())
}

func (r reader) Group(ctx context.Context, id holdfast.GroupID) (person.Group, error) {
	return get[person.Group](ctx, r, "where id = $1", string(id))
}

func (r reader) GroupByName(ctx context.Context, name string) (person.Group, error) {
	return get[person.Group](ctx, r, "where name = $1", name)
}

// Groups lists all, by name.
func (r reader) Groups(ctx context.Context) ([]person.Group, error) {
	return list[person.Group](ctx, r, "order by name")
}

// GroupSizes counts the members of each group that has any.
func (r reader) GroupSizes(ctx context.Context) (map[holdfast.GroupID]int64, error) {
	return counts[holdfast.GroupID](ctx, r.q, "select grp, count(*) from membership group by grp")
}

// GroupsOf lists a person's groups, by name.
func (r reader) GroupsOf(ctx context.Context, id holdfast.PersonID) ([]person.Group, error) {
	return list[person.Group](ctx, r, "where id in (select grp from membership where person = $1) order by name", string(id))
}

// MembersOf lists a group's people, by name.
func (r reader) MembersOf(ctx context.Context, id holdfast.GroupID) ([]person.Record, error) {
	return list[person.Record](ctx, r, "where id in (select person from membership where grp = $1) order by name, id", string(id))
}

func (r reader) MembershipsOf(ctx context.Context, id holdfast.PersonID) ([]person.Membership, error) {
	return list[person.Membership](ctx, r, "where person = $1 order by id", string(id))
}

func (r reader) MembershipsOfGroup(ctx context.Context, id holdfast.GroupID) ([]person.Membership, error) {
	return list[person.Membership](ctx, r, "where grp = $1 order by id", string(id))
}

func (r reader) Ticket(ctx context.Context, id holdfast.TicketID) (ticket.Record, error) {
	return get[ticket.Record](ctx, r, "where id = $1", string(id))
}

// TicketBySecret takes holdfast.HashSecret of the secret in the link.
func (r reader) TicketBySecret(ctx context.Context, hash string) (ticket.Record, error) {
	return get[ticket.Record](ctx, r, "where secret_hash = $1", hash)
}

// TicketsOf lists all of a person, the newest first; for the empty id, the
// set-up tickets.
func (r reader) TicketsOf(ctx context.Context, id holdfast.PersonID) ([]ticket.Record, error) {
	return list[ticket.Record](ctx, r, "where person = $1 order by created desc, id", string(id))
}

// OpenTickets lists those of TicketsOf that are neither used nor revoked. They
// may have expired.
func (r reader) OpenTickets(ctx context.Context, id holdfast.PersonID) ([]ticket.Record, error) {
	return list[ticket.Record](ctx, r, "where person = $1 and used = 0 and revoked = 0 order by created desc, id", string(id))
}

// Tickets lists the newest, of everybody, at most limit.
func (r reader) Tickets(ctx context.Context, limit int) ([]ticket.Record, error) {
	return list[ticket.Record](ctx, r, "order by created desc, id limit $1", limit)
}

func (r reader) Setting(ctx context.Context, id string) (org.Setting, error) {
	return get[org.Setting](ctx, r, "where id = $1", id)
}

// counts reads a name and a number from each row.
func counts[K ~string](ctx context.Context, q querier, text string, args ...any) (map[K]int64, error) {
	rs, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	out := map[K]int64{}
	for rs.Next() {
		var k string
		var n int64
		if err := rs.Scan(&k, &n); err != nil {
			return nil, errInternal.Because(err)
		}
		out[K(k)] = n
	}
	return out, rs.Err()
}

// OpenTicketsBy gives those that are neither used nor revoked of who made them,
// as ticket.Record.By names them. They may have expired.
func (r reader) OpenTicketsBy(ctx context.Context, maker string) ([]ticket.Record, error) {
	return list[ticket.Record](ctx, r, "where made_by = $1 and used = 0 and revoked = 0 order by created desc, id", maker)
}
