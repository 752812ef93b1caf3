package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/finding"
	"holdfast/domain/grant"
	"holdfast/domain/metadata"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/posture"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/domain/signingkey"
	"holdfast/domain/surroundings"
	"holdfast/domain/task"
	"holdfast/domain/ticket"
)

// records lists one of each kind of row that the log can put. A record that is
// missing here can be neither written nor verified.
func records() []audit.Record {
	return []audit.Record{
		&person.Record{}, &person.Group{}, &person.Membership{},
		&credential.Record{}, &credential.Registration{},
		&session.Record{}, &ticket.Record{}, &signingkey.Record{}, &org.Setting{},
		&grant.App{}, &grant.Grant{}, &grant.Token{}, &grant.Consent{}, &apitoken.Record{},
		&evidence.Judgement{}, &revision.Record{}, &revision.Approval{}, &revision.Text{}, &decision.Record{}, &task.Record{}, &finding.Record{},
		&metadata.Record{}, &posture.Device{}, &posture.Onboarding{}, &surroundings.Record{},
	}
}

// A table is the SQL of one kind of record.
type table struct {
	name    string
	columns []audit.Column
	upsert  string
	upserts string // of many
	remove  string
	removes string
	sel     string // "select a, b from t"

	updates sync.Map // text of an update → that of many

	texts   sync.Map  // where → sel with it
	readers sync.Pool // of *rowReader[R]
	owners  sync.Pool // of *ownerReader; credential's only
}

func tablesOf(rs []audit.Record) map[string]*table {
	ts := map[string]*table{}
	for _, r := range rs {
		ts[r.Table()] = tableOf(r)
	}
	return ts
}

func tableOf(r audit.Record) *table {
	t := &table{name: r.Table(), columns: audit.ColumnsOf(r)}
	var marks, sets []string
	var kinds []audit.Kind
	for i, c := range t.columns {
		marks, kinds = append(marks, fmt.Sprintf("$%d", i+1)), append(kinds, c.Kind)
		if i > 0 {
			sets = append(sets, c.Name+" = excluded."+c.Name)
		}
	}
	t.upsert = fmt.Sprintf("insert into %s (%s) values (%s) on conflict (id) do update set %s",
		t.name, names(t.columns, ""), strings.Join(marks, ", "), strings.Join(sets, ", "))
	t.upserts = fmt.Sprintf("insert into %s (%s) select * from %s on conflict (id) do update set %s",
		t.name, names(t.columns, ""), arrays(kinds...), strings.Join(sets, ", "))
	t.remove = "delete from " + t.name + " where id = $1"
	t.removes = "delete from " + t.name + " where id = any($1::text[])"
	t.sel = "select " + names(t.columns, "") + " from " + t.name
	return t
}

// names is "id, name, …", or "p.id, p.name, …".
func names(cs []audit.Column, prefix string) string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = prefix + c.Name
	}
	return strings.Join(out, ", ")
}

// where is sel with a condition or an order.
func (t *table) where(where string) string {
	if text, ok := t.texts.Load(where); ok {
		return text.(string)
	}
	text := t.sel + " " + where
	t.texts.Store(where, text)
	return text
}

// write is the SQL of a put with its arguments.
func (t *table) write(p audit.Put) (write, error) {
	w := write{table: t.name, key: p.Key, args: make([]any, 0, len(p.Columns)+1)}
	switch {
	case p.Removed:
		w.text, w.many, w.args = t.remove, t.removes, []any{p.Key}
		return w, nil
	case p.Partial:
		w.text = t.update(p.Columns)
		w.many = t.updateMany(w.text, p.Columns)
		w.args = append(w.args, p.Key)
		w.miss = holdfast.Errorf(holdfast.NotFound, "no_such_"+t.name, "What was to be changed is not there any more. Reload and look.").
			Because(fmt.Errorf("there is no %s %q", t.name, p.Key))
	case len(p.Columns) != len(t.columns):
		return w, fmt.Errorf("store: %s has %d columns, not %d", t.name, len(t.columns), len(p.Columns))
	default:
		w.text, w.many = t.upsert, t.upserts
	}
	for _, c := range p.Columns {
		v := c.Value()
		if s, ok := v.(string); ok && !storable(s) {
			return w, holdfast.Errorf(holdfast.Invalid, "text_not_storable",
				"There is a character in %q that cannot be stored. Leave it out.", c.Name)
		}
		w.args = append(w.args, v)
	}
	return w, nil
}

