package ijson_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast/spec/ijson"
)

var limits = ijson.Limits{Bytes: 1 << 20, Depth: 4}

func TestParse(t *testing.T) {
	many := func(last string) string {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, `"n%d":%d,`, i, i)
		}
		return "{" + b.String() + `"` + last + `":1}`
	}
	for _, test := range []struct {
		name, text string
		good       bool
	}{
		{"object", ` { "a" : [ 1 , -0.5e+3 , true , false , null , "x" ] } `, true},
		{"empty object and array", `{"a":{},"b":[]}`, true},
		{"names that differ in case", `{"a":1,"A":2}`, true},
		{"four levels", `[[[[]]]]`, true},
		{"escapes", `"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"`, true},
		{"many names", many("x"), true},
		{"RFC 7493 §2.3: duplicate name", `{"a":1,"a":1}`, false},
		{"RFC 7493 §2.3: duplicate name, escaped", `{"a":1,"\u0061":1}`, false},
		{"RFC 7493 §2.3: duplicate among many", many("n3"), false},
		{"RFC 7493 §2.1: not UTF-8", "\"\xff\"", false},
		{"RFC 7493 §2.1: surrogate alone", `"\ud83d"`, false},
		{"RFC 7493 §2.1: surrogates the wrong way round", `"\ude00\ud83d"`, false},
		{"RFC 7493 §2.1: surrogate and no surrogate", `"\ud83d\u0041"`, false},
		{"five levels", `[[[[[]]]]]`, false},
		{"nothing", ``, false},
		{"white space only", ` `, false},
		{"data after the value", `{}{}`, false},
		{"comma at the end of an object", `{"a":1,}`, false},
		{"comma at the end of an array", `[1,]`, false},
		{"no comma", `[1 2]`, false},
		{"no colon", `{"a" 1}`, false},
		{"name without quotes", `{a:1}`, false},
		{"comment", `{/**/}`, false},
		{"byte order mark", "\uFEFF{}", false},
		{"single quotes", `'a'`, false},
		{"line break in a string", "\"a\nb\"", false},
		{"unknown escape", `"\x41"`, false},
		{"escape with a sign", `"\u+041"`, false},
		{"unfinished string", `"a`, false},
		{"unfinished escape", `"\`, false},
		{"unfinished after an escape", `"\n`, false},
		{"control character after an escape", "\"\\n\x01\"", false},
		{"leading zero", `01`, false},
		{"leading plus", `+1`, false},
		{"no digits", `-`, false},
		{"no digits after the point", `1.`, false},
		{"no digits before the point", `.5`, false},
		{"no digits in the exponent", `1e`, false},
		{"NaN", `NaN`, false},
		{"misspelt", `nul`, false},
		{"in another case", `True`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ijson.Parse([]byte(test.text), limits)
			if (err == nil) != test.good {
				t.Errorf("%s: %v", test.text, err)
			}
		})
	}
	if _, err := ijson.Parse([]byte(`[1]`), ijson.Limits{Bytes: 2, Depth: 1}); err == nil {
		t.Error("three bytes were read where two are allowed")
	}
}

func TestValues(t *testing.T) {
	v, err := ijson.Parse([]byte(`{"s":"\uD83D\uDE00\n","n":-12,"f":1.0,"o":{ "a":[1] },"t":true}`), limits)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"s": "😀\n", "n": "-12", "f": "1.0", "o": `{ "a":[1] }`, "missing": "", "t": ""} {
		if got := v.Get(name).Text(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if n, ok := v.Get("n").Int(); !ok || n != -12 {
		t.Errorf("n: %d, %v", n, ok)
	}
	for _, name := range []string{"f", "s", "missing"} {
		if n, ok := v.Get(name).Int(); ok {
			t.Errorf("%s is the integer %d", name, n)
		}
	}
	if got := v.Get("o").Get("a").List(); len(got) != 1 || got[0].Kind() != ijson.Number {
		t.Errorf("o.a: %v", got)
	}
	if got := strings.Join(slices.Collect(v.Names()), " "); got != "s n f o t" {
		t.Errorf("the members are named %s", got)
	}
	if kind := v.Get("s").Get("x").Kind(); kind != ijson.Missing {
		t.Errorf("a member of a string is %v", kind)
	}
}

// FuzzParse holds that whatever is read here, encoding/json reads too and sees
// the same; the reverse does not hold, on purpose.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null]}`, `{"a":1,"a":2}`, `"\ud800"`, `[[[[[[`, `1e`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := ijson.Parse(data, ijson.Limits{Bytes: 1 << 16, Depth: 32})
		if err != nil {
			return
		}
		var other any
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		if err := decoder.Decode(&other); err != nil {
			t.Fatalf("%q was read, but encoding/json says %v", data, err)
		}
		same(t, v, other)
	})
}

func same(t *testing.T, v ijson.Value, other any) {
	t.Helper()
	switch o := other.(type) {
	case nil:
		expect(t, v.Kind() == ijson.Null, v, o)
	case bool:
		expect(t, o && v.Kind() == ijson.True || !o && v.Kind() == ijson.False, v, o)
	case string:
		expect(t, v.Kind() == ijson.String && v.Text() == o, v, o)
	case json.Number:
		expect(t, v.Kind() == ijson.Number && v.Text() == o.String(), v, o)
	case []any:
		expect(t, v.Kind() == ijson.Array && len(v.List()) == len(o), v, o)
		for i := range o {
			same(t, v.List()[i], o[i])
		}
	case map[string]any:
		expect(t, v.Kind() == ijson.Object, v, o)
		for name := range o {
			same(t, v.Get(name), o[name])
		}
	}
}

func expect(t *testing.T, ok bool, v ijson.Value, other any) {
	t.Helper()
	if !ok {
		t.Fatalf("%v %q where encoding/json sees %#v", v.Kind(), v.Text(), other)
	}
}
