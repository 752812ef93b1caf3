// Package policies holds the documents that we show, and each mistake that lint
// knows, against what lint says of them.
package policies

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/policy"
	"holdfast/domain/policy/lint"
)

var update = flag.Bool("update", false, "write what lint says into testdata")

var day = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// mistake is one entry of a file in testdata.
type mistake struct {
	rule, what string
	find, put  []string
	facts      []string
	says       []string
}

func (m mistake) name() string { return m.rule + " " + m.what }

// readMistakes reads a file of testdata and the words before its first entry.
func readMistakes(t *testing.T, path string) (head string, all []*mistake) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		if mark == "==" {
			rule, what, _ := strings.Cut(rest, " ")
			all = append(all, &mistake{rule: rule, what: what})
			continue
		}
		if len(all) == 0 {
			head += line + "\n"
			continue
		}
		m := all[len(all)-1]
		switch mark {
		case "<":
			m.find = append(m.find, rest)
		case ">":
			m.put = append(m.put, rest)
		case "&":
			m.facts = append(m.facts, rest)
		case ":":
			m.says = append(m.says, rest)
		default:
			t.Fatalf("%s: what is %q?", path, line)
		}
	}
	return head, all
}

func writeMistakes(t *testing.T, path, head string, all []*mistake) {
	t.Helper()
	var b strings.Builder
	b.WriteString(head)
	for _, m := range all {
		fmt.Fprintf(&b, "== %s\n", m.name())
		for _, part := range []struct {
			mark  string
			lines []string
		}{{"&", m.facts}, {"<", m.find}, {">", m.put}, {":", m.says}} {
			for _, l := range part.lines {
				fmt.Fprintf(&b, "%s %s\n", part.mark, l)
			}
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// apply makes the mistake in text, where it can be made in one place only.
func (m mistake) apply(t *testing.T, text string) string {
	t.Helper()
	find := strings.Join(m.find, "\n") + "\n"
	if n := strings.Count(text, find); n != 1 {
		t.Fatalf("the text to find is there %d times:\n%s", n, find)
	}
	put := strings.Join(m.put, "\n")
	if put != "" {
		put += "\n"
	}
	return strings.Replace(text, find, put, 1)
}

// check is everything that lint says, on the file and against an installation.
func check(name, text string, facts *lint.Facts) policy.Problems {
	p, problems := lint.Check(name, []byte(text), nil, day)
	if p == nil || facts == nil {
		return problems
	}
	return append(problems, lint.Installation(p, *facts)...)
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		name  string
		facts func() lint.Facts
		rules int // how many rules the entries must be about
	}{{"hospital", hospital, 20}, {"bank", bank, 6}} {
		t.Run(c.name, func(t *testing.T) { mistakes(t, c.name, c.facts, c.rules) })
	}
}

func mistakes(t *testing.T, name string, facts func() lint.Facts, rules int) {
	text, err := os.ReadFile("../../docs/policies/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	clean := facts()
	if got := check(name+".yaml", string(text), &clean); len(got) > 0 {
		t.Errorf("the document itself:\n%v", got)
	}
	path := "testdata/" + name + ".txt"
	head, all := readMistakes(t, path)
	times := map[string]int{}
	for _, m := range all {
		times[m.rule]++
		t.Run(m.name(), func(t *testing.T) {
			wrong := m.apply(t, string(text))
			var with *lint.Facts
			if len(m.facts) > 0 {
				f := changed(t, facts(), m.facts)
				with = &f
			}
			var got []string
			for _, q := range check(name+".yaml", wrong, with) {
				got = append(got, q.String())
				if q.Rule != m.rule {
					t.Errorf("it is about %s: %s", q.Rule, q)
				}
				if q.At.Line == 0 || q.At.Column == 0 || q.Remedy == "" {
					t.Errorf("it says too little: %+v", q)
				}
			}
			if len(got) == 0 {
				t.Error("lint says nothing")
			}
			if *update {
				m.says = got
			} else if d := cmp.Diff(m.says, got); d != "" {
				t.Errorf("lint says something else (-want +got):\n%s", d)
			}
		})
	}
	for rule, n := range times {
		if n < 2 && rules == 20 {
			t.Errorf("%s has only %d mistake", rule, n)
		}
	}
	if len(times) < rules {
		t.Errorf("the mistakes are about %d rules, not %d", len(times), rules)
	}
	if *update {
		writeMistakes(t, path, head, all)
	}
}

// hospital is an installation in which the hospital's document has nothing wrong.
func hospital() lint.Facts {
	f := lint.Facts{
		At: day, Population: 2400, Pools: map[string]lint.Pool{},
		MDS: lint.Metadata{No: 42, NextUpdate: day.AddDate(0, 0, 9), Statuses: map[string][]string{
			"b4d6e000-0000-4000-8000-000000000002": {"FIDO_CERTIFIED_L2"},
			"b4d6e000-0000-4000-8000-000000000003": {"FIDO_CERTIFIED_L2"},
		}},
	}
	for name, size := range map[string]int64{
		"group:security-office": 6, "group:clinical-safety": 4, "group:board": 7, "group:board-custodians": 5,
		"role:recovery-officer-privileged": 4, "role:recovery-officer": 6, "role:service-desk": 8, "role:hr-desk": 4,
	} {
		f.Pools[name] = lint.Pool{Size: size}
	}
	for _, who := range []string{
		"ada groups=ehr-admins employment=staff privileged=true",
		"ben groups=nursing employment=staff",
		"cho groups=prescribers employment=staff",
		"dee employment=contractor",
		"eve groups=break-glass employment=staff",
		"fay groups=recovery-officer employment=staff",
		"gus groups=recovery-officer-privileged employment=staff privileged=true",
		"hal groups=board-custodians employment=staff privileged=true",
		"ida groups=service-desk employment=staff",
	} {
		f.Accounts = append(f.Accounts, account(who))
	}
	return f
}

// bank likewise.
func bank() lint.Facts {
	f := lint.Facts{
		At: day, Population: 90_000, Pools: map[string]lint.Pool{},
		MDS: lint.Metadata{No: 42, NextUpdate: day.AddDate(0, 0, 9), Statuses: map[string][]string{}},
	}
	for name, size := range map[string]int64{
		"group:security-office": 5, "group:operational-risk": 5, "group:board": 6, "role:treasury-officer": 5, "role:branch-officer": 60, "role:hr-desk": 9,
	} {
		f.Pools[name] = lint.Pool{Size: size}
	}
	for _, who := range []string{
		"tess groups=treasury employment=staff", "bruno groups=tellers employment=staff", "carla", "acme groups=api-partners",
		"otto groups=treasury,treasury-officer employment=staff",
	} {
		f.Accounts = append(f.Accounts, account(who))
	}
	return f
}

// account reads "ada groups=ehr-admins,nursing employment=staff privileged=true".
func account(who string) policy.Input {
	var in policy.Input
	in.Now = day
	for i, w := range strings.Fields(who) {
		key, value, _ := strings.Cut(w, "=")
		switch {
		case i == 0:
			in.User.ID = w
		case key == "groups":
			in.User.Groups = strings.Split(value, ",")
		case key == "employment":
			in.User.Employment = value
		case key == "privileged":
			in.User.Privileged = value == "true"
		}
	}
	return in
}

// changed applies what differs in an installation.
func changed(t *testing.T, f lint.Facts, how []string) lint.Facts {
	t.Helper()
	for _, line := range how {
		words := strings.Fields(line)
		switch words[0] {
		case "pool":
			n, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			f.Pools[words[1]] = lint.Pool{Size: n}
		case "account":
			f.Accounts = append(f.Accounts, account(strings.Join(words[1:], " ")))
		case "status":
			f.MDS.Statuses[words[1]] = slices.Clone(words[2:])
		case "overdue":
			n, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			f.MDS.NextUpdate = f.At.AddDate(0, 0, -n)
		default:
			t.Fatalf("what is %q?", line)
		}
	}
	return f
}
