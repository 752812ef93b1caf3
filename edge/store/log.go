package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/spec/translog"
)

// A leaf is an event ready to enter the log.
type leaf struct {
	at       int64
	kind     audit.Type
	actor    string
	subject  string
	person   holdfast.PersonID
	body     []byte
	hash     translog.Hash
	openings []byte // JSON of []audit.Opening; nil when nothing is personal
}

// opening is an audit.Opening as it is stored.
type opening struct {
	Commitment string          `json:"c"`
	Salt       []byte          `json:"s"`
	Value      json.RawMessage `json:"v"`
}

func newLeaf(e audit.Event, by audit.By) (leaf, error) {
	body, openings, err := audit.Encode(e, by)
	if err != nil {
		return leaf{}, errInternal.Because(err)
	}
	if len(body) > translog.MaxRecord {
		return leaf{}, holdfast.Errorf(holdfast.Invalid, "event_too_large",
			"This is too large to be recorded: %d bytes of at most %d. Send less.", len(body), translog.MaxRecord)
	}
	l := leaf{
		at: holdfast.Micros(by.At), kind: e.Type, actor: actorOf(by.Actor.Kind, by.Actor.ID),
		subject: e.Subject, person: e.Person, body: body, hash: translog.LeafHash(body),
	}
	if !storable(l.actor) || !storable(l.subject) || !storable(string(l.person)) {
		return leaf{}, holdfast.Errorf(holdfast.Invalid, "text_not_storable",
			"There is a character in a name or id that cannot be stored. Leave it out.")
	}
	if len(openings) > 0 {
		l.openings = marshalOpenings(openings)
	}
	return l, nil
}

func actorOf(kind holdfast.ActorKind, id string) string {
	if id == "" {
		return string(kind)
	}
	return string(kind) + ":" + id
}

func marshalOpenings(openings []audit.Opening) []byte {
	stored := make([]opening, len(openings))
	for i, o := range openings {
		stored[i] = opening{o.Commitment, o.Salt, o.Value}
	}
	return plainJSON(stored)
}

// plainJSON escapes nothing for HTML: commitments are over the value's bytes.
func plainJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("store: internal error: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func parseOpenings(person string, b []byte) ([]audit.Opening, error) {
	var stored []opening
	if err := json.Unmarshal(b, &stored); err != nil {
		return nil, err
	}
	out := make([]audit.Opening, len(stored))
	for i, o := range stored {
		out[i] = audit.Opening{Commitment: o.Commitment, Person: holdfast.PersonID(person), Salt: o.Salt, Value: o.Value}
	}
	return out, nil
}

// head is the log's right edge: all that appending needs.
type head struct {
	frontier translog.Frontier
	signed   string
}

func readHead(ctx context.Context, q querier, lock string) (head, error) {
	rs, err := q.query(ctx, "select size, frontier, checkpoint from log_head where id = 1"+lock)
	if err != nil {
		return head{}, err
	}
	defer rs.Close()
	if !rs.Next() {
		if err := rs.Err(); err != nil {
			return head{}, err
		}
		return head{}, errUnavailable.Because(fmt.Errorf("the log has lost its head: run audit verify"))
	}
	var size int64
	var roots []byte
	var h head
	if err := rs.Scan(&size, &roots, &h.signed); err != nil {
		return head{}, err
	}
	h.frontier, err = translog.ParseFrontier(size, roots)
	if err != nil {
		return head{}, errUnavailable.Because(fmt.Errorf("%w: run audit verify", err))
	}
	return h, rs.Err()
}

// appendLeaves puts leaves behind h and signs the new head. It gives the
// signed checkpoint, or "" when there is nothing to append.
func (db *DB) appendLeaves(ctx context.Context, c conn, h head, leaves []leaf) (signed string, err error) {
	if len(leaves) == 0 {
		return "", nil
	}
	f := h.frontier
	for len(leaves) > 0 {
		// A tile is made of leaves that are stored: none beyond its end yet.
		n := min(len(leaves), int(translog.TileWidth-f.Size()%translog.TileWidth))
		for _, l := range leaves[:n] {
			if err := db.insertLeaf(ctx, c, f.Size(), l); err != nil {
				return "", err
			}
			f.Append(l.hash)
		}
		if err := completeTiles(ctx, c, f.Size()); err != nil {
			return "", err
		}
		leaves = leaves[n:]
	}
	signed, err = translog.SignCheckpoint(translog.Checkpoint{
		Origin: db.cfg.Signer.Name(), Size: f.Size(), Root: f.Root(),
	}, db.cfg.Signer)
	if err != nil {
		return "", errInternal.Because(err)
	}
	return signed, c.later(ctx, "update log_head set size = $1, frontier = $2, checkpoint = $3 where id = 1",
		f.Size(), f.Marshal(), signed)
}

