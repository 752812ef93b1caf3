package lint

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"holdfast/domain/policy"
)

// A dimension is one thing that expressions ask of an Input, and the values that
// make a difference to them: the literals that a field is compared with and
// their neighbours; for a list, whether a literal is in it.
type dimension struct {
	field  string // "user.groups"
	member string // of a list
	values []value
}

type value struct {
	text string // "in group prescribers"; empty for the plain one
	set  func(*policy.Input)
}

// maxExhaustive bounds how many combinations are all tried.
const maxExhaustive = 1 << 16

// maxSampled is how many are tried of a larger space.
const maxSampled = 1 << 12

// maxEffort bounds what a whole lint tries: combinations, each by what it takes
// to make and to judge it. A document of 2,000 lines takes a
// fiftieth; whoever may have a document linted shall not keep a processor busy.
const maxEffort = 100_000_000

// space is the product of dimensions. The first value of each is the plain one:
// false, empty, not in the list.
type space struct {
	read *reader
	each int // what a combination takes
	dims []dimension
	base policy.Input
	one  policy.Input // that is tried; whoever gets it does not keep it
}

// asked is what expressions ask: the literals by field.
type asked map[string]map[any]bool

func (a asked) note(field string, literals ...any) {
	if a[field] == nil {
		a[field] = map[any]bool{}
	}
	for _, l := range literals {
		a[field][l] = true
	}
}

// reader finds out what expressions ask, each once. Parsing needs no types: they
// are compiled already.
type reader struct {
	env  *cel.Env
	done map[string]asked // by text
	left int              // of maxEffort
}

// spent says that there was more to try than is tried.
func (r *reader) spent() bool { return r.left < 0 }

// question is what some conditions ask together.
type question struct {
	asked
	read *reader
	text int // of the conditions, in characters
}

func newReader() *reader {
	env, err := cel.NewCustomEnv(cel.Macros(cel.StandardMacros...))
	if err != nil {
		panic("lint: internal error: " + err.Error())
	}
	return &reader{env: env, done: map[string]asked{}, left: maxEffort}
}

// asks is what all of conds ask together.
func (r *reader) asks(conds ...policy.Cond) question {
	all, text := asked{}, 0
	for _, c := range conds {
		text += len(c.Text())
		for field, literals := range r.one(c) {
			all.note(field)
			for l := range literals {
				all[field][l] = true
			}
		}
	}
	return question{all, r, text}
}

func (r *reader) one(c policy.Cond) asked {
	if a, ok := r.done[c.Text()]; ok {
		return a
	}
	a := asked{}
	r.done[c.Text()] = a
	for _, f := range c.Fields() {
		a.note(f)
	}
	if c.Text() == "" {
		return a
	}
	parsed, issues := r.env.Parse(c.Text())
	if issues.Err() != nil {
		return a // it compiled, so this does not happen; the fields are known all the same
	}
	a.walk(ast.NavigateAST(parsed.NativeRep()))
	return a
}

// walk: literals belong to the fields that stand in the same call.
func (a asked) walk(e ast.NavigableExpr) {
	if e.Kind() == ast.CallKind && !logical[e.AsCall().FunctionName()] {
		var fields []string
		var literals []any
		collect(e, &fields, &literals)
		for _, f := range fields {
			a.note(f, literals...)
			if e.AsCall().FunctionName() == "_!=_" {
				a.note(f, others)
			}
		}
	}
	for _, c := range e.Children() {
		a.walk(c)
	}
}

// others marks a field of which an expression speaks by what it is not.
const others = -1 << 62

var logical = map[string]bool{"_&&_": true, "_||_": true, "!_": true, "_?_:_": true}

func collect(e ast.NavigableExpr, fields *[]string, literals *[]any) {
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.String:
			*literals = append(*literals, string(v))
		case types.Int:
			*literals = append(*literals, int64(v))
		case types.Double:
			*literals = append(*literals, int64(v))
		}
	case ast.SelectKind:
		if path := pathOf(e); path != "" {
			*fields = append(*fields, path)
			return
		}
	case ast.CallKind:
		if c := e.AsCall(); c.FunctionName() == "has" && c.IsMemberFunction() && c.Target().Kind() == ast.IdentKind && c.Target().AsIdent() == "risk" {
			*fields = append(*fields, "risk.ids")
		}
	}
	for _, c := range e.Children() {
		collect(c, fields, literals)
	}
}

// pathOf is "user.groups" for a chain of selections from a variable.
func pathOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		s := e.AsSelect()
		if over := pathOf(s.Operand()); over != "" && !s.IsTestOnly() {
			return over + "." + s.FieldName()
		}
	}
	return ""
}

// space makes the dimensions. only keeps those whose field begins with one of
// the prefixes; the others stay as base has them.
func (q question) space(base policy.Input, only ...string) *space {
	s := &space{read: q.read, base: base}
	var fields []string
	for f := range q.asked {
		if len(only) == 0 || slices.ContainsFunc(only, func(p string) bool { return strings.HasPrefix(f, p) }) {
			fields = append(fields, f)
		}
	}
	slices.Sort(fields)
	for _, f := range fields {
		s.dims = append(s.dims, dimensionsOf(f, q.asked[f], base)...)
	}
	s.each = 8 + len(s.dims) + q.text/8
	return s
}

