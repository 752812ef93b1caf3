package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"holdfast"
)

// Entry is an event as it stands in the log: the shape of its canonical bytes.
// The bytes are JSON with members in this order, no white space, no HTML
// escaping; columns keep the order of their Record. Whoever verifies hashes
// the bytes as stored and never re-encodes them.
type Entry struct {
	Version int          `json:"v"`
	At      string       `json:"at"` // RFC 3339, UTC, six decimals
	Type    Type         `json:"type"`
	Actor   EntryActor   `json:"actor"`
	Subject string       `json:"subject"`
	Person  string       `json:"person,omitempty"`
	Details []EntryField `json:"details,omitempty"`
	Puts    []EntryPut   `json:"puts,omitempty"`
}

type EntryActor struct {
	Kind    holdfast.ActorKind `json:"kind"`
	ID      string             `json:"id,omitempty"`
	Session string             `json:"session,omitempty"`
}

// EntryPut is one row. A partial one has the changed columns only; a removed
// one has none.
type EntryPut struct {
	Table   string       `json:"table"`
	Key     string       `json:"key"`
	Partial bool         `json:"partial,omitempty"`
	Removed bool         `json:"removed,omitempty"`
	Columns []EntryField `json:"columns,omitempty"`
}

// EntryField is a name with its value, or with the commitment to its value.
type EntryField struct {
	Name       string          `json:"name"`
	Value      json.RawMessage `json:"value,omitempty"`
	Commitment string          `json:"commitment,omitempty"`
}

// An Opening is what opens a commitment. It is kept beside the log and deleted
// when the person is erased.
type Opening struct {
	Commitment string
	Person     holdfast.PersonID
	Salt       []byte
	Value      []byte // the JSON of the value
}

const instant = "2006-01-02T15:04:05.000000Z"

// Decode reads canonical bytes.
func Decode(b []byte) (Entry, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var e Entry
	if err := d.Decode(&e); err != nil {
		return Entry{}, fmt.Errorf("decode log entry: %w", err)
	}
	if e.Version != 1 {
		return Entry{}, fmt.Errorf("decode log entry: version %d is unknown", e.Version)
	}
	return e, nil
}

// Time is when the entry happened.
func (e Entry) Time() (time.Time, error) { return time.Parse(instant, e.At) }

// commit hides value behind 128 random bits: whoever has the log alone cannot
// try names and addresses against it.
func commit(person holdfast.PersonID, value []byte) Opening {
	salt := make([]byte, 16)
	rand.Read(salt)
	return Opening{Commitment: commitmentOf(salt, value), Person: person, Salt: salt, Value: value}
}

func commitmentOf(salt, value []byte) string {
	h := sha256.New()
	h.Write([]byte("holdfast audit commitment v1\x00"))
	h.Write(salt)
	h.Write(value)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Opens says whether o really opens its commitment.
func (o Opening) Opens() bool { return commitmentOf(o.Salt, o.Value) == o.Commitment }

func emptyValue(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []byte:
		return len(v) == 0
	}
	return false
}

func mustJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("audit: internal error: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Detail is the value of a detail; empty where there is none of that name.
func (e Entry) Detail(name string) string {
	for _, d := range e.Details {
		if d.Name == name {
			var v string
			json.Unmarshal(d.Value, &v) // Encode wrote a text
			return v
		}
	}
	return ""
}
