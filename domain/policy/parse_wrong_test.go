package policy

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// small is a document that loads; each case below spoils it in one place.
const small = `apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: small
  change_control: { approvers: 1, from: [role:administrator] }
authenticators:
  passkey: { distribution: any, user_verification: required, level: 2 }
segments:
  - name: everybody
    when: 'true'
    required: { aal: 2, phr: true }
    allow: [passkey]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: invitation }
    recovery: [again]
    fallbacks: []
    session: { overall: 24h, inactivity: 1h }
recovery:
  again:
    yields: { aal: 2, capability: bind-only }
    steps:
      - proof: { kind: remote-video, ial: 2 }
binding:
  require: 'auth.phr'
access:
  - name: late
    when: 'risk.score > 5'
    then: { deny: true }
personas:
  nils: { employment: staff }
assertions:
  - { name: ok, given: { user: nils, op: enrol, cred: { uv: true } }, expect: allow }
`

// spoil replaces once; a case that no longer applies fails.
func spoil(t *testing.T, old, with string) []byte {
	t.Helper()
	if strings.Count(small, old) != 1 {
		t.Fatalf("%q is %d times in the small document", old, strings.Count(small, old))
	}
	return []byte(strings.Replace(small, old, with, 1))
}

func TestSmallLoads(t *testing.T) {
	d, problems := Parse("small.yaml", []byte(small))
	if _, more := Compile(d, nil); len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
}