// dimensionsOf finds the field by its tags.
func dimensionsOf(field string, literals map[any]bool, base policy.Input) []dimension {
	index := indexOf(reflect.TypeFor[policy.Input](), strings.Split(field, "."))
	if index == nil {
		return nil
	}
	at := func(in *policy.Input) reflect.Value { return reflect.ValueOf(in).Elem().FieldByIndex(index) }
	switch v := at(&base); v.Interface().(type) {
	case bool:
		return []dimension{{field: field, values: []value{
			{"", func(in *policy.Input) { at(in).SetBool(false) }}, {field, func(in *policy.Input) { at(in).SetBool(true) }},
		}}}
	case int64:
		return []dimension{numbers(field, literals, at)}
	case string:
		return []dimension{words(field, literals, at)}
	case []string:
		return members(field, literals, at)
	case time.Time:
		return []dimension{times(field, base, at)}
	}
	return nil
}

func indexOf(t reflect.Type, path []string) []int {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("cel") != path[0] || path[0] == "-" {
			continue
		}
		if len(path) == 1 {
			return []int{i}
		}
		if f.Type.Kind() != reflect.Struct {
			return nil
		}
		if rest := indexOf(f.Type, path[1:]); rest != nil {
			return append([]int{i}, rest...)
		}
	}
	return nil
}

type place func(*policy.Input) reflect.Value

func numbers(field string, literals map[any]bool, at place) dimension {
	want := map[int64]bool{0: true}
	for l := range literals {
		if n, ok := l.(int64); ok {
			want[n-1], want[n], want[n+1] = true, true, true
		}
	}
	var list []int64
	for n := range want {
		if n >= 0 {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	d := dimension{field: field}
	for _, n := range list {
		text := fmt.Sprintf("%s %d", field, n)
		if n == 0 {
			text = ""
		}
		d.values = append(d.values, value{text, func(in *policy.Input) { at(in).SetInt(n) }})
	}
	return d
}

func stringsOf(literals map[any]bool) []string {
	var list []string
	for l := range literals {
		if s, ok := l.(string); ok {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

// words: what the expressions name. Employment is a closed set: that of somebody
// who is none of the named is tried only where a single one is named, or where
// an expression speaks of all others by !=.
func words(field string, literals map[any]bool, at place) dimension {
	d := dimension{field: field}
	list := stringsOf(literals)
	if field != "user.employment" || len(list) < 2 || literals[others] {
		d.values = append(d.values, value{"", func(in *policy.Input) { at(in).SetString("another") }})
	}
	for _, s := range list {
		d.values = append(d.values, value{field + " " + s, func(in *policy.Input) { at(in).SetString(s) }})
	}
	return d
}

func members(field string, literals map[any]bool, at place) []dimension {
	var out []dimension
	for _, s := range stringsOf(literals) {
		out = append(out, dimension{field: field, member: s, values: []value{
			{"", func(*policy.Input) {}},
			{fmt.Sprintf("%q in %s", s, field), func(in *policy.Input) {
				v := at(in)
				v.Set(reflect.Append(v, reflect.ValueOf(s)))
			}},
		}})
	}
	return out
}

func times(field string, base policy.Input, at place) dimension {
	d := dimension{field: field, values: []value{{"", func(in *policy.Input) { at(in).SetZero() }}}}
	for _, days := range []int{-366, -1, 1, 366} {
		t := base.Now.AddDate(0, 0, days)
		d.values = append(d.values, value{fmt.Sprintf("%s %s", field, t.Format(time.DateOnly)), func(in *policy.Input) { at(in).Set(reflect.ValueOf(t)) }})
	}
	return d
}

// size is the number of combinations, at most one more than is tried in full.
func (s *space) size() int {
	n := 1
	for _, d := range s.dims {
		if n *= len(d.values); n > maxExhaustive {
			return maxExhaustive + 1
		}
	}
	return n
}

// all calls f for the combinations until it returns false: for every one where
// they are few, else for those with at most two things out of the plain and then
// for as many as maxSampled by a fixed seed. exact says that it was every one.
func (s *space) all(f func(*policy.Input, []int) bool) (exact bool) {
	if s.size() <= maxExhaustive {
		s.every(f)
		return !s.read.spent()
	}
	s.sample(f)
	return false
}

func (s *space) every(f func(*policy.Input, []int) bool) {
	pick := make([]int, len(s.dims))
	for {
		if !s.try(pick, f) {
			return
		}
		i := 0
		for ; i < len(pick); i++ {
			if pick[i]++; pick[i] < len(s.dims[i].values) {
				break
			}
			pick[i] = 0
		}
		if i == len(pick) {
			return
		}
	}
}

func (s *space) sample(f func(*policy.Input, []int) bool) {
	pick := make([]int, len(s.dims))
	left := maxSampled
	try := func() bool { left--; return s.try(pick, f) }
	if !try() {
		return
	}
	for i := range s.dims {
		for v := 1; v < len(s.dims[i].values); v++ {
			pick[i] = v
			if !try() {
				return
			}
		}
		pick[i] = 0
	}
	// A fixed seed: the same document gives the same report. splitmix64.
	seed := uint64(0x9E3779B97F4A7C15)
	next := func(n int) int {
		seed += 0x9E3779B97F4A7C15
		z := (seed ^ seed>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		return int((z ^ z>>31) % uint64(n))
	}
	for left > 0 {
		clear(pick)
		for range 2 + next(4) {
			i := next(len(pick))
			pick[i] = next(len(s.dims[i].values))
		}
		if !try() {
			return
		}
	}
}

func (s *space) try(pick []int, f func(*policy.Input, []int) bool) bool {
	if s.read.left -= s.each; s.read.spent() {
		return false
	}
	s.one = s.base
	s.one.User.Groups = slices.Clip(s.base.User.Groups) // an addition makes its own
	for i, v := range pick {
		s.dims[i].values[v].set(&s.one)
	}
	return f(&s.one, pick)
}

// describe is a combination in words.
func (s *space) describe(pick []int) string {
	var parts []string
	for i, v := range pick {
		if text := s.dims[i].values[v].text; text != "" {
			parts = append(parts, text)
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing in particular")
}
