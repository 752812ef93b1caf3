package compare_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
)

func hospital(t testing.TB, edits ...string) *policy.Document {
	t.Helper()
	text, err := os.ReadFile("../../../docs/policies/hospital.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text), edits...)
}

func parse(t testing.TB, s string, edits ...string) *policy.Document {
	t.Helper()
	for i := 0; i < len(edits); i += 2 {
		if strings.Count(s, edits[i]) != 1 {
			t.Fatalf("%q is there %d times", edits[i], strings.Count(s, edits[i]))
		}
		s = strings.Replace(s, edits[i], edits[i+1], 1)
	}
	d, problems := policy.Parse("hospital.yaml", []byte(s))
	if problems.Bad() {
		t.Fatal(problems)
	}
	return d
}

// TestEdits: each edit, what is said of it, and in which direction. The inverse
// edit must not have the same direction, unless nobody can tell.
func TestEdits(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		want                []string
	}{
		{"level", "    required: { aal: 2, phr: true }\n    step_up", "    required: { aal: 3, phr: true }\n    step_up",
			[]string{"raises: Segment prescribers: the level asked for: 3 in place of 2."}},
		{"phr", "    required: { aal: 2, phr: true }\n    step_up", "    required: { aal: 2, phr: false }\n    step_up",
			[]string{"lowers: Segment prescribers: whether a sign-in must resist phishing: no in place of yes."}},
		{"a class for which others may vouch comes", "allow: [key-any, platform-managed]", "allow: [key-any, platform-managed, key-fips]",
			[]string{"lowers: Segment contractors: the classes allowed: with key-fips."}},
		{"a class that is weaker comes", "allow: [key-any, platform-managed]", "allow: [key-any, platform-managed, passkey-managed-sync]",
			[]string{"lowers: Segment contractors: the classes allowed: with passkey-managed-sync."}},
		{"a class goes", "allow: [key-any, platform-managed]", "allow: [key-any]",
			[]string{"raises: Segment contractors: the classes allowed: without platform-managed."}},
		{"sync", "allow: [key-any, platform-managed]\n    sync: forbid", "allow: [key-any, platform-managed]\n    sync: allow",
			[]string{"lowers: Segment contractors: synced keys: allow in place of forbid."}},
		{"recovery that is weaker comes", "recovery: [onsite-two-person]", "recovery: [onsite-two-person, desk-with-proof]",
			[]string{"lowers: Segment privileged: the ways back in: with desk-with-proof."}},
		{"recovery that is as strong comes", "recovery: [onsite-two-person]", "recovery: [onsite-two-person, board-ceremony]",
			[]string{"neither: Segment privileged: the ways back in: with board-ceremony."}},
		{"fallback goes", "fallbacks: [totp-legacy]", "fallbacks: []",
			[]string{"raises: Segment workforce: the fallbacks: without totp-legacy."}},
		{"session", "overall: 8h, inactivity: 15m", "overall: 10h, inactivity: 10m",
			[]string{"lowers: Segment privileged: the longest session: 10h in place of 8h.", "raises: Segment privileged: the longest inactivity: 10m in place of 15m."}},
		{"session without a bound", "    session: { overall: 10h, inactivity: 30m }", "    session: { overall: 10h }",
			[]string{"lowers: Segment contractors: the longest inactivity: nothing in place of 30m."}},
		{"condition", `when: 'user.employment == "contractor"'`, `when: 'user.employment in ["contractor"]'`,
			[]string{`unknown: Segment contractors: whom it is for: user.employment in ["contractor"] in place of user.employment == "contractor".`}},
		{"attestation", "attestation: { required: true, conveyance: direct, trust: [mds] }", "attestation: { required: false, conveyance: direct, trust: [mds] }",
			[]string{"lowers: Class key-any: whether an attestation is needed: no in place of yes."}},
		{"trust", "trust: [mds, pinned:yubico-2024]", "trust: [mds, pinned:yubico-2024, pinned:badge-2025]",
			[]string{"lowers: Class key-fips: who may vouch: with pinned:badge-2025."}},
		{"deny status", "deny_status: [REVOKED, USER_VERIFICATION_BYPASS,", "deny_status: [USER_VERIFICATION_BYPASS,",
			[]string{"lowers: Class key-fips: the states that are refused: without REVOKED."}},
		{"models through a group", `approved-keys: ["b4d6e000-0000-4000-8000-000000000002", "b4d6e000-0000-4000-8000-000000000003"]`, `approved-keys: ["b4d6e000-0000-4000-8000-000000000002"]`,
			[]string{
				"raises: Root yubico-2024: the models that it vouches for: without b4d6e000-0000-4000-8000-000000000003.",
				"neither: Group of models approved-keys: the models: without b4d6e000-0000-4000-8000-000000000003.",
				"raises: Class key-fips: the models allowed: without b4d6e000-0000-4000-8000-000000000003.",
			}},
		{"provider comes", "providers: [holdfast-fabric, apple-managed]", "providers: [holdfast-fabric, apple-managed, apple-personal]",
			[]string{"lowers: Class passkey-managed-sync: the providers allowed: with apple-personal."}},
		{"provider is looked at later", "source: mdm-contract, review_by: 2027-03-31", "source: mdm-contract, review_by: 2028-03-31",
			[]string{"lowers: Provider apple-managed: the day of the next look: 2028-03-31 in place of 2027-03-31."}},
		{"provider that nobody uses", "managed: false, recovery: unknown", "managed: true, recovery: unknown",
			[]string{"neither: Provider apple-personal: whether the account is the organisation's: yes in place of no."}},
		{"a step goes", "      - code: { kind: saved, bits: 80 }\n", "",
			[]string{
				"lowers: Recovery procedure two-codes: the steps: code in place of code, code.",
				"lowers: Recovery procedure two-codes is worth level 1 in place of 2.",
			}},
		{"fewer approve", "approve: { k: 3, from: group:board-custodians, independent: true }", "approve: { k: 2, from: group:board-custodians, independent: true }",
			[]string{"lowers: Recovery procedure board-ceremony: how many approve: 2 in place of 3."}},
		{"others approve", "approve: { k: 3, from: group:board-custodians, independent: true }", "approve: { k: 3, from: group:board, independent: true }",
			[]string{"unknown: Recovery procedure board-ceremony: steps.2.approve.from: group:board in place of group:board-custodians."}},
		{"no delay", "delay: { hold: 24h, contest: true,", "delay: { hold: 1h, contest: true,",
			[]string{"lowers: Recovery procedure desk-with-proof: the delay: 1h in place of 1d."}},
		{"house rule", "remote_video_proof: 2", "remote_video_proof: 3",
			[]string{"lowers: Metadata: equivalence.remote_video_proof: 3 in place of 2."}},
		{"approvers", "lower: { approvers: 3", "lower: { approvers: 2",
			[]string{"lowers: Metadata: how many approve what lowers somebody: 2 in place of 3."}},
		{"rule goes", "  - name: block-retired-os\n    when: 'device.os_age_days > 720'\n    then: { deny: true, reason: os-too-old }\n", "",
			[]string{"lowers: Access rule block-retired-os is gone."}},
		{"rule holds for fewer applications", "apps: [ehr, pacs]", "apps: [ehr]",
			[]string{"lowers: Access rule ehr-needs-posture: the applications: without pacs."}},
		{"rule holds for all applications", "    apps: [ehr, pacs]\n", "",
			[]string{"raises: Access rule ehr-needs-posture: the applications: without ehr, pacs."}},
		{"rule asks for less", "aal: 3, acr: phrh, device: compliant, network", "aal: 3, acr: phr, device: managed, network",
			[]string{
				"lowers: Access rule admin-plane: what is proven: phr in place of phrh.",
				"lowers: Access rule admin-plane: the device: managed in place of compliant.",
			}},
		{"binding", "auth.age_s < 300", "auth.age_s < 600",
			[]string{"unknown: Binding: what binding asks for: auth.aal >= min(account.max_aal, cred.level) && auth.age_s < 600 && auth.phr in place of auth.aal >= min(account.max_aal, cred.level) && auth.age_s < 300 && auth.phr."}},
		{"assertion goes", `  - { name: no-lone-operator,       forall: operators,          expect: 'op.blast.privileged == 0' }`, "",
			[]string{"lowers: Assertion no-lone-operator is gone."}},
		{"no more of risk rank 0", "  - name: privileged\n    risk_rank: 0\n", "  - name: privileged\n",
			[]string{"lowers: Segment privileged: the risk rank: nothing in place of 0."}},
		{"step-up goes", "    step_up: [ { for: app.ehr.controlled_order, acr: phrh, max_age: 0s } ]\n", "",
			[]string{
				"lowers: Segment prescribers: a step-up: nothing in place of app.ehr.controlled_order.",
				"lowers: Segment prescribers: what a step-up proves: nothing in place of phrh.",
				"lowers: Segment prescribers: how old a step-up may be: nothing in place of 0s.",
			}},
		{"fewer than change_control asks for", "  raise: { approvers: 2, from: [group:security-office, group:clinical-safety] }          # ordinary changes\n", "",
			nil},
		{"a name", "name: st-brigid-hospital", "name: st-brigid",
			[]string{"neither: Metadata: name: st-brigid in place of st-brigid-hospital."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := hospital(t), hospital(t, c.before, c.after)
			lowers, changes := compare.Lowers(before, after)
			var got []string
			any := false
			for _, ch := range changes {
				got = append(got, string(ch.Direction)+": "+ch.Text)
				any = any || ch.Lowering()
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if lowers != any {
				t.Error("lowers:", lowers)
			}
			if back, _ := compare.Lowers(after, before); !back && !lowers && len(c.want) > 0 && strings.HasPrefix(c.want[0], "raises") {
				t.Error("neither way lowers")
			}
		})
	}
}

// TestSame: a comment, an empty line and the order of classes change nothing.
func TestSame(t *testing.T) {
	after := hospital(t, "allow: [key-any, platform-managed]", "allow: [platform-managed, key-any]   # best first", "segments:\n", "\n\nsegments:\n")
	if lowers, changes := compare.Lowers(hospital(t), after); lowers || len(changes) > 0 {
		t.Error(changes)
	}
}

// TestInside: a class of which every credential was in another one lowers nobody.
func TestInside(t *testing.T) {
	const more, less = "trust: [mds, pinned:yubico-2024], max_mds_age", "trust: [mds], max_mds_age"
	const before, after = "allow: [key-any, platform-managed]", "allow: [key-any, platform-managed, key-fips]"
	lowers, changes := compare.Lowers(hospital(t, more, less), hospital(t, more, less, before, after))
	if lowers || len(changes) != 1 || changes[0].Direction != compare.Neither {
		t.Error(changes)
	}
}

const stricter = `  - name: radiology
    risk_rank: 1
    when: '"radiology" in user.groups'
    required: { aal: 2, phr: true }
    allow: [key-any]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 2, independent: true }
    recovery: [onsite-two-person]
    fallbacks: []
    session: { overall: 8h, inactivity: 15m, reauth: full, shared_terminal: { inactivity: 3m } }
    lifecycle: { end_date: required, revoke_within: 60s, residual_check: daily }
`

// TestNewRecovery: a new segment before the privileged, strict in everything,
// lowers them by a way back in that is worth less than their keys.
func TestNewRecovery(t *testing.T) {
	const more, less = "trust: [mds, pinned:yubico-2024], max_mds_age", "trust: [mds], max_mds_age"
	const at = "  - name: privileged\n"
	strict := `  - name: radiology
    risk_rank: 0
    when: '"radiology" in user.groups'
    required: { aal: 3, phr: true }
    allow: [key-fips]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 2, max: 4, independent: true, one_of: [key-fips] }
    recovery: [onsite-two-person]
    fallbacks: []
    step_up: [ { for: app.ehr.controlled_order, acr: phrh, max_age: 0s } ]
    lifecycle: { end_date: required, revoke_within: 60s, residual_check: daily }
    session: { overall: 8h, inactivity: 15m, reauth: full, bind: dbsc-or-mtls, shared_terminal: { inactivity: 3m } }
`
	if lowers, changes := compare.Lowers(hospital(t, more, less), hospital(t, more, less, at, strict+at)); lowers {
		t.Error("the strict one:", changes)
	}
	weak := strings.Replace(strict, "[onsite-two-person]", "[onsite-two-person, desk-with-proof]", 1)
	if lowers, changes := compare.Lowers(hospital(t, more, less), hospital(t, more, less, at, weak+at)); !lowers {
		t.Error("the one with a weak way back:", changes)
	}
}

// TestSegments: one that is stricter than all that come after it lowers nobody;
// everything else that moves people may.
func TestSegments(t *testing.T) {
	const contractors = "  - name: contractors\n"
	for _, c := range []struct {
		name   string
		after  *policy.Document
		lowers bool
		says   string
	}{
		{"a stricter one comes", hospital(t, contractors, stricter+contractors), false, "Segment radiology is new."},
		{"one with longer sessions comes", hospital(t, contractors, strings.Replace(stricter, "overall: 8h", "overall: 13h", 1)+contractors), true, "Segment radiology is new."},
		{"one without the classes of those after it comes first", hospital(t, "  - name: privileged\n", strings.Replace(stricter, "allow: [key-any]", "allow: [badge-pin]", 1)+"  - name: privileged\n"), true, "Segment radiology is new."},
	} {
		t.Run(c.name, func(t *testing.T) {
			lowers, changes := compare.Lowers(hospital(t), c.after)
			if lowers != c.lowers || len(changes) == 0 || changes[0].Text != c.says {
				t.Error(lowers, changes)
			}
		})
	}
	whole := string(hospital(t).Text())
	start, end := strings.Index(whole, "  - name: contractors"), strings.Index(whole, "  - name: workforce")
	first := strings.Index(whole, "  - name: break-glass")
	block := whole[start:end]
	without := whole[:start] + whole[end:]
	moved := whole[:first] + block + whole[first:start] + whole[end:]
	if lowers, changes := compare.Lowers(hospital(t), parse(t, without)); !lowers || changes[0].Text != "Segment contractors is gone." {
		t.Error("gone:", lowers, changes)
	}
	lowers, changes := compare.Lowers(hospital(t), parse(t, moved))
	if !lowers || len(changes) != 1 || !strings.HasPrefix(changes[0].Text, "The order of the segments changes: contractors, break-glass") {
		t.Error("moved:", lowers, changes)
	}
}

// TestFiles: another certificate in the file of a root concerns those whose
// classes trust it.
func TestFiles(t *testing.T) {
	a, b := certificate(t, 1), certificate(t, 2)
	compiled := func(files map[string][]byte) *policy.Policy {
		p, problems := policy.Compile(hospital(t), files)
		if problems.Bad() {
			t.Fatal(problems)
		}
		return p
	}
	was := compiled(map[string][]byte{"roots/yubico.pem": a, "roots/badge-ca.pem": a})
	if lowers, got := compare.Policies(was, was); lowers || len(got) > 0 {
		t.Error(got)
	}
	lowers, got := compare.Policies(was, compiled(map[string][]byte{"roots/yubico.pem": a, "roots/badge-ca.pem": b}))
	if !lowers || len(got) != 1 || cmp.Diff([]string{"prescribers", "workforce"}, got[0].Segments) != "" {
		t.Error(got)
	}
}

// certificate is one of its own, in PEM.
func certificate(t *testing.T, serial int64) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
