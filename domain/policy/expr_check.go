package policy

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"holdfast/domain/policy/yamlpos"
)

var pathBefore = regexp.MustCompile(`[a-z_0-9.]+$`)

// fieldsBefore are the fields of what stands before the point at a place; of
// everything, where that cannot be told.
func (e *environment) fieldsBefore(source string, line, column int) []string {
	lines := strings.Split(source, "\n")
	if line <= len(lines) {
		if r := []rune(lines[line-1]); column-1 <= len(r) {
			if known := e.known[pathBefore.FindString(string(r[:column-1]))]; len(known) > 0 {
				return known
			}
		}
	}
	return e.allFields()
}

// reachable is the remedy for a variable that is not there.
func (e *environment) reachable(name string) string {
	if known := append(slices.Clone(e.known[""]), functionNames()...); len(name) > 2 {
		if near, ok := yamlpos.Nearest(name, known); ok && near != name {
			return "did you mean `" + near + "`?"
		}
	}
	what := "write " + strings.Join(e.known[""], ", ")
	if e.scope == ScopePerson {
		return "a segment depends on the person alone: " + what
	}
	return what
}

func (e *environment) allFields() []string {
	var out []string
	for path, fields := range e.known {
		if path != "" {
			out = append(out, fields...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inspect refuses what is well typed and still no part of the language.
func (e *environment) inspect(rep *ast.AST) (out []Fault) {
	allow := allowed()
	fault := func(n ast.Expr, remedy, format string, args ...any) {
		at := rep.SourceInfo().GetStartLocation(n.ID())
		out = append(out, Fault{max(at.Line(), 1), max(at.Column()+1, 1), fmt.Sprintf(format, args...), remedy})
	}
	nodes := 0
	ast.PreOrderVisit(rep.Expr(), ast.NewExprVisitor(func(n ast.Expr) {
		nodes++
		switch n.Kind() {
		case ast.CallKind:
			call := n.AsCall()
			if name := call.FunctionName(); !slices.Contains(allow, name) {
				fault(n, "see docs/policy.md, Expressions, for what there is", "the function %s is not read here", name)
				return
			} else {
				literalArgument(call, func(remedy, format string, args ...any) { fault(n, remedy, format, args...) })
				if e.scope == ScopePerson && mayFail(call, rep.GetType(n.ID())) {
					fault(n, "compare without it: a group, an employment, a date", "%s may fail, and then nobody knows in which segment somebody is", operatorName(name))
				}
			}
		case ast.StructKind, ast.MapKind:
			fault(n, "compare single fields", "an expression makes no structures and maps")
			return
		}
		if t := rep.GetType(n.ID()); t != nil && t.IsDyn() {
			fault(n, "give it elements of one type", "the type of this cannot be told")
		}
	}))
	if nodes > maxNodes {
		out = append(out, Fault{1, 1, fmt.Sprintf("the expression has %d parts, more than %d", nodes, maxNodes), "split it into several rules"})
	}
	return out
}

// mayFail says whether a call has no value for some arguments. The condition of
// a segment always has one: somebody with power must not fall into the segment
// of the many because a text holds no version.
func mayFail(call ast.CallExpr, result *types.Type) bool {
	literal := true
	for _, a := range call.Args() {
		literal = literal && a.Kind() == ast.LiteralKind
	}
	switch call.FunctionName() {
	case "_/_", "_%_", "_*_", "_-_", "-_", "_[_]", "semver", "charAt", "substring", "indexOf", "lastIndexOf", "replace":
		return true
	case "_+_":
		return result.Kind() == types.IntKind
	case "int", "double", "timestamp", "duration", "hours":
		return !literal
	}
	return false
}

// literalArgument asks for patterns and networks to be written out, and reads
// them: a wrong one is found at load.
func literalArgument(call ast.CallExpr, fault func(remedy, format string, args ...any)) {
	name := call.FunctionName()
	if name != "matches" && name != "ip_in" {
		return
	}
	args := call.Args()
	last := args[len(args)-1]
	if last.Kind() != ast.LiteralKind {
		fault("write it out in quotes", "what %s looks for must be written out", name)
		return
	}
	text, _ := last.AsLiteral().(types.String)
	if name == "ip_in" {
		if _, err := netip.ParsePrefix(string(text)); err != nil {
			fault(`write an address and its length: "10.0.0.0/8"`, "%q is no network", string(text))
		}
		return
	}
	if _, err := regexp.Compile(string(text)); err != nil {
		fault("write a regular expression of RE2", "%q is no pattern: %s", string(text), err)
	}
}

// fieldsOf lists what an expression reads, the longest paths alone.
func fieldsOf(rep *ast.AST) []string {
	var out []string
	var walk func(n ast.Expr, bound []string)
	walk = func(n ast.Expr, bound []string) {
		if path, ok := pathOf(n); ok {
			if !slices.Contains(bound, strings.SplitN(path, ".", 2)[0]) {
				out = append(out, path)
			}
			return
		}
		switch n.Kind() {
		case ast.SelectKind:
			walk(n.AsSelect().Operand(), bound)
		case ast.CallKind:
			walkCall(n.AsCall(), &out, func(c ast.Expr) { walk(c, bound) })
		case ast.ListKind:
			for _, c := range n.AsList().Elements() {
				walk(c, bound)
			}
		case ast.ComprehensionKind:
			c := n.AsComprehension()
			walk(c.IterRange(), bound)
			inner := append(slices.Clone(bound), c.IterVar(), c.AccuVar())
			walk(c.LoopStep(), inner)
			walk(c.Result(), inner)
		}
	}
	walk(rep.Expr(), nil)
	slices.Sort(out)
	return slices.Compact(out)
}

func walkCall(call ast.CallExpr, out *[]string, walk func(ast.Expr)) {
	if call.FunctionName() == "has" {
		*out = append(*out, "risk.ids") // risk.has("D-07")
	} else if call.IsMemberFunction() {
		walk(call.Target())
	}
	for _, c := range call.Args() {
		walk(c)
	}
}

// pathOf is "user.groups" where an expression is just that.
func pathOf(n ast.Expr) (string, bool) {
	switch n.Kind() {
	case ast.IdentKind:
		return n.AsIdent(), true
	case ast.SelectKind:
		if path, ok := pathOf(n.AsSelect().Operand()); ok {
			return path + "." + n.AsSelect().FieldName(), true
		}
	}
	return "", false
}
