package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/spec/translog"
)

// A Finding is one thing that is wrong with the database: with the log, or
// with a row that is not what the log says.
type Finding struct {
	Kind  translog.Kind `json:"kind"`
	Index int64         `json:"index"`           // record, or -1
	Table string        `json:"table,omitempty"` // of a row
	Key   string        `json:"key,omitempty"`
	Text  string        `json:"text"`
}

// Kinds of findings beside those of translog.
const (
	RowEdited   translog.Kind = "row edited"
	RowDropped  translog.Kind = "row dropped"
	RowInserted translog.Kind = "row inserted"
	Opening     translog.Kind = "opening" // personal values beside the log do not fit it
	Index       translog.Kind = "index"   // what is stored beside a record for searching does not fit it
)

// A Report is the outcome of Verify.
type Report struct {
	Checkpoint translog.Checkpoint `json:"-"`
	Signed     string              `json:"checkpoint"` // worth keeping as the last one seen, when Whole
	Records    int64               `json:"records"`
	Rows       int64               `json:"rows"`
	Findings   []Finding           `json:"findings"`
}

// Whole says that nothing is wrong.
func (r Report) Whole() bool { return len(r.Findings) == 0 }

// maxFindings bounds a report: a database that is wholly rewritten needs no list.
const maxFindings = 1000

// Verify reads the whole log and every row, in one snapshot, and finds any
// record that was edited, dropped, inserted or reordered, the newest included;
// a log that was put back to an older head or replaced, given the last
// checkpoint seen (nil: none is known); and any row that is not what the
// events say. Damage is in the report, an error says that it could not be made.
func (db *DB) Verify(ctx context.Context, lastSeen *translog.Checkpoint) (Report, error) {
	var report Report
	err := db.engine.snapshot(ctx, func(q querier) (err error) {
		report, err = db.verify(ctx, q, lastSeen)
		return err
	})
	return report, err
}

// verify is Verify over the state that q reads.
func (db *DB) verify(ctx context.Context, q querier, lastSeen *translog.Checkpoint) (report Report, err error) {
	v := &verification{db: db, q: q, report: &report, erased: map[holdfast.PersonID]int64{}}
	if err := v.schema(ctx); err != nil {
		return report, err
	}
	if err := v.log(ctx, lastSeen); err != nil {
		return report, err
	}
	return report, v.rows(ctx)
}

type verification struct {
	db     *DB
	q      querier
	report *Report
	erased map[holdfast.PersonID]int64 // the record that says so
	seed   maphash.Seed
}

func (v *verification) found(f Finding) {
	if len(v.report.Findings) < maxFindings {
		v.report.Findings = append(v.report.Findings, f)
	}
}

// log checks the records against the signed head, the tiles and lastSeen.
func (v *verification) log(ctx context.Context, lastSeen *translog.Checkpoint) error {
	c := &translog.Check{LastSeen: lastSeen, Tiles: tiles{ctx, v.q}}
	h, err := readHead(ctx, v.q, "")
	if err != nil && holdfast.KindOf(err) != holdfast.Unavailable {
		return err
	}
	if err == nil {
		c.Frontier = &h.frontier
	}
	head, err := translog.OpenCheckpoint(h.signed, v.db.cfg.Verifier)
	if err == nil {
		c.Head, v.report.Checkpoint, v.report.Signed = &head, head, h.signed
	}
	err = eachLeaf(ctx, v.q, func(l storedLeaf) error {
		v.report.Records++
		if l.Index < 0 {
			v.found(Finding{Kind: translog.Inserted, Index: l.Index, Text: fmt.Sprintf("Record %d cannot be.", l.Index)})
			return nil
		}
		for gap := 0; c.Size() < l.Index && gap < maxFindings; gap++ {
			if err := c.Gap(); err != nil {
				return err
			}
		}
		if err := c.Record(l.Body, l.hash); err != nil {
			return err
		}
		v.columns(l)
		return nil
	})
	if err != nil {
		return err
	}
	damage, err := c.Finish()
	for _, d := range damage {
		v.found(Finding{Kind: d.Kind, Index: d.Index, Text: d.Text})
	}
	return err
}

