package store

import (
	"context"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/person"
)

// Ended is the state of people whose employment is over, whatever else they are.
const Ended person.Status = "ended"

// AnyRole is the role of people who hold any.
const AnyRole person.Role = "any"

// PeopleOrder is an order of the list of people.
type PeopleOrder string

const (
	ByName   PeopleOrder = ""       // case does not matter for a to z
	ByEmail  PeopleOrder = "email"  // who has no address is in front
	ByNewest PeopleOrder = "newest" // the newest in front
)

var peopleOrders = map[PeopleOrder]order{
	ByName:   {table: "person", columns: []string{"lower($name)", "$id"}},
	ByEmail:  {table: "person", columns: []string{"$email", "$id"}},
	ByNewest: {table: "person", columns: []string{"$created", "$id"}, desc: true},
}

// A PeopleFilter chooses people. The zero filter chooses all but erased ones.
type PeopleFilter struct {
	Begins string // how a word of the name, or the address, begins
	Text   string // part of the name or address: found by reading everybody

	State      person.Status // or Ended; empty: any
	Group      holdfast.GroupID
	Role       person.Role // held now; AnyRole: any; empty: no matter
	Employment person.Employment
	Manager    holdfast.PersonID
	Order      PeopleOrder
}

// lastWord is the expression of the index person_last_word, to the letter.
const lastWord = "lower(substr(name, length(rtrim(name, replace(name, ' ', ''))) + 1))"

// named adds that column, an id of people, is of somebody a word of whose name,
// or whose address, begins with text.
func (c *conditions) named(column, text string) {
	c.texts = append(c.texts, c.called(column, text))
}

func (c *conditions) called(column, text string) string {
	from, to := c.arg(lower(text)), c.arg(lower(text)+"\U0010ffff")
	// Three reads of an index each: an "or" of them would read everybody. For the
	// words between the first and the last the whole index of names is read, and
	// no row: for the bare id, SQLite would read the rows in its order.
	middle := c.arg("% " + begun(text))
	joined := c.arg("%-" + begun(text))
	return column + " in (select id from person where lower(name) >= " + from + " and lower(name) < " + to +
		" union select id from person where " + lastWord + " >= " + from + " and " + lastWord + " < " + to +
		" union select id from person where email <> '' and email >= " + from + " and email < " + to +
		" union select id || '' from person where lower(name) > '' and (lower(name) like " + middle + ` escape '\' or lower(name) like ` + joined + ` escape '\'))`
}

// begun is a pattern for what begins with text, whatever text has in it.
func begun(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lower(text)) + "%"
}

func (f PeopleFilter) conditions(now int64) *conditions {
	c := &conditions{}
	if f.Begins != "" {
		c.named("id", f.Begins)
	}
	if f.Text != "" {
		like := containing(f.Text)
		c.add(`(lower(name) like %s escape '\' or email like %s escape '\')`, like, like)
	}
	switch f.State {
	case "":
		c.add("status <> %s", string(person.Erased))
	case Ended:
		c.add("status <> %s and ends <> 0 and ends <= %s", string(person.Erased), now)
	case person.Erased:
		c.add("status = %s", string(person.Erased))
	default:
		c.add("status = %s and (ends = 0 or ends > %s)", string(f.State), now)
	}
	if f.Group != "" {
		c.add("id in (select person from membership where grp = %s)", string(f.Group))
	}
	switch f.Role {
	case "":
	case AnyRole:
		// Few hold one: to read them apart is quicker than to meet them by name.
		c.add("id in (select id from person where role <> '' and (role_ends = 0 or role_ends > %s))", now)
	default:
		c.add("id in (select id from person where role <> '' and role = %s and (role_ends = 0 or role_ends > %s))", string(f.Role), now)
	}
	if f.Employment != "" {
		c.add("employment = %s", string(f.Employment))
	}
	if f.Manager != "" {
		c.add("id in (select id from person where manager <> '' and manager = %s)", string(f.Manager))
	}
	return c
}

// A Page is a part of a list: at most Limit rows from behind the first Offset.
// It is for protocols that count; a Span finds its rows without.
type Page struct{ Limit, Offset int }

// PeopleWhere lists people by name, and says how many match.
func (r reader) PeopleWhere(ctx context.Context, f PeopleFilter, p Page) ([]person.Record, int64, error) {
	total, err := r.CountPeopleWhere(ctx, f, 0)
	if err != nil {
		return nil, 0, err
	}
	c := f.conditions(r.micros())
	where := c.where() + " order by name, id limit " + c.arg(p.Limit) + " offset " + c.arg(p.Offset)
	people, err := list[person.Record](ctx, r, where, c.args...)
	return people, total, err
}

// PeoplePart lists people, and says whether there are more in the direction
// of k.
func (r reader) PeoplePart(ctx context.Context, f PeopleFilter, k Span) ([]person.Record, bool, error) {
	c := f.conditions(r.micros())
	o, ok := peopleOrders[f.Order]
	if !ok {
		o = peopleOrders[ByName]
	}
	people, err := list[person.Record](ctx, r, o.span(c, k), c.args...)
	return trim(k, people, err)
}

// CountPeopleWhere counts them, up to most and one more; 0 is all.
func (r reader) CountPeopleWhere(ctx context.Context, f PeopleFilter, most int64) (int64, error) {
	c := f.conditions(r.micros())
	return r.count(ctx, "person"+c.where(), most, c.args...)
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
