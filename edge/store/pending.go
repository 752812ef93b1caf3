package store

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast"
	"holdfast/domain/audit"
)

// A write touches one row of one table. On PostgreSQL those of one shape, of
// all closures of a batch, travel as one statement.
type write struct {
	table string
	key   string // of the row
	text  string // for this row
	many  string // for any number of rows, each argument being an array; "" if there is none
	args  []any
	miss  error // set: it must hit its row, or this is the error
}

// pending is what waits to be sent: groups of writes of one shape.
type pending struct {
	groups []*group
	last   map[string]*group // table → the last group that touches it
	trust  bool              // whoever fails is run again alone
}

type group struct {
	write         // the first one
	rows  [][]any // of all
	keys  map[string]bool
}

// add puts w with those of its shape if nothing of its table was asked for
// since: writes to other tables commute, there being no foreign keys and no
// triggers; writes to the same table keep their order, since a unique column
// may be given up by one row for another.
//
// Of several that must hit, none could be told to have missed: they travel
// together only if they are run again alone then.
func (p *pending) add(w write) {
	g := p.last[w.table]
	if g == nil || g.text != w.text || w.many == "" || g.keys[w.key] || w.miss != nil && !p.trust {
		g = &group{write: w, keys: map[string]bool{}}
		p.groups = append(p.groups, g)
		p.last[w.table] = g
	}
	g.rows = append(g.rows, w.args)
	g.keys[w.key] = true
}

// raw adds a statement that may touch anything.
func (p *pending) raw(text string, args ...any) {
	p.groups = append(p.groups, &group{write: write{text: text}, rows: [][]any{args}})
	clear(p.last)
}

// batch is what is sent.
func (p *pending) batch() *pgx.Batch {
	b := &pgx.Batch{}
	for _, g := range p.groups {
		text, args := g.text, g.rows[0]
		if len(g.rows) > 1 {
			text, args = g.many, columnsOf(g.rows)
		}
		if g.miss != nil {
			text = mustHit(text, len(g.rows) > 1)
		}
		b.Queue(text, args...)
	}
	return b
}

// mustHit makes text fail, by dividing by zero, unless it hits as many rows as
// it was given: what follows it in the pipeline, be it the commit, is not run
// then.
func mustHit(text string, many bool) string {
	n := "1"
	if many {
		n = "cardinality($1)"
	}
	return "with hit as (" + text + " returning 1) select 1 / (case when count(*) = " + n + " then 1 else 0 end) from hit"
}

const divisionByZero = "22012"

// errMissed is one of several, to be found by running each alone. It is told
// to nobody.
var errMissed = holdfast.Errorf(holdfast.Internal, "store_internal", "A statement of a batch missed its row.")

// why turns the failure of the i-th statement into what it means.
func (p *pending) why(i int, err error) error {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pe.Code != divisionByZero || i >= len(p.groups) || p.groups[i].miss == nil {
		return err
	}
	if len(p.groups[i].rows) > 1 {
		return errMissed
	}
	return p.groups[i].miss
}

// columnsOf turns rows into one array for each column.
func columnsOf(rows [][]any) []any {
	out := make([]any, len(rows[0]))
	for i, v := range rows[0] {
		switch v.(type) {
		case string:
			out[i] = column[string](rows, i)
		case int64:
			out[i] = column[int64](rows, i)
		case []byte:
			out[i] = column[[]byte](rows, i)
		default:
			panic("store: internal error: a column holds what is neither text, number nor bytes")
		}
	}
	return out
}

func column[T any](rows [][]any, i int) []T {
	out := make([]T, len(rows))
	for n, row := range rows {
		out[n] = row[i].(T)
	}
	return out
}

// arrays is "unnest($1::text[], $2::bigint[])".
func arrays(kinds ...audit.Kind) string {
	names := map[audit.Kind]string{audit.Text: "text[]", audit.Int: "bigint[]", audit.Bytes: "bytea[]"}
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = "$" + strconv.Itoa(i+1) + "::" + names[k]
	}
	return "unnest(" + strings.Join(out, ", ") + ")"
}

// An ask is a query and who reads its rows.
type ask struct {
	text string
	args []any
	read func(rows) error
}

// asks sends all in one pipeline.
func (c *pgConn) asks(ctx context.Context, all []ask) error {
	b := c.pending.batch()
	for _, a := range all {
		b.Queue(a.text, askable(a.args)...)
	}
	br, err := c.send(ctx, b)
	if err != nil {
		return err
	}
	for _, a := range all {
		rs, err := br.Query()
		if err == nil {
			err = a.read(rs)
			rs.Close()
		}
		if err == nil {
			err = rs.Err()
		}
		if err != nil {
			br.Close()
			return err
		}
	}
	return br.Close()
}
