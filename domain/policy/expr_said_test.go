package policy

import (
	"regexp"
	"strings"
	"testing"
)

// parsers are words of the parser that nobody who writes a policy should meet.
var parsers = regexp.MustCompile(`mismatched input|extraneous|viable alternative|token recognition|overload|EOF|expecting|Syntax error|ERROR:|dyn\b|comprehension|literal`)

// What is wrong with a condition is said in our words, at its place, with what to
// write instead.
func TestFaultsOfConditionsAreSaidPlainly(t *testing.T) {
	compiler := NewCompiler()
	for _, c := range []struct {
		text         string
		line, column int
		say, remedy  string
	}{
		{`user.groups has "x"`, 1, 13, `"has" is not read here`, `"group" in user.groups`},
		{`"a" in user.groups and true`, 1, 20, `"and" is not read here`, "write &&"},
		{`not user.privileged`, 1, 5, `"not" stands before "user"`, "write !"},
		{`user.privileged &`, 1, 17, `"&" is not read here`, "write &&"},
		{`user.privileged = true`, 1, 17, "a single = compares nothing", "write =="},
		{`user.employment <> "a"`, 1, 18, "<> is not read here", "write !="},
		{`"a`, 1, 1, "a text begins here and does not end", "close the quote"},
		{`(user.privileged`, 1, 17, "a bracket was opened and is not closed before the end", "write )"},
		{`user.privileged)`, 1, 16, `")" closes what was not opened`, "take it away"},
		{"user.privileged &&\n  ", 2, 3, "something is missing before the end", "write a name (user"},
		{"true &&\n\nuser.privileged user.privileged", 3, 17, `nothing leads from what stands before to "user"`, "write one of &&"},
		{`user.employment == 1`, 1, 17, "== cannot take a text and a whole number", "take away the quotes"},
		{`user.end_date > "2027"`, 1, 15, "> cannot take an instant and a text", "timestamp("},
		{`"a" in user.employment`, 1, 5, "in asks whether a text is in a text", "user.groups"},
		{`user.groups.contains("x")`, 1, 21, "contains is for texts", `"x" in`},
		{`user.employment.startswith("x")`, 1, 17, `there is no function "startswith"`, "did you mean `startsWith`?"},
		{`user.privileged && user.employment`, 1, 24, "here stands a text, where true or false belongs", "=="},
		{`!user.employment`, 1, 1, "here stands a text", "compare it"},
		{`user.id.groups`, 1, 8, "a text has no fields", "take away the point"},
		{`has(user)`, 1, 5, "has asks for a field", "has(user.title)"},
		{`user.gruops == []`, 1, 5, `there is no field "gruops"`, "did you mean `groups`?"},
		{`usr.privileged`, 1, 1, `there is nothing called "usr"`, "did you mean `user`?"},
		{`user.employment.all(x, true)`, 1, 5, "a text is no list", "user.groups"},
	} {
		_, faults := compiler.Compile(c.text, ScopeRequest)
		if len(faults) == 0 {
			t.Errorf("%s compiles", c.text)
			continue
		}
		f := faults[0]
		if f.Line != c.line || f.Column != c.column || !strings.Contains(f.Text, c.say) || !strings.Contains(f.Remedy, c.remedy) {
			t.Errorf("%s: %d:%d %s; %s", c.text, f.Line, f.Column, f.Text, f.Remedy)
		}
		saidPlainly(t, c.text, faults)
	}
}

// saidPlainly wants of each fault a place in the text, a remedy and no word of
// the parser, but what the text itself has.
func saidPlainly(t *testing.T, text string, faults []Fault) {
	t.Helper()
	lines := strings.Count(text, "\n") + 1
	for _, f := range faults {
		switch {
		case f.Line < 1 || f.Line > lines || f.Column < 1:
			t.Errorf("%q: place %d:%d", text, f.Line, f.Column)
		case f.Text == "" || f.Remedy == "":
			t.Errorf("%q: %+v", text, f)
		}
		if w := parsers.FindString(f.Text); w != "" && !strings.Contains(text, w) {
			t.Errorf("%q: %s", text, f.Text)
		}
	}
}

// FuzzFaults: whatever is wrong with a condition, it has a place and a remedy.
func FuzzFaults(f *testing.F) {
	for _, s := range []string{`user.groups has "x"`, `"a" in user.groups and true`, `user.groups[`, `{`, `x'`, "\x00", `"\q"`, `[1,"a"] == []`, `in`, "`x`", `a?b`,
		`user.groups.exists(1, true)`, `9999999999999999999999 > 1`, `duration("x") == now`, `user{id: "a"}`, `b"a" == 1u`, strings.Repeat("(", 40), strings.Repeat("!", 5000)} {
		f.Add(s)
	}
	compiler := NewCompiler()
	f.Fuzz(func(t *testing.T, text string) {
		for _, scope := range []Scope{ScopePerson, ScopeRequest, ScopeAccount} {
			_, faults := compiler.Compile(text, scope)
			saidPlainly(t, text, faults)
		}
	})
}
