package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
)

// What an administrator's lists read: a page at a time, with how many there are.

// A Page is a part of a list: at most Limit rows from behind the first Offset.
type Page struct{ Limit, Offset int }

// conditions collects what follows "where", and its arguments.
type conditions struct {
	texts []string
	args  []any
}

// add takes text with %s for each argument.
func (c *conditions) add(text string, args ...any) {
	marks := make([]any, len(args))
	for i, a := range args {
		marks[i] = c.arg(a)
	}
	c.texts = append(c.texts, fmt.Sprintf(text, marks...))
}

func (c *conditions) arg(a any) string {
	c.args = append(c.args, a)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *conditions) where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return " where " + strings.Join(c.texts, " and ")
}

// among is "column in ($1, $2, …)"; nothing is among no ids.
func among[T ~string](c *conditions, column string, ids []T) {
	if len(ids) == 0 {
		c.add("1 = 0")
		return
	}
	marks := make([]string, len(ids))
	for i, id := range ids {
		marks[i] = c.arg(string(id))
	}
	c.texts = append(c.texts, column+" in ("+strings.Join(marks, ", ")+")")
}

// containing is a pattern for like … escape '\'.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
}

// Ended is the state of people whose employment is over, whatever else they are.
const Ended person.Status = "ended"

// A PeopleFilter chooses people. The zero filter chooses all but erased ones.
type PeopleFilter struct {
	Text  string        // part of the name or address
	State person.Status // or Ended; empty: any
	Group holdfast.GroupID
}

// PeopleWhere lists people by name, and says how many match.
func (r reader) PeopleWhere(ctx context.Context, f PeopleFilter, p Page) ([]person.Record, int64, error) {
	var c conditions
	if f.Text != "" {
		like := containing(f.Text)
		c.add(`(lower(name) like %s escape '\' or email like %s escape '\')`, like, like)
	}
	switch f.State {
	case "":
		c.add("status <> %s", string(person.Erased))
	case Ended:
		c.add("status <> %s and ends <> 0 and ends <= %s", string(person.Erased), r.micros())
	case person.Erased:
		c.add("status = %s", string(person.Erased))
	default:
		c.add("status = %s and (ends = 0 or ends > %s)", string(f.State), r.micros())
	}
	if f.Group != "" {
		c.add("id in (select person from membership where grp = %s)", string(f.Group))
	}
	total, err := queryInt(ctx, r.q, "select count(*) from person"+c.where(), c.args...)
	if err != nil {
		return nil, 0, err
	}
	where := c.where() + " order by name, id limit " + c.arg(p.Limit) + " offset " + c.arg(p.Offset)
	people, err := list[person.Record](ctx, r, where, c.args...)
	return people, total, err
}

// PeopleByID gives the people that there are of ids.
func (r reader) PeopleByID(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]person.Record, error) {
	var c conditions
	among(&c, "id", ids)
	people, err := list[person.Record](ctx, r, c.where(), c.args...)
	out := make(map[holdfast.PersonID]person.Record, len(people))
	for _, p := range people {
		out[p.ID] = p
	}
	return out, err
}

// LastSignIns says when each of ids last proved who they are; who never did is
// missing.
func (r reader) LastSignIns(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]time.Time, error) {
	var c conditions
	among(&c, "person", ids)
	micros, err := counts[holdfast.PersonID](ctx, r.q, "select person, max(auth_time) from session"+c.where()+" group by person", c.args...)
	out := make(map[holdfast.PersonID]time.Time, len(micros))
	for id, us := range micros {
		out[id] = holdfast.FromMicros(us)
	}
	return out, err
}

// PasskeysOf counts the credentials of each of ids that were not removed.
func (r reader) PasskeysOf(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID]int64, error) {
	var c conditions
	among(&c, "person", ids)
	c.add("status <> 'removed'")
	return counts[holdfast.PersonID](ctx, r.q, "select person, count(*) from credential"+c.where()+" group by person", c.args...)
}

