package policy

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// allowed lists the functions and operators of the language. What turns typed
// values into untyped ones (dyn, type, format) is left out, so that a misspelt
// field cannot hide until it is evaluated.
func allowed() []string {
	return []string{
		"_&&_", "_||_", "!_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "_/_", "_%_", "-_",
		"@in", "_[_]", "@not_strictly_false", "size", "startsWith", "endsWith", "contains", "matches",
		"charAt", "indexOf", "lastIndexOf", "lowerAscii", "upperAscii", "replace", "split", "join", "substring", "trim",
		"sets.contains", "sets.equivalent", "sets.intersects", "min", "max", "ip_in", "hours", "semver", "has",
		"timestamp", "duration", "int", "double", "string", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
		"getDayOfYear", "getHours", "getMinutes", "getSeconds",
	}
}

// functions declares our own.
func functions() []cel.EnvOption {
	pair := func(t *cel.Type) []*cel.Type { return []*cel.Type{t, t} }
	return []cel.EnvOption{
		cel.Function("min",
			cel.Overload("min_int", pair(cel.IntType), cel.IntType, cel.BinaryBinding(pick(-1))),
			cel.Overload("min_double", pair(cel.DoubleType), cel.DoubleType, cel.BinaryBinding(pick(-1)))),
		cel.Function("max",
			cel.Overload("max_int", pair(cel.IntType), cel.IntType, cel.BinaryBinding(pick(1))),
			cel.Overload("max_double", pair(cel.DoubleType), cel.DoubleType, cel.BinaryBinding(pick(1)))),
		cel.Function("hours", cel.Overload("hours_int", []*cel.Type{cel.IntType}, cel.DurationType,
			cel.UnaryBinding(func(n ref.Val) ref.Val { return celHours(int64(n.(types.Int))) }))),
		cel.Function("semver", cel.Overload("semver_string", []*cel.Type{cel.StringType}, cel.IntType,
			cel.UnaryBinding(func(s ref.Val) ref.Val {
				n, err := semver(string(s.(types.String)))
				if err != nil {
					return types.WrapErr(err)
				}
				return types.Int(n)
			}))),
		cel.Function("ip_in", cel.MemberOverload("string_ip_in_string", pair(cel.StringType), cel.BoolType,
			cel.BinaryBinding(func(ip, network ref.Val) ref.Val {
				p, err := netip.ParsePrefix(string(network.(types.String)))
				if err != nil {
					return types.WrapErr(err)
				}
				return types.Bool(ipIn(string(ip.(types.String)), p))
			}))),
		cel.Function("has", cel.MemberOverload("risk_has_string", []*cel.Type{cel.ObjectType("policy.Risk"), cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(risk, id ref.Val) ref.Val {
				switch r := risk.Value().(type) {
				case *Risk:
					return types.Bool(slices.Contains(r.IDs, string(id.(types.String))))
				case Risk:
					return types.Bool(slices.Contains(r.IDs, string(id.(types.String))))
				}
				return types.NewErr("risk is no risk")
			}))),
	}
}

// pick gives the smaller (-1) or the greater (1) of two numbers.
func pick(which types.Int) func(a, b ref.Val) ref.Val {
	return func(a, b ref.Val) ref.Val {
		switch x := a.(type) {
		case types.Int:
			if x.Compare(b) == which {
				return a
			}
		case types.Double:
			if x.Compare(b) == which {
				return a
			}
		}
		return b
	}
}

// mostHours is what a time.Duration holds.
const mostHours = int64(1<<63-1) / int64(time.Hour)

func celHours(n int64) ref.Val {
	if n > mostHours || n < -mostHours {
		return types.NewErr("more hours than can be counted")
	}
	return types.Duration{Duration: time.Duration(n) * time.Hour}
}

var versionForm = regexp.MustCompile(`[0-9]{1,6}(?:\.[0-9]{1,6}){0,2}`)

var errNoVersion = errors.New("there is no version in the text")

// semver is the first version in a text as a number that can be compared:
// "iOS 17.4" is 17.004000 millions of millions. Parts that are not there are 0.
func semver(s string) (int64, error) {
	v := versionForm.FindString(s)
	if v == "" {
		return 0, errNoVersion
	}
	var n int64
	parts := strings.Split(v, ".")
	for i := range 3 {
		n *= 1_000_000
		if i < len(parts) {
			p, _ := strconv.ParseInt(parts[i], 10, 64)
			n += p
		}
	}
	return n, nil
}

// ipIn says whether a text is an address in a network; one that is none is in
// no network. An IPv4 address inside IPv6 is taken for what it is.
func ipIn(s string, network netip.Prefix) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && network.Contains(ip.Unmap())
}

// sizes bounds what an expression can meet, so that its cost is bounded before
// it is ever evaluated.
type sizes struct{}

// mostText is the longest text of a fact, in characters.
const mostText = 256

// listBounds says how many there are at most in each list; whoever fills an
// Input or Facts keeps to it.
func listBounds() map[string]uint64 {
	return map[string]uint64{
		"user.groups": 256, "user.roles": 64, "user.exceptions": 64, "account.effective.single_points": 256,
		"cred.transports": 16, "risk.ids": 64, "ctx.approvers": 64, "op.roles": 64, "acct.effective.single_points": 256,
	}
}

// EstimateSize is for cel-go. It knows the lists of listBounds, and every text
// that comes from a fact; what an expression makes itself, cel-go works out.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	path := n.Path()
	if len(path) == 0 {
		return nil
	}
	elem := &cost.SizeEstimate{Max: mostText}
	if n.Type().Kind() == types.StringKind {
		return elem
	}
	if most, ok := listBounds()[strings.Join(path, ".")]; ok {
		return &cost.SizeEstimate{Max: most, Elem: elem}
	}
	return nil
}

// EstimateCallCost is for cel-go: our own functions.
func (sizes) EstimateCallCost(_, overload string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	var c uint64
	switch overload {
	case "min_int", "min_double", "max_int", "max_double", "hours_int":
		c = 2
	case "risk_has_string":
		c = 64
	case "string_ip_in_string":
		c = 32
	case "semver_string":
		c = mostText
	default:
		return nil
	}
	return &cost.CallEstimate{CostEstimate: cost.FixedCostEstimate(c)}
}