var wrongs = []struct{ name, old, with string }{
	// YAML that is left out, or none.
	{"no YAML", "kind: AssurancePolicy", "kind: [AssurancePolicy"},
	{"a line that is indented otherwise", "    sync: allow\n", "   sync: allow\n"},
	{"tab", "  name: small", "\tname: small"},
	{"two documents", "personas:", "---\npersonas:"},
	{"anchor and alias", "allow: [passkey]", "allow: &a [passkey]\n    x: *a"},
	{"merge key", "  name: small", "  <<: {name: small}"},
	{"tag", "name: small", "name: !!str small"},
	{"key twice", "    sync: allow", "    sync: allow\n    sync: forbid"},
	{"class twice", "segments:", "  passkey: { distribution: any, user_verification: required, level: 1 }\nsegments:"},
	{"key is a list", "personas:", "[a]: b\npersonas:"},
	{"too deep", "fallbacks: []", "fallbacks: " + strings.Repeat("[", 40) + strings.Repeat("]", 40)},
	{"nothing written", "name: small", "name:"},
	{"turned text", "name: small", "name: sm\u202eall"},
	{"hidden line end", "  name: small", "  #\r  name: small"},
	{"no UTF-8", "name: small", "name: sm\xffall"},
	// Keys and types.
	{"unknown key, near", "user_verification: required", "user_verifcation: required"},
	{"unknown key, far", "sync: allow", "colour: blue\n    sync: allow"},
	{"missing key", "{ aal: 2, phr: true }", "{ aal: 2 }"},
	{"missing section", "binding:\n  require: 'auth.phr'\n", ""},
	{"number for text", "name: small", "name: 42"},
	{"date for text", "name: small", "name: 2027-01-01"},
	{"text for number", "approvers: 1", "approvers: one"},
	{"octal", "approvers: 1", "approvers: 0x1"},
	{"yes for true", "phr: true", "phr: yes"},
	{"word for list", "fallbacks: []", "fallbacks: totp"},
	{"list for mapping", "recovery:\n  again:", "recovery:\n  - again:"},
	{"mapping for text", "name: small", "name: { a: b }"},
	{"word, near", "tolerates_recovery: broad", "tolerates_recovery: broda"},
	{"word, far", "sync: allow", "sync: perhaps"},
	{"level", "level: 2 }", "level: 4 }"},
	{"out of range", "approvers: 1", "approvers: 0"},
	{"duration without unit", "overall: 24h", "overall: 24"},
	{"duration with two units", "overall: 24h", "overall: 1d12h"},
	{"duration of a century", "overall: 24h", "overall: 36500d"},
	{"rate", "    steps:", "    limits: { per_subject: 2 per 90d }\n    steps:"},
	{"date", "personas:\n  nils: { employment: staff }", "personas:\n  nils: { end_date: 2027-02-30 }"},
	{"party", "from: [role:administrator]", "from: [administrator]"},
	{"AAGUID", "level: 2 }", "level: 2, aaguids: { allow: [b4d6e000] } }"},
	{"trust", "level: 2 }", "level: 2, attestation: { trust: [everybody] } }"},
	{"name with a dot", "  again:", "  a.gain:"},
	{"version", "holdfast/v1", "holdfast/v2"},
	{"kind", "kind: AssurancePolicy", "kind: Policy"},
	// Keys that are wrong together.
	{"two segments of a name", "recovery:\n  again:", "  - { name: everybody, when: 'true' }\nrecovery:\n  again:"},
	{"no segment", small[strings.Index(small, "segments:"):strings.Index(small, "recovery:\n  again")], "segments: []\n"},
	{"class twice in a list", "allow: [passkey]", "allow: [passkey, passkey]"},
	{"silence longer than life", "inactivity: 1h", "inactivity: 25h"},
	{"no time at all", "overall: 24h", "overall: 0s"},
	{"shared terminal is looser", "inactivity: 1h }", "inactivity: 1h, shared_terminal: { inactivity: 2h } }"},
	{"max below min", "min: 1,", "min: 2, max: 1,"},
	{"step of two", "- proof: { kind: remote-video, ial: 2 }", "- { proof: { kind: remote-video, ial: 2 }, code: { kind: saved, bits: 80 } }"},
	{"step of nothing", "- proof: { kind: remote-video, ial: 2 }", "- {}"},
	{"no step", "    steps:\n      - proof: { kind: remote-video, ial: 2 }", "    steps: []"},
	{"code without kind", "proof: { kind: remote-video, ial: 2 }", "code: { bits: 80 }"},
	{"self-approval", "proof: { kind: remote-video, ial: 2 }", "approve: { k: 1, from: subject }"},
	{"key of enrolment", "    steps:", "    must_bind: 2\n    steps:"},
	{"rule without effect", "then: { deny: true }", "then: { reason: late }"},
	{"rule that requires nothing", "then: { deny: true }", "then: { require: {} }"},
	{"deny and require", "then: { deny: true }", "then: { deny: true, require: { aal: 2 } }"},
	{"attestation not asked for", "level: 2 }", "level: 2, attestation: { required: true, conveyance: none, trust: [mds] } }"},
	{"provider of a device-bound key", "distribution: any,", "distribution: device_bound, providers: [x],"},
	{"assertion of two kinds", "given: {", "forall: procedures, given: {"},
	{"outcome", "expect: allow", "expect: perhaps"},
	{"step-up of nothing", "    sync: allow", "    step_up: [{ for: payments, acr: phrh }]\n    sync: allow"},
	{"detection", "personas:", "detections: { brute-force: { threshold: 1 } }\npersonas:"},
	// Names that lead nowhere.
	{"no such class", "allow: [passkey]", "allow: [paskey]"},
	{"no such procedure", "recovery: [again]", "recovery: [hotline]"},
	{"no such fallback", "fallbacks: []", "fallbacks: [totp]"},
	{"no such persona", "user: nils", "user: nisl"},
	{"no such root", "level: 2 }", "level: 2, attestation: { trust: [pinned:acme] } }"},
	{"no such models", "level: 2 }", "level: 2, aaguids: { allow: [group:ours] } }"},
	{"no such segment", "given: { user: nils, op: enrol, cred: { uv: true } }, expect: allow", "forall: segment:everyone, expect: 'acct.locked'"},
	{"stage before itself", "personas:", "rollout: { stages: [{ name: a, groups: [x], after: b }, { name: b, groups: [y] }] }\npersonas:"},
	{"one of what is not allowed", "min: 1,", "min: 1, one_of: [passkeys],"},
	{"purpose of nothing", "  name: small", "  name: small\n  purposes: { user.shoe: sizes }"},
	// Expressions, with the place inside the text.
	{"cel: misspelt field", "when: 'true'", "when: '\"a\" in user.gruops'"},
	{"cel: misspelt variable", "require: 'auth.phr'", "require: 'auth.phr && usr.privileged'"},
	{"cel: no bool", "require: 'auth.phr'", "require: 'auth.aal + 1'"},
	{"cel: types", "'risk.score > 5'", "'risk.score > \"5\"'"},
	{"cel: no syntax", "'risk.score > 5'", "'risk.score >'"},
	{"cel: empty", "'risk.score > 5'", "''"},
	{"cel: what a segment may read", "when: 'true'", "when: 'device.managed'"},
	{"cel: segment that may fail", "when: 'true'", "when: 'semver(user.title) > 1 || user.ial - 1 == 0'"},
	{"cel: nothing bounds it", "'risk.score > 5'", "'user.id.split(\",\").exists(x, x == \"a\")'"},
	{"cel: costs too much", "'risk.score > 5'", "'user.groups.exists(g, g in user.groups)'"},
	{"cel: nested comprehension", "'risk.score > 5'", "'user.groups.exists(g, user.roles.exists(r, r == g))'"},
	{"cel: untyped", "'risk.score > 5'", "'dyn(user).shoe == 3'"},
	{"cel: map", "'risk.score > 5'", "'{\"a\": true}[\"a\"]'"},
	{"cel: pattern", "'risk.score > 5'", "'user.id.matches(\"(\")'"},
	{"cel: pattern from outside", "'risk.score > 5'", "'user.id.matches(user.title)'"},
	{"cel: network", "'risk.score > 5'", "'net.ip.ip_in(\"10.0.0/8\")'"},
	{"cel: clock", "'risk.score > 5'", "'timestamp(\"yesterday\") < now'"},
	{"cel: second line", "'risk.score > 5'", "|\n      risk.score > 5 &&\n      user.rolls == []"},
	{"cel: folded", "'risk.score > 5'", ">\n      risk.score > 5\n      && usr.id == ''"},
	{"cel: double quotes and escapes", "'risk.score > 5'", `"net.zone == \"\\x41\" && user.rolez == []"`},
	{"cel: quote in single quotes", "'risk.score > 5'", `'net.zone == ''a'' && user.rolez == []'`},
	{"cel: plain over two lines", "'risk.score > 5'", "risk.score > 5 &&\n      user.rolez == []"},
}

