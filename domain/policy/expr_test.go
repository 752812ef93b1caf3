package policy

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// someTexts are what texts of the random inputs are made of: those that the
// expressions ask for, and strangers.
var someTexts = []string{"", "a", "b", "break-glass", "domain-admins", "ehr-admins", "prescribers", "treasury", "api-partners", "staff", "contractor",
	"onsite", "D-06", "D-07", "10.1.2.3", "192.168.0.9", "::ffff:10.0.0.1", "2001:db8::1", "iOS 17.4", "17.4.1", "none", "KP", "ü", "x-17"}

// draw fills a struct at random, so that a new field of Input is covered too.
func draw(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(1_700_000_000, 1_700_000_003).Draw(t, "time"), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			draw(t, v.Field(i))
		}
	case reflect.String:
		v.SetString(rapid.SampledFrom(someTexts).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Int64Range(-1, 4), rapid.Int64Range(0, 1000), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64})).Draw(t, "int"))
	case reflect.Slice:
		v.Set(reflect.ValueOf(rapid.SliceOfN(rapid.SampledFrom(someTexts), 0, 4).Draw(t, "list")))
	default:
		t.Fatalf("no random %s", v.Type())
	}
}

func drawInput(t *rapid.T) *Input {
	in := &Input{}
	draw(t, reflect.ValueOf(in).Elem())
	in.Account.Effective.Computed = true
	return in
}

// agree holds our evaluation against cel-go's.
func agree(t *rapid.T, c Cond, in *Input) {
	got, gotErr := c.c.code(in, "")
	want, wantErr := c.c.run(inputVars{in})
	if got != want || (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("%s\nours: %v, %v\ncel-go: %v, %v\ninput: %+v", c.Text(), got, gotErr, want, wantErr, *in)
	}
}

// TestAgreesOnExamples: the conditions of every document that we show or ship
// are evaluated by us, and as cel-go evaluates them.
func TestAgreesOnExamples(t *testing.T) {
	for name, text := range examples(t) {
		d, _ := Parse(name, text)
		p, problems := Compile(d, nil)
		if problems.Bad() {
			t.Fatal(problems)
		}
		for _, path := range p.Conditions() {
			c := p.Cond(path)
			if s := c.c.scope; s != ScopeRequest && s != ScopePerson {
				continue
			}
			if c.c.code == nil {
				t.Errorf("%s %s: only cel-go evaluates it: %s", name, path, c.Text())
				continue
			}
			t.Run(name+" "+path, rapid.MakeCheck(func(t *rapid.T) { agree(t, c, drawInput(t)) }))
		}
	}
}

// grammar makes typed expressions of what our evaluation knows, and of some
// that it does not.
type grammar struct {
	t       *rapid.T
	bools   []string
	ints    []string
	strings []string
	lists   []string
	times   []string
}

func newGrammar(t *rapid.T) *grammar {
	g := &grammar{t: t, times: []string{"now"}}
	g.fields("", reflect.TypeFor[Input]())
	return g
}

func (g *grammar) fields(path string, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := celName(f)
		if name == "" {
			continue
		}
		full := strings.TrimPrefix(path+"."+name, ".")
		switch {
		case f.Type == reflect.TypeFor[time.Time]():
			g.times = append(g.times, full)
		case f.Type.Kind() == reflect.Struct:
			g.fields(full, f.Type)
		case f.Type.Kind() == reflect.Bool:
			g.bools = append(g.bools, full)
		case f.Type.Kind() == reflect.Int64:
			g.ints = append(g.ints, full)
		case f.Type.Kind() == reflect.String:
			g.strings = append(g.strings, full)
		case f.Type.Kind() == reflect.Slice:
			g.lists = append(g.lists, full)
		}
	}
}

func (g *grammar) pick(from ...string) string { return rapid.SampledFrom(from).Draw(g.t, "pick") }

func (g *grammar) choice(n int) int { return rapid.IntRange(0, n-1).Draw(g.t, "choice") }

