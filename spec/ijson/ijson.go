// Package ijson reads I-JSON (RFC 7493): JSON in which the names of an object
// are unique, compared byte by byte, and every string is Unicode. Where two
// readers of the same bytes could see different things, it refuses.
//
// encoding/json takes {"a":1,"A":2,"a":3} without a word and keeps the last;
// a verifier that does so can be shown other client data than the browser
// signed. This package refuses to guess, to write, and to read without bounds.
package ijson

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Kind is the type of a value. The zero Kind is that of a value that is not
// there.
type Kind byte

const (
	Missing Kind = iota
	Null
	False
	True
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"missing", "null", "false", "true", "a number", "a string", "an array", "an object"}[k]
}

// Value is one JSON value. The zero Value is missing.
type Value struct {
	kind    Kind
	text    string // of a string, decoded; of anything else, as written
	list    []Value
	members []member
}

type member struct {
	name  string
	value Value
}

// Kind is the value's type.
func (v Value) Kind() Kind { return v.kind }

// Text is a string's text, decoded; of a number, array or object it is the
// source, as written; else "".
func (v Value) Text() string { return v.text }

// List is an array's elements, else nil.
func (v Value) List() []Value { return v.list }

// Get is an object's member; missing if there is none or v is no object.
func (v Value) Get(name string) Value {
	for i := range v.members {
		if v.members[i].name == name {
			return v.members[i].value
		}
	}
	return Value{}
}

// Names are those of an object's members, as they come.
func (v Value) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range v.members {
			if !yield(v.members[i].name) {
				return
			}
		}
	}
}

// Limits bound what a stranger can make a reader hold.
type Limits struct {
	Bytes int // of the whole text
	Depth int // of arrays and objects inside each other
}

// Parse reads one value that fills data, but for white space around it.
func Parse(data []byte, limits Limits) (Value, error) {
	if len(data) > limits.Bytes {
		return Value{}, fmt.Errorf("JSON of %d bytes: at most %d are allowed", len(data), limits.Bytes)
	}
	if !utf8.Valid(data) {
		return Value{}, fmt.Errorf("JSON is not UTF-8")
	}
	r := reader{s: string(data), depth: limits.Depth}
	v, err := r.value()
	if err != nil {
		return Value{}, err
	}
	if r.space(); r.i < len(r.s) {
		return Value{}, r.errorf("data follows the value")
	}
	return v, nil
}

// reader walks over s; i is the next byte, depth how much deeper it may go.
type reader struct {
	s     string
	i     int
	depth int
}

func (r *reader) errorf(format string, args ...any) error {
	return fmt.Errorf("JSON at byte %d: %s", r.i, fmt.Sprintf(format, args...))
}

func (r *reader) space() {
	for r.i < len(r.s) && (r.s[r.i] == ' ' || r.s[r.i] == '\t' || r.s[r.i] == '\n' || r.s[r.i] == '\r') {
		r.i++
	}
}

// next skips white space and returns the byte that follows, or 0 at the end.
func (r *reader) next() byte {
	r.space()
	if r.i == len(r.s) {
		return 0
	}
	return r.s[r.i]
}

func (r *reader) value() (Value, error) {
	switch c := r.next(); {
	case c == '{':
		return r.nested(r.object)
	case c == '[':
		return r.nested(r.array)
	case c == '"':
		text, err := r.string()
		return Value{kind: String, text: text}, err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case c == 't':
		return r.word("true", True)
	case c == 'f':
		return r.word("false", False)
	case c == 'n':
		return r.word("null", Null)
	case r.i == len(r.s):
		return Value{}, r.errorf("ends where a value should be")
	}
	return Value{}, r.errorf("no value begins with %q", r.s[r.i])
}

func (r *reader) nested(read func() (Value, error)) (Value, error) {
	if r.depth == 0 {
		return Value{}, r.errorf("nested too deeply")
	}
	start := r.i
	r.depth--
	r.i++
	v, err := read()
	r.depth++
	if err == nil {
		v.text = r.s[start:r.i]
	}
	return v, err
}

func (r *reader) word(word string, kind Kind) (Value, error) {
	if !strings.HasPrefix(r.s[r.i:], word) {
		return Value{}, r.errorf("misspelt %s", word)
	}
	r.i += len(word)
	return Value{kind: kind}, nil
}

func (r *reader) array() (Value, error) {
	v := Value{kind: Array}
	if r.next() == ']' {
		r.i++
		return v, nil
	}
	for {
		element, err := r.value()
		if err != nil {
			return Value{}, err
		}
		v.list = append(v.list, element)
		if more, err := r.more(']'); !more {
			return v, err
		}
	}
}

// fewMembers is up to where comparing each name with each is quicker than a map.
const fewMembers = 16

func (r *reader) object() (Value, error) {
	v := Value{kind: Object}
	if r.next() == '}' {
		r.i++
		return v, nil
	}
	v.members = make([]member, 0, 8)
	var seen map[string]bool
	for {
		if r.next() != '"' {
			return Value{}, r.errorf("a member must begin with its name")
		}
		name, err := r.string()
		if err != nil {
			return Value{}, err
		}
		if len(v.members) == fewMembers {
			seen = names(v.members)
		}
		if seen[name] || seen == nil && v.Get(name).kind != Missing {
			return Value{}, r.errorf("duplicate name %q", shorten(name))
		}
		if r.next() != ':' {
			return Value{}, r.errorf("no colon after the name %q", shorten(name))
		}
		r.i++
		value, err := r.value()
		if err != nil {
			return Value{}, err
		}
		v.members = append(v.members, member{name, value})
		if seen != nil {
			seen[name] = true
		}
		if more, err := r.more('}'); !more {
			return v, err
		}
	}
}

func names(members []member) map[string]bool {
	seen := make(map[string]bool, 2*len(members))
	for _, m := range members {
		seen[m.name] = true
	}
	return seen
}

// shorten keeps a stranger's text from filling a log.
func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// more takes the comma or the end of a list.
func (r *reader) more(end byte) (bool, error) {
	switch r.next() {
	case ',':
		r.i++
		return true, nil
	case end:
		r.i++
		return false, nil
	}
	return false, r.errorf("neither a comma nor %q", end)
}
