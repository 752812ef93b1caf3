package assert_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/policy"
	"holdfast/domain/policy/assert"
)

var day = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func load(t testing.TB, name string, text []byte) *policy.Policy {
	t.Helper()
	d, problems := policy.Parse(name, text)
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	return p
}

// documents are those that we show and those that we install.
func documents(t testing.TB) map[string]*policy.Policy {
	t.Helper()
	out := map[string]*policy.Policy{}
	for _, pattern := range []string{"../../../docs/policies/*.yaml", "../presets/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimSuffix(filepath.Base(file), ".yaml")] = load(t, filepath.Base(file), text)
		}
	}
	if len(out) < 6 {
		t.Fatal("too few documents", len(out))
	}
	return out
}

// TestOwn: no document fails a test of its own, and each has some that pass.
func TestOwn(t *testing.T) {
	for name, p := range documents(t) {
		t.Run(name, func(t *testing.T) {
			passed := 0
			for _, r := range assert.Run(p, assert.World{}, day) {
				if r.Status == assert.Failed {
					t.Errorf("%s: %s", r.At, r)
				}
				if r.Status == assert.Passed {
					passed++
				}
			}
			if passed < 3 {
				t.Errorf("only %d passed", passed)
			}
		})
	}
}

func hospital(t *testing.T, edits ...string) *policy.Policy {
	t.Helper()
	text, err := os.ReadFile("../../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for i := 0; i < len(edits); i += 2 {
		if strings.Count(s, edits[i]) != 1 {
			t.Fatalf("%q is there %d times", edits[i], strings.Count(s, edits[i]))
		}
		s = strings.Replace(s, edits[i], edits[i+1], 1)
	}
	return load(t, "hospital.yaml", []byte(s))
}

func lines(results []assert.Result) (out []string) {
	for _, r := range results {
		out = append(out, r.String())
	}
	return out
}

func TestLines(t *testing.T) {
	want := []string{
		"passed admin-cannot-sync",
		"passed unattested-is-unknown",
		"passed nurse-sync-ok",
		"passed no-personal-vault",
		"not available effective-privileged: it is about accounts of segment privileged, and there is only the document",
		"not available effective-workforce: it is about accounts of segment workforce, and there is only the document",
		"passed no-shared-weak-path",
		"not available no-lone-operator: it is about operators, and there is only the document",
	}
	if d := cmp.Diff(want, lines(assert.Run(hospital(t), assert.World{}, day))); d != "" {
		t.Error(d)
	}
}

// TestNotAvailable: with people to ask but without what the expression reads,
// nothing is passed, whether there is anybody in the segment or not.
func TestNotAvailable(t *testing.T) {
	w := assert.World{Known: true, Accounts: []assert.Account{{Acct: policy.AcctFacts{ID: "per_1", Segment: "workforce"}}}}
	for _, r := range assert.Run(hospital(t), w, day) {
		forAll := strings.HasPrefix(r.Name, "effective-") || r.Name == "no-lone-operator"
		if (r.Status == assert.NotAvailable) != forAll {
			t.Error(r)
		}
	}
}

func TestComputed(t *testing.T) {
	w := assert.World{
		Known: true, Computed: []string{"acct.effective", "op.blast"},
		Accounts: []assert.Account{
			{Acct: policy.AcctFacts{ID: "per_ada", Segment: "privileged", Effective: policy.Effective{AAL: 3, Phr: true, Computed: true}}},
			{Acct: policy.AcctFacts{ID: "per_ben", Segment: "workforce", Effective: policy.Effective{AAL: 1, SinglePoints: []string{"phone"}, Computed: true}}},
			{Acct: policy.AcctFacts{ID: "per_cho", Segment: "workforce", Effective: policy.Effective{AAL: 2, Computed: true}}},
		},
		Operators: []policy.OpFacts{{ID: "per_hal", Blast: policy.BlastFacts{Privileged: 3}}},
	}
	got := lines(assert.Run(hospital(t), w, day))[4:]
	want := []string{
		"passed effective-privileged",
		"failed effective-workforce: it does not hold for 1 of 2 accounts of segment workforce: per_ben",
		"passed no-shared-weak-path",
		"failed no-lone-operator: it does not hold for 1 of 1 operators: per_hal",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestFailing: a policy that does what its tests forbid.
func TestFailing(t *testing.T) {
	p := hospital(t,
		`  - name: workforce
    risk_rank: 3
    when: 'user.employment == "staff"'
    required: { aal: 2, phr: true }
    allow: [passkey-managed-sync, platform-managed, key-any, badge-pin]`, `  - name: workforce
    risk_rank: 3
    when: 'user.employment == "staff"'
    required: { aal: 2, phr: true }
    allow: [key-any, badge-pin]`,
		"      - code: { kind: saved, bits: 80 }\n", "")
	results := assert.Run(p, assert.World{}, day)
	want := []string{
		"failed nurse-sync-ok: expected allow, and it is deny: class:key-any says synced; class:badge-pin says synced",
		"failed no-shared-weak-path: it does not hold for 1 of 9 procedures: two-codes (worth level 1, yields 2: it takes only the issued code)",
	}
	if d := cmp.Diff(want, lines(assert.Failures(results))); d != "" {
		t.Error(d)
	}
	problems := assert.Problems(results)
	if len(problems) != 2 || problems[0].At.Line == 0 || !strings.Contains(problems[0].String(), "nurse-sync-ok") {
		t.Error(problems)
	}
}

// TestNeed: what is needed first is not allowed.
func TestNeed(t *testing.T) {
	const given = `{ name: admin-cannot-sync,      given: { user: "ehr-admin", op: enrol, cred: { be: true, uv: true, attested: true } },  expect: deny }`
	const asks = `{ name: admin-cannot-sync, given: { user: "nurse", op: sign_in, app: { id: directory }, auth: { aal: 2, phr: true } }, expect: `
	for expect, want := range map[string]assert.Status{"need": assert.Passed, "deny": assert.Passed, "allow": assert.Failed} {
		r := assert.Run(hospital(t, given, asks+expect+" }"), assert.World{}, day)[0]
		if r.Status != want {
			t.Errorf("expect %s: %s", expect, r)
		}
	}
}
