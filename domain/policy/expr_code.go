package policy

import (
	"cmp"
	"errors"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// code is an expression as a function: in is what it reads, it the element of
// the one comprehension around it. cel-go parses, types and bounds the
// expression; this only evaluates it, about ten times as fast and without
// allocating. What it does not know, cel-go's interpreter evaluates; where it
// knows, a test compares both. docs/decisions/policy-language.md.
type code[T any] func(in *Input, it string) (T, error)

var errOverflow = errors.New("integer overflow")

// translator makes code. Each of its verbs gives nil for what it does not know.
type translator struct {
	rep  *ast.AST
	iter string // name of the comprehension's element
}

// translate gives nil where cel-go has to evaluate.
func translate(rep *ast.AST) code[bool] {
	t := translator{rep: rep}
	return t.boolean(rep.Expr())
}

func (t translator) kind(e ast.Expr) types.Kind { return t.rep.GetType(e.ID()).Kind() }

func (t translator) boolean(e ast.Expr) code[bool] {
	switch e.Kind() {
	case ast.LiteralKind:
		if b, ok := e.AsLiteral().(types.Bool); ok {
			return constant(bool(b))
		}
	case ast.SelectKind:
		return field(e, func(v reflect.Value) bool { return v.Bool() })
	case ast.CallKind:
		return t.boolCall(e.AsCall())
	case ast.ComprehensionKind:
		return t.comprehension(e.AsComprehension())
	}
	return nil
}

func (t translator) boolCall(c ast.CallExpr) code[bool] {
	args := c.Args()
	switch name := c.FunctionName(); name {
	case operators.LogicalAnd:
		return t.logic(args, false)
	case operators.LogicalOr:
		return t.logic(args, true)
	case operators.LogicalNot:
		return apply(t.boolean(args[0]), func(b bool) (bool, error) { return !b, nil })
	case operators.Conditional:
		return choose(t.boolean(args[0]), t.boolean(args[1]), t.boolean(args[2]))
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return t.comparison(name, args[0], args[1])
	case operators.In:
		return t.in(args[0], args[1])
	case "startsWith":
		return t.texts2(c, strings.HasPrefix)
	case "endsWith":
		return t.texts2(c, strings.HasSuffix)
	case "contains":
		return t.texts2(c, strings.Contains)
	case "has":
		return hasRisk(t.text(args[0]))
	case "ip_in":
		return t.ipIn(c)
	case "sets.contains", "sets.intersects":
		return t.sets(name, args[0], args[1])
	}
	return nil
}

// logic is && (until false) and || (until true). As in CEL, an operand that
// cannot be evaluated counts for nothing where another decides.
func (t translator) logic(args []ast.Expr, until bool) code[bool] {
	parts := make([]code[bool], len(args))
	for i, a := range args {
		if parts[i] = t.boolean(a); parts[i] == nil {
			return nil
		}
	}
	return func(in *Input, it string) (bool, error) {
		var failed error
		for _, p := range parts {
			b, err := p(in, it)
			if err == nil && b == until {
				return until, nil
			}
			if failed == nil {
				failed = err
			}
		}
		return !until && failed == nil, failed
	}
}

func (t translator) comparison(op string, a, b ast.Expr) code[bool] {
	if t.kind(a) != t.kind(b) {
		return nil
	}
	switch t.kind(a) {
	case types.BoolKind:
		if op == operators.Equals || op == operators.NotEquals {
			want := op == operators.Equals
			return both(t.boolean(a), t.boolean(b), func(x, y bool) (bool, error) { return (x == y) == want, nil })
		}
	case types.IntKind:
		return compare(op, t.integer(a), t.integer(b), cmp.Compare[int64])
	case types.StringKind:
		return compare(op, t.text(a), t.text(b), cmp.Compare[string])
	case types.TimestampKind:
		return compare(op, t.moment(a), t.moment(b), time.Time.Compare)
	}
	return nil
}

func compare[T any](op string, a, b code[T], order func(x, y T) int) code[bool] {
	var holds func(int) bool
	switch op {
	case operators.Equals:
		holds = func(c int) bool { return c == 0 }
	case operators.NotEquals:
		holds = func(c int) bool { return c != 0 }
	case operators.Less:
		holds = func(c int) bool { return c < 0 }
	case operators.LessEquals:
		holds = func(c int) bool { return c <= 0 }
	case operators.Greater:
		holds = func(c int) bool { return c > 0 }
	case operators.GreaterEquals:
		holds = func(c int) bool { return c >= 0 }
	}
	return both(a, b, func(x, y T) (bool, error) { return holds(order(x, y)), nil })
}

func (t translator) in(x, list ast.Expr) code[bool] {
	if t.kind(x) != types.StringKind {
		return nil
	}
	return both(t.text(x), t.texts(list), func(x string, l []string) (bool, error) { return slices.Contains(l, x), nil })
}

func (t translator) texts2(c ast.CallExpr, f func(s, part string) bool) code[bool] {
	if !c.IsMemberFunction() {
		return nil
	}
	return both(t.text(c.Target()), t.text(c.Args()[0]), func(s, part string) (bool, error) { return f(s, part), nil })
}

func hasRisk(id code[string]) code[bool] {
	if id == nil {
		return nil
	}
	return func(in *Input, it string) (bool, error) {
		s, err := id(in, it)
		return err == nil && slices.Contains(in.Risk.IDs, s), err
	}
}

func (t translator) ipIn(c ast.CallExpr) code[bool] {
	s, ok := c.Args()[0].AsLiteral().(types.String)
	network, err := netip.ParsePrefix(string(s))
	if !ok || err != nil {
		return nil
	}
	return apply(t.text(c.Target()), func(ip string) (bool, error) { return ipIn(ip, network), nil })
}

func (t translator) sets(name string, a, b ast.Expr) code[bool] {
	return both(t.texts(a), t.texts(b), func(x, y []string) (bool, error) {
		if name == "sets.intersects" {
			return slices.ContainsFunc(y, func(s string) bool { return slices.Contains(x, s) }), nil
		}
		return !slices.ContainsFunc(y, func(s string) bool { return !slices.Contains(x, s) }), nil
	})
}

// comprehension knows exists and all over a list of texts.
func (t translator) comprehension(c ast.ComprehensionExpr) code[bool] {
	start, ok := c.AccuInit().AsLiteral().(types.Bool)
	step := c.LoopStep()
	if !ok || t.iter != "" || c.HasIterVar2() || step.Kind() != ast.CallKind || len(step.AsCall().Args()) != 2 ||
		!isIdent(c.Result(), c.AccuVar()) || !isIdent(step.AsCall().Args()[0], c.AccuVar()) {
		return nil
	}
	until := true
	switch f := step.AsCall().FunctionName(); {
	case f == operators.LogicalOr && !bool(start): // exists
	case f == operators.LogicalAnd && bool(start): // all
		until = false
	default:
		return nil
	}
	list := t.texts(c.IterRange())
	of := translator{t.rep, c.IterVar()}.boolean(step.AsCall().Args()[1])
	if list == nil || of == nil {
		return nil
	}
	return func(in *Input, it string) (bool, error) {
		elements, err := list(in, it)
		if err != nil {
			return false, err
		}
		var failed error
		for _, e := range elements {
			b, err := of(in, e)
			if err == nil && b == until {
				return until, nil
			}
			if err != nil {
				failed = err
			}
		}
		return !until && failed == nil, failed
	}
}

func isIdent(e ast.Expr, name string) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == name }