func (g *grammar) bool(depth int, it string) string {
	if depth <= 0 {
		return g.pick(append(g.bools, "true", "false")...)
	}
	switch g.choice(13) {
	case 0:
		return "(" + g.bool(depth-1, it) + " && " + g.bool(depth-1, it) + ")"
	case 1:
		return "(" + g.bool(depth-1, it) + " || " + g.bool(depth-1, it) + ")"
	case 2:
		return "!(" + g.bool(depth-1, it) + ")"
	case 3:
		return "(" + g.bool(depth-1, it) + " ? " + g.bool(depth-1, it) + " : " + g.bool(depth-1, it) + ")"
	case 4:
		return "(" + g.int(depth-1, it) + g.pick(" == ", " != ", " < ", " <= ", " > ", " >= ") + g.int(depth-1, it) + ")"
	case 5:
		return "(" + g.string(depth-1, it) + g.pick(" == ", " != ", " < ", " >= ") + g.string(depth-1, it) + ")"
	case 6:
		return "(" + g.string(depth-1, it) + " in " + g.list() + ")"
	case 7:
		return g.string(0, it) + g.pick(".startsWith(", ".endsWith(", ".contains(") + g.string(0, it) + ")"
	case 8:
		return "risk.has(" + g.string(0, it) + ")"
	case 9:
		return g.string(0, it) + `.ip_in("` + g.pick("10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32") + `")`
	case 10:
		return g.pick("sets.contains(", "sets.intersects(") + g.list() + ", " + g.list() + ")"
	case 11:
		return "(" + g.pick(g.times...) + g.pick(" == ", " < ", " >= ") + g.pick(g.times...) + ")"
	}
	if it != "" {
		return "(" + g.bool(depth-1, it) + " == " + g.bool(depth-1, it) + ")"
	}
	return g.pick(g.lists...) + g.pick(".exists(", ".all(") + "e, " + g.bool(depth-1, "e") + ")"
}

func (g *grammar) int(depth int, it string) string {
	if depth <= 0 {
		return g.pick(append(g.ints, "0", "1", "-1", "70", "9223372036854775807")...)
	}
	switch g.choice(6) {
	case 0:
		return "(" + g.int(depth-1, it) + g.pick(" + ", " - ") + g.int(depth-1, it) + ")"
	case 1:
		return g.pick("min(", "max(") + g.int(depth-1, it) + ", " + g.int(depth-1, it) + ")"
	case 2:
		return "size(" + g.list() + ")"
	case 3:
		return "size(" + g.string(depth-1, it) + ")"
	case 4:
		return "semver(" + g.string(0, it) + ")"
	}
	return "-" + g.pick(g.ints...)
}

func (g *grammar) string(depth int, it string) string {
	if depth > 0 && g.choice(4) == 0 {
		return "(" + g.bool(depth-1, it) + " ? " + g.string(depth-1, it) + " : " + g.string(depth-1, it) + ")"
	}
	from := append([]string{`"` + g.pick(someTexts...) + `"`}, g.strings...)
	if it != "" {
		from = append(from, it, it, it)
	}
	return g.pick(from...)
}

func (g *grammar) list() string {
	if g.choice(3) == 0 {
		return `["` + g.pick(someTexts...) + `", "` + g.pick(someTexts...) + `"]`
	}
	return g.pick(g.lists...)
}

// TestAgreesOnGenerated: whatever expression is made of the grammar, ours and
// cel-go's evaluation agree, errors included.
func TestAgreesOnGenerated(t *testing.T) {
	compiler := NewCompiler()
	ours, theirs := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text := newGrammar(t).bool(3, "")
		c, faults := compiler.Compile(text, ScopeRequest)
		if len(faults) > 0 {
			if strings.Contains(faults[0].Text, "cost") {
				return
			}
			t.Fatalf("%s: %v", text, faults)
		}
		if c.c.code == nil {
			theirs++
			return
		}
		ours++
		for range 3 {
			agree(t, c, drawInput(t))
		}
	})
	if ours < 10*theirs {
		t.Errorf("ours evaluates %d, cel-go alone %d: the grammar says what ours knows", ours, theirs)
	}
}

