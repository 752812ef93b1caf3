package policy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
)

// Scope is what an expression may read.
type Scope string

const (
	ScopePerson    Scope = "person"    // segments[].when: user
	ScopeRequest   Scope = "request"   // everything of Input
	ScopeGate      Scope = "gate"      // rollout.gate: m
	ScopeProcedure Scope = "procedure" // assertions over procedures: proc
	ScopeOperator  Scope = "operator"  // assertions over operators: op
	ScopeAccount   Scope = "account"   // assertions over accounts and segments: acct, user
)

// variables of each scope, by the struct that they are a field of.
func (s Scope) root() (root reflect.Type, only []string) {
	switch s {
	case ScopePerson:
		return reflect.TypeFor[Input](), []string{"user", "now"}
	case ScopeRequest:
		return reflect.TypeFor[Input](), nil
	case ScopeGate:
		return reflect.TypeFor[Facts](), []string{"m", "now"}
	case ScopeProcedure:
		return reflect.TypeFor[Facts](), []string{"proc", "now"}
	case ScopeOperator:
		return reflect.TypeFor[Facts](), []string{"op", "now"}
	case ScopeAccount:
		return reflect.TypeFor[Facts](), []string{"acct", "user", "now"}
	}
	panic("policy: internal error: no such scope: " + string(s))
}

// MaxCost bounds the static cost of one expression, in cel-go's units: about one
// for each step of the evaluation in the worst case.
const MaxCost = 20_000

// An expression that is longer cannot be reviewed.
const (
	maxExprText = 4096 // characters
	maxNodes    = 512
	maxNesting  = 32
)

// ErrNotComputed is what an expression gives that reads what is not known yet:
// account.effective, op.blast. Whoever asks prints "not available", never "passed".
var ErrNotComputed = errors.New("not available: the expression reads what is not computed yet")

// Cond is a compiled condition. The zero Cond never holds.
type Cond struct{ c *cond }

type cond struct {
	text     string
	scope    Scope
	cost     uint64
	fields   []string
	computed bool                        // reads what may not be computed yet
	code     code[bool]                  // nil where only cel-go can evaluate it
	program  func() (cel.Program, error) // planned when it is first asked for
}

// Text is the expression.
func (c Cond) Text() string {
	if c.c == nil {
		return ""
	}
	return c.c.text
}

// IsZero says that there is no expression.
func (c Cond) IsZero() bool { return c.c == nil }

// Cost is the static worst case, at most MaxCost.
func (c Cond) Cost() uint64 {
	if c.c == nil {
		return 0
	}
	return c.c.cost
}

// Fields lists what the expression reads, sorted: "user.groups", "risk.ids".
func (c Cond) Fields() []string {
	if c.c == nil {
		return nil
	}
	return slices.Clone(c.c.fields)
}

// Reads says whether the expression reads path or something below it.
func (c Cond) Reads(path string) bool {
	if c.c == nil {
		return false
	}
	return slices.ContainsFunc(c.c.fields, func(f string) bool { return f == path || strings.HasPrefix(f, path+".") })
}

// Eval says whether the condition holds for in. It errs where the value of the
// expression is not defined (a division by zero, a version that is none) or not
// computed; what an error means, the caller's rule says.
func (c Cond) Eval(in *Input) (bool, error) {
	switch {
	case c.c == nil:
		return false, nil
	case c.c.computed && !in.Account.Effective.Computed:
		return false, ErrNotComputed
	case c.c.code != nil:
		return c.c.code(in, "")
	}
	return c.c.run(inputVars{in})
}

// EvalFacts is Eval for the scopes of gates and assertions.
func (c Cond) EvalFacts(f *Facts) (bool, error) {
	switch {
	case c.c == nil:
		return false, nil
	case c.c.computed && !f.computed(c):
		return false, ErrNotComputed
	}
	return c.c.run(factVars{f})
}

// run asks cel-go.
func (c *cond) run(vars cel.Activation) (bool, error) {
	program, err := c.program()
	if err != nil {
		return false, err
	}
	out, _, err := program.Eval(vars)
	if err != nil {
		return false, err
	}
	b, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("the expression gave %s", out.Type().TypeName())
	}
	return b, nil
}

// inputVars hands the parts of an Input to cel-go by their names.
type inputVars struct{ in *Input }

func (v inputVars) Parent() cel.Activation { return nil }

func (v inputVars) ResolveName(name string) (any, bool) {
	switch name {
	case "user":
		return &v.in.User, true
	case "account":
		return &v.in.Account, true
	case "cred":
		return &v.in.Cred, true
	case "auth":
		return &v.in.Auth, true
	case "device":
		return &v.in.Device, true
	case "net":
		return &v.in.Net, true
	case "app":
		return &v.in.App, true
	case "risk":
		return &v.in.Risk, true
	case "ctx":
		return &v.in.Ctx, true
	case "now":
		return v.in.Now, true
	}
	return nil, false
}

// Compiler compiles expressions. It is expensive to make and safe to share once
// made; it refuses what is not typed or not bounded.
type Compiler struct {
	envs map[Scope]*environment
}

type environment struct {
	scope Scope
	cel   *cel.Env
	sizes sizes
	known map[string][]string // fields of each struct type, for remedies
}

