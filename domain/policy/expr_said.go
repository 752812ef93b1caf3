package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"cel.dev/cel-go/cel"

	"holdfast/domain/policy/yamlpos"
)

// faults are cel-go's errors in our words. Of errors of form the first is told:
// what the parser says behind it is a guess.
func (e *environment) faults(issues *cel.Issues, source string) []Fault {
	var out []Fault
	for _, err := range issues.Errors() {
		f := Fault{Line: max(err.Location.Line(), 1), Column: max(err.Location.Column()+1, 1), Text: strings.TrimSpace(err.Message)}
		if form, is := strings.CutPrefix(f.Text, "Syntax error: "); is {
			e.form(&f, form, source)
			return []Fault{f}
		}
		e.explain(&f, source)
		out = append(out, f)
	}
	return out
}

// slips are what people write out of habit, and what it is called here.
var slips = map[string]string{
	"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!", "&": "&&", "|": "||", "=": "==", ">": "!=", "then": "?", "else": ":",
	"has": "in, with the text before it: \"group\" in user.groups",
}

// form says what is wrong with the form of an expression, by what stands where
// the parser gave up.
func (e *environment) form(f *Fault, said, source string) {
	before, found := around(source, f.Line, f.Column)
	prev := lastWord(before)
	switch {
	case found == "" && strings.TrimSpace(before) == "":
		f.Text, f.Remedy = "there is no condition", "write one, or true"
	case (strings.HasPrefix(found, `"`) || strings.HasPrefix(found, "'")) && strings.HasPrefix(said, "token recognition"):
		f.Text, f.Remedy = "a text begins here and does not end, or has a \\ that nothing follows", "close the quote; write \\\\ for a backslash"
	case found == "=":
		f.Text, f.Remedy = "a single = compares nothing", "write == to compare"
	case found == ">" && strings.HasSuffix(before, "<"):
		f.Text, f.Remedy = "<> is not read here", "write != for what is not equal"
	case slips[prev] != "" && isName(found):
		f.Text, f.Remedy = fmt.Sprintf("%q stands before %q with nothing between them", prev, found), fmt.Sprintf("write %s in place of %s", slips[prev], prev)
	case slips[found] != "":
		f.Text, f.Remedy = fmt.Sprintf("%q is not read here", found), "write "+slips[found]
	case strings.HasPrefix(said, "missing ')'"):
		f.Text, f.Remedy = "a bracket was opened and is not closed before "+orEnd(found), "write ) where it ends"
	case found == ")" || found == "]" || found == "}":
		f.Text, f.Remedy = fmt.Sprintf("%q closes what was not opened, or closes it before anything stands in it", found), "take it away, or write what belongs before it"
	case wantsOperand(before):
		f.Text = "something is missing before " + orEnd(found)
		f.Remedy = "write a name (" + strings.Join(e.known[""], ", ") + "), a text in quotes, a number, a list or an opening bracket"
	default:
		f.Text = "nothing leads from what stands before to " + orEnd(found)
		f.Remedy = "write one of &&, ||, ==, !=, <, <=, >, >=, in between them, or take one away"
	}
}

func orEnd(found string) string {
	if found == "" {
		return "the end"
	}
	return fmt.Sprintf("%q", found)
}

func isName(s string) bool { return s != "" && (unicode.IsLetter(rune(s[0])) || s[0] == '"') }

// wantsOperand says whether what stands before asks for something to follow.
func wantsOperand(before string) bool {
	before = strings.TrimRightFunc(before, unicode.IsSpace)
	if before == "" || strings.HasSuffix(before, " in") {
		return true
	}
	return strings.ContainsRune("&|=<>!+-*/%(.[,?:", rune(before[len(before)-1]))
}

var token = regexp.MustCompile(`^(\w+|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|&&|\|\||==|!=|<=|>=|\S)`)

// around is what stands before a place, and the word or sign that stands there.
func around(source string, line, column int) (before, found string) {
	lines := strings.Split(source, "\n")
	if line > len(lines) {
		return source, ""
	}
	r := []rune(lines[line-1])
	at := min(column-1, len(r))
	before = strings.Join(append(slices.Clone(lines[:line-1]), string(r[:at])), "\n")
	found = token.FindString(strings.TrimLeftFunc(string(r[at:]), unicode.IsSpace))
	if runes := []rune(found); len(runes) > 40 {
		found = string(runes[:40])
	}
	return before, found
}