// TestFallsBack: what ours does not know, cel-go evaluates, with the same result
// for the caller.
func TestFallsBack(t *testing.T) {
	compiler := NewCompiler()
	in := &Input{Now: time.Unix(1_700_000_000, 0), User: User{Groups: []string{"a", "b"}, EndDate: time.Unix(1_700_000_000+3600*30, 0), Title: "Nurse"}}
	for text, want := range map[string]bool{
		`now + hours(24) < user.end_date`:         true,
		`now + hours(48) < user.end_date`:         false,
		`user.groups == ["a", "b"]`:               true,
		`user.groups.exists_one(g, g == "a")`:     true,
		`user.groups[1] == "b"`:                   true,
		`user.title.lowerAscii() == "nurse"`:      true,
		`user.title.matches("^N[a-z]+$")`:         true,
		`user.groups.filter(g, g > "a") == ["b"]`: true,
		`double(user.ial) * 2.0 <= 3.5`:           true,
		`user.ial / 2 == 0 && 7 % 2 == 1`:         true,
		`has(user.title)`:                         true,
		`sets.equivalent(user.groups, ["b","a"])`: true,
		`now.getFullYear() == 2023`:               true,
	} {
		c, faults := compiler.Compile(text, ScopeRequest)
		if len(faults) > 0 {
			t.Errorf("%s: %v", text, faults)
			continue
		}
		if c.c.code != nil {
			t.Errorf("%s: ours evaluates it: put it into the grammar", text)
		}
		if got, err := c.Eval(in); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestErrors(t *testing.T) {
	compiler := NewCompiler()
	for _, text := range []string{`semver(device.os) > 1`, `user.ial / auth.aal == 1`, `user.groups[5] == "a"`} {
		c, faults := compiler.Compile(text, ScopeRequest)
		if len(faults) > 0 {
			t.Fatal(text, faults)
		}
		if got, err := c.Eval(&Input{}); err == nil || got {
			t.Errorf("%s: %v, want an error", text, got)
		}
	}
}

// TestZeroCond refuses.
func TestZeroCond(t *testing.T) {
	if got, err := (Cond{}).Eval(&Input{}); got || err != nil {
		t.Error(got, err)
	}
}

// TestNotComputed: what another part computes is "not available" until it does,
// and never holds.
func TestNotComputed(t *testing.T) {
	compiler := NewCompiler()
	c, _ := compiler.Compile("account.effective.aal >= 0 || true", ScopeRequest)
	in := &Input{}
	if got, err := c.Eval(in); got || err != ErrNotComputed {
		t.Errorf("%v, %v", got, err)
	}
	in.Account.Effective.Computed = true
	if got, err := c.Eval(in); !got || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	p, _ := compiler.Compile("proc.grade.aal >= proc.yields.aal", ScopeProcedure)
	facts := &Facts{Proc: ProcFacts{Grade: GradeFacts{AAL: 2}, Yields: GradeFacts{AAL: 2}}}
	if got, err := p.EvalFacts(facts); got || err != ErrNotComputed {
		t.Errorf("%v, %v", got, err)
	}
	facts.Computed = []string{"proc.grade"}
	if got, err := p.EvalFacts(facts); !got || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	facts.Proc.Grade.AAL = 1
	if got, err := p.EvalFacts(facts); got || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// TestFields: what an expression reads, for lint.
func TestFields(t *testing.T) {
	compiler := NewCompiler()
	for text, want := range map[string][]string{
		`risk.has("D-07") && "a" in user.groups`:                             {"risk.ids", "user.groups"},
		`user.groups.exists(g, g == net.zone)`:                               {"net.zone", "user.groups"},
		`now < user.end_date`:                                                {"now", "user.end_date"},
		`user.credentials.count > 1 && account.effective.phr && user.id==""`: {"account.effective.phr", "user.credentials.count", "user.id"},
	} {
		c, faults := compiler.Compile(text, ScopeRequest)
		if got := c.Fields(); !slices.Equal(got, want) || len(faults) > 0 {
			t.Errorf("%s: %v, %v", text, got, faults)
		}
		if c.Cost() == 0 || c.Cost() > MaxCost {
			t.Errorf("%s: cost %d", text, c.Cost())
		}
	}
	if c, _ := compiler.Compile("user.credentials.count > 1", ScopeRequest); !c.Reads("user") || c.Reads("user.cred") {
		t.Error("Reads goes by whole names")
	}
}

// TestEveryListIsBounded: a list without a bound would make every expression
// over it cost without end; a bound without a list is a leftover.
func TestEveryListIsBounded(t *testing.T) {
	bounds, used := listBounds(), map[string]bool{}
	var walk func(path string, t reflect.Type)
	walk = func(path string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			name := strings.TrimPrefix(path+"."+celName(f), ".")
			switch {
			case celName(f) == "":
			case f.Type.Kind() == reflect.Slice:
				if bounds[name] == 0 {
					t.Errorf("%s has no bound", name)
				}
				used[name] = true
			case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]():
				walk(name, f.Type)
			}
		}
	}
	walk("", reflect.TypeFor[Input]())
	walk("", reflect.TypeFor[Facts]())
	for name := range bounds {
		if !used[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestSharedByMany: a Cond is evaluated by many at once (go test -race).
func TestSharedByMany(t *testing.T) {
	compiler := NewCompiler()
	c, _ := compiler.Compile(`user.groups == ["a"] && "a" in user.groups`, ScopeRequest)
	done := make(chan error)
	for i := range 8 {
		go func() {
			in := &Input{User: User{Groups: []string{"a"}}}
			for range 100 {
				if got, err := c.Eval(in); !got || err != nil {
					done <- fmt.Errorf("%d: %v, %v", i, got, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
