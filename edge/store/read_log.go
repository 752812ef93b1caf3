package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/spec/translog"
)

// A Leaf is one record of the log.
type Leaf struct {
	Index   int64
	At      time.Time
	Type    audit.Type
	Actor   string // "person:per_…", "host:root", "system"
	Subject string
	Person  holdfast.PersonID
	Body    []byte // canonical bytes: audit.Decode reads them
}

// A Filter chooses records. The zero Filter chooses all.
type Filter struct {
	Person  holdfast.PersonID
	Subject string
	Type    string // "session.opened", or with a star at the end, "session.*"
	Actor   string // "person:per_…", or with a star at the end, "host:*"
	Since   time.Time
	Before  int64 // an index: only older records; 0 means from the newest
	Limit   int   // at most so many; 0 means 100
}

// maxTail bounds one answer.
const maxTail = 1000

// Tail lists records, the newest first. For the page behind, ask again with
// Before set to the last index.
func (r reader) Tail(ctx context.Context, f Filter) ([]Leaf, error) {
	var where []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.Person != "" {
		add("person = $%d and person <> ''", string(f.Person))
	}
	if f.Subject != "" {
		add("subject = $%d", f.Subject)
	}
	prefixed(add, "type", f.Type)
	prefixed(add, "actor", f.Actor)
	if !f.Since.IsZero() {
		add("at >= $%d", holdfast.Micros(f.Since))
	}
	if f.Before > 0 {
		add("idx < $%d", f.Before)
	}
	text := "select idx, at, type, actor, subject, person, body from log_leaf"
	if len(where) > 0 {
		text += " where " + strings.Join(where, " and ")
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	args = append(args, min(f.Limit, maxTail))
	return leaves(ctx, r.q, text+fmt.Sprintf(" order by idx desc limit $%d", len(args)), args...)
}

// prefixed matches a whole word, or with a star what begins so. The range is
// by bytes on both engines.
func prefixed(add func(string, any), column, pattern string) {
	prefix, star := strings.CutSuffix(pattern, "*")
	switch {
	case pattern == "" || pattern == "*":
	case star:
		add(column+" >= $%d", prefix)
		add(column+" < $%d", prefix+"\U0010ffff")
	default:
		add(column+" = $%d", pattern)
	}
}

func leaves(ctx context.Context, q querier, text string, args ...any) ([]Leaf, error) {
	rs, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []Leaf
	for rs.Next() {
		var l Leaf
		var at int64
		var kind, person string
		if err := rs.Scan(&l.Index, &at, &kind, &l.Actor, &l.Subject, &person, &l.Body); err != nil {
			return nil, errInternal.Because(err)
		}
		l.At, l.Type, l.Person = holdfast.FromMicros(at), audit.Type(kind), holdfast.PersonID(person)
		out = append(out, l)
	}
	return out, rs.Err()
}

// Leaf is the record at index.
func (r reader) Leaf(ctx context.Context, index int64) (Leaf, error) {
	ls, err := leaves(ctx, r.q, "select idx, at, type, actor, subject, person, body from log_leaf where idx = $1", index)
	if err == nil && len(ls) == 0 {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_record", "The log has no record %d.", index)
	}
	if err != nil {
		return Leaf{}, err
	}
	return ls[0], nil
}

// Openings gives the personal values of the record at index by commitment, as
// JSON; none when the person was erased.
func (r reader) Openings(ctx context.Context, index int64) (map[string][]byte, error) {
	out := map[string][]byte{}
	bodies, err := blobs(ctx, r.q, "select body from log_opening where idx = $1", index)
	if err != nil || len(bodies) == 0 {
		return out, err
	}
	openings, err := parseOpenings("", bodies[0])
	if err != nil {
		return nil, errInternal.Because(err)
	}
	for _, o := range openings {
		out[o.Commitment] = o.Value
	}
	return out, nil
}

// Checkpoint is the signed head of the log.
func (r reader) Checkpoint(ctx context.Context) (string, error) {
	h, err := readHead(ctx, r.q, "")
	return h.signed, err
}

// Prove shows that the record at index is in the log: the record and its proof
// under the signed head.
func (db *DB) Prove(ctx context.Context, index int64) (Leaf, translog.Proof, error) {
	var l Leaf
	var p translog.Proof
	err := db.engine.snapshot(ctx, func(q querier) (err error) {
		r := reader{q, db.cfg.Clock, db.tables}
		if l, err = r.Leaf(ctx, index); err != nil {
			return err
		}
		signed, err := r.Checkpoint(ctx)
		if err != nil {
			return err
		}
		c, err := translog.OpenCheckpoint(signed, db.cfg.Verifier)
		if err == nil {
			p, err = translog.ProveRecord(index, signed, c, tiles{ctx, q})
		}
		if err != nil {
			return errDamaged.Because(err)
		}
		return nil
	})
	return l, p, err
}

// Continues says why the log does not begin with all that it had at seen, as
// after an older database was put back, or nil. It reads a few hashes and no
// records: Verify does that.
func (db *DB) Continues(ctx context.Context, seen translog.Checkpoint) (broken, err error) {
	err = db.engine.snapshot(ctx, func(q querier) error {
		h, err := readHead(ctx, q, "")
		if err != nil {
			return err
		}
		var c translog.Checkpoint
		if c, broken = translog.OpenCheckpoint(h.signed, db.cfg.Verifier); broken != nil {
			return nil
		}
		proof, err := translog.ProveGrowth(seen, c, tiles{ctx, q})
		if broken = err; broken == nil {
			broken = translog.CheckGrowth(seen, c, proof)
		}
		return nil
	})
	return broken, err
}

// Export writes the whole log as files that verify offline, in the layout of
// c2sp.org/tlog-tiles. Personal values stay behind: only their commitments are
// part of the log.
func (db *DB) Export(ctx context.Context, sink translog.Sink) (translog.Checkpoint, error) {
	var c translog.Checkpoint
	err := db.engine.snapshot(ctx, func(q querier) error {
		signed, err := reader{q, db.cfg.Clock, db.tables}.Checkpoint(ctx)
		if err != nil {
			return err
		}
		if c, err = translog.OpenCheckpoint(signed, db.cfg.Verifier); err != nil {
			return errDamaged.Because(err)
		}
		e := translog.NewExporter(sink)
		err = eachLeaf(ctx, q, func(l storedLeaf) error {
			if l.Index >= c.Size {
				return errDamaged.Because(fmt.Errorf("record %d stands behind the signed head", l.Index))
			}
			return e.Record(l.Body)
		})
		if err != nil {
			return err
		}
		return e.Finish(signed, c)
	})
	return c, err
}

// storedLeaf is a Leaf with all that is stored beside it.
type storedLeaf struct {
	Leaf
	hash     []byte
	openings []byte // nil: none, or erased
	owner    string // of the openings
}

// pageOfLeaves is how many records are held in memory at once.
const pageOfLeaves = 512

// eachLeaf visits every record in the order of their indexes.
func eachLeaf(ctx context.Context, q querier, visit func(storedLeaf) error) error {
	next := int64(-1) << 62 // whatever index an attacker has given
	for {
		page, err := pageFrom(ctx, q, next)
		if err != nil {
			return err
		}
		for _, l := range page {
			if err := visit(l); err != nil {
				return err
			}
			next = l.Index + 1
		}
		if len(page) < pageOfLeaves {
			return nil
		}
	}
}

func pageFrom(ctx context.Context, q querier, from int64) ([]storedLeaf, error) {
	rs, err := q.query(ctx, `select l.idx, l.at, l.type, l.actor, l.subject, l.person, l.body, l.hash, o.body, coalesce(o.person, '')
		from log_leaf l left join log_opening o on o.idx = l.idx
		where l.idx >= $1 order by l.idx limit $2`, from, pageOfLeaves)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var page []storedLeaf
	for rs.Next() {
		var l storedLeaf
		var at int64
		var kind, person string
		err := rs.Scan(&l.Index, &at, &kind, &l.Actor, &l.Subject, &person, &l.Body, &l.hash, &l.openings, &l.owner)
		if err != nil {
			return nil, errInternal.Because(err)
		}
		l.At, l.Type, l.Person = holdfast.FromMicros(at), audit.Type(kind), holdfast.PersonID(person)
		page = append(page, l)
	}
	return page, rs.Err()
}
