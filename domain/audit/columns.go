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

	field field
}

// A field is a pointer into a Record. Each kind is a struct of one pointer and
// nothing else, so that columns, of which a sign-in makes a hundred, need no
// memory of their own.
type field interface {
	get() any      // string, int64 or []byte
	set(any) error // takes what get gives
}

// Value is string, int64 or []byte, by Kind.
func (c Column) Value() any { return c.field.get() }

// SetValue stores v, which must be of the type that Kind says.
func (c Column) SetValue(v any) error {
	if err := c.field.set(v); err != nil {
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

func (cs *Columns) add(name string, kind Kind, f field) *Column {
	cs.list = append(cs.list, Column{Name: name, Kind: kind, field: f})
	return &cs.list[len(cs.list)-1]
}

// StringColumn maps any string type.
func StringColumn[T ~string](cs *Columns, name string, p *T) *Column {
	return cs.add(name, Text, textField[T]{p})
}

type textField[T ~string] struct{ p *T }

func (f textField[T]) get() any { return string(*f.p) }

func (f textField[T]) set(v any) error {
	s, ok := v.(string)
	*f.p = T(s)
	return wrongType(ok, v)
}

// IntColumn maps any signed integer type.
func IntColumn[T ~int | ~int32 | ~int64](cs *Columns, name string, p *T) *Column {
	return cs.add(name, Int, intField[T]{p})
}

// Uint32 is stored as a bigint.
func (cs *Columns) Uint32(name string, p *uint32) *Column {
	return cs.add(name, Int, intField[uint32]{p})
}

type intField[T ~int | ~int32 | ~int64 | ~uint32] struct{ p *T }

func (f intField[T]) get() any { return int64(*f.p) }

func (f intField[T]) set(v any) error {
	n, ok := v.(int64)
	*f.p = T(n)
	return wrongType(ok, v)
}

// Bool is stored as 0 or 1.
func (cs *Columns) Bool(name string, p *bool) *Column {
	return cs.add(name, Int, boolField{p})
}

type boolField struct{ p *bool }

func (f boolField) get() any {
	if *f.p {
		return int64(1)
	}
	return int64(0)
}

func (f boolField) set(v any) error {
	n, ok := v.(int64)
	*f.p = n != 0
	return wrongType(ok, v)
}

// Time is stored as microseconds since 1970, UTC; 0 is never.
func (cs *Columns) Time(name string, p *time.Time) *Column {
	return cs.add(name, Int, timeField{p})
}

type timeField struct{ p *time.Time }

func (f timeField) get() any { return holdfast.Micros(*f.p) }

func (f timeField) set(v any) error {
	n, ok := v.(int64)
	*f.p = holdfast.FromMicros(n)
	return wrongType(ok, v)
}

// Bytes are stored as they are; nil and empty are the same.
func (cs *Columns) Bytes(name string, p *[]byte) *Column {
	return cs.add(name, Bytes, bytesField{p})
}

type bytesField struct{ p *[]byte }

func (f bytesField) get() any {
	if *f.p == nil {
		return []byte{}
	}
	return *f.p
}

func (f bytesField) set(v any) error {
	b, ok := v.([]byte)
	*f.p = append([]byte(nil), b...)
	return wrongType(ok, v)
}

// Strings is stored as a JSON array.
func (cs *Columns) Strings(name string, p *[]string) *Column {
	return cs.add(name, Text, listField{p})
}

type listField struct{ p *[]string }

func (f listField) get() any {
	if len(*f.p) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(*f.p) // strings always marshal
	return string(b)
}

func (f listField) set(v any) error {
	s, ok := v.(string)
	if !ok {
		return wrongType(ok, v)
	}
	*f.p = nil
	if s == "" || s == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(s), f.p)
}

// emptyList says that c is a list with nothing in it: like an empty text, that
// is nobody's secret, and what an erasure leaves.
func (c Column) emptyList() bool {
	f, ok := c.field.(listField)
	return ok && len(*f.p) == 0
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