var wordAtEnd = regexp.MustCompile(`(\w+)\s*$`)

func lastWord(s string) string {
	if m := wordAtEnd.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// A saying is one of cel-go's errors of type, and our words for it.
type saying struct {
	when *regexp.Regexp
	say  func(e *environment, m []string, source string, f *Fault) (text, remedy string)
}

// sayings are the errors that cel-go has; of what it may have besides, the last
// resort in explain tells the place.
var sayings = []saying{
	{regexp.MustCompile(`^undefined field '([^']*)'`), func(e *environment, m []string, source string, f *Fault) (string, string) {
		return fmt.Sprintf("there is no field %q", m[1]), yamlpos.Meant(m[1], e.fieldsBefore(source, f.Line, f.Column))
	}},
	{regexp.MustCompile(`^undeclared reference to '([^']*)'`), func(e *environment, m []string, source string, f *Fault) (string, string) {
		if _, found := around(source, f.Line, f.Column); found == "(" { // a call: cel-go points at its bracket
			f.Column = max(1, f.Column-len([]rune(m[1])))
			return fmt.Sprintf("there is no function %q here", m[1]), functionMeant(m[1])
		}
		return fmt.Sprintf("there is nothing called %q here", m[1]), e.reachable(m[1])
	}},
	{regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'`), func(_ *environment, m []string, _ string, _ *Fault) (string, string) {
		return overload(m[1], m[2])
	}},
	{regexp.MustCompile(`^expected type '([^']*)' but found '([^']*)'`), func(_ *environment, m []string, _ string, _ *Fault) (string, string) {
		remedy := "write something of that type"
		if m[1] == "bool" {
			remedy = "compare it with something: =="
		}
		return fmt.Sprintf("here stands %s, where %s belongs", typeName(m[2]), typeName(m[1])), remedy
	}},
	{regexp.MustCompile(`^type '([^']*)' does not support field selection`), func(_ *environment, m []string, _ string, _ *Fault) (string, string) {
		return typeName(m[1]) + " has no fields", "take away the point and what follows it"
	}},
	{regexp.MustCompile(`^expression of type '([^']*)' cannot be range`), func(_ *environment, m []string, _ string, _ *Fault) (string, string) {
		return typeName(m[1]) + " is no list, and exists, all, filter and map go over lists", "name a list: user.groups"
	}},
	{regexp.MustCompile(`^argument must be a simple name`), func(*environment, []string, string, *Fault) (string, string) {
		return "what comes first in exists, all, filter and map is a name for each element", `write one: user.groups.exists(g, g == "x")`
	}},
	{regexp.MustCompile(`^invalid argument to has`), func(*environment, []string, string, *Fault) (string, string) {
		return "has asks for a field", "write one: has(user.title)"
	}},
	{regexp.MustCompile(`^invalid (int|uint|double) literal`), func(*environment, []string, string, *Fault) (string, string) {
		return "this is no number, or one that is too large", "write a whole number below 9223372036854775808, or one with a point"
	}},
	{regexp.MustCompile(`^invalid (duration|timestamp) argument`), func(_ *environment, m []string, _ string, _ *Fault) (string, string) {
		if m[1] == "duration" {
			return "this is no duration", `write one: duration("90m")`
		}
		return "this is no instant", `write one: timestamp("2027-01-01T00:00:00Z")`
	}},
	{regexp.MustCompile(`^comprehension exceeds nesting limit`), func(*environment, []string, string, *Fault) (string, string) {
		return "exists, all, filter and map stand here one inside another", "ask for less: `in`, or sets.intersects of two lists"
	}},
	{regexp.MustCompile(`recursion limit|max recursion`), func(*environment, []string, string, *Fault) (string, string) {
		return fmt.Sprintf("more than %d brackets and operators stand one inside another", maxNesting), "split it into several rules"
	}},
	{regexp.MustCompile(`size (exceeds|limit)|code point|too large|node limit|exceeds limit`), func(*environment, []string, string, *Fault) (string, string) {
		return fmt.Sprintf("the expression is longer than %d characters or has more than %d parts", maxExprText, maxNodes), "split it into several rules"
	}},
}

