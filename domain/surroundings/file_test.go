package surroundings

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadFile(t *testing.T) {
	for name, text := range map[string]string{
		"YAML": `surroundings:
  - kind: sync_account
    name: Ada's cloud
    person: ada@example.org
    provider: cloud
    primary: true
    sign_in: [password+code]
    recovery: [2-of-3-devices]
    devices: [phone, laptop, tablet]
    review_by: 2027-03-31
  - kind: power
    name: desk
    over: primary
    holders: [person:ada@example.org, night shift]
    k: 2
    check: questions
    from: 2026-11-22T09:00:00+01:00
`,
		"JSON": `{"surroundings":
[
{"kind":"sync_account","name":"Ada's cloud","person":"ada@example.org","provider":"cloud","primary":true,"sign_in":["password+code"],
 "recovery":["2-of-3-devices"],"devices":["phone","laptop","tablet"],"review_by":"2027-03-31"},
{"kind":"power","name":"desk","over":"primary","holders":["person:ada@example.org","night shift"],"k":2,"check":"questions","from":"2026-11-22T08:00:00Z"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			lines, faults := ReadFile([]byte(text))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			want := []Declaration{
				{Kind: SyncAccount, Name: "Ada's cloud", Person: "ada@example.org", Provider: "cloud", Primary: true, SignIn: []string{"password+code"},
					Recovery: []string{"2-of-3-devices"}, Devices: []string{"phone", "laptop", "tablet"}, ReviewBy: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)},
				{Kind: Power, Name: "desk", Over: OverPrimary, Holders: []string{"person:ada@example.org", "night shift"}, K: 2, Check: CheckAsked,
					From: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)},
			}
			at := map[string][]int{"YAML": {2, 11}, "JSON": {3, 5}}[name]
			for i, l := range lines {
				if diff := cmp.Diff(want[i], l.Declaration); diff != "" || l.Line != at[i] {
					t.Errorf("line %d, want %d\n%s", l.Line, at[i], diff)
				}
			}
		})
	}
}

func TestReadFileSaysWhere(t *testing.T) {
	for text, want := range map[string]Fault{
		"":                           {1, "empty"},
		"people: []":                 {1, "people"},
		"surroundings:\n  - name: x": {2, "kind"},
		"surroundings:\n  - kind: power\n    holder: [x]\n":      {3, "holders"},
		"surroundings:\n  - kind: power\n    k: 0\n":             {3, "out of range"},
		"surroundings:\n  - kind: power\n    kind: phone\n":      {3, "twice"},
		"surroundings:\n  - kind: power\n    review_by: soon\n":  {3, "neither a day"},
		"surroundings:\n  - kind: phone\n    name: 4930123456\n": {3, "quotes"},
		"surroundings:\n\t- kind: phone\n":                       {2, "tab"},
		strings.Repeat("#", MaxFile+1):                           {1, "split it"},
	} {
		lines, faults := ReadFile([]byte(text))
		if len(lines) > 0 || len(faults) == 0 || faults[0].Line != want.Line || !strings.Contains(faults[0].Text, want.Text) {
			t.Errorf("%.60q: %v, want %v", text, faults, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for _, text := range []string{"soon", "2026-13-01", "2026-11-22 09:00", "0001-01-01", "9999-12-31"} {
		if got, err := ParseTime(text); code(err) != "surrounding_time" {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte("surroundings:\n  - kind: power\n    name: desk\n    over: primary\n    holders: [a]\n    check: none\n"))
	f.Add([]byte(`{"surroundings":[{"kind":"phone","name":"x","person":"per_1"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, faults := ReadFile(text)
		if len(lines) > 0 && len(faults) > 0 {
			t.Fatal("lines and faults")
		}
		for _, l := range lines {
			r, _, err := Declare(l.Declaration, now)
			if err != nil {
				continue
			}
			// What is taken is taken again as it stands.
			if _, events, err := Change(r, r.Declaration(), now); err != nil || len(events) > 0 {
				t.Fatalf("%+v: %d events, %v", r, len(events), err)
			}
		}
	})
}
