package story

import (
	"bytes"
	"strings"
	"testing"

	"holdfast/domain/policy"
	"holdfast/test/softkey"
)

// Preset is the policy of a fresh installation; change is pairs of what to put
// something else in place of, each of which stands there once.
func Preset(t testing.TB, change ...string) []byte {
	t.Helper()
	b, ok := policy.Preset(policy.DefaultPreset)
	if !ok {
		t.Fatal("no preset")
	}
	for i := 0; i+1 < len(change); i += 2 {
		if bytes.Count(b, []byte(change[i])) != 1 {
			t.Fatalf("%q stands %d times in the preset", change[i], bytes.Count(b, []byte(change[i])))
		}
		b = bytes.Replace(b, []byte(change[i]), []byte(change[i+1]), 1)
	}
	return b
}

// Model is that of the hardware keys which Document accepts.
var Model = [16]byte{0xb4, 0xd6, 0xe0, 0, 0, 0, 0x40, 0, 0x80, 15: 2}

// Document is a policy, and the files that it names: who holds a power in
// Holdfast, and every member of surgeons, needs a key of Model under the pinned
// root of maker or in the metadata, at AAL3; everybody else may sync theirs. Of
// three applications it asks for more: orders asks whoever releases one for a
// proven key, just now; wards asks for a device in good order; vault asks for
// AAL3. change is pairs of what to put something else in place of.
func Document(maker *softkey.CA, change ...string) (text []byte, files map[string][]byte) {
	s := document
	for i := 0; i+1 < len(change); i += 2 {
		if !strings.Contains(s, change[i]) {
			panic("story: the document has no " + change[i])
		}
		s = strings.Replace(s, change[i], change[i+1], 1)
	}
	return []byte(s), map[string][]byte{"maker.pem": []byte(maker.PEM())}
}

const document = `apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: harbour
  revision: 1
  owner: role:administrator
  change_control: { approvers: 2, from: [role:administrator], author_may_approve: false }
  equivalence: { mode: nist, dual_control: 3, onsite_portrait_match: 3, remote_video_proof: 2, knowledge_questions: 0 }
  floor: { aal: 2, phr: true }

roots:
  maker: { file: maker.pem, aaguids: [group:keys] }
aaguid_groups:
  keys: ["b4d6e000-0000-4000-8000-000000000002"]

authenticators:
  key:
    distribution: device_bound
    attestation: { required: true, conveyance: direct, trust: [mds, "pinned:maker"] }
    mds: { deny_status: [REVOKED, ATTESTATION_KEY_COMPROMISE, USER_KEY_REMOTE_COMPROMISE] }
    aaguids: { allow: [group:keys] }
    user_verification: required
    level: 3
  passkey: { distribution: any, user_verification: required, level: 2 }

segments:
  - name: few
    risk_rank: 0
    when: 'user.privileged || "surgeons" in user.groups'
    required: { aal: 3, phr: true }
    allow: [key]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 2, independent: true, grace: 14d }
    recovery: [onsite]
    fallbacks: []
    session: { overall: 8h, inactivity: 10m, reauth: full }
  - name: many
    risk_rank: 1
    when: '!(user.privileged || "surgeons" in user.groups)'
    required: { aal: 2, phr: true }
    allow: [passkey, key]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: desk }
    recovery: [desk]
    fallbacks: []
    step_up: [ { for: app.orders.release, acr: phrh, max_age: 0s } ]
    session: { overall: 12h, inactivity: 30m, reauth: same-factor }

recovery:
  onsite:
    yields: { aal: 3, capability: bind-only }
    steps:
      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }
      - approve: { k: 2, from: group:key-officers, independent: true, not_in: [subject] }
    delay: { hold: 4h, contest: true }
    notify: { to: all_addresses, postal: true }
    limits: { per_subject: 2/90d, per_officer: 6/8h }
    after: { revoke_sessions: true, quarantine_new_authenticator: 24h }
  desk:
    yields: { aal: 2, capability: bind-only }
    steps:
      - proof: { kind: remote-video, ial: 2 }
      - approve: { k: 1, from: group:service-desk, not_in: [subject] }
    delay: { hold: 4h, contest: true }
    notify: { to: all_addresses }
    limits: { per_subject: 2/90d, per_officer: 12/8h }
    after: { revoke_sessions: true, quarantine_new_authenticator: 24h }

enrolment:
  key-issue:
    yields: { aal: 3, capability: bind-only }
    steps:
      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }
      - approve: { k: 2, from: group:key-officers, independent: true, not_in: [subject] }
    notify: { to: all_addresses }
    must_bind: 2
  invitation:
    yields: { aal: 2, capability: bind-only }
    steps:
      - proof: { kind: remote-video, ial: 2 }
      - approve: { k: 1, from: role:administrator, not_in: [subject] }
      - code: { kind: issued, bits: 256, channel: manual, ttl: 7d, single_use: true }
    notify: { to: all_addresses }
    must_bind: 1

binding:
  require: 'auth.aal >= min(account.max_aal, cred.level) && auth.age_s < 300 && auth.phr'
  notify: { to: all_addresses, independent: true }

fallbacks: {}
access:
  - name: wards-need-posture
    apps: [wards]
    when: 'true'
    then: { require: { aal: 2, phr: true, device: compliant, posture_age: 15m } }
  - name: vault-needs-a-key
    apps: [vault]
    when: 'true'
    then: { require: { aal: 3, acr: phrh } }
  - name: administration
    apps: [holdfast-admin]
    when: 'true'
    then: { require: { aal: 3, acr: phrh, max_age: 15m } }
continuous:
  reevaluate: { every: 15m, on: [posture, risk, group, credential, policy] }
  downgrade_first: true
`
