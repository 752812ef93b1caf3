package audit

import (
	"encoding/base64"
	"strconv"

	"holdfast"
)

// Encode gives the canonical bytes of e and the openings of its commitments.
// They are what encoding/json makes of an Entry, written out by hand because
// every sign-in waits for it inside the one transaction that writes.
func Encode(e Event, by By) ([]byte, []Opening, error) {
	b := make([]byte, 0, 1024)
	b = append(b, `{"v":1,"at":"`...)
	b = by.At.UTC().AppendFormat(b, instant)
	b = appendMember(b, `","type":`, string(e.Type))
	b = appendActor(append(b, `,"actor":`...), by.Actor)
	b = appendMember(b, `,"subject":`, e.Subject)
	b = appendOptional(b, `,"person":`, string(e.Person))
	for i, d := range e.Details {
		b = append(b, before(i, `,"details":[`)...)
		b = appendMember(appendMember(b, `{"name":`, d.Name), `,"value":`, d.Value)
		b = append(b, '}')
	}
	b = appendIf(b, len(e.Details) > 0, "]")
	var openings []Opening
	for i, p := range e.Puts {
		b = append(b, before(i, `,"puts":[`)...)
		b, openings = appendPut(b, openings, p, e.Person)
	}
	b = appendIf(b, len(e.Puts) > 0, "]")
	return append(b, '}'), openings, nil
}

// before is what stands before the i-th element of a list.
func before(i int, list string) string {
	if i == 0 {
		return list
	}
	return ","
}

func appendActor(b []byte, a holdfast.Actor) []byte {
	b = appendMember(b, `{"kind":`, string(a.Kind))
	b = appendOptional(b, `,"id":`, a.ID)
	b = appendOptional(b, `,"session":`, string(a.Session))
	return append(b, '}')
}

func appendPut(b []byte, openings []Opening, p Put, person holdfast.PersonID) ([]byte, []Opening) {
	b = appendMember(b, `{"table":`, p.Table)
	b = appendMember(b, `,"key":`, p.Key)
	b = appendIf(b, p.Partial, `,"partial":true`)
	b = appendIf(b, p.Removed, `,"removed":true`)
	for i, c := range p.Columns {
		b = append(b, before(i, `,"columns":[`)...)
		b = appendMember(b, `{"name":`, c.Name)
		v := c.Value()
		if c.Personal && !emptyValue(v) && !c.emptyList() {
			o := commit(person, appendValue(nil, v))
			openings = append(openings, o)
			b = appendMember(b, `,"commitment":`, o.Commitment)
		} else {
			b = appendValue(append(b, `,"value":`...), v)
		}
		b = append(b, '}')
	}
	b = appendIf(b, len(p.Columns) > 0, "]")
	return append(b, '}'), openings
}

func appendIf(b []byte, is bool, s string) []byte {
	if is {
		b = append(b, s...)
	}
	return b
}

func appendMember(b []byte, name, value string) []byte {
	return appendText(append(b, name...), value)
}

func appendOptional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendMember(b, name, value)
}

// appendValue writes a column's value; bytes as base64url, which needs no escape.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendText(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case []byte:
		b = append(b, '"')
		b = base64.RawURLEncoding.AppendEncode(b, v)
		return append(b, '"')
	}
	panic("audit: internal error: a column holds what is neither text, number nor bytes")
}

// appendText writes a JSON string. What is not plain ASCII is left to
// encoding/json, which knows all the rest.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, mustJSON(s)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
