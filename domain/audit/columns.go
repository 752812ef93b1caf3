package audit

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"holdfast"
)

// Kind is how a column is stored: as text, as a bigint or as bytes. There are
// no others, since SQLite and PostgreSQL agree on these.
type Kind int

const (
	Text Kind = iota
	Int
	Bytes
)

// A Column is one field of a Record: its name, how it is stored and where.
type Column struct {
	Name     string
	Kind     Kind
	Personal bool // enters the log as a commitment

	get func() any      // string, int64 or []byte
	set func(any) error // takes what get gives
}

// Value is string, int64 or []byte, by Kind.
func (c Column) Value() any { return c.get() }

// SetValue stores v, which must be of the type that Kind says.
func (c Column) SetValue(v any) error {
	if err := c.set(v); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	return nil
}

// Columns collects the columns of a Record, in order.
type Columns struct{ list []Column }

// ColumnsOf lists r's columns. They point into r.
func ColumnsOf(r Record) []Column {
	cs := Columns{make([]Column, 0, 20)} // as many as the widest record has: one allocation
	r.Columns(&cs)
	return cs.list
}

func (cs *Columns) add(name string, kind Kind, get func() any, set func(any) error) *Column {
	cs.list = append(cs.list, Column{Name: name, Kind: kind, get: get, set: set})
	return &cs.list[len(cs.list)-1]
}

// StringColumn maps any string type.
func StringColumn[T ~string](cs *Columns, name string, p *T) *Column {
	return cs.add(name, Text, func() any { return string(*p) }, func(v any) error {
		s, ok := v.(string)
		*p = T(s)
		return wrongType(ok, v)
	})
}

// IntColumn maps any signed integer type.
func IntColumn[T ~int | ~int32 | ~int64](cs *Columns, name string, p *T) *Column {
	return cs.add(name, Int, func() any { return int64(*p) }, func(v any) error {
		n, ok := v.(int64)
		*p = T(n)
		return wrongType(ok, v)
	})
}

func (cs *Columns) Uint32(name string, p *uint32) *Column {
	return cs.add(name, Int, func() any { return int64(*p) }, func(v any) error {
		n, ok := v.(int64)
		*p = uint32(n)
		return wrongType(ok, v)
	})
}

// Bool is stored as 0 or 1.
func (cs *Columns) Bool(name string, p *bool) *Column {
	return cs.add(name, Int, func() any {
		if *p {
			return int64(1)
		}
		return int64(0)
	}, func(v any) error {
		n, ok := v.(int64)
		*p = n != 0
		return wrongType(ok, v)
	})
}

// Time is stored as microseconds since 1970, UTC; 0 is never.
func (cs *Columns) Time(name string, p *time.Time) *Column {
	return cs.add(name, Int, func() any { return holdfast.Micros(*p) }, func(v any) error {
		n, ok := v.(int64)
		*p = holdfast.FromMicros(n)
		return wrongType(ok, v)
	})
}

func (cs *Columns) Bytes(name string, p *[]byte) *Column {
	return cs.add(name, Bytes, func() any {
		if *p == nil {
			return []byte{}
		}
		return *p
	}, func(v any) error {
		b, ok := v.([]byte)
		*p = append([]byte(nil), b...)
		return wrongType(ok, v)
	})
}

// Strings is stored as a JSON array.
func (cs *Columns) Strings(name string, p *[]string) *Column {
	return cs.add(name, Text, func() any {
		if len(*p) == 0 {
			return "[]"
		}
		b, _ := json.Marshal(*p) // strings always marshal
		return string(b)
	}, func(v any) error {
		s, ok := v.(string)
		if !ok {
			return wrongType(ok, v)
		}
		*p = nil
		if s == "" || s == "[]" {
			return nil
		}
		return json.Unmarshal([]byte(s), p)
	})
}

// AsPersonal marks a column personal: erasable, and a commitment in the log.
// It returns nothing, so that it can only end a mapping line.
func (c *Column) AsPersonal() { c.Personal = true }

func wrongType(ok bool, v any) error {
	if !ok {
		return fmt.Errorf("cannot hold a %T", v)
	}
	return nil
}

// encodeValue writes a value as canonical JSON holds it: bytes as base64url.
func encodeValue(v any) any {
	if b, ok := v.([]byte); ok {
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return v
}

// decodeValue is the reverse of encodeValue, told the kind.
func decodeValue(kind Kind, raw json.RawMessage) (any, error) {
	switch kind {
	case Int:
		var n int64
		err := json.Unmarshal(raw, &n)
		return n, err
	case Bytes:
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, err
		}
		return base64.RawURLEncoding.DecodeString(s)
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}