// columns holds what is stored beside a record against the record.
func (v *verification) columns(l storedLeaf) {
	e, err := audit.Decode(l.Body)
	if err != nil {
		v.found(Finding{Kind: translog.Edited, Index: l.Index, Text: fmt.Sprintf("Record %d cannot be read.", l.Index)})
		return
	}
	at, err := e.Time()
	if err != nil || !at.Equal(l.At) || e.Type != l.Type || e.Subject != l.Subject ||
		e.Person != string(l.Person) || actorOf(e.Actor.Kind, e.Actor.ID) != l.Actor {
		v.found(Finding{Kind: Index, Index: l.Index, Text: fmt.Sprintf("What is stored beside record %d for searching is not what it says.", l.Index)})
	}
	if e.Type == erasedType {
		v.erased[holdfast.PersonID(e.Person)] = l.Index
	}
	if l.openings != nil && l.owner != e.Person {
		v.found(Finding{Kind: Opening, Index: l.Index, Text: fmt.Sprintf("The personal values of record %d are filed under another person.", l.Index)})
	}
}

// erasedType is the event with which a person's openings go.
const erasedType audit.Type = "person.erased"

// rowsAtOnce is how many records' worth of rows are folded in memory at once:
// a larger log is read several times, a share of its rows each time.
const rowsAtOnce = 500_000

// rows holds every table against what folding the log gives.
func (v *verification) rows(ctx context.Context) error {
	v.seed = maphash.MakeSeed()
	shares := uint64(1 + v.report.Records/rowsAtOnce)
	for share := range shares {
		mine := func(table, key string) bool {
			return maphash.String(v.seed, table+"\x00"+key)%shares == share
		}
		folded, err := v.fold(ctx, mine, share == 0)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(v.db.tables)) {
			if err := v.table(ctx, v.db.tables[name], folded[name], mine); err != nil {
				return err
			}
		}
		for name, rows := range folded {
			if _, ok := v.db.tables[name]; !ok && len(rows) > 0 {
				v.found(Finding{Kind: RowDropped, Index: -1, Table: name, Text: fmt.Sprintf("The log has rows of a table %q, which this Holdfast does not know.", name)})
			}
		}
	}
	return nil
}

// fold applies every record to the rows that are mine.
func (v *verification) fold(ctx context.Context, mine func(table, key string) bool, report bool) (audit.Tables, error) {
	t := audit.Tables{}
	err := eachLeaf(ctx, v.q, func(l storedLeaf) error {
		e, err := audit.Decode(l.Body)
		if err != nil {
			return nil // reported by columns
		}
		open := v.openings(l, e, report)
		e.Puts = slices.DeleteFunc(e.Puts, func(p audit.EntryPut) bool { return !mine(p.Table, p.Key) })
		err = t.Fold(e, func(commitment string) (json.RawMessage, bool) {
			value, ok := open[commitment]
			return value, ok
		})
		if err != nil {
			v.found(Finding{Kind: RowDropped, Index: l.Index, Text: fmt.Sprintf("Record %d cannot be applied: %v.", l.Index, err)})
		}
		return nil
	})
	return t, err
}