// TestWrong: each wrong document gives its own errors, each with place, rule,
// path, what is wrong and the remedy, to the letter.
func TestWrong(t *testing.T) {
	var b strings.Builder
	for _, w := range wrongs {
		d, problems := Parse("small.yaml", spoil(t, w.old, w.with))
		if !problems.Bad() {
			_, problems = Compile(d, nil)
		}
		if !problems.Bad() {
			t.Errorf("%s: it loads", w.name)
		}
		for _, p := range problems {
			if p.At.Line == 0 || p.At.Column == 0 || p.At.File == "" {
				t.Errorf("%s: no place: %s", w.name, p)
			}
			if p.Remedy == "" {
				t.Errorf("%s: no remedy: %s", w.name, p)
			}
		}
		b.WriteString("== " + w.name + "\n" + problems.Error() + "\n")
	}
	golden(t, "wrong.txt", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got), -update writes it anew:\n%s", name, diff)
	}
}

// TestAllAtOnce: an author mends what is told in one go.
func TestAllAtOnce(t *testing.T) {
	text := strings.NewReplacer("sync: allow", "sync: perhaps", "level: 2", "level: nine", "overall: 24h", "overall: long").Replace(small)
	_, problems := Parse("small.yaml", []byte(text))
	if len(problems) != 3 {
		t.Errorf("want 3 problems, got:\n%s", problems.Error())
	}
	d, _ := Parse("small.yaml", []byte(strings.NewReplacer("[again]", "[x]", "auth.phr", "auth.fish", "[passkey]", "[y]").Replace(small)))
	_, problems = Compile(d, nil)
	if len(problems) != 3 {
		t.Errorf("want 3 problems, got:\n%s", problems.Error())
	}
}

func TestTooLong(t *testing.T) {
	_, problems := Parse("small.yaml", []byte(small+"#"+strings.Repeat("x", 1<<20)))
	if !problems.Bad() || !strings.Contains(problems.Error(), "more than 1048576") {
		t.Error(problems.Error())
	}
	_, problems = Parse("small.yaml", []byte(strings.Repeat("a: b\n", 1000)))
	if len(problems) > 101 || !strings.Contains(problems.Error(), "here twice") {
		t.Errorf("%d problems", len(problems))
	}
}
