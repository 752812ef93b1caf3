package page

import "time"

// AuditRow is one record of the log.
type AuditRow struct {
	Index   string // of the leaf, decimal; empty until integrated
	Type    string // stable: "session.opened"
	Title   string // a sentence: "Ada Lovelace signed in"
	At      time.Time
	Actor   Link
	Subject Link
}

// AuditFilter narrows the log.
type AuditFilter struct {
	Type, Actor, Subject string
	From, To             string // 2006-01-02
	Several              int    // people who are called as Subject says, where it does not name one
}

// Any says whether anything narrows the log.
func (f AuditFilter) Any() bool { return f != AuditFilter{} }

// Audit lists the log, newest first.
type Audit struct {
	Frame
	Rows         []AuditRow
	Types        []Option
	Filter       AuditFilter
	Older, Newer string // addresses; empty at the ends
	Size         int64  // of the tree
	Checkpoint   string // the signed note
	Export       Export
}

// Choices are the options of the type filter.
func (a *Audit) Choices() []Option {
	out := []Option{{Value: "", Label: "Everything", Chosen: a.Filter.Type == ""}}
	for _, t := range a.Types {
		t.Chosen = a.Filter.Type == t.Value
		out = append(out, t)
	}
	return out
}

// Dates are the fields of the date filter.
func (a *Audit) Dates() []Field {
	return atFirstError([]Field{
		{Name: "from", Label: "From", Type: "date", Value: a.Filter.From},
		{Name: "to", Label: "To", Type: "date", Value: a.Filter.To},
	})
}

// Signed is the checkpoint, ready to copy.
func (a *Audit) Signed() Code {
	return Code{ID: "checkpoint", Title: "Checkpoint", Text: a.Checkpoint}
}

// AuditRecord is one record with the proof that it is in the log.
type AuditRecord struct {
	Frame
	Row        AuditRow
	Fields     []AuditField
	LeafHash   string   // base64, as in the checkpoint
	Proof      []string // the audit path, base64
	Size       int64    // of the tree that the proof is for
	Checkpoint string
	Canonical  string // the bytes that were hashed, as text
}

// Path is the proof as text.
func (a *AuditRecord) Path() Code {
	return Code{ID: "proof", Title: "Inclusion proof", Text: lines(a.Proof)}
}

// Signed is the checkpoint, ready to copy.
func (a *AuditRecord) Signed() Code {
	return Code{ID: "checkpoint", Title: "Checkpoint", Text: a.Checkpoint}
}

// Bytes is the record as it was hashed.
func (a *AuditRecord) Bytes() Code {
	return Code{ID: "canonical", Title: "The record as it was hashed", Text: a.Canonical}
}

// AuditField is one field of a record.
type AuditField struct {
	Name, Value string
	Personal    bool // in the log as a commitment only
	Erased      bool // the value is gone; the commitment stays
}

func (*Audit) name() string        { return "audit" }
func (*AuditRecord) name() string  { return "auditrecord" }
func (*Audit) shell() string       { return "console" }
func (*AuditRecord) shell() string { return "console" }
