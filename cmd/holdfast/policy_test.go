package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/domain/policy"
	"holdfast/edge/web/api"
)

// document writes a preset with changes, old, new, …, to a file.
func document(t *testing.T, changes ...string) string {
	t.Helper()
	text, ok := policy.Preset(policy.DefaultPreset)
	if !ok {
		t.Fatal("no preset")
	}
	name := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(name, []byte(strings.NewReplacer(changes...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Nothing of this asks a server: there is none.
func TestPolicyLint(t *testing.T) {
	good := document(t)
	wrong := document(t, "allow: [passkey]", "allow: [passkeys]", "when: 'true'", "when: 'user.grops'")
	for _, c := range []struct {
		args []string
		code int
		out  []string
	}{
		{[]string{good}, 0, []string{"it loads, with 0 warnings"}},
		{[]string{wrong}, 1, []string{wrong + ":33:16: L-20 ", wrong + ":35:13: refer segments[0].allow[0]: ", " → "}},
		{[]string{good, "--at", "2026-12-01"}, 0, nil},
		{[]string{good, "--at", "tomorrow"}, 2, nil},
		{[]string{}, 2, nil},
		{[]string{good, wrong}, 2, nil},
		{[]string{good, "--strict"}, 2, nil},
		{[]string{good + ".not"}, 1, nil},
	} {
		out, errs, code := cli(t, append([]string{"policy", "lint"}, c.args...)...)
		if code != c.code {
			t.Errorf("lint %v: %d %s%s", c.args, code, out, errs)
		}
		for _, want := range c.out {
			if !strings.Contains(out, want) {
				t.Errorf("lint %v: %s does not say %q", c.args, out, want)
			}
		}
	}
	var linted api.Linted
	out, _, code := cli(t, "policy", "lint", wrong, "--json")
	if err := json.Unmarshal([]byte(out), &linted); err != nil || code != 1 || linted.OK || len(linted.Problems) != 2 {
		t.Errorf("%d %v %s", code, err, out)
	}
}

func TestPolicyTest(t *testing.T) {
	out, errs, code := cli(t, "policy", "test", document(t))
	if code != 0 || strings.Count(out, "passed ") != 5 {
		t.Errorf("%d %s%s", code, out, errs)
	}
	const test = "{ be: true, uv: false } },           expect: deny"
	out, _, code = cli(t, "policy", "test", document(t, test, strings.Replace(test, "deny", "allow", 1)))
	if code != 1 || !strings.Contains(out, "failed no-pin-no-passkey: expected allow, and it is deny") {
		t.Errorf("%d %s", code, out)
	}
	if _, errs, code := cli(t, "policy", "test", document(t, "allow: [passkey]", "allow: [passkeys]")); code != 1 || !strings.Contains(errs, "refer") {
		t.Errorf("%d %s", code, errs)
	}
	// What nobody has computed has neither passed nor failed.
	out, _, code = cli(t, "policy", "test", document(t, "forall: procedures, expect: 'proc.grade.aal >= 1'", "forall: accounts, expect: 'acct.effective.aal >= 2'"))
	if code != 0 || !strings.Contains(out, "not available ways-are-graded") {
		t.Errorf("%d %s", code, out)
	}
}

func TestPolicyDiffOfTwoFiles(t *testing.T) {
	a, b := document(t), document(t, "overall: 24h", "overall: 8h")
	for _, c := range []struct{ from, to, says string }{
		{a, a, "Nothing changes in meaning."}, {a, b, "raises   segments.everybody.session.overall: "}, {b, a, "It lowers assurance"},
	} {
		if out, errs, code := cli(t, "policy", "diff", c.from, c.to); code != 0 || !strings.Contains(out, c.says) {
			t.Errorf("%d %s%s", code, out, errs)
		}
	}
}

func TestPolicyDecideOfAFile(t *testing.T) {
	file := document(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{file, "--user", "nils", "--op", "enrol", "--cred", "be: true, uv: true", "--procedure", "invitation"}, 0, "It is allowed."},
		{[]string{file, "--user", "nils", "--op", "enrol", "--cred", "{be: true, uv: false}"}, 0, "It is refused."},
		{[]string{file, "--user", "nobody"}, 1, "it has ada, nils"},
		{[]string{file, "--user", "nils", "--cred", "bee: true"}, 1, "bee"},
		{[]string{file, "--user", "nils", "--op", "fly"}, 1, "fly"},
		{[]string{file, "--in-force"}, 1, "which policy"},
		{nil, 1, "which policy"},
	} {
		out, errs, code := cli(t, append([]string{"policy", "decide"}, c.args...)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("decide %v: %d %s%s", c.args, code, out, errs)
		}
	}
	// What it prints can be asked again.
	out, _, _ := cli(t, "policy", "decide", file, "--user", "nils", "--cred", "be: true, uv: true", "--json")
	var first []api.Decided
	if err := json.Unmarshal([]byte(out), &first); err != nil || len(first) != 1 {
		t.Fatalf("%v %s", err, out)
	}
	text, err := json.Marshal(first[0].Input)
	if err != nil {
		t.Fatal(err)
	}
	input := filepath.Join(t.TempDir(), "input.json")
	if err := os.WriteFile(input, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if again, errs, code := cli(t, "policy", "decide", file, "--input", input, "--json"); code != 0 || again != out {
		t.Errorf("%d %s%s, want %s", code, again, errs, out)
	}
}

// A document that names files takes them from beside it, and from nowhere else.
func TestFilesBesideTheDocument(t *testing.T) {
	name := document(t, "authenticators:\n", "roots:\n  own: { file: roots/own.pem }\n  other: { file: ../secret.pem }\nauthenticators:\n")
	w, err := readPolicy(name)
	if err != nil || w.files != nil {
		t.Fatalf("%v %v", err, w.files)
	}
	dir := filepath.Dir(name)
	if err := os.Mkdir(filepath.Join(dir, "roots"), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"roots/own.pem": "own", "../secret.pem": "secret"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if w, err = readPolicy(name); err != nil || len(w.files) != 1 || string(w.files["roots/own.pem"]) != "own" {
		t.Errorf("%v %v", err, w.files)
	}
}

func TestPresetsArePrintedWhole(t *testing.T) {
	for _, p := range policy.Presets() {
		if out, _, code := cli(t, "policy", "preset", p.Name); code != 0 || out != string(p.Text) {
			t.Errorf("%s: %d", p.Name, code)
		}
	}
	if _, errs, code := cli(t, "policy", "preset", "none"); code != 1 || !strings.Contains(errs, "holdfast policy preset lists them") {
		t.Errorf("%d %s", code, errs)
	}
}

// Places and remedies of a refusal are told, each on a line.
func TestARefusedProposalIsToldWhole(t *testing.T) {
	url, token, _ := elsewhere(t, 400, `{"status":400,"code":"policy_refused","detail":"2 things are wrong.","errors":[{"location":"p.yaml:1:2","message":"refer: x"},{"location":"p.yaml:3:4","message":"L-01: y"}]}`)
	_, errs, code := cli(t, "policy", "propose", document(t), "--url", url, "--token-file", token)
	if code != 1 || !strings.Contains(errs, "p.yaml:1:2: refer: x\np.yaml:3:4: L-01: y\n") || !strings.Contains(errs, "policy_refused") {
		t.Errorf("%d %s", code, errs)
	}
}

// A plan is told as people read it: what lowers first, then what becomes of
// them, and what to do next.
func TestAPlanIsTold(t *testing.T) {
	url, token, _ := elsewhere(t, 200, `{"id":"rev_1","number":2,"state":"approved","name":"p","needs":1,"lowers":true,"from":["role:administrator"],"author":"host:root","approvals":[],
		"changes":[{"path":"a","direction":"raises","text":"A."},{"path":"b","direction":"lowers","text":"B."}],
		"impact":{"people":3,"credentials":2,"moves":[{"from":"everybody","to":"staff","people":1}],"suspended":2,"sessions":3,"locked_out":1,"digest":"9b1c",
		"causes":[{"segment":"staff","code":"synced","why":"It is synced.","way":"Each adds a key.","people":1}],"locked":[{"person":"per_1","cause":0}],"administrators_before":1,"administrators_after":0}}`)
	out, errs, code := cli(t, "policy", "apply", "rev_1", "--plan", "--url", url, "--token-file", token)
	if code != 0 || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	at := -1
	for _, want := range []string{"rev_1  number 2, p, approved\n", "It lowers assurance: 1 approval is asked for, of role:administrator.\n", "\nWhat lowers assurance\n  b: B.\n", "\nWhat raises it\n  a: A.\n",
		"\nWhat would become of 3 people with 2 passkeys\n  1 goes from segment everybody to staff\n  2 people may not sign in at present: judged when they may\n  2 passkeys would be suspended, and 3 sessions would end\n  1 person could not sign in any more\n    1 person in segment staff: It is synced. [synced]\n      → Each adds a key.\n      per_1\n  0 administrators could sign in under it; 1 can now\n  digest of this plan: 9b1c\n",
		"\nNext: it cannot be applied"} {
		i := strings.Index(out, want)
		if i <= at {
			t.Fatalf("%q is not where it belongs in\n%s", want, out)
		}
		at = i
	}
}