// NewCompiler makes the environments of all scopes.
func NewCompiler() *Compiler {
	c := &Compiler{envs: map[Scope]*environment{}}
	for _, s := range []Scope{ScopePerson, ScopeRequest, ScopeGate, ScopeProcedure, ScopeOperator, ScopeAccount} {
		c.envs[s] = newEnvironment(s)
	}
	return c
}

func newEnvironment(s Scope) *environment {
	root, only := s.root()
	e := &environment{scope: s, sizes: sizes{}, known: map[string][]string{}}
	opts := []cel.EnvOption{
		cel.ExpressionNodeLimit(maxNodes),
		cel.HomogeneousAggregateLiterals(),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(maxExprText),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateComprehensionNestingLimit(1)),
		ext.Strings(ext.StringsVersion(2)),
		ext.Sets(),
	}
	natives := []any{ext.ParseStructTags(true)}
	for i := range root.NumField() {
		f := root.Field(i)
		name := celName(f)
		if name == "" || only != nil && !slices.Contains(only, name) {
			continue
		}
		e.known[""] = append(e.known[""], name)
		if f.Type == reflect.TypeFor[time.Time]() {
			opts = append(opts, cel.Variable(name, cel.TimestampType))
			continue
		}
		natives = append(natives, f.Type)
		opts = append(opts, cel.Variable(name, cel.ObjectType(f.Type.String())))
		e.describe(name, f.Type)
	}
	opts = append([]cel.EnvOption{ext.NativeTypes(natives...)}, opts...)
	env, err := cel.NewEnv(append(opts, functions()...)...)
	if err != nil {
		panic("policy: internal error: " + err.Error())
	}
	e.cel = env
	return e
}

// describe remembers the fields and bounds of a struct.
func (e *environment) describe(path string, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := celName(f)
		if name == "" {
			continue
		}
		e.known[path] = append(e.known[path], name)
		if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() {
			e.describe(path+"."+name, f.Type)
		}
	}
}

// celName is the name of a field in expressions; empty where it has none.
func celName(f reflect.StructField) string {
	name := f.Tag.Get("cel")
	if name == "-" {
		return ""
	}
	return name
}

// Fields lists everything that an expression of a scope may read, sorted:
// "user.groups".
func (c *Compiler) Fields(s Scope) []string {
	known := c.envs[s].known
	var out []string
	for path, names := range known {
		for _, n := range names {
			if path != "" {
				n = path + "." + n
			}
			if len(known[n]) == 0 {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out
}

// A Fault is what is wrong with an expression, and where: Line and Column begin
// at 1 and count within its text.
type Fault struct {
	Line, Column int
	Text, Remedy string
}

// Compile compiles one expression.
func (c *Compiler) Compile(text string, scope Scope) (Cond, []Fault) {
	return c.envs[scope].compile(text)
}

func (e *environment) compile(text string) (Cond, []Fault) {
	checked, issues := e.cel.Compile(text)
	if issues.Err() != nil {
		return Cond{}, e.faults(issues, text)
	}
	rep := checked.NativeRep()
	if faults := e.inspect(rep); len(faults) > 0 {
		return Cond{}, faults
	}
	if checked.OutputType() != cel.BoolType {
		return Cond{}, []Fault{{1, 1, "the expression gives " + cel.FormatCELType(checked.OutputType()) + ", not true or false",
			"compare it with something: =="}}
	}
	estimate, err := e.cel.EstimateCost(checked, e.sizes)
	switch {
	case err != nil:
		return Cond{}, []Fault{{1, 1, "the cost cannot be told: " + err.Error(), "write it more simply"}}
	case estimate.Max > MaxCost:
		return Cond{}, []Fault{{1, 1, costText(estimate.Max), "ask for less: `in` in place of a comprehension, fewer lists"}}
	}
	k := &cond{text: text, scope: e.scope, cost: estimate.Max, fields: fieldsOf(rep)}
	k.computed = slices.ContainsFunc(k.fields, isLater)
	if e.scope == ScopePerson || e.scope == ScopeRequest {
		k.code = translate(rep)
	}
	k.program = e.planner(checked)
	if k.code == nil {
		if _, err := k.program(); err != nil {
			return Cond{}, []Fault{{1, 1, err.Error(), "write it another way"}}
		}
	}
	return Cond{k}, nil
}

func costText(most uint64) string {
	if most > 1<<40 {
		return "nothing bounds what the expression costs"
	}
	return fmt.Sprintf("the expression may cost %d, more than %d", most, MaxCost)
}

// later lists what other parts compute.
func later() []string {
	return []string{"account.effective", "acct.effective", "op.blast", "proc.grade", "m"}
}

func isLater(field string) bool {
	return slices.ContainsFunc(later(), func(p string) bool { return field == p || strings.HasPrefix(field, p+".") })
}

// planner plans the program for cel-go's own interpreter when it is first asked
// for: most expressions never need it.
func (e *environment) planner(checked *cel.Ast) func() (cel.Program, error) {
	return sync.OnceValues(func() (cel.Program, error) {
		return e.cel.Program(checked, cel.EvalOptions(cel.OptOptimize))
	})
}
