package compare_test

import (
	"testing"

	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
)

// TestSly: edits that look like something else. Each must ask the higher set.
func TestSly(t *testing.T) {
	const access = "  - name: block-retired-os\n"
	for _, c := range []struct {
		name  string
		edits []string
	}{
		{"a root comes that no class names: it vouches for hardware all the same", []string{"roots:  ", "roots:\n  guest: { file: roots/guest.pem }\n#"}},
		{"the models of a root that no class names", []string{"trust: [pinned:badge-2025]", "trust: [mds]", `aaguids: ["b4d6e000-0000-4000-8000-000000000001"] }`, `aaguids: [group:approved-keys, "b4d6e000-0000-4000-8000-000000000001"] }`}},
		{"a group of models is widened", []string{`"b4d6e000-0000-4000-8000-000000000003"]`, `"b4d6e000-0000-4000-8000-000000000003", "b4d6e000-0000-4000-8000-000000000009"]`}},
		{"a provider's models", []string{`["dd4ec289-e01d-41c9-bb89-70fa845d4bf2"]`, `["dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "fbfc3007-154e-4ecc-8c0b-6e020557d7be"]`}},
		{"a provider comes under an allowed name's account", []string{"providers: [holdfast-fabric, apple-managed]", "providers: [holdfast-fabric, apple-managed, apple-personal]"}},
		{"a review is put off", []string{"source: mdm-contract, review_by: 2027-03-31", "source: mdm-contract, review_by: 2027-11-30"}},
		{"a fallback lives longer", []string{"retire: 2027-03-31", "retire: 2027-04-30"}},
		{"a fallback stands beside a passkey", []string{"no_downgrade: true", "no_downgrade: false"}},
		{"who may not approve", []string{"not_in: [subject, subject.manager_chain]", "not_in: [subject]"}},
		{"the hold of a recovery", []string{"delay: { hold: 4h, contest: true }", "delay: { hold: 1h, contest: true }"}},
		{"how binding is confirmed", []string{"auth.age_s < 300", "auth.age_s < 301"}},
		{"a condition that says the same", []string{`'user.employment == "contractor"'`, `'"contractor" == user.employment'`}},
		{"a rule of access under another name", []string{"name: block-retired-os", "name: block-retired-systems"}},
		{"a rule of access for fewer applications", []string{"apps: [ehr, pacs]", "apps: [ehr]"}},
		{"a persona goes with what it proves", []string{`  - { name: no-personal-vault, `, `# - { name: no-personal-vault, `}},
		{"an assertion expects the opposite", []string{"attested: true } },  expect: deny }", "attested: true } },  expect: allow }"}},
		{"numbers of the house", []string{"remote_video_proof: 2", "remote_video_proof: 3"}},
		{"the floor", []string{"floor: { aal: 2, phr: true }", "floor: { aal: 1, phr: true }"}},
		{"those who approve", []string{"raise: { approvers: 2,", "raise: { approvers: 1,"}},
		{"a step-up goes", []string{"    step_up: [ { for: app.ehr.controlled_order, acr: phrh, max_age: 0s } ]\n", ""}},
		{"one authenticator less", []string{"authenticators: { min: 2, max: 4, independent: true }", "authenticators: { min: 1, max: 4, independent: true }"}},
		{"the alarm of break-glass", []string{"    alarm: [group:security-office]   # every use\n", ""}},
		{"a class that asks less transport", []string{"transports: [usb, nfc]", "transports: [usb, nfc, ble]"}},
		{"how often sessions are decided again", []string{"every: 5m", "every: 5h"}},
		{"how far it is enforced", []string{"mode: fido-only", "mode: observe"}},
		{"a new way to enrol", []string{"  privileged-key-issue:\n", "  anyhow: { yields: { aal: 2, capability: bind-only }, steps: [ { approve: { k: 1, from: role:hr-desk } } ], must_bind: 1 }\n  privileged-key-issue:\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before []string
			after := c.edits
			if len(after) > 2 { // the first pair is of both
				before = after[:2]
			}
			if lowers, changes := compare.Lowers(hospital(t, before...), hospital(t, after...)); !lowers {
				t.Error(changes)
			}
		})
	}
	// What a condition reads of a credential is as good as a class that asks it.
	t.Run("a provider whose accounts count as the organisation's, for a condition", func(t *testing.T) {
		reads := []string{access, "  - { name: ours, when: '!cred.managed', then: { deny: true } }\n" + access}
		after := append([]string{"apple-personal:  {", `more: { kind: os, aaguids: ["fbfc3007-154e-4ecc-8c0b-6e020557d7be"], managed: true, status: declared, source: x, review_by: 2027-03-31 }` + "\n  apple-personal:  {"}, reads...)
		if lowers, changes := compare.Lowers(hospital(t, reads...), hospital(t, after...)); !lowers {
			t.Error(changes)
		}
	})
	// People whom a new segment takes are not among those of the old one any more.
	t.Run("a strict segment takes people out of the reach of a condition", func(t *testing.T) {
		reads := []string{access, "  - { name: ours, when: 'account.segment == \"contractors\"', then: { deny: true } }\n" + access}
		const at = "  - name: contractors\n"
		if lowers, changes := compare.Lowers(hospital(t, reads...), hospital(t, append([]string{at, stricter + at}, reads...)...)); !lowers {
			t.Error(changes)
		}
	})
	t.Run("the certificates of a root that no class names", func(t *testing.T) {
		a, b := certificate(t, 1), certificate(t, 2)
		unused := hospital(t, "trust: [pinned:badge-2025]", "trust: [mds]")
		compiled := func(badge []byte) *policy.Policy {
			p, problems := policy.Compile(unused, map[string][]byte{"roots/yubico.pem": a, "roots/badge-ca.pem": badge})
			if problems.Bad() {
				t.Fatal(problems)
			}
			return p
		}
		if lowers, changes := compare.Policies(compiled(a), compiled(b)); !lowers {
			t.Error(changes)
		}
	})
}
