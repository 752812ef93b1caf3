package api

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"holdfast/spec/ijson"
)

// bodyLimits bound a JSON body; its size is bounded before it is read, by what
// its operation takes.
var bodyLimits = ijson.Limits{Bytes: maxPolicyBody, Depth: 16}

// format is JSON that two readers cannot see different things in: no member
// twice, none by another case, none that the operation does not name.
func format() huma.Format {
	return huma.Format{
		Marshal: huma.DefaultJSONFormat.Marshal,
		Unmarshal: func(data []byte, v any) error {
			value, err := ijson.Parse(data, bodyLimits)
			if err != nil {
				return err
			}
			if err := exact(value, reflect.TypeOf(v), "body"); err != nil {
				return err
			}
			return json.Unmarshal(data, v)
		},
	}
}

var textual = reflect.TypeFor[encoding.TextUnmarshaler]()

// exact says which member of v the type t has no field for, letter by letter:
// encoding/json alone takes NAME for name.
func exact(v ijson.Value, t reflect.Type, where string) error {
	for t.Kind() == reflect.Pointer {
		if t.Implements(textual) {
			return nil
		}
		t = t.Elem()
	}
	switch {
	case v.Kind() == ijson.Array && t.Kind() == reflect.Slice:
		for i, e := range v.List() {
			if err := exact(e, t.Elem(), fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case v.Kind() == ijson.Object && t.Kind() == reflect.Struct:
		fields := members(t)
		for name := range v.Names() {
			f, ok := fields[name]
			if !ok {
				return fmt.Errorf("%s: a member %.60q is not known", where, name)
			}
			if err := exact(v.Get(name), f, where+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// members are the fields of a struct by their names in JSON.
func members(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			for n, inner := range members(f.Type) {
				out[n] = inner
			}
		case name != "" && name != "-":
			out[name] = f.Type
		}
	}
	return out
}
