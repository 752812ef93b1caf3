package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"holdfast/flow/govern"
	"holdfast/spec/ijson"
)

func TestTheNearestColumnIsNamed(t *testing.T) {
	for name, want := range map[string]string{"mail": "email", "e-mail": "email", "gruops": "groups", "enddate": "end_date", "full name": "name",
		"": "name", "managr": "manager", strings.Repeat("employment", 1000): "employment"} {
		if got := nearest(name); got != want {
			t.Errorf("%.20q: %s, want %s", name, got, want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("name,email,groups,employment,manager,end_date\nA,a@example.org,\"x;\ny\",guest,b@example.org,2026-11-22\n"))
	f.Add([]byte("\xef\xbb\xbfEmail, NAME \r\na\"b,c\r\n\"unclosed,\n"))
	f.Add([]byte("name;email\n"))
	f.Add([]byte("name,email\n,,\n\n\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := readCSV(file)
		if err != nil {
			return
		}
		if len(rows) > govern.MaxRows+1 {
			t.Fatalf("%d rows", len(rows))
		}
		last := 0
		for _, r := range rows {
			if r.Line < last && r.Bad == "" {
				t.Errorf("line %d stands behind line %d", r.Line, last)
			}
			last = max(last, r.Line)
			if r.Line > bytes.Count(file, []byte("\n"))+bytes.Count(file, []byte("\r"))+1 {
				t.Errorf("there is no line %d", r.Line)
			}
		}
	})
}

// What is read strictly is read by encoding/json too, and by nobody in another
// way: each member that the text has is a field of that very name.
func FuzzStrictJSON(f *testing.F) {
	f.Add([]byte(`{"name":"a","email":"a@example.org","groups":["x"]}`))
	f.Add([]byte(`{"name":"a","NAME":"b"}`))
	f.Add([]byte(`{"name":"a","n\u0061me":"b"}`))
	f.Add([]byte(`null`))
	unmarshal := format().Unmarshal
	f.Fuzz(func(t *testing.T, text []byte) {
		var p NewPerson
		if unmarshal(text, &p) != nil {
			return
		}
		value, err := ijson.Parse(text, bodyLimits)
		if err != nil {
			t.Fatalf("%s is read, and is no I-JSON: %v", text, err)
		}
		for name := range value.Names() {
			if _, ok := members(reflect.TypeFor[NewPerson]())[name]; !ok {
				t.Errorf("%s: %q is no field", text, name)
			}
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var q NewPerson
		if err := unmarshal(again, &q); err != nil {
			t.Errorf("%s is written as %s: %v", text, again, err)
		}
	})
}