// explain puts a fault into plain words and adds the remedy.
func (e *environment) explain(f *Fault, source string) {
	for _, s := range sayings {
		if m := s.when.FindStringSubmatch(f.Text); m != nil {
			f.Text, f.Remedy = s.say(e, m, source, f)
			return
		}
	}
	_, found := around(source, f.Line, f.Column)
	f.Text, f.Remedy = "what begins with "+orEnd(found)+" is no part of this language", "see docs/policy.md, Expressions, for what there is"
}

var typeNames = map[string]string{"string": "a text", "int": "a whole number", "uint": "a whole number", "double": "a number with a point", "bool": "true or false",
	"timestamp": "an instant", "google.protobuf.Timestamp": "an instant", "duration": "a duration", "google.protobuf.Duration": "a duration", "null": "nothing", "bytes": "bytes", "type": "a type"}

func typeName(t string) string {
	if name := typeNames[t]; name != "" {
		return name
	}
	if of, is := strings.CutPrefix(t, "list("); is {
		of = strings.TrimSuffix(of, ")")
		if named := map[string]string{"string": "texts", "int": "whole numbers", "bool": "truths"}[of]; named != "" {
			return "a list of " + named
		}
		return "a list"
	}
	if i := strings.LastIndexByte(t, '.'); i >= 0 { // a struct of ours
		return "the whole of " + strings.ToLower(t[i+1:])
	}
	return cmp.Or(t, "something")
}

// overload says why an operator or a function does not take what it is given.
func overload(name, given string) (text, remedy string) {
	target, args, member := strings.Cut(given, ".(")
	if !member {
		target, args = "", strings.TrimPrefix(given, "(")
	}
	var types []string
	for _, t := range splitTypes(strings.TrimSuffix(args, ")")) {
		types = append(types, typeName(t))
	}
	operator := operatorName(name)
	switch {
	case name == "@in" && len(types) == 2:
		return fmt.Sprintf("in asks whether %s is in %s, and that is no list of them", types[0], types[1]), "write a list behind it, as user.groups, or compare with =="
	case name == "_?_:_":
		return "? and : take true or false before the ?, and two things of one type", "compare what stands before the ?, and give both ways the same type"
	case name == "!_":
		return "! turns true into false, and here stands " + types[0], "compare it with something: !="
	case strings.HasPrefix(name, "_") && len(types) == 2:
		remedy := "compare things of the same type"
		switch {
		case slices.Contains(types, "an instant") && slices.Contains(types, "a text"):
			remedy = `write timestamp("2027-01-01T00:00:00Z")`
		case slices.Contains(types, "a duration"):
			remedy = `write duration("90m") or hours(24)`
		case slices.Contains(types, "a whole number") && slices.Contains(types, "a text"):
			remedy = "take away the quotes, or compare it with a text"
		case slices.Contains(types, "a whole number") && slices.Contains(types, "a number with a point"):
			remedy = "a whole number and 1.0 are two types: write both in one"
		}
		return fmt.Sprintf("%s cannot take %s and %s", operator, types[0], types[1]), remedy
	case member && strings.HasPrefix(target, "list(") && name == "contains":
		return "contains is for texts, and " + typeName(target) + " stands before it", `write "x" in the list`
	case member:
		return fmt.Sprintf("%s does not take %s behind %s", operator, joined(types, "and"), typeName(target)), "see docs/policy.md, Expressions, for what it takes"
	}
	return fmt.Sprintf("%s does not take %s", operator, cmp.Or(joined(types, "and"), "nothing")), "see docs/policy.md, Expressions, for what it takes"
}

// splitTypes splits at commas that are in no bracket.
func splitTypes(s string) (out []string) {
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out, from = append(out, strings.TrimSpace(s[from:i])), i+1
			}
		}
	}
	if rest := strings.TrimSpace(s[from:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

// functionNames are those that can be called.
func functionNames() []string {
	names := slices.DeleteFunc(allowed(), func(n string) bool { return strings.ContainsAny(n, "_@") })
	return append(names, "exists", "all", "exists_one", "filter", "map")
}

func functionMeant(name string) string {
	if near, ok := yamlpos.Nearest(name, functionNames()); ok && near != name {
		return "did you mean `" + near + "`?"
	}
	if slices.Contains(functionNames(), name) {
		return "it takes a name and an expression: user.groups.exists(g, g == \"x\")"
	}
	return "see docs/policy.md, Expressions, for the functions that there are"
}

// operatorName is how an operator is written.
func operatorName(name string) string {
	if name == "@in" {
		return "in"
	}
	return strings.Trim(name, "_")
}