// GroupNamesOf gives the names of the groups of each of ids, in order.
func (r reader) GroupNamesOf(ctx context.Context, ids []holdfast.PersonID) (map[holdfast.PersonID][]string, error) {
	var c conditions
	among(&c, "m.person", ids)
	rs, err := r.q.query(ctx, "select m.person, g.name from membership m join person_group g on g.id = m.grp"+
		c.where()+" order by g.name", c.args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	out := map[holdfast.PersonID][]string{}
	for rs.Next() {
		var who, name string
		if err := rs.Scan(&who, &name); err != nil {
			return nil, errInternal.Because(err)
		}
		out[holdfast.PersonID(who)] = append(out[holdfast.PersonID(who)], name)
	}
	return out, rs.Err()
}

// InvitationsWhere lists invitations, the newest first, and says how many
// match; the empty state is any.
func (r reader) InvitationsWhere(ctx context.Context, state ticket.State, p Page) ([]ticket.Record, int64, error) {
	var c conditions
	c.add("kind = %s", string(ticket.Invitation))
	switch state { // as ticket.Record.State judges
	case ticket.Used:
		c.add("used <> 0")
	case ticket.Revoked:
		c.add("used = 0 and revoked <> 0")
	case ticket.Expired:
		c.add("used = 0 and revoked = 0 and expires <= %s", r.micros())
	case ticket.Open:
		c.add("used = 0 and revoked = 0 and expires > %s", r.micros())
	}
	total, err := queryInt(ctx, r.q, "select count(*) from ticket"+c.where(), c.args...)
	if err != nil {
		return nil, 0, err
	}
	where := c.where() + " order by created desc, id limit " + c.arg(p.Limit) + " offset " + c.arg(p.Offset)
	tickets, err := list[ticket.Record](ctx, r, where, c.args...)
	return tickets, total, err
}

// LiveSessionsWhere lists the sessions that still carry somebody, of people
// whose name or address contains text, the newest first, and says how many
// there are.
func (r reader) LiveSessionsWhere(ctx context.Context, text string, p Page) ([]Visit, int64, error) {
	c := r.live()
	if text != "" {
		like := containing(text)
		c.add(`(lower(p.name) like %s escape '\' or p.email like %s escape '\')`, like, like)
	}
	total, err := queryInt(ctx, r.q, `select count(*) from session s join person p on p.id = s.person
		left join session_seen v on v.id = s.id`+c.where(), c.args...)
	if err != nil {
		return nil, 0, err
	}
	where := c.where() + " order by s.created desc, s.id limit " + c.arg(p.Limit) + " offset " + c.arg(p.Offset)
	vs, err := r.visits(ctx, where, c.args...)
	return vs, total, err
}

// live is session.Record.Live as a condition, with the limits that are there.
func (r reader) live() conditions {
	quiet := func(a holdfast.AAL) int64 {
		_, inactivity := session.Limits(a)
		return inactivity.Microseconds()
	}
	var c conditions
	c.add("s.ended = 0 and s.expires > %s", r.micros())
	c.texts = append(c.texts, fmt.Sprintf(`case when coalesce(v.at, 0) > s.auth_time then v.at else s.auth_time end
		+ case s.aal when 3 then %d when 2 then %d when 1 then %d else 0 end > `,
		quiet(holdfast.AAL3), quiet(holdfast.AAL2), quiet(holdfast.AAL1))+c.arg(r.micros()))
	return c
}

// An AppUse says when a person let an application in, in which session.
type AppUse struct {
	App     holdfast.AppID
	Session holdfast.SessionID
	Last    time.Time
}

// maxUses bounds what is read of one person's past.
const maxUses = 500

// AppsUsedBy lists what a person let in, the latest first, one line for each
// application and session.
func (r reader) AppsUsedBy(ctx context.Context, id holdfast.PersonID) ([]AppUse, error) {
	return r.appUses(ctx, `select app, session, max(created) from app_grant where person = $1
		group by app, session order by max(created) desc limit $2`, string(id), maxUses)
}

// AppsLastUsed says when anybody last let each application in; the session is empty.
func (r reader) AppsLastUsed(ctx context.Context) ([]AppUse, error) {
	return r.appUses(ctx, "select app, '', max(created) from app_grant group by app")
}

func (r reader) appUses(ctx context.Context, text string, args ...any) ([]AppUse, error) {
	rs, err := r.q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []AppUse
	for rs.Next() {
		var app, session string
		var at int64
		if err := rs.Scan(&app, &session, &at); err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, AppUse{holdfast.AppID(app), holdfast.SessionID(session), holdfast.FromMicros(at)})
	}
	return out, rs.Err()
}