// updateMany is update for many rows.
func (t *table) updateMany(one string, cs []audit.Column) string {
	if text, ok := t.updates.Load(one); ok {
		return text.(string)
	}
	kinds, sets, names := []audit.Kind{audit.Text}, make([]string, 0, len(cs)), []string{"id"}
	for _, c := range cs {
		kinds, sets, names = append(kinds, c.Kind), append(sets, c.Name+" = v."+c.Name), append(names, c.Name)
	}
	text := fmt.Sprintf("update %s set %s from %s as v (%s) where %s.id = v.id",
		t.name, strings.Join(sets, ", "), arrays(kinds...), strings.Join(names, ", "), t.name)
	t.updates.Store(one, text)
	return text
}

func (t *table) update(cs []audit.Column) string {
	b := make([]byte, 0, 128)
	b = append(append(append(b, "update "...), t.name...), " set "...)
	for i, c := range cs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, c.Name...), " = $"...)
		b = strconv.AppendInt(b, int64(i+2), 10)
	}
	return string(append(b, " where id = $1"...))
}

// storable says whether both engines take s as text: PostgreSQL has no NUL.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// A cell receives one column of a row.
type cell struct {
	text string
	n    int64
	b    []byte
}

// A scanner reads rows into columns, with the buffers of one row.
type scanner struct {
	cells []cell
	dest  []any
}

func newScanner(columns ...[]audit.Column) *scanner {
	s := &scanner{}
	for _, cs := range columns {
		s.cells = append(s.cells, make([]cell, len(cs))...)
	}
	i := 0
	for _, cs := range columns {
		for _, c := range cs {
			switch c.Kind {
			case audit.Int:
				s.dest = append(s.dest, &s.cells[i].n)
			case audit.Bytes:
				s.dest = append(s.dest, &s.cells[i].b)
			default:
				s.dest = append(s.dest, &s.cells[i].text)
			}
			i++
		}
	}
	return s
}

func (s *scanner) scan(rs rows, more ...any) error { return rs.Scan(append(s.dest, more...)...) }

// into sets columns from the cells that begin at offset.
func (s *scanner) into(offset int, columns []audit.Column) error {
	for i, c := range columns {
		var v any
		switch cell := s.cells[offset+i]; c.Kind {
		case audit.Int:
			v = cell.n
		case audit.Bytes:
			v = cell.b
		default:
			v = cell.text
		}
		if err := c.SetValue(v); err != nil {
			return err
		}
	}
	return nil
}

// record is a type R whose *R is an audit.Record.
type record[R any] interface {
	*R
	audit.Record
}

// A rowReader turns rows into values of R. Columns point into a record, so
// making them anew for each read would cost more than the read.
type rowReader[R any] struct {
	row     R
	columns []audit.Column
	*scanner
}

func newRowReader[R any, P record[R]]() *rowReader[R] {
	rr := &rowReader[R]{}
	rr.columns = audit.ColumnsOf(P(&rr.row))
	rr.scanner = newScanner(rr.columns)
	return rr
}

// next is the row at which rs stands. What it gives shares nothing with rr.
func (rr *rowReader[R]) next(rs rows) (R, error) {
	rr.row = *new(R)
	err := rr.scan(rs)
	if err == nil {
		err = rr.into(0, rr.columns)
	}
	return rr.row, err
}

// list reads the rows that where selects: "where person = $1 order by id".
func list[R any, P record[R]](ctx context.Context, r reader, where string, args ...any) ([]R, error) {
	t := r.tables[P(nil).Table()]
	rs, err := r.q.query(ctx, t.where(where), args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	return listed[R, P](t, rs)
}

// listed reads all rows of rs, which a select of t gave.
func listed[R any, P record[R]](t *table, rs rows) ([]R, error) {
	rr, ok := t.readers.Get().(*rowReader[R])
	if !ok {
		rr = newRowReader[R, P]()
	}
	defer t.readers.Put(rr)
	var out []R
	for rs.Next() {
		row, err := rr.next(rs)
		if err != nil {
			return nil, errInternal.Because(err)
		}
		out = append(out, row)
	}
	return out, rs.Err()
}

// get reads the one row that where selects, or gives a NotFound error.
func get[R any, P record[R]](ctx context.Context, r reader, where string, args ...any) (R, error) {
	out, err := list[R, P](ctx, r, where, args...)
	if err != nil || len(out) == 0 {
		var none R
		if err == nil {
			table := P(nil).Table()
			err = holdfast.Errorf(holdfast.NotFound, "no_such_"+table, "There is no such %s.", strings.ReplaceAll(table, "_", " "))
		}
		return none, err
	}
	return out[0], nil
}
