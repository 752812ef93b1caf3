package exposure_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"holdfast"
	"holdfast/domain/exposure"
)

// smallest is a file that every case below changes.
const smallest = `{"atoms":[{"id":"pw","class":"know"},{"id":"k","class":"havehw"},{"id":"op","class":"person","pool":{"of":"ops","k":1}}],` +
	`"edges":[{"id":"e","head":"g","body":["pw","k"]},{"id":"f","head":"g","body":["op"],"k":1}],"given":[],"goal":"g","required":{"aal":2,"phr":false}}`

// Every mistake has its code, says where it is and what to do.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, code, where string }{
		{`{"atoms"`, `{"atoms`, "graph_json", ""},
		{`{"atoms"`, `[{"atoms"`, "graph_json", ""},
		{`"aal":2,"phr":false}}`, `"aal":2,"phr":false}}x`, "graph_json", "data follows"},
		{`"goal":"g"`, `"goal":"g","goal":"g"`, "graph_json", "goal"},
		{`"given":[]`, `"given":[[[[[[[[[[]]]]]]]]]]`, "graph_json", "deep"},
		{`"goal":"g"`, "\"goal\":\"g\xff\"", "graph_json", "UTF-8"},
		{`"goal":"g"`, `"Goal":"g"`, "graph_key", `"Goal"`},
		{`"class":"know"`, `"class":"know","note":"x"`, "graph_key", `atoms[0]: there is no key "note"`},
		{`"k":1}}`, `"k":1,"n":2}}`, "graph_key", `atoms[2].pool: `},
		{`"phr":false`, `"phr":false,"ial":1`, "graph_key", "required: "},
		{`"goal":"g",`, ``, "graph_missing", "goal is missing"},
		{`"goal":"g"`, `"goal":null`, "graph_missing", "goal is missing"},
		{`,"required":{"aal":2,"phr":false}`, ``, "graph_missing", "required is missing"},
		{`"aal":2,`, ``, "graph_missing", "required.aal is missing"},
		{`"id":"pw",`, ``, "graph_missing", "atoms[0].id"},
		{`"head":"g","body":["op"]`, `"body":["op"]`, "graph_missing", "edges[1].head"},
		{`"body":["op"],`, ``, "graph_missing", "edges[1].body"},
		{`"goal":"g"`, `"goal":""`, "graph_type", "goal is"},
		{`"goal":"g"`, `"goal":["g"]`, "graph_type", "goal is an array"},
		{`"given":[]`, `"given":["pw",1]`, "graph_type", "given[1] is 1"},
		{`"given":[]`, `"given":"pw"`, "graph_type", "given is"},
		{`"aal":2`, `"aal":2.0`, "graph_type", "required.aal is 2.0"},
		{`"aal":2`, `"aal":"2"`, "graph_type", `required.aal is "2"`},
		{`"aal":2`, `"aal":20000000000`, "graph_type", "required.aal"},
		{`"phr":false`, `"phr":0`, "graph_type", "required.phr is 0"},
		{`["pw","k"]`, `["pw",null]`, "graph_type", "edges[0].body[1]"},
		{`["pw","k"]`, `["pw",""]`, "graph_type", "edges[0].body[1]"},
		{`{"id":"pw","class":"know"}`, `7`, "graph_type", "atoms[0] is a number"},
		{`"aal":2`, `"aal":4`, "graph_range", "required.aal is 4"},
		{`"aal":2`, `"aal":-1`, "graph_range", "required.aal is -1"},
		{`"k":1}]`, `"k":2}]`, "graph_range", "edges[1].k is 2"},
		{`"k":1}]`, `"k":0}]`, "graph_range", "edges[1].k is 0"},
		{`"k":1}]`, `"k":-1}]`, "graph_range", "edges[1].k is -1"},
		{`["op"],"k":1`, `[],"k":1`, "graph_range", "edges[1].k is 1"},
		{`"class":"know"`, `"class":"know","ial":1`, "graph_range", "atoms[0].ial"},
		{`"class":"know"`, `"class":"proof","ial":4`, "graph_range", "atoms[0].ial is 4"},
		{`"of":"ops","k":1`, `"of":"ops","k":0`, "graph_range", "atoms[2].pool.k"},
		{`"goal":"g"`, `"goal":"g","equivalence":{"dual_control":4}`, "graph_range", "equivalence.dual_control is 4"},
		{`"goal":"g"`, `"goal":"g","equivalence":{"onsite":-1}`, "graph_range", "equivalence.onsite is -1"},
		{`"class":"know"`, `"class":"unknown"`, "graph_class", `atoms[0].class: there is no "unknown"`},
		{`"class":"know"`, `"class":"Know"`, "graph_class", `"Know"`},
		{`"id":"k"`, `"id":"pw"`, "graph_duplicate", "atoms[1].id"},
		{`"id":"f"`, `"id":"e"`, "graph_duplicate", "edges[1].id"},
		{`["pw","k"]`, `["pw","pw"]`, "graph_duplicate", "edges[0].body[1]"},
		{`"class":"know"`, `"class":"know","key":"kk"`, "graph_unlocks", `atoms[0].key: "kk"`},
		{`"class":"know"`, `"class":"know","key":"pw"`, "graph_unlocks", "atoms[0].key"},
		{`"class":"know"`, `"class":"deceive","key":"k"`, "graph_unlocks", "atoms[0].key"},
		{`"class":"know"`, `"class":"person","pool":{"of":"ops","k":1}`, "graph_pool", "atoms[2].pool: atoms[0]"},
		{`"class":"know"`, `"class":"know","pool":{"of":"ops","k":2}`, "graph_pool", "atoms[2].pool"},
		{`"given":[]`, `"given":["pw","other"]`, "graph_given", "given[1]"},
		{`"goal":"g"`, `"goal":"session"`, "graph_goal", `goal: there is no "session"`},
	} {
		text := strings.Replace(smallest, c.old, c.new, 1)
		if text == smallest {
			t.Fatalf("%s is not there", c.old)
		}
		_, err := exposure.Parse([]byte(text))
		var e *holdfast.Error
		if !errors.As(err, &e) || e.Code != c.code || e.Kind != holdfast.Invalid || !strings.Contains(e.Text, c.where) {
			t.Errorf("%s for %s: %v, want %s at %s", c.new, c.old, err, c.code, c.where)
		}
	}
	if _, err := exposure.Parse([]byte(smallest)); err != nil {
		t.Error(err)
	}
	atoms := make([]string, 4097)
	for i := range atoms {
		atoms[i] = fmt.Sprintf(`{"id":"a%d","class":"know"}`, i)
	}
	many := `{"atoms":[` + strings.Join(atoms, ",") + `],"edges":[],"goal":"a0","required":{"aal":1}}`
	if _, err := exposure.Parse([]byte(many)); holdfast.CodeOf(err) != "graph_size" {
		t.Error(err)
	}
}

