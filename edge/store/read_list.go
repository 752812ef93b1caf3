package store

import (
	"context"
	"fmt"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
)

// Lists for programs: from behind a row, so that each row that stays is given
// once, whatever is added or removed meanwhile.

// A Cut is where a list goes on: behind the row that sorts there. The zero Cut
// is its beginning.
type Cut struct {
	Text string // of lists by name
	At   int64  // of lists by time, in microseconds
	ID   string
}

// CutAt is the Cut behind a row of a list by time.
func CutAt(t time.Time, id string) Cut { return Cut{At: holdfast.Micros(t), ID: id} }

// byName continues a list that is ordered by name and id.
func (c *conditions) byName(after Cut, limit int) string {
	if after.ID != "" {
		c.add("(name, id) > (%s, %s)", after.Text, after.ID)
	}
	return c.where() + " order by name, id limit " + c.arg(limit)
}

// newest continues a list that is ordered by created, the newest first, and id.
func (c *conditions) newest(prefix string, after Cut, limit int) string {
	if after.ID != "" {
		c.add("("+prefix+"created < %s or "+prefix+"created = %s and "+prefix+"id > %s)", after.At, after.At, after.ID)
	}
	return c.where() + fmt.Sprintf(" order by %screated desc, %sid limit %s", prefix, prefix, c.arg(limit))
}

// A PeopleList chooses people for a list; see PeopleFilter.
type PeopleList struct {
	PeopleFilter
	Email string // whole, in lower case
}

// ListPeople lists people by name, at most limit.
func (r reader) ListPeople(ctx context.Context, f PeopleList, after Cut, limit int) ([]person.Record, error) {
	c := f.conditions(r.micros())
	if f.Email != "" {
		c.add("email = %s", f.Email)
	}
	return list[person.Record](ctx, r, c.byName(after, limit), c.args...)
}

// ListGroups lists groups by name, at most limit; text is a part of the name.
func (r reader) ListGroups(ctx context.Context, text string, after Cut, limit int) ([]person.Group, error) {
	var c conditions
	if text != "" {
		c.add(`lower(name) like %s escape '\'`, containing(text))
	}
	return list[person.Group](ctx, r, c.byName(after, limit), c.args...)
}

// ListApps lists applications that were not removed, by name.
func (r reader) ListApps(ctx context.Context, text string, after Cut, limit int) ([]grant.App, error) {
	var c conditions
	c.add("removed = 0")
	if text != "" {
		c.add(`lower(name) like %s escape '\'`, containing(text))
	}
	return list[grant.App](ctx, r, c.byName(after, limit), c.args...)
}

// ListInvitations lists invitations, the newest first; the empty state and the
// empty person are any.
func (r reader) ListInvitations(ctx context.Context, state ticket.State, who holdfast.PersonID, after Cut, limit int) ([]ticket.Record, error) {
	c := invitationsIn(state, r.micros())
	if who != "" {
		c.add("person = %s", string(who))
	}
	return list[ticket.Record](ctx, r, c.newest("", after, limit), c.args...)
}

// A CredentialList chooses credentials. The zero one chooses all.
type CredentialList struct {
	Person holdfast.PersonID
	Status credential.Status
	AAGUID string
	Synced *bool  // nil: any
	MadeOn string // see madeOn; empty: any
}

// ListCredentials lists credentials, the newest first.
func (r reader) ListCredentials(ctx context.Context, f CredentialList, after Cut, limit int) ([]credential.Record, error) {
	var c conditions
	if f.Person != "" {
		c.add("person = %s", string(f.Person))
	}
	if f.Status != "" {
		c.add("status = %s", string(f.Status))
	}
	if f.AAGUID != "" {
		c.add("aaguid = %s", f.AAGUID)
	}
	if f.Synced != nil {
		be := int64(0)
		if *f.Synced {
			be = 1
		}
		c.add("be = %s", be)
	}
	c.madeOn(f.MadeOn)
	return list[credential.Record](ctx, r, c.newest("", after, limit), c.args...)
}

// ListSessions lists sessions that have neither ended nor reached their overall
// limit, the newest first; the empty person is anybody.
func (r reader) ListSessions(ctx context.Context, who holdfast.PersonID, after Cut, limit int) ([]Visit, error) {
	var c conditions
	c.add("s.ended = 0 and s.expires > %s", r.micros())
	if who != "" {
		c.add("s.person = %s", string(who))
	}
	return r.visits(ctx, c.newest("s.", after, limit), c.args...)
}

// ListGrants lists what lives of what people let applications do, the newest
// first; the empty person and application are any.
func (r reader) ListGrants(ctx context.Context, who holdfast.PersonID, app holdfast.AppID, after Cut, limit int) ([]grant.Grant, error) {
	var c conditions
	c.add("ended = 0 and created > %s", holdfast.Micros(r.now().Add(-grant.FamilyLife)))
	if who != "" {
		c.add("person = %s", string(who))
	}
	if app != "" {
		c.add("app = %s", string(app))
	}
	return list[grant.Grant](ctx, r, c.newest("", after, limit), c.args...)
}

// ListTokens lists API tokens, the newest first; the empty owner is anybody.
// Those that are over are listed where live is false.
func (r reader) ListTokens(ctx context.Context, owner holdfast.PersonID, live bool, after Cut, limit int) ([]apitoken.Record, error) {
	var c conditions
	if owner != "" {
		c.add("owner = %s", string(owner))
	}
	if live {
		c.add("revoked = 0 and expires > %s", r.micros())
	}
	return list[apitoken.Record](ctx, r, c.newest("", after, limit), c.args...)
}

// GroupSizesOf counts the members of each of ids that has any.
func (r reader) GroupSizesOf(ctx context.Context, ids []holdfast.GroupID) (map[holdfast.GroupID]int64, error) {
	var c conditions
	among(&c, "grp", ids)
	return counts[holdfast.GroupID](ctx, r.q, "select grp, count(*) from membership"+c.where()+" group by grp", c.args...)
}