func (t translator) integer(e ast.Expr) code[int64] {
	switch e.Kind() {
	case ast.LiteralKind:
		if n, ok := e.AsLiteral().(types.Int); ok {
			return constant(int64(n))
		}
	case ast.SelectKind:
		return field(e, func(v reflect.Value) int64 { return v.Int() })
	case ast.CallKind:
		return t.intCall(e.AsCall())
	}
	return nil
}

func (t translator) intCall(c ast.CallExpr) code[int64] {
	args := c.Args()
	switch c.FunctionName() {
	case operators.Add:
		return both(t.integer(args[0]), t.integer(args[1]), add)
	case operators.Subtract:
		return both(t.integer(args[0]), t.integer(args[1]), subtract)
	case operators.Negate:
		return apply(t.integer(args[0]), func(n int64) (int64, error) { return subtract(0, n) })
	case operators.Conditional:
		return choose(t.boolean(args[0]), t.integer(args[1]), t.integer(args[2]))
	case "min":
		return both(t.integer(args[0]), t.integer(args[1]), func(a, b int64) (int64, error) { return min(a, b), nil })
	case "max":
		return both(t.integer(args[0]), t.integer(args[1]), func(a, b int64) (int64, error) { return max(a, b), nil })
	case "semver":
		return apply(t.text(args[0]), semver)
	case "size":
		if c.IsMemberFunction() {
			return t.size(c.Target())
		}
		return t.size(args[0])
	}
	return nil
}

func (t translator) size(e ast.Expr) code[int64] {
	if t.kind(e) == types.StringKind {
		return apply(t.text(e), func(s string) (int64, error) { return int64(utf8.RuneCountInString(s)), nil })
	}
	return apply(t.texts(e), func(l []string) (int64, error) { return int64(len(l)), nil })
}

