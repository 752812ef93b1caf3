package policies

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/domain/policy"
	"holdfast/domain/policy/lint"
)

// large writes a policy of 2,000 lines that is clean: many teams, each with its
// own segment, way back in, class of keys, and rules of access.
func large() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: large
  revision: 1
  owner: group:security-office
  change_control: { approvers: 2, from: [group:security-office], author_may_approve: false }
  equivalence: { mode: strict, dual_control: 3, onsite_portrait_match: 3, remote_video_proof: 2, knowledge_questions: 0 }
  floor: { aal: 2, phr: true }
authenticators:`)
	const teams = 50
	for i := range teams {
		line("  key-%d:", i)
		line("    distribution: device_bound\n    attestation: { required: true, conveyance: direct, trust: [mds], max_mds_age: 30d }")
		line("    mds: { min_certification: FIDO_CERTIFIED_L2, deny_status: [REVOKED, USER_VERIFICATION_BYPASS] }")
		line("    user_verification: required\n    transports: [usb, nfc]\n    level: 3")
	}
	line("segments:")
	for i := range teams {
		line("  - name: team-%d\n    risk_rank: 1", i)
		line(`    when: '"team-%d" in user.groups || user.employment == "contractor" && "project-%d" in user.groups'`, i, i)
		line("    required: { aal: 3, phr: true }\n    allow: [key-%d]\n    sync: forbid\n    tolerates_recovery: narrow", i)
		line("    authenticators: { min: 2, independent: true }\n    recovery: [desk-%d]\n    fallbacks: []", i)
		line("    session: { overall: 8h, inactivity: 15m, reauth: full }")
	}
	line("  - name: everybody\n    risk_rank: 2\n    when: 'true'\n    required: { aal: 2, phr: true }\n    allow: [key-0]\n    sync: forbid\n    tolerates_recovery: narrow")
	line("    authenticators: { min: 2 }\n    recovery: [desk-0]\n    fallbacks: []\n    session: { overall: 8h, inactivity: 15m }")
	line("recovery:")
	for i := range teams {
		line("  desk-%d:\n    yields: { aal: 3, capability: bind-only }\n    steps:", i)
		line("      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }")
		line("      - approve: { k: 2, from: role:desk-%d, independent: true, not_in: [subject] }", i)
		line("    notify: { to: all_addresses, postal: true }\n    limits: { per_subject: 2/90d }")
	}
	line("binding:\n  require: 'auth.aal >= min(account.max_aal, cred.level) && auth.age_s < 300 && auth.phr'\n  notify: { to: all_addresses }")
	line("access:")
	const rules = 160
	for i := range rules {
		line("  - name: rule-%d\n    apps: [app-%d]", i, i%25)
		line(`    when: 'app.sensitivity >= %d && (risk.score >= %d || "team-%d" in user.groups)'`, 1+i%4, 10+i%80, i%teams)
		line("    then: { require: { aal: 2, phr: true, max_age: %dm } }", 5+i%30)
	}
	line("personas:")
	for i := range teams {
		line("  person-%d: { groups: [team-%d], employment: staff }", i, i)
	}
	line("assertions:")
	for i := range teams {
		line("  - { name: no-sync-%d, given: { user: person-%d, op: enrol, cred: { be: true, uv: true } }, expect: deny }", i, i)
	}
	return b.String()
}

func TestLargeIsClean(t *testing.T) {
	text := large()
	if n := strings.Count(text, "\n"); n < 2000 {
		t.Errorf("it has %d lines only", n)
	}
	for _, q := range check("large.yaml", text, nil) {
		t.Error(q)
	}
}

// BenchmarkLoad2000Lines reads, compiles and lints it; at most 200 ms.
func BenchmarkLoad2000Lines(b *testing.B) {
	text := []byte(large())
	b.ReportAllocs()
	for b.Loop() {
		if p, problems := lint.Check("large.yaml", text, nil, day); p == nil {
			b.Fatal(problems)
		}
	}
}

// BenchmarkLint2000Lines is the lint alone.
func BenchmarkLint2000Lines(b *testing.B) {
	d, _ := policy.Parse("large.yaml", []byte(large()))
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		b.Fatal(problems)
	}
	b.ReportAllocs()
	for b.Loop() {
		if problems := lint.Document(p, day); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