// CountPeopleIn counts the people with a live session from which they let the
// application in.
func (r reader) CountPeopleIn(ctx context.Context, id holdfast.AppID) (int64, error) {
	c := r.live()
	c.add("g.app = %s and g.ended = 0", string(id))
	return queryInt(ctx, r.q, `select count(distinct g.person) from app_grant g join session s on s.id = g.session
		left join session_seen v on v.id = s.id`+c.where(), c.args...)
}

// Beginnings says what an organisation has done for the first time.
type Beginnings struct {
	Invited, Enrolled, AppAdded, AppUsed bool
}

// Begun reads them.
func (r reader) Begun(ctx context.Context) (b Beginnings, err error) {
	for _, q := range []struct {
		to   *bool
		text string
	}{
		{&b.Invited, "select case when exists (select 1 from ticket where kind = 'invitation') then 1 else 0 end"},
		{&b.Enrolled, "select case when exists (select 1 from ticket where kind = 'invitation' and used <> 0) then 1 else 0 end"},
		{&b.AppAdded, "select case when exists (select 1 from app where removed = 0) then 1 else 0 end"},
		{&b.AppUsed, "select case when exists (select 1 from app_grant) then 1 else 0 end"},
	} {
		n, err := queryInt(ctx, r.q, q.text)
		if err != nil {
			return b, err
		}
		*q.to = n == 1
	}
	return b, nil
}

// A LogFilter chooses records of the log for a page of them. The zero filter
// chooses all.
type LogFilter struct {
	Type   audit.Type
	Actor  []string // "person:per_…", "host:root", "system"; any of them
	About  string   // the subject, or the person whose it is
	Since  time.Time
	Until  time.Time // excluded
	Before int64     // an index: only older records; 0 is none
	From   int64     // an index: only this record and newer ones, the nearest; 0 is none
}

// LogPage lists at most limit records, the newest first, and says whether
// there are more in the direction that was asked for.
func (r reader) LogPage(ctx context.Context, f LogFilter, limit int) (page []Leaf, more bool, err error) {
	c, order := f.conditions(), "desc"
	if f.From > 0 {
		order = "asc"
	}
	page, err = leaves(ctx, r.q, "select idx, at, type, actor, subject, person, body from log_leaf"+
		c.where()+" order by idx "+order+" limit "+c.arg(limit+1), c.args...)
	if more = len(page) > limit; more {
		page = page[:limit]
	}
	if order == "asc" {
		for i, j := 0, len(page)-1; i < j; i, j = i+1, j-1 {
			page[i], page[j] = page[j], page[i]
		}
	}
	return page, more, err
}

func (f LogFilter) conditions() *conditions {
	c := &conditions{}
	if f.Type != "" {
		c.add("type = %s", string(f.Type))
	}
	if len(f.Actor) > 0 {
		among(c, "actor", f.Actor)
	}
	switch {
	case strings.HasPrefix(f.About, "per_"):
		c.add("person = %s and person <> ''", f.About)
	case f.About != "":
		c.add("subject = %s", f.About)
	}
	if !f.Since.IsZero() {
		c.add("at >= %s", holdfast.Micros(f.Since))
	}
	if !f.Until.IsZero() {
		c.add("at < %s", holdfast.Micros(f.Until))
	}
	if f.Before > 0 {
		c.add("idx < %s", f.Before)
	}
	if f.From > 0 {
		c.add("idx >= %s", f.From)
	}
	return c
}