func add(a, b int64) (int64, error) {
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return 0, errOverflow
	}
	return a + b, nil
}

func subtract(a, b int64) (int64, error) {
	if b < 0 && a > math.MaxInt64+b || b > 0 && a < math.MinInt64+b {
		return 0, errOverflow
	}
	return a - b, nil
}

func (t translator) text(e ast.Expr) code[string] {
	switch e.Kind() {
	case ast.LiteralKind:
		if s, ok := e.AsLiteral().(types.String); ok {
			return constant(string(s))
		}
	case ast.IdentKind:
		if t.iter != "" && e.AsIdent() == t.iter {
			return func(_ *Input, it string) (string, error) { return it, nil }
		}
	case ast.SelectKind:
		return field(e, func(v reflect.Value) string { return v.String() })
	case ast.CallKind:
		if c := e.AsCall(); c.FunctionName() == operators.Conditional {
			return choose(t.boolean(c.Args()[0]), t.text(c.Args()[1]), t.text(c.Args()[2]))
		}
	}
	return nil
}

// texts knows lists that are fields, and lists of texts that are written out.
func (t translator) texts(e ast.Expr) code[[]string] {
	if p := t.rep.GetType(e.ID()).Parameters(); t.kind(e) != types.ListKind || len(p) != 1 {
		return nil
	} else if p[0].Kind() != types.StringKind && (e.Kind() != ast.ListKind || e.AsList().Size() > 0) {
		return nil
	}
	switch e.Kind() {
	case ast.SelectKind:
		return field(e, func(v reflect.Value) []string { return *v.Addr().Interface().(*[]string) })
	case ast.ListKind:
		list := []string{}
		for _, x := range e.AsList().Elements() {
			if x.Kind() != ast.LiteralKind {
				return nil
			}
			s, ok := x.AsLiteral().(types.String)
			if !ok {
				return nil
			}
			list = append(list, string(s))
		}
		return constant(list)
	}
	return nil
}

func (t translator) moment(e ast.Expr) code[time.Time] {
	switch {
	case isIdent(e, "now"):
		return func(in *Input, _ string) (time.Time, error) { return in.Now, nil }
	case e.Kind() == ast.SelectKind:
		return field(e, func(v reflect.Value) time.Time { return *v.Addr().Interface().(*time.Time) })
	}
	return nil
}

// field reads a field of Input by its path. Reflection finds it once; reading
// is a few nanoseconds and allocates nothing.
func field[T any](e ast.Expr, get func(reflect.Value) T) code[T] {
	path, ok := pathOf(e)
	if !ok || e.AsSelect().IsTestOnly() {
		return nil
	}
	index, at := []int{}, reflect.TypeFor[Input]()
	for name := range strings.SplitSeq(path, ".") {
		f, ok := fieldNamed(at, name)
		if !ok {
			return nil
		}
		index, at = append(index, f.Index...), f.Type
	}
	var zero T
	if want := reflect.TypeOf(zero); at != want && (at.Kind() != want.Kind() || at.Kind() == reflect.Slice) {
		return nil
	}
	return func(in *Input, _ string) (T, error) { return get(reflect.ValueOf(in).Elem().FieldByIndex(index)), nil }
}

func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if f := t.Field(i); celName(f) == name {
				return f, true
			}
		}
	}
	return reflect.StructField{}, false
}

func constant[T any](v T) code[T] { return func(*Input, string) (T, error) { return v, nil } }

func apply[A, T any](a code[A], f func(A) (T, error)) code[T] {
	if a == nil {
		return nil
	}
	return func(in *Input, it string) (T, error) {
		x, err := a(in, it)
		if err != nil {
			var zero T
			return zero, err
		}
		return f(x)
	}
}

func both[A, B, T any](a code[A], b code[B], f func(A, B) (T, error)) code[T] {
	if a == nil || b == nil {
		return nil
	}
	return func(in *Input, it string) (T, error) {
		var zero T
		x, err := a(in, it)
		if err != nil {
			return zero, err
		}
		y, err := b(in, it)
		if err != nil {
			return zero, err
		}
		return f(x, y)
	}
}

func choose[T any](when code[bool], yes, no code[T]) code[T] {
	if when == nil || yes == nil || no == nil {
		return nil
	}
	return func(in *Input, it string) (T, error) {
		b, err := when(in, it)
		switch {
		case err != nil:
			var zero T
			return zero, err
		case b:
			return yes(in, it)
		}
		return no(in, it)
	}
}
