package audit

import (
	"encoding/json"
	"fmt"
)

// Tables is what folding a log gives: table → key → column → JSON value.
type Tables map[string]map[string]map[string]json.RawMessage

// Fold applies one entry. open gives the value behind a commitment, or false
// when it was erased: the column is then null.
func (t Tables) Fold(e Entry, open func(commitment string) (json.RawMessage, bool)) error {
	for _, p := range e.Puts {
		if t[p.Table] == nil {
			t[p.Table] = map[string]map[string]json.RawMessage{}
		}
		if p.Removed {
			delete(t[p.Table], p.Key)
			continue
		}
		// A whole row that does not name a column leaves it as it is, as the
		// statement does: a node of an older version, beside a newer one, knows
		// fewer columns.
		row := t[p.Table][p.Key]
		switch {
		case row == nil && p.Partial:
			return fmt.Errorf("fold %s %s: a change to a row that is not there", p.Table, p.Key)
		case row == nil:
			row = map[string]json.RawMessage{}
		}
		for _, c := range p.Columns {
			switch {
			case c.Commitment != "":
				v, ok := open(c.Commitment)
				if !ok {
					v = json.RawMessage("null")
				}
				row[c.Name] = v
			case c.Value != nil:
				row[c.Name] = c.Value
			default:
				return fmt.Errorf("fold %s %s: column %s has neither value nor commitment", p.Table, p.Key, c.Name)
			}
		}
		t[p.Table][p.Key] = row
	}
	return nil
}

// RowOf is a row as Fold has it, for comparing with what a table holds.
func RowOf(r Record) map[string]json.RawMessage {
	row := map[string]json.RawMessage{}
	for _, c := range ColumnsOf(r) {
		row[c.Name] = mustJSON(encodeValue(c.Value()))
	}
	return row
}
