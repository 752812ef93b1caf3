package examples

const head = `apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: harbour
  revision: 1
  owner: role:administrator
  change_control: { approvers: 2, from: [role:administrator], author_may_approve: false }
  equivalence: { mode: strict, dual_control: 3, onsite_portrait_match: 3, remote_video_proof: 2, knowledge_questions: 0 }
  floor: { aal: 1, phr: false }

roots:
  maker: { file: maker.pem, aaguids: [group:keys] }
aaguid_groups:
  keys: ["b4d6e000-0000-4000-8000-000000000002"]

authenticators:
  key:
    distribution: device_bound
    attestation: { required: true, conveyance: direct, trust: [mds, "pinned:maker"] }
    aaguids: { allow: [group:keys] }
    user_verification: required
    level: 3
  passkey: { distribution: any, user_verification: required, level: 2 }

providers:
  keeper: { kind: os, aaguids: ["` + keeperAAGUID + `"], encryption: user-secret-256, access: aal2, recovery: [none], sharing: off, managed: false, status: declared, source: contract, review_by: 2027-09-30 }

`

const tail = `
enrolment:
  invitation:
    yields: { aal: 2, capability: bind-only }
    steps:
      - proof: { kind: remote-video, ial: 2 }
      - approve: { k: 1, from: role:administrator, not_in: [subject] }
      - code: { kind: issued, bits: 256, channel: manual, ttl: 7d, single_use: true }
    notify: { to: all_addresses }
    must_bind: 1
  key-issue:
    yields: { aal: 3, capability: bind-only }
    steps:
      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }
      - approve: { k: 2, from: group:key-officers, independent: true, not_in: [subject] }
    notify: { to: all_addresses }
    must_bind: 2
binding:
  require: 'auth.aal >= min(account.max_aal, cred.level) && auth.age_s < 300 && auth.phr'
  notify: { to: all_addresses, independent: true }
access: []
continuous:
  reevaluate: { every: 15m, on: [posture, risk, group, credential, policy] }
  downgrade_first: true
`

// workforce is everybody, at AAL2; back is their ways back.
func workforce(back string) string {
	return `segments:
  - name: workforce
    risk_rank: 1
    when: 'true'
    required: { aal: 2, phr: true }
    allow: [passkey, key]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: desk }
    recovery: [` + back + `]
    fallbacks: []
    session: { overall: 12h, inactivity: 30m, reauth: same-factor }
`
}

// nistOnly is everybody, at AAL2, with ways back that are judged as NIST does.
const nistOnly = `segments:
  - name: workforce
    risk_rank: 1
    when: 'true'
    required: { aal: 2, phr: false }
    allow: [passkey, key]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: codes }
    recovery: [two-codes]
    fallbacks: []
    equivalence: nist
    session: { overall: 12h, inactivity: 30m, reauth: same-factor }
`
