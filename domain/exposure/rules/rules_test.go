package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/standing"
	"holdfast/domain/surroundings"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// base is a policy for everybody; tests add to it.
const base = `
apiVersion: holdfast/v1
kind: AssurancePolicy
metadata:
  name: test
  change_control: { approvers: 1, from: [role:administrator] }
  equivalence: { mode: strict, dual_control: 3, onsite_portrait_match: 3, remote_video_proof: 2, knowledge_questions: 0 }
authenticators:
  hard: { distribution: device_bound, attestation: { required: true, trust: [mds] }, user_verification: required, level: 3 }
  any: { distribution: any, user_verification: required, level: 2 }
  touch: { distribution: any, user_verification: discouraged, level: 1 }
providers:
  vault: { kind: os, aaguids: ["dd4ec289-e01d-41c9-bb89-70fa845d4bf2"], access: aal2, recovery: [sms, trusted-contact], sharing: off, managed: false, status: declared, review_by: 2027-03-31 }
  ours: { kind: os, aaguids: ["dd4ec289-e01d-41c9-bb89-70fa845d4bf3"], access: aal2-phr, recovery: [admin-reset], sharing: off, managed: true, status: declared, review_by: 2027-03-31 }
  stale: { kind: os, aaguids: ["dd4ec289-e01d-41c9-bb89-70fa845d4bf4"], access: aal2, recovery: [none], sharing: off, managed: false, status: assumed, review_by: 2027-03-31 }
segments:
  - name: privileged
    risk_rank: 0
    when: 'user.privileged'
    required: { aal: 3, phr: true }
    allow: [hard, any]
    sync: allow
    tolerates_recovery: narrow
    authenticators: { min: 2 }
    recovery: []
    fallbacks: []
    session: { overall: 8h }
  - name: low
    when: '"low" in user.groups'
    required: { aal: 1, phr: true }
    allow: [any, touch]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1 }
    recovery: []
    fallbacks: []
    session: { overall: 8h }
  - name: workforce
    when: 'true'
    required: { aal: 2, phr: true }
    allow: [hard, any]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1 }
    recovery: [RECOVERY]
    fallbacks: [FALLBACKS]
    session: { overall: 8h }
binding: { require: 'auth.aal >= 2', notify: { to: all_addresses } }
`

// lawOf compiles base with procedures and fallbacks, each a name and its text.
func lawOf(t testing.TB, more string, recovery, fallbacks string) *policy.Policy {
	t.Helper()
	return compiled(t, strings.Replace(strings.Replace(base, "RECOVERY", recovery, 1), "FALLBACKS", fallbacks, 1)+more)
}

func compiled(t testing.TB, text string) *policy.Policy {
	t.Helper()
	text = strings.NewReplacer("RECOVERY", "", "FALLBACKS", "").Replace(text)
	d, problems := policy.Parse("test.yaml", []byte(text))
	if problems.Bad() {
		t.Fatal(problems)
	}
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		t.Fatal(problems)
	}
	return p
}

// held is somebody of the workforce, with what change makes of them.
func held(id, name string, change ...func(*rules.Held)) rules.Held {
	h := rules.Held{Account: standing.Account{Person: person.Record{ID: holdfast.PersonID(id), Name: name, Email: id + "@example.org",
		Status: person.Active, Employment: person.Employee}}}
	for _, c := range change {
		c(&h)
	}
	return h
}

const (
	vault = "dd4ec289-e01d-41c9-bb89-70fa845d4bf2"
	ours  = "dd4ec289-e01d-41c9-bb89-70fa845d4bf3"
	stale = "dd4ec289-e01d-41c9-bb89-70fa845d4bf4"
)

func hardKey(id string) func(*rules.Held) {
	return func(h *rules.Held) {
		h.Credentials = append(h.Credentials, credential.Record{ID: holdfast.CredentialID(id), Name: id, Status: credential.Active, UVInitialized: true, Created: now})
		h.Judgements = append(h.Judgements, evidence.Judgement{ID: holdfast.CredentialID(id), Kind: "verified", HardwareProtected: true, Anchors: []string{"mds:1"}})
	}
}

func synced(id, aaguid string, change ...func(*credential.Record)) func(*rules.Held) {
	return func(h *rules.Held) {
		c := credential.Record{ID: holdfast.CredentialID(id), Name: id, Status: credential.Active, BE: true, BS: true, AAGUID: aaguid, UVInitialized: true, Created: now}
		for _, f := range change {
			f(&c)
		}
		h.Credentials = append(h.Credentials, c)
	}
}

func declared(r surroundings.Record) func(*rules.Held) {
	if r.Status == "" {
		r.Status = surroundings.Declared
	}
	if r.ReviewBy.IsZero() {
		r.ReviewBy = now.AddDate(1, 0, 0)
	}
	return func(h *rules.Held) { r.Person = h.Person.ID; h.Surroundings = append(h.Surroundings, r) }
}

func power(r surroundings.Record) surroundings.Record {
	r.Kind, r.Status, r.ReviewBy = surroundings.Power, surroundings.Declared, now.AddDate(1, 0, 0)
	return r
}

// orgOf is an organisation with a core.
func orgOf(p *policy.Policy, shared []surroundings.Record, core ...rules.Held) *rules.Organisation {
	o := &rules.Organisation{Policy: p, At: now, Shared: shared}
	for _, h := range core {
		o.Core = append(o.Core, o.From(h))
	}
	return o
}

// lines are the edges of a graph, one a line: rule, head and body.
func lines(g exposure.Graph) []string {
	var out []string
	for _, e := range g.Edges {
		body := strings.Join(e.Body, " + ")
		if e.K > 0 && e.K < len(e.Body) {
			body = string(rune('0'+e.K)) + " of " + body
		}
		out = append(out, e.Rule+": "+e.Head+" <- "+body)
	}
	slices.Sort(out)
	return out
}

// added are the lines of after that are not in before; every line of before must
// still be there, but for without.
func added(t *testing.T, before, after exposure.Graph, without ...string) []string {
	t.Helper()
	b, a := lines(before), lines(after)
	for _, l := range b {
		if slices.Contains(a, l) == slices.Contains(without, l) {
			t.Errorf("an edge went, or stayed that should have gone: %s", l)
		}
	}
	for _, l := range b {
		if i := slices.Index(a, l); i >= 0 {
			a = slices.Delete(a, i, i+1)
		}
	}
	return a
}