// openings gives the values of a record's commitments, and finds those that
// open nothing, open something else, or are missing though nobody was erased.
func (v *verification) openings(l storedLeaf, e audit.Entry, report bool) map[string]json.RawMessage {
	finding := func(format string, args ...any) {
		if report {
			v.found(Finding{Kind: Opening, Index: l.Index, Text: fmt.Sprintf(format, args...)})
		}
	}
	wanted := map[string]bool{}
	for _, p := range e.Puts {
		for _, c := range p.Columns {
			if c.Commitment != "" {
				wanted[c.Commitment] = true
			}
		}
	}
	values := map[string]json.RawMessage{}
	if l.openings != nil {
		openings, err := parseOpenings(l.owner, l.openings)
		if err != nil {
			finding("The personal values of record %d cannot be read.", l.Index)
		}
		for _, o := range openings {
			switch {
			case !wanted[o.Commitment]:
				finding("There is a personal value beside record %d that the record does not have.", l.Index)
			case !o.Opens():
				finding("A personal value of record %d was edited: it does not open its commitment.", l.Index)
			default:
				values[o.Commitment] = o.Value
			}
		}
	}
	if at, erased := v.erased[holdfast.PersonID(e.Person)]; len(values) < len(wanted) && !(erased && l.Index <= at) {
		finding("Personal values of record %d are gone, though nobody was erased.", l.Index)
	}
	return values
}

// table holds the rows of a table against the folded ones. What it has seen it
// removes from folded.
func (v *verification) table(ctx context.Context, t *table, folded map[string]map[string]json.RawMessage, mine func(table, key string) bool) error {
	sel, err := v.strays(ctx, t, folded, mine)
	if err != nil {
		return err
	}
	rs, err := v.q.query(ctx, sel)
	if err != nil {
		return err
	}
	defer rs.Close()
	s := newScanner(t.columns)
	for rs.Next() {
		if err := s.scan(rs); err != nil {
			return errInternal.Because(err)
		}
		key := s.cells[0].text
		if !mine(t.name, key) {
			continue
		}
		v.report.Rows++
		want, ok := folded[key]
		if !ok {
			v.found(Finding{Kind: RowInserted, Index: -1, Table: t.name, Key: key,
				Text: fmt.Sprintf("The %s %s is in the table, and the log does not know it.", t.name, key)})
			continue
		}
		delete(folded, key)
		if column := s.firstDifference(t.columns, want); column != "" {
			v.found(Finding{Kind: RowEdited, Index: -1, Table: t.name, Key: key,
				Text: fmt.Sprintf("The %s %s was edited: its %s is not what the log says.", t.name, key, column)})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(folded)) {
		v.found(Finding{Kind: RowDropped, Index: -1, Table: t.name, Key: key,
			Text: fmt.Sprintf("The %s %s is in the log, and gone from the table.", t.name, key)})
	}
	return rs.Err()
}

// firstDifference names a column whose cell is not the JSON that want has.
// A column that is younger than what the log last said of the row has its zero
// value there: that is what the step that added it gave every row.
func (s *scanner) firstDifference(columns []audit.Column, want map[string]json.RawMessage) string {
	known := 0
	for i, c := range columns {
		says, ok := want[c.Name]
		if ok {
			known++
		} else {
			says = zeroOf(c)
		}
		if !bytes.Equal(s.cells[i].json(c.Kind), says) {
			return c.Name
		}
	}
	if known != len(want) {
		return "shape"
	}
	return ""
}

// zeroOf is the zero value of a column as the log would have it. The columns of
// a table are those of a zero record.
func zeroOf(c audit.Column) json.RawMessage { return cellOf(c).json(c.Kind) }

func cellOf(c audit.Column) cell {
	switch v := c.Value().(type) {
	case int64:
		return cell{n: v}
	case []byte:
		return cell{b: v}
	default:
		return cell{text: v.(string)}
	}
}

// json is a cell as the log has it: raw, so that an edit which the record's
// own reading would forgive is found too.
func (c cell) json(kind audit.Kind) []byte {
	switch kind {
	case audit.Int:
		return strconv.AppendInt(nil, c.n, 10)
	case audit.Bytes:
		return plainJSON(base64.RawURLEncoding.EncodeToString(c.b))
	}
	return plainJSON(c.text)
}

var errDamaged = holdfast.Errorf(holdfast.Unavailable, "log_damaged",
	"The log does not fit its signed head. Run holdfast audit verify, which says where.")