func (db *DB) insertLeaf(ctx context.Context, c conn, idx int64, l leaf) error {
	key := strconv.FormatInt(idx, 10)
	err := c.put(ctx, db.inserts.leaf.of(key,
		idx, l.at, string(l.kind), l.actor, l.subject, string(l.person), l.body, l.hash[:]))
	if err != nil || l.openings == nil {
		return err
	}
	return c.put(ctx, db.inserts.opening.of(key, idx, string(l.person), l.openings))
}

// inserts are the writes that are no records of the log.
type inserts struct{ leaf, opening, spent insert }

// An insert is a write of rows that are new.
type insert struct{ table, text, many string }

func newInserts() inserts {
	const id, n, raw = audit.Text, audit.Int, audit.Bytes
	return inserts{
		leaf:    newInsert("log_leaf", "idx, at, type, actor, subject, person, body, hash", "", n, n, id, id, id, id, raw, raw),
		opening: newInsert("log_opening", "idx, person, body", "", n, id, raw),
		spent:   newInsert("spent", "id, until", " on conflict (id) do nothing", id, n),
	}
}

func newInsert(table, columns, end string, kinds ...audit.Kind) insert {
	into := "insert into " + table + " (" + columns + ") "
	return insert{table, into + "values " + marks(len(kinds), len(kinds)) + end, into + "select * from " + arrays(kinds...) + end}
}

func (i insert) of(key string, args ...any) write {
	return write{table: i.table, key: key, text: i.text, many: i.many, args: args}
}

// marks is "($1, $2), ($3, $4)" for rows of two columns and four arguments.
func marks(columns, args int) string {
	b := make([]byte, 0, 6*args)
	for i := range args {
		switch {
		case i == 0:
			b = append(b, "($"...)
		case i%columns == 0:
			b = append(b, "), ($"...)
		default:
			b = append(b, ", $"...)
		}
		b = strconv.AppendInt(b, int64(i+1), 10)
	}
	return string(append(b, ')'))
}

// completeTiles stores the tiles that the tree of this size has just filled.
func completeTiles(ctx context.Context, c conn, size int64) error {
	for level := 0; size%translog.TileWidth == 0; level++ {
		size /= translog.TileWidth
		data, err := tiles{ctx, c}.build(level, size-1, translog.TileWidth)
		if err != nil {
			return err
		}
		if err := c.later(ctx, "insert into log_tile (level, idx, data) values ($1, $2, $3)", level, size-1, data); err != nil {
			return err
		}
	}
	return nil
}

// tiles reads hash tiles: full ones as they were stored, partial ones made up
// from the leaves or from the tiles below.
type tiles struct {
	ctx context.Context
	q   querier
}

// ReadTile is translog.Tiles.
func (t tiles) ReadTile(level int, n int64, width int) ([]byte, error) {
	if width < translog.TileWidth {
		return t.build(level, n, width)
	}
	blobs, err := blobs(t.ctx, t.q, "select data from log_tile where level = $1 and idx = $2", level, n)
	if err == nil && len(blobs) == 0 {
		err = fmt.Errorf("the tile is missing")
	}
	if err != nil {
		return nil, err
	}
	return blobs[0], nil
}

func (t tiles) build(level int, n int64, width int) ([]byte, error) {
	lo := n * translog.TileWidth
	hi := lo + int64(width)
	var parts [][]byte
	var err error
	if level == 0 {
		parts, err = blobs(t.ctx, t.q, "select hash from log_leaf where idx >= $1 and idx < $2 order by idx", lo, hi)
	} else {
		parts, err = blobs(t.ctx, t.q,
			"select data from log_tile where level = $1 and idx >= $2 and idx < $3 order by idx", level-1, lo, hi)
	}
	if err != nil {
		return nil, err
	}
	if len(parts) != width {
		return nil, errUnavailable.Because(fmt.Errorf("tile %s: %d parts of %d are there: run audit verify",
			strconv.Itoa(level)+"/"+strconv.FormatInt(n, 10), len(parts), width))
	}
	var data []byte
	for _, p := range parts {
		if level > 0 {
			root, err := translog.TileRoot(p)
			if err != nil {
				return nil, err
			}
			p = root[:]
		}
		data = append(data, p...)
	}
	return data, nil
}

func blobs(ctx context.Context, q querier, text string, args ...any) ([][]byte, error) {
	rs, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out [][]byte
	for rs.Next() {
		var b []byte
		if err := rs.Scan(&b); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rs.Err()
}
