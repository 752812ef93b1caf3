package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
)

// What an administrator's lists read: a part at a time, found by where it
// begins, so that the last part of a million costs what the first one does.

// A Span is a part of a list in its order: at most Limit rows behind the row
// whose id is After, or those right before the row Before, or the first ones.
// Nothing is behind or before a row that is not there.
type Span struct {
	After, Before string
	Limit         int
}

// An order is that of a list: by columns of a table, all in one direction.
type order struct {
	table   string
	alias   string   // of the table in the query, with its dot; "" is none
	columns []string // the id is the last
	desc    bool
}

// span is what follows the conditions: it adds one to c where k begins at a row.
func (o order) span(c *conditions, k Span) string {
	from, desc := k.After, o.desc
	if k.Before != "" {
		from, desc = k.Before, !o.desc
	}
	sign, way := " > ", ""
	if desc {
		sign, way = " < ", " desc"
	}
	own := make([]string, len(o.columns))
	for i, name := range o.columns {
		own[i] = strings.Replace(name, "$", o.alias, 1)
	}
	if from != "" {
		bare := strings.ReplaceAll(strings.Join(o.columns, ", "), "$", "")
		first, _, _ := strings.Cut(bare, ", ")
		mark := c.arg(from)
		// The first condition follows from the second. SQLite finds a place in an
		// index of expressions by the first alone.
		c.texts = append(c.texts, own[0]+strings.TrimSuffix(sign, " ")+"= (select "+first+" from "+o.table+" where id = "+mark+")",
			"("+strings.Join(own, ", ")+")"+sign+"(select "+bare+" from "+o.table+" where id = "+mark+")")
	}
	return c.where() + " order by " + strings.Join(own, way+", ") + way + " limit " + c.arg(k.Limit+1)
}

// trim makes of the rows that were read those of k, and says whether there are
// more in its direction.
func trim[R any](k Span, rows []R, err error) ([]R, bool, error) {
	more := len(rows) > k.Limit
	if more {
		rows = rows[:k.Limit]
	}
	if k.Before != "" {
		slices.Reverse(rows)
	}
	return rows, more, err
}

// Many is how far lists are counted for a page: whoever has more needs a
// narrower list, not their number.
const Many = 10_000

// count counts what from selects, up to most and one more; 0 is all.
func (r reader) count(ctx context.Context, from string, most int64, args ...any) (int64, error) {
	limit := ""
	if most > 0 {
		limit = fmt.Sprintf(" limit %d", most+1)
	}
	return queryInt(ctx, r.q, "select count(*) from (select 1 from "+from+limit+") as counted", args...)
}

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

// lower is the engines' lower: other letters than A to Z stay.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// containing is a pattern for like … escape '\'.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
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