// What is optional may be null, what is a name may be any text, and what is
// unusual is answered.
func TestEvaluateAtTheEdges(t *testing.T) {
	for name, c := range map[string]struct{ in, out string }{
		"null is left out": {
			`{"atoms":[{"id":"a","class":"proof","ial":null,"key":null,"phishable":null,"pool":null}],"edges":[{"id":"e","head":"g","body":["a"],"k":null,"recovery":null,"nist":null}],` +
				`"given":null,"goal":"g","required":{"aal":0,"phr":null},"equivalence":null}`,
			`{"effective":{"aal":0,"phr":true},"sets":[{"atoms":["a"],"level":0,"phr":true}],"verdict":"PASS","single_points":[],"availability":0,"truncated":false}`},
		"an empty body is open to everybody": {
			`{"atoms":[],"edges":[{"id":"e","head":"g","body":[]}],"goal":"g","required":{"aal":1}}`,
			`{"effective":{"aal":0,"phr":false},"sets":[{"atoms":[],"level":0,"phr":false}],"verdict":"FAIL","single_points":[],"availability":0,"truncated":false}`},
		"a loop leads nowhere": {
			`{"atoms":[],"edges":[{"id":"e","head":"g","body":["h"]},{"id":"f","head":"h","body":["g"]},{"id":"l","head":"g","body":["g"]}],"goal":"g","required":{"aal":3,"phr":true}}`,
			`{"effective":{"aal":3,"phr":true},"sets":[],"verdict":"PASS","single_points":[],"availability":0,"truncated":false}`},
		"the goal is an atom, and has a way": {
			`{"atoms":[{"id":"g","class":"have"},{"id":"a","class":"recissued"}],"edges":[{"id":"e","head":"g","body":["a"]}],"goal":"g","required":{"aal":1}}`,
			`{"effective":{"aal":1,"phr":true},"sets":[{"atoms":["a"],"level":1,"phr":true},{"atoms":["g"],"level":1,"phr":true}],"verdict":"PASS","single_points":[],"availability":2,"truncated":false}`},
		"the goal is given": {
			`{"atoms":[{"id":"a","class":"have"}],"edges":[{"id":"e","head":"g","body":["a"]}],"given":["g"],"goal":"g","required":{"aal":0,"phr":false}}`,
			`{"effective":{"aal":0,"phr":false},"sets":[{"atoms":[],"level":0,"phr":false}],"verdict":"PASS","single_points":[],"availability":1,"truncated":false}`},
		"an undeclared name that nothing needs": {
			`{"atoms":[{"id":"a","class":"have"}],"edges":[{"id":"e","head":"g","body":["a"]},{"id":"f","head":"h","body":["what"]}],"goal":"g","required":{"aal":1}}`,
			`{"effective":{"aal":1,"phr":true},"sets":[{"atoms":["a"],"level":1,"phr":true}],"verdict":"PASS","single_points":[],"availability":1,"truncated":false}`},
		"an undeclared name besides enough": {
			`{"atoms":[{"id":"a","class":"have"},{"id":"b","class":"know"}],"edges":[{"id":"e","head":"g","body":["a","b","what"]}],"goal":"g","required":{"aal":2}}`,
			`{"effective":{"aal":2,"phr":true},"sets":[{"atoms":["a","b","what"],"level":2,"phr":true}],"verdict":"PASS","single_points":[],"availability":0,"truncated":false}`},
		"more of a pool is fewer, too": {
			`{"atoms":[{"id":"one","class":"person","pool":{"of":"p","k":1}},{"id":"three","class":"person","pool":{"of":"p","k":3}}],` +
				`"edges":[{"id":"e","head":"g","body":["one","three"]},{"id":"f","head":"h","body":["g"]}],"goal":"h","required":{"aal":3}}`,
			`{"effective":{"aal":3,"phr":true},"sets":[{"atoms":["three"],"level":3,"phr":true}],"verdict":"PASS","single_points":[],"availability":0,"truncated":false}`},
		"house rules": {
			`{"atoms":[{"id":"a","class":"person"},{"id":"b","class":"person"},{"id":"p","class":"proof","ial":3}],"edges":[{"id":"e","head":"g","body":["a","b"]},{"id":"f","head":"g","body":["p"]}],` +
				`"goal":"g","required":{"aal":3},"equivalence":{"dual_control":2}}`,
			`{"effective":{"aal":2,"phr":true},"sets":[{"atoms":["a","b"],"level":2,"phr":true},{"atoms":["p"],"level":3,"phr":true}],"verdict":"FAIL","single_points":[],"availability":0,"truncated":false}`},
		"by size, then by name in bytes": {
			`{"atoms":[{"id":"ä","class":"know"},{"id":"b","class":"know"},{"id":"B","class":"know"},{"id":"x","class":"know"},{"id":"a","class":"know"}],` +
				`"edges":[{"id":"1","head":"g","body":["ä"]},{"id":"2","head":"g","body":["b"]},{"id":"3","head":"g","body":["x","a"]},{"id":"4","head":"g","body":["B"]}],"goal":"g","required":{"aal":1}}`,
			`{"effective":{"aal":1,"phr":true},"sets":[{"atoms":["B"],"level":1,"phr":true},{"atoms":["b"],"level":1,"phr":true},{"atoms":["ä"],"level":1,"phr":true},{"atoms":["a","x"],"level":1,"phr":true}],` +
				`"verdict":"PASS","single_points":[],"availability":4,"truncated":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := exposure.Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			r, err := f.Evaluate()
			if err != nil {
				t.Fatal(err)
			}
			if out, err := json.Marshal(r); err != nil || string(out) != c.out {
				t.Errorf("%v\n%s\nwant\n%s", err, out, c.out)
			}
		})
	}
}

// NIST-ONLY by the ways that a set can go.
func TestNISTOnlyIsForWaysBackAlone(t *testing.T) {
	const plain, accepted, refused = ``, `,"recovery":true,"nist":true`, `,"recovery":true`
	for name, c := range map[string]struct {
		edges [][3]string // head, body, kind
		want  exposure.Verdict
	}{
		"a way back that NIST accepts":              {[][3]string{{"g", "a", accepted}}, exposure.NISTOnly},
		"one that it does not":                      {[][3]string{{"g", "a", refused}}, exposure.Fail},
		"no way back":                               {[][3]string{{"g", "a", plain}}, exposure.Fail},
		"nist alone means nothing":                  {[][3]string{{"g", "a", `,"nist":true`}}, exposure.Fail},
		"an accepted one behind a channel":          {[][3]string{{"g", "n", accepted}, {"n", "a", plain}}, exposure.NISTOnly},
		"an accepted one behind a refused one":      {[][3]string{{"g", "n", accepted}, {"n", "a", refused}}, exposure.Fail},
		"an accepted one, or a refused one":         {[][3]string{{"g", "a", accepted}, {"g", "a", refused}}, exposure.Fail},
		"an accepted one, or no way back":           {[][3]string{{"g", "a", accepted}, {"g", "a", plain}}, exposure.Fail},
		"an accepted one, and behind it a choice":   {[][3]string{{"g", "n", accepted}, {"n", "a", plain}, {"n", "a", refused}}, exposure.NISTOnly},
		"an accepted set and a set by no way back":  {[][3]string{{"g", "a", accepted}, {"g", "b", plain}}, exposure.Fail},
		"two accepted sets":                         {[][3]string{{"g", "a", accepted}, {"g", "b", accepted}}, exposure.NISTOnly},
		"an accepted one that everybody has passed": {[][3]string{{"g", "n", plain}, {"n", "", accepted}}, exposure.NISTOnly},
	} {
		t.Run(name, func(t *testing.T) {
			var edges []string
			for i, e := range c.edges {
				body := "[]"
				if e[1] != "" {
					body = fmt.Sprintf("[%q]", e[1])
				}
				edges = append(edges, fmt.Sprintf(`{"id":"e%d","head":%q,"body":%s%s}`, i, e[0], body, e[2]))
			}
			f, err := exposure.Parse([]byte(`{"atoms":[{"id":"a","class":"know"},{"id":"b","class":"have"}],"edges":[` + strings.Join(edges, ",") + `],"goal":"g","required":{"aal":2}}`))
			if err != nil {
				t.Fatal(err)
			}
			if r, err := f.Evaluate(); err != nil || r.Verdict != c.want {
				t.Errorf("%v %+v, want %s", err, r, c.want)
			}
		})
	}
}

// Whatever is in a file, it is refused or answered; and what is answered is what
// the reference says, where it is small enough to be asked.
func FuzzEval(f *testing.F) {
	files, err := filepath.Glob("../../docs/exposure/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(smallest))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := exposure.Parse(text)
		if err != nil {
			if e, ok := errors.AsType[*holdfast.Error](err); !ok || !strings.HasPrefix(e.Code, "graph_") || e.Text == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		r, err := file.Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := json.Marshal(r); err != nil || strings.Contains(string(out), "null") && !strings.Contains(string(text), "null") {
			t.Fatalf("%v %s", err, out)
		}
		g := file.Graph()
		ref := newReference(g)
		if len(ref.atoms) > 12 || len(ref.things) > 60 {
			return
		}
		q := exposure.Question{Goal: file.Goal, Required: file.Required, House: exposure.Usual(), Given: file.Given}
		if e := file.Equivalence; e != nil && e.DualControl != nil {
			q.House.DualControl = *e.DualControl
		}
		if e := file.Equivalence; e != nil && e.Onsite != nil {
			q.House.Onsite = *e.Onsite
		}
		want := ref.assess(q)
		got := answer{Effective: r.Effective, Verdict: r.Verdict, SinglePoints: r.SinglePoints, Availability: r.Availability, Best: want.Best, Collusion: want.Collusion}
		for i, s := range r.Sets {
			got.Sets = append(got.Sets, answerSet{Atoms: s.Atoms, Level: s.Level, Phr: s.Phr})
			if i < len(want.Sets) {
				got.Sets[i].NIST = want.Sets[i].NIST
			}
		}
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\n%s", text, diff)
		}
	})
}

// The level of single sets, straight from the definition.
func TestLevel(t *testing.T) {
	a := func(c exposure.Class) exposure.Atom { return exposure.Atom{ID: string(c), Class: c} }
	pin := exposure.Atom{ID: "pin", Class: exposure.Know, Key: "havehw"}
	finger := exposure.Atom{ID: "finger", Class: exposure.Are, Key: "havehw"}
	otherPIN := exposure.Atom{ID: "pin", Class: exposure.Know, Key: "another"}
	phonePIN := exposure.Atom{ID: "pin", Class: exposure.Know, Key: "have"}
	person := func(n int) (out []exposure.Atom) {
		for i := range n {
			out = append(out, exposure.Atom{ID: fmt.Sprint(i), Class: exposure.Person})
		}
		return out
	}
	pool := exposure.Atom{ID: "pool", Class: exposure.Person, Pool: exposure.Pool{Of: "p", K: 2}}
	proof := func(ial int) exposure.Atom { return exposure.Atom{ID: "proof", Class: exposure.Proof, IAL: ial} }
	usual, flat, none := exposure.Usual(), exposure.House{DualControl: 2, Onsite: 2, Remote: 2}, exposure.House{}
	for name, c := range map[string]struct {
		atoms             []exposure.Atom
		usual, flat, none int
	}{
		"nothing":                       {nil, 0, 0, 0},
		"a password":                    {[]exposure.Atom{a(exposure.Know)}, 1, 1, 1},
		"two passwords":                 {[]exposure.Atom{a(exposure.Know), pin}, 1, 1, 1},
		"a key":                         {[]exposure.Atom{a(exposure.HaveHW)}, 1, 1, 1},
		"a key and a phone":             {[]exposure.Atom{a(exposure.HaveHW), a(exposure.Have)}, 1, 1, 1},
		"a key and its PIN":             {[]exposure.Atom{a(exposure.HaveHW), pin}, 3, 3, 3},
		"a key and its fingerprint":     {[]exposure.Atom{finger, a(exposure.HaveHW)}, 3, 3, 3},
		"a key and another's PIN":       {[]exposure.Atom{a(exposure.HaveHW), otherPIN}, 2, 2, 2},
		"a key and a story":             {[]exposure.Atom{a(exposure.HaveHW), {ID: "touched", Class: exposure.Deceive, Key: "havehw"}}, 1, 1, 1},
		"a key and its saved code":      {[]exposure.Atom{a(exposure.HaveHW), {ID: "puk", Class: exposure.RecSaved, Key: "havehw"}}, 3, 3, 3},
		"a key and what unlocks it":     {[]exposure.Atom{a(exposure.HaveHW), {ID: "ring", Class: exposure.Have, Key: "havehw"}}, 1, 1, 1},
		"a phone and its PIN":           {[]exposure.Atom{a(exposure.Have), phonePIN}, 2, 2, 2},
		"all codes":                     {[]exposure.Atom{a(exposure.RecSaved), a(exposure.RecIssued), a(exposure.RecContact)}, 2, 2, 2},
		"two of one code":               {[]exposure.Atom{a(exposure.RecIssued), {ID: "sms", Class: exposure.RecIssued}}, 1, 1, 1},
		"a story":                       {[]exposure.Atom{a(exposure.Deceive), {ID: "another", Class: exposure.Deceive}}, 0, 0, 0},
		"a story and a password":        {[]exposure.Atom{a(exposure.Deceive), a(exposure.Know)}, 1, 1, 1},
		"what nobody has said":          {[]exposure.Atom{a(exposure.Unknown)}, 0, 0, 0},
		"one insider":                   {person(1), 1, 1, 0},
		"an insider and a password":     {append(person(1), a(exposure.Know)), 2, 2, 1},
		"two insiders":                  {person(2), 3, 2, 0},
		"three insiders":                {person(3), 3, 2, 0},
		"two of a pool":                 {[]exposure.Atom{pool}, 3, 2, 0},
		"a proof without a level":       {[]exposure.Atom{proof(0)}, 0, 0, 0},
		"a proof at IAL1":               {[]exposure.Atom{proof(1)}, 2, 2, 0},
		"a proof at IAL2":               {[]exposure.Atom{proof(2)}, 2, 2, 0},
		"a proof at IAL2 and a PIN":     {[]exposure.Atom{proof(2), pin}, 2, 2, 1},
		"a comparison on site":          {[]exposure.Atom{proof(3)}, 3, 2, 0},
		"everything but a key's opener": {append(person(1), a(exposure.HaveHW), a(exposure.Know), a(exposure.Are), a(exposure.RecSaved), proof(2)), 2, 2, 2},
	} {
		for h, want := range map[exposure.House]int{usual: c.usual, flat: c.flat, none: c.none} {
			got, house := exposure.Level(c.atoms, h)
			reversed := slices.Clone(c.atoms)
			slices.Reverse(reversed)
			again, _ := exposure.Level(reversed, h)
			if got != want || again != want {
				t.Errorf("%s by %+v: %d, %d, want %d", name, h, got, again, want)
			}
			if got == 3 && h == usual && c.flat < 3 && len(house) == 0 {
				t.Errorf("%s: no house rule is named", name)
			}
		}
	}
}
