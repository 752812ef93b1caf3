package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/standing"
	"holdfast/domain/task"
	"holdfast/flow/rejudge"
)

// The columns that judging everybody takes. A million rows are read for it, and
// each column costs.
var (
	leanPerson     = []string{"id", "status", "role", "employment", "ends", "role_ends", "manager"}
	leanCredential = []string{"id", "person", "aaguid", "format", "transports", "be", "bs", "uv_initialized", "status", "created",
		"last_used", "made_on", "suspended_by"}
	leanJudgement = []string{"id", "person", "kind", "reason", "anchors", "aaguid_proven", "serial", "protection", "metadata_no",
		"statuses", "certification", "fips", "hardware_protected"}
)

// each reads rows by some of their columns.
func each[R any, P record[R]](ctx context.Context, r reader, columns []string, where string, args []any, do func(*R)) error {
	var row R
	cs := audit.ColumnsOf(P(&row))
	if columns != nil {
		cs = slices.DeleteFunc(cs, func(c audit.Column) bool { return !slices.Contains(columns, c.Name) })
	}
	rs, err := r.q.query(ctx, "select "+names(cs, "")+" from "+P(nil).Table()+" "+where, args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	s := newScanner(cs)
	for rs.Next() {
		row = *new(R)
		err := s.scan(rs)
		if err == nil {
			err = s.into(0, cs)
		}
		if err != nil {
			return errInternal.Because(err)
		}
		do(&row)
	}
	return rs.Err()
}

// SubjectsAfter gives the people behind one by id, at most limit, without
// names, addresses and public keys: what re-judging everybody takes, and no
// more. What belongs to them is read by ranges of ids.
func (r reader) SubjectsAfter(ctx context.Context, after holdfast.PersonID, limit int) ([]rejudge.Subject, error) {
	var out []rejudge.Subject
	err := each(ctx, r, leanPerson, "where id > $1 order by id limit $2", []any{string(after), limit}, func(p *person.Record) {
		out = append(out, rejudge.Subject{Account: standing.Account{Person: *p}})
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	of := func(column string) (string, []any) {
		return column + " > $1 and " + column + " <= $2", []any{string(after), string(out[len(out)-1].Person.ID)}
	}
	return out, r.belongings(ctx, out, leanCredential, leanJudgement, of)
}

// Subjects gives these people whole, by id.
func (r reader) Subjects(ctx context.Context, ids []holdfast.PersonID) ([]rejudge.Subject, error) {
	var out []rejudge.Subject
	for part := range slices.Chunk(ids, idsAtOnce) {
		var some []rejudge.Subject
		of := func(column string) (string, []any) { return column + in(len(part)), padded(part) }
		where, args := of("id")
		err := each(ctx, r, nil, "where "+where+" order by id", args, func(p *person.Record) {
			some = append(some, rejudge.Subject{Account: standing.Account{Person: *p}})
		})
		if err == nil {
			err = r.belongings(ctx, some, nil, nil, of)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// belongings reads what belongs to people. of is a condition on a column that
// holds a person's id.
func (r reader) belongings(ctx context.Context, people []rejudge.Subject, cred, judged []string, of func(column string) (string, []any)) error {
	index := make(map[holdfast.PersonID]*rejudge.Subject, len(people))
	for i := range people {
		index[people[i].Person.ID] = &people[i]
	}
	err := r.groupNames(ctx, of, func(id holdfast.PersonID, name string) {
		if s := index[id]; s != nil {
			s.Groups = append(s.Groups, name)
		}
	})
	if err != nil {
		return err
	}
	where, args := of("person")
	err = each(ctx, r, cred, "where "+where+" order by person, created, id", args, func(c *credential.Record) {
		if s := index[c.Person]; s != nil {
			s.Credentials = append(s.Credentials, *c)
		}
	})
	if err != nil {
		return err
	}
	err = each(ctx, r, judged, "where "+where+" order by person, id", args, func(j *evidence.Judgement) {
		if s := index[j.Person]; s != nil {
			s.Judgements = append(s.Judgements, *j)
		}
	})
	if err != nil {
		return err
	}
	return each(ctx, r, nil, "where "+where+" order by person, opened, id", args, func(t *task.Record) {
		if s := index[t.Person]; s != nil {
			s.Tasks = append(s.Tasks, *t)
		}
	})
}

// groupNames tells the groups of people, by person and name.
func (r reader) groupNames(ctx context.Context, of func(string) (string, []any), tell func(id holdfast.PersonID, name string)) error {
	where, args := of("m.person")
	rs, err := r.q.query(ctx, "select m.person, g.name from membership m join person_group g on g.id = m.grp where "+where+" order by m.person, g.name", args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		var who, name string
		if err := rs.Scan(&who, &name); err != nil {
			return errInternal.Because(err)
		}
		tell(holdfast.PersonID(who), name)
	}
	return rs.Err()
}

// idsAtOnce bounds a list of ids in a condition.
const idsAtOnce = 64

// in is " in ($1, …)" for n ids. There are few different ones, so that each is
// prepared once: shorter lists are filled up.
func in(n int) string {
	marks := make([]string, listSize(n))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return " in (" + strings.Join(marks, ", ") + ")"
}

func listSize(n int) int {
	for _, size := range []int{1, 8, idsAtOnce} {
		if n <= size {
			return size
		}
	}
	return n
}

func padded[T ~string](ids []T) []any {
	out := make([]any, listSize(len(ids)))
	for i := range out {
		out[i] = string(ids[min(i, len(ids)-1)])
	}
	return out
}

// RegistrationsBy gives what was sent when these credentials were made.
func (r reader) RegistrationsBy(ctx context.Context, ids []holdfast.CredentialID) ([]credential.Registration, error) {
	var out []credential.Registration
	for part := range slices.Chunk(ids, idsAtOnce) {
		some, err := list[credential.Registration](ctx, r, "where id"+in(len(part)), padded(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// CountEverybody counts people of any status.
func (r reader) CountEverybody(ctx context.Context) (int64, error) {
	return queryInt(ctx, r.q, "select count(*) from person")
}

// SessionsResting counts the sessions of these people that have not ended, by the
// passkey that they rest on.
func (r reader) SessionsResting(ctx context.Context, people []holdfast.PersonID, now time.Time) (out []rejudge.OpenSessions, err error) {
	for part := range slices.Chunk(people, idsAtOnce) {
		args := padded(part)
		rs, err := r.q.query(ctx, fmt.Sprintf("select credential, count(*) from session where person%s and ended = 0 and expires > $%d group by credential order by credential",
			in(len(part)), len(args)+1), append(args, holdfast.Micros(now))...)
		if err != nil {
			return nil, err
		}
		for rs.Next() {
			var o rejudge.OpenSessions
			if err := rs.Scan(&o.Credential, &o.Sessions); err != nil {
				rs.Close()
				return nil, errInternal.Because(err)
			}
			out = append(out, o)
		}
		err = rs.Err()
		rs.Close()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// MembersAfter gives the ids of a group's people behind one, by id.
func (r reader) MembersAfter(ctx context.Context, group holdfast.GroupID, after holdfast.PersonID, limit int) ([]holdfast.PersonID, error) {
	return ids[holdfast.PersonID](ctx, r, "select person from membership where grp = $1 and person > $2 order by person limit $3",
		string(group), string(after), limit)
}

// DueBetween gives whose staged replacements fall due behind from, up to and
// with to, where the passkey still works.
func (r reader) DueBetween(ctx context.Context, from, to time.Time) ([]holdfast.PersonID, error) {
	return ids[holdfast.PersonID](ctx, r, `select distinct t.person from task t join credential c on c.id = t.credential
		where t.due > $1 and t.due > 0 and t.due <= $2 and c.status = 'active' order by t.person`, max(0, holdfast.Micros(from)), holdfast.Micros(to))
}

func ids[T ~string](ctx context.Context, r reader, text string, args ...any) ([]T, error) {
	rs, err := r.q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []T
	for rs.Next() {
		var id string
		if err := rs.Scan(&id); err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, T(id))
	}
	return out, rs.Err()
}

// Happened gives the records from one index up to another, not included, of the
// types that watches says. The bodies of others are not read.
func (r reader) Happened(ctx context.Context, from, to int64, watches func(audit.Type) bool) ([]audit.Entry, error) {
	rs, err := r.q.query(ctx, "select distinct type from log_leaf where idx >= $1 and idx < $2", from, to)
	if err != nil {
		return nil, err
	}
	var types []audit.Type
	for rs.Next() {
		var t string
		if err := rs.Scan(&t); err != nil {
			rs.Close()
			return nil, errInternal.Because(err)
		}
		if watches(audit.Type(t)) {
			types = append(types, audit.Type(t))
		}
	}
	err = rs.Err()
	rs.Close()
	if err != nil || len(types) == 0 {
		return nil, err
	}
	return r.entries(ctx, from, to, types)
}

func (r reader) entries(ctx context.Context, from, to int64, types []audit.Type) ([]audit.Entry, error) {
	var out []audit.Entry
	for _, t := range types {
		bodies, err := blobs(ctx, r.q, "select body from log_leaf where idx >= $1 and idx < $2 and type = $3 order by idx", from, to, string(t))
		if err != nil {
			return nil, err
		}
		for _, b := range bodies {
			e, err := audit.Decode(b)
			if err != nil {
				return nil, errInternal.Because(err)
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// A TaskList chooses tasks. The zero one chooses all.
type TaskList struct {
	State  task.State
	Person holdfast.PersonID
	Why    string
}

// ListTasks lists tasks, the newest first, at most limit.
func (r reader) ListTasks(ctx context.Context, f TaskList, after Cut, limit int) ([]task.Record, error) {
	var c conditions
	for _, w := range [][2]string{{"state", string(f.State)}, {"person", string(f.Person)}, {"why", f.Why}} {
		if w[1] != "" {
			c.add(w[0]+" = %s", w[1])
		}
	}
	if after.ID != "" {
		c.add("(opened < %s or opened = %s and id > %s)", after.At, after.At, after.ID)
	}
	return list[task.Record](ctx, r, c.where()+" order by opened desc, id limit "+c.arg(limit), c.args...)
}

// OutstandingTasks counts open tasks: staged ones by model, those whose day has
// passed, others that were opened before long; and lists the last ways in.
func (r reader) OutstandingTasks(ctx context.Context, now, long time.Time) (o rejudge.Outstanding, err error) {
	rs, err := r.q.query(ctx, `select c.aaguid, t.detail, count(*), min(t.due) from task t join credential c on c.id = t.credential
		where t.state = 'open' and t.why = $1 group by c.aaguid, t.detail order by c.aaguid, t.detail`, task.Status)
	if err != nil {
		return o, err
	}
	defer rs.Close()
	for rs.Next() {
		var m rejudge.Model
		var first int64
		if err := rs.Scan(&m.AAGUID, &m.Detail, &m.Passkeys, &first); err != nil {
			return o, errInternal.Because(err)
		}
		m.First = holdfast.FromMicros(first)
		o.Models = append(o.Models, m)
	}
	if err := rs.Err(); err != nil {
		return o, err
	}
	const counted = "select count(*) from task where state = 'open' and why "
	if o.Overdue, err = queryInt(ctx, r.q, counted+"= $1 and due <= $2", task.Status, holdfast.Micros(now)); err != nil {
		return o, err
	}
	if o.Waiting, err = queryInt(ctx, r.q, counted+"= $1 and opened <= $2", task.NotAccepted, holdfast.Micros(long)); err != nil {
		return o, err
	}
	o.LastWays, err = list[task.Record](ctx, r, "where state = 'open' and why = $1 order by id", task.LastWay)
	return o, err
}

// PeopleWithGrants lists the ids of those behind one who let an application in,
// as far as that has not ended.
func (r reader) PeopleWithGrants(ctx context.Context, after holdfast.PersonID, limit int) (out []holdfast.PersonID, err error) {
	rs, err := r.q.query(ctx, "select distinct person from app_grant where ended = 0 and person > $1 order by person limit $2", string(after), limit)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() {
		var id string
		if err := rs.Scan(&id); err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, holdfast.PersonID(id))
	}
	return out, rs.Err()
}
