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
		&evidence.Judgement{}, &revision.Record{}, &revision.Approval{}, &decision.Record{}, &task.Record{}, &finding.Record{},
		&metadata.Record{}, &posture.Device{}, &posture.Onboarding{}, &surroundings.Record{},
	}
}

// A table is the SQL of one kind of record.
type table struct {
	name    string
	columns []audit.Column
	upsert  string
	remove  string
	sel     string // "select a, b from t"

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
	for i, c := range t.columns {
		marks = append(marks, fmt.Sprintf("$%d", i+1))
		if i > 0 {
			sets = append(sets, c.Name+" = excluded."+c.Name)
		}
	}
	t.upsert = fmt.Sprintf("insert into %s (%s) values (%s) on conflict (id) do update set %s",
		t.name, names(t.columns, ""), strings.Join(marks, ", "), strings.Join(sets, ", "))
	t.remove = "delete from " + t.name + " where id = $1"
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

// statement is the SQL of a put, its arguments, and whether it must hit a row.
func (t *table) statement(p audit.Put) (text string, args []any, mustHit bool, err error) {
	args = make([]any, 0, len(p.Columns)+1)
	switch {
	case p.Removed:
		return t.remove, []any{p.Key}, false, nil
	case p.Partial:
		text = t.update(p.Columns)
		args = append(args, p.Key)
	case len(p.Columns) != len(t.columns):
		return "", nil, false, fmt.Errorf("store: %s has %d columns, not %d", t.name, len(t.columns), len(p.Columns))
	default:
		text = t.upsert
	}
	for _, c := range p.Columns {
		v := c.Value()
		if s, ok := v.(string); ok && !storable(s) {
			return "", nil, false, holdfast.Errorf(holdfast.Invalid, "text_not_storable",
				"There is a character in %q that cannot be stored. Leave it out.", c.Name)
		}
		args = append(args, v)
	}
	return text, args, p.Partial, nil
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
