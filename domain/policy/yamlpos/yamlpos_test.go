package yamlpos

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type doc struct {
	Text  string            `yaml:"text"`
	Texts []string          `yaml:"texts"`
	Inner *inner            `yaml:"inner"`
	Map   strings_          `yaml:"map"`
	Other map[string]string // without a tag: no key
}

type inner struct {
	Name string `yaml:",key"`
	N    int    `yaml:"n,required,min=1,max=3"`
}

type strings_ struct{ of map[string]*inner }

func (s *strings_) Entries() (any, func(string, any)) {
	v := new(*inner)
	return v, func(name string, x any) {
		if s.of == nil {
			s.of = map[string]*inner{}
		}
		s.of[name] = *x.(**inner)
	}
}

func TestPlaces(t *testing.T) {
	text := "text: a\ntexts:\n  - b\n  - c\nmap:\n  one: { n: 2 }\ninner:\n  n: 3\n"
	var d doc
	places, problems := Decode("f", []byte(text), &d)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if d.Map.of["one"].Name != "one" || d.Map.of["one"].N != 2 || d.Inner.N != 3 || d.Texts[1] != "c" {
		t.Errorf("%+v", d)
	}
	for path, want := range map[string]Position{
		"":          {"f", 1, 1},
		"text":      {"f", 1, 7},
		"texts[1]":  {"f", 4, 5},
		"map.one":   {"f", 6, 8},
		"map.one.n": {"f", 6, 13},
		"inner.n":   {"f", 8, 6},
		"inner.x.y": {"f", 8, 3}, // not written: what is around it
		"nothing":   {"f", 1, 1},
	} {
		if got := places.At(path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if got := places.KeyAt("map.one"); got != (Position{"f", 6, 3}) {
		t.Errorf("key: %v", got)
	}
	if !places.Has("texts[0]") || places.Has("texts[2]") || places.Has("other") {
		t.Error("Has")
	}
	if got := strings.Join(places.Paths(), " "); got != " text texts texts[0] texts[1] map map.one map.one.n inner inner.n" {
		t.Errorf("paths: %q", got)
	}
}

// TestInside: a character of the value is found in the file in whatever way the
// value is written.
func TestInside(t *testing.T) {
	for name, text := range map[string]string{
		"plain":             "text: ab cd @ef",
		"single":            "text: 'it''s @ here'",
		"double":            `text: "a\tb\u00e4\x41\"@\""`,
		"double over lines": "text: \"ab\n   cd\n\n   @e\"",
		"escaped break":     "text: \"ab\\\n   @e\"",
		"literal":           "text: |\n  ab\n  c@d\n",
		"literal, indented": "text: |\n  ab\n   c @d\n",
		"folded":            "text: >\n  ab\n  c@d\n",
		"folded, empty":     "text: >\n  ab\n\n\n  c@d\n",
		"plain over lines":  "text: ab\n  cd\n  e@f",
		"wide":              "text: äöü€ @x",
		"list":              "texts: [a, 'b''@']",
	} {
		t.Run(name, func(t *testing.T) {
			var d doc
			places, problems := Decode("f", []byte(text), &d)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			path, value := "text", d.Text
			if value == "" {
				path, value = "texts[1]", d.Texts[1]
			}
			before, _, ok := strings.Cut(value, "@")
			if !ok {
				t.Fatalf("no @ in %q", value)
			}
			line := 1 + strings.Count(before, "\n")
			column := 1 + len([]rune(before[strings.LastIndex(before, "\n")+1:]))
			got := places.Inside(path, line, column)
			want := Position{File: "f"}
			for i, l := range strings.Split(text, "\n") {
				if at := strings.Index(l, "@"); at >= 0 {
					want.Line, want.Column = i+1, 1+len([]rune(l[:at]))
				}
			}
			if got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"user_verification", "transports", "level", "sync"}
	for word, want := range map[string]string{"user_verifcation": "user_verification", "tarnsports": "transports", "Level": "level",
		"snyc": "sync", "colour": "", "x": ""} {
		if got, _ := Nearest(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

// TestInsideStaysInside: whatever place is asked for, the answer is in the file.
func TestInsideStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		style := rapid.SampledFrom([]string{"text: %", "text: '%'", "text: \"%\"", "text: |\n  %\n", "text: >\n  %\n\n  x\n"}).Draw(t, "style")
		text := strings.ReplaceAll(style, "%", rapid.StringMatching(`[a-c]{1,4}( [a-c]{1,3}){0,3}`).Draw(t, "text"))
		var d doc
		places, problems := Decode("f", []byte(text), &d)
		if len(problems) > 0 {
			t.Skip()
		}
		got := places.Inside("text", rapid.IntRange(1, 6).Draw(t, "line"), rapid.IntRange(1, 40).Draw(t, "column"))
		if got.Line < 1 || got.Line > strings.Count(text, "\n")+1 || got.Column < 1 {
			t.Fatalf("%v is not in %q", got, text)
		}
	})
}
