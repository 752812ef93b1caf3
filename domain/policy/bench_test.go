package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// long is the hospital's document grown to at least so many lines: more classes,
// segments, procedures and rules of access, each with its conditions.
func long(t testing.TB, lines int) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	grow := func(before, more string) {
		if strings.Count(text, before) != 1 {
			t.Fatalf("%q is not once in the document", before)
		}
		text = strings.Replace(text, before, more+before, 1)
	}
	for i := 0; strings.Count(text, "\n") < lines; i++ {
		grow("\nproviders:\n", fmt.Sprintf("\n  key-%d:\n    distribution: device_bound\n    attestation: { required: true, conveyance: direct, trust: [mds] }\n    user_verification: required\n    level: 2\n", i))
		grow("  - name: workforce\n", fmt.Sprintf(`  - name: unit-%d
    risk_rank: 2
    when: '"unit-%d" in user.groups && user.employment == "staff"'
    required: { aal: 2, phr: true }
    allow: [key-%d, platform-managed]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 2, independent: true }
    recovery: [desk-%d]
    fallbacks: []
    session: { overall: 10h, inactivity: 30m }
`, i, i, i, i))
		grow("  two-codes:  ", fmt.Sprintf(`  desk-%d:
    yields: { aal: 2, capability: bind-only }
    steps:
      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }
      - approve: { k: 1, from: role:recovery-officer, not_in: [subject] }
    delay: { hold: 1h, contest: true, waive_when: 'ctx.channel == "onsite" && device.shared' }
    notify: { to: all_addresses }
    limits: { per_subject: 3/90d, per_officer: 20/8h }
    after: { revoke_sessions: true, quarantine_new_authenticator: 4h }
`, i))
		grow("continuous:\n", fmt.Sprintf("  - name: rule-%d\n    apps: [app-%d]\n    when: 'risk.score >= %d && \"unit-%d\" in user.groups'\n    then: { require: { aal: 2, phr: true, device: compliant } }\n", i, i, i%100, i))
	}
	return []byte(text)
}

// most is the goal for loading a document of 2,000 lines, lint included.
const most = 200 * time.Millisecond

func TestLongLoads(t *testing.T) {
	text := long(t, 2000)
	start := time.Now()
	d, problems := Parse("long.yaml", text)
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	t.Logf("%d lines, %d expressions in %s; the goal with lint is %s", strings.Count(string(text), "\n"), len(p.Conditions()), time.Since(start), most)
}

func BenchmarkLoad2000(b *testing.B) {
	text := long(b, 2000)
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			Parse("long.yaml", text)
		}
	})
	b.Run("parse+compile", func(b *testing.B) {
		for b.Loop() {
			d, _ := Parse("long.yaml", text)
			if _, problems := Compile(d, nil); problems.Bad() {
				b.Fatal(problems)
			}
		}
	})
}

func BenchmarkCond(b *testing.B) {
	compiler := NewCompiler()
	in := &Input{User: User{Groups: []string{"nursing", "ward-3", "all-staff", "prescribers"}, Employment: "staff"}, Risk: Risk{Score: 80, IDs: []string{"D-04"}}}
	in.Auth = Auth{AAL: 2, Phr: true, AgeS: 20}
	for _, text := range []string{
		`user.privileged || "domain-admins" in user.groups || "ehr-admins" in user.groups`,
		`user.employment == "staff"`,
		`auth.aal >= min(account.max_aal, cred.level) && auth.age_s < 300 && auth.phr`,
		`risk.score >= 90 || risk.has("D-07") || risk.has("D-06")`,
		`user.groups.exists(g, g.startsWith("ward-"))`,
	} {
		c, faults := compiler.Compile(text, ScopeRequest)
		if len(faults) > 0 {
			b.Fatal(faults)
		}
		b.Run("ours/"+text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.c.code(in, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("cel-go/"+text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.c.run(inputVars{in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestEvalAllocatesNothing: sign-in evaluates ten conditions.
func TestEvalAllocatesNothing(t *testing.T) {
	for name, text := range examples(t) {
		d, _ := Parse(name, text)
		p, _ := Compile(d, nil)
		in := &Input{User: User{Groups: []string{"a", "b"}}}
		for _, path := range p.Conditions() {
			c := p.Cond(path)
			if c.c.code == nil {
				continue
			}
			if n := testing.AllocsPerRun(100, func() { _, _ = c.Eval(in) }); n > 0 {
				t.Errorf("%s %s: %v allocations", name, path, n)
			}
		}
	}
}
