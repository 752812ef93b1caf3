package examples

import (
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
	"holdfast/flow/enrol"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
	"holdfast/test/story"
)

// admins is those with power, at AAL3, officers who approve, and everybody else.
// back is the ways back of those with power, mode how they are judged.
func admins(back, mode string) string {
	return `segments:
  - name: admins
    risk_rank: 0
    when: '"admins" in user.groups'
    required: { aal: 3, phr: true }
    allow: [key]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 2, independent: true, grace: 14d }
    recovery: [` + back + `]
    fallbacks: []
    equivalence: ` + mode + `
    session: { overall: 8h, inactivity: 10m, reauth: full }
  - name: officers
    risk_rank: 1
    when: '"key-officers" in user.groups && !("admins" in user.groups)'
    required: { aal: 3, phr: true }
    allow: [key]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 1, backup: spare }
    recovery: []
    fallbacks: []
    session: { overall: 8h, inactivity: 10m, reauth: full }
  - name: workforce
    risk_rank: 2
    when: '!("admins" in user.groups) && !("key-officers" in user.groups)'
    required: { aal: 1, phr: false }
    allow: [passkey, key]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: desk }
    recovery: [` + map[bool]string{true: "mail-link"}[strings.Contains(back, "none")] + `]
    fallbacks: []
    session: { overall: 12h, inactivity: 30m, reauth: same-factor }
`
}

// twoPeople is a way back that two officers approve, after a proof.
func twoPeople(proof string) string {
	return `recovery:
  two-people:
    yields: { aal: 3, capability: bind-only }
    steps:
      - proof: ` + proof + `
      - approve: { k: 2, from: group:key-officers, independent: true, not_in: [subject] }
    delay: { hold: 24h, contest: true }
    notify: { to: all_addresses, postal: true }
    limits: { per_subject: 2/90d, per_officer: 6/8h }
    after: { revoke_sessions: true, quarantine_new_authenticator: 24h }
`
}

// Example 3: an administrator whose keys cannot be copied, and whose way back two
// people approve.
func TestAdministrator(t *testing.T) {
	own := map[string]int{"key:yk1 unlock:yk1": 3, "key:yk2 unlock:yk2": 3}
	with := func(more map[string]int) map[string]int {
		out := map[string]int{}
		for _, m := range []map[string]int{own, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	keys := func(p *place) map[string]*softkey.Authenticator {
		return map[string]*softkey.Authenticator{"yk1": p.key(), "yk2": p.key()}
	}

	// A way back by a known voice does not come into force (L-04), so it is a desk's.
	t.Run("voice", func(t *testing.T) {
		p := newPlace(t, admins("", "strict"))
		p.join(member("vera", "admins"), keys(p))
		p.declare(surroundings.Declaration{Kind: surroundings.Power, Name: "approvers", Over: surroundings.OverPasskeys, Target: "segment:admins",
			Holders: []string{"approver1", "approver2"}, K: 2, Check: surroundings.CheckAsked, Source: "handbook"})
		p.as(t, "example3-voice", p.examine("vera"), stated{aal: 0, verdict: exposure.Fail, availability: 2,
			sets:     with(map[string]int{"corrupt:approver1 corrupt:approver2": 3, "deceive:approvers": 0}),
			singles:  []string{"deceive:approvers"},
			findings: []string{"critical EA-BELOW-REQUIRED", "critical SINGLE-POINT"}})
	})

	// Here the approvers are people of the organisation, who have keys of their own.
	officers := func(p *place) {
		for _, name := range []string{"approver1", "approver2"} {
			p.join(member(name, "key-officers"), map[string]*softkey.Authenticator{name + "-key": p.key()})
		}
	}
	t.Run("video", func(t *testing.T) {
		p := newPlace(t, admins("two-people", "nist"), twoPeople("{ kind: remote-video, ial: 2 }"))
		officers(p)
		p.join(member("vera", "admins"), keys(p))
		p.as(t, "example3-video", p.examine("vera"), stated{aal: 2, phr: true, verdict: exposure.NISTOnly, availability: 2, because: byApproversAccounts,
			sets:     with(map[string]int{"corrupt:approver1 corrupt:approver2": 3, "proof:two-people:vera": 2}),
			singles:  []string{"proof:two-people:vera"},
			findings: []string{"critical SINGLE-POINT", "medium NIST-ONLY"}})
	})
	t.Run("on site", func(t *testing.T) {
		p := newPlace(t, admins("two-people", "strict"), twoPeople("{ kind: onsite-attended, ial: 2, match: stored-portrait }"))
		officers(p)
		p.join(member("vera", "admins"), keys(p))
		c := p.examine("vera")
		p.as(t, "example3-onsite", c, stated{aal: 3, phr: true, verdict: exposure.Pass, availability: 2, because: byApproversAccounts,
			sets: with(map[string]int{"corrupt:approver1 corrupt:approver2": 3, "proof:two-people:vera": 3})})
		if got := c.Truth.House; !slices.Equal(got, []string{"dual_control: 3", "onsite_portrait_match: 3"}) {
			t.Errorf("the house rules that it rests on: %q", got)
		}
		p.refuses(t)
		p.Check(t)
	})
}

// byApproversAccounts: whoever gets into an approver's account is as good as the
// approver. The specification leaves their accounts out; here they have keys.
func byApproversAccounts(atoms []string) bool {
	n := 0
	for _, a := range []string{"approver1", "approver2"} {
		corrupt, taken := slices.Contains(atoms, "corrupt:"+a), slices.Contains(atoms, "key:"+a+"-key") && slices.Contains(atoms, "unlock:"+a+"-key")
		switch {
		case corrupt == taken:
			return false
		case corrupt:
			n++
		default:
			n += 2
		}
	}
	return n == len(atoms) && n > 2
}

// refuses: what can be copied, and what nothing vouches for, does not become an
// administrator's key, and the refusal is on record.
func (p *place) refuses(t *testing.T) {
	t.Helper()
	vera := p.ids["vera"]
	for name, key := range map[string]*softkey.Authenticator{"BE=1": synced(), "unattested BE=0": story.Key(softkey.Config{AAGUID: story.Model})} {
		before := p.denied(t, vera)
		in, err := p.Enter(t, p.veraKey, signin.Start{}, "")
		must(t, err)
		_, err = p.Make(t, key, enrol.Start{Session: &in.Session})
		if err == nil {
			t.Errorf("%s: it was registered", name)
		}
		if now := p.denied(t, vera); now != before+1 {
			t.Errorf("%s: %d refusals on record, were %d: %v", name, now, before, err)
		}
	}
}

func (p *place) denied(t *testing.T, who holdfast.PersonID) (n int) {
	t.Helper()
	for _, d := range p.Decisions(t, who) {
		if d.Outcome == policy.Deny {
			n++
		}
	}
	return n
}

const codes = `fallbacks:
  password-only: { kind: password, only_when: 'true', session: { overall: 8h }, owner: role:administrator, retire: 2027-03-31 }
  totp-legacy: { kind: totp+password, only_when: 'true', session: { overall: 8h }, owner: role:administrator, retire: 2027-03-31 }
`

// Example 4: a password that was left on. Holdfast lets no policy in under which
// one stands beside a passkey (L-06), so the example asks what would be.
func TestPasswordLeftOn(t *testing.T) {
	p := newPlace(t, workforce(""), codes)
	p.join(member("nora"), map[string]*softkey.Authenticator{"nora-key": p.key()})
	own := "key:nora-key unlock:nora-key"
	p.as(t, "example4-as-it-is", p.examine("nora"), stated{aal: 3, phr: true, verdict: exposure.Pass, sets: map[string]int{own: 3}})

	password := p.supposing("nora", answer.Suppose{Add: []string{"fallback:password-only"}})
	p.as(t, "example4-password", password, stated{aal: 1, verdict: exposure.Fail, sets: map[string]int{own: 3, "password:nora": 1},
		singles: []string{"password:nora"}, findings: []string{"high EA-BELOW-REQUIRED"}})
	changes := password.Who().Changes
	if len(changes) != 1 || changes[0].Verdict != exposure.Pass || !changes[0].At.Equal(day("2027-04-01")) {
		t.Errorf("when it passes: %+v", changes)
	}
	p.as(t, "example4-totp", p.supposing("nora", answer.Suppose{Add: []string{"fallback:totp-legacy"}}), stated{aal: 2, verdict: exposure.Fail,
		sets: map[string]int{own: 3, "password:nora totp:nora": 2}, findings: []string{"high PHR-MISSING"}})
}

// Example 5: the only key is lost.
func TestLostKey(t *testing.T) {
	p := newPlace(t, admins("", "strict"))
	p.join(member("vera", "admins"), map[string]*softkey.Authenticator{"yk1": p.key()})
	p.as(t, "example5-before", p.examine("vera"), stated{aal: 3, phr: true, verdict: exposure.Pass, availability: 1,
		sets: map[string]int{"key:yk1 unlock:yk1": 3}, findings: []string{"high AVAILABILITY"}})
	lost := p.supposing("vera", answer.Suppose{Lost: []string{"key:yk1"}})
	p.as(t, "example5-lost", lost, stated{aal: 1, phr: true, verdict: exposure.Fail,
		sets: map[string]int{"unlock:yk1": 1}, singles: []string{"unlock:yk1"},
		findings: []string{"critical EA-BELOW-REQUIRED", "critical SINGLE-POINT", "high AVAILABILITY"}})
	if lost.Truth.Availability != 0 {
		t.Errorf("without the key the owner has %d ways", lost.Truth.Availability)
	}
}

const mailLink = `recovery:
  mail-link:
    yields: { aal: 1, capability: bind-only }
    steps:
      - code: { kind: issued, bits: 128, channel: email, ttl: 24h, single_use: true }
    notify: { to: all_addresses }
    limits: { per_subject: 2/90d }
    after: { revoke_sessions: true }
`

// Example 6: an administrator's way back is a link by e-mail. Holdfast lets no
// such policy in (L-04); the procedure is another segment's, where AAL1 is asked
// for, and the example asks what would be if it were the administrators', too.
func TestMailLink(t *testing.T) {
	p := newPlace(t, strings.Replace(strings.Replace(admins("none", "strict"), "recovery: [none]", "recovery: []", 1), "min: 2, independent: true", "min: 2, independent: true", 1), mailLink)
	p.join(member("vera", "admins"), map[string]*softkey.Authenticator{"yk1": p.key(), "yk2": p.key()})
	p.declare(surroundings.Declaration{Kind: surroundings.Mailbox, Name: "vera-mail", Person: "vera", Provider: "harbour.example",
		SignIn: []string{"password"}, Recovery: []string{"sms"}, Said: true, Source: "the mail provider's help pages"})
	own := map[string]int{"key:yk1 unlock:yk1": 3, "key:yk2 unlock:yk2": 3}
	p.as(t, "example6-as-it-is", p.examine("vera"), stated{aal: 3, phr: true, verdict: exposure.Pass, availability: 2, sets: own})
	p.as(t, "example6-mail", p.supposing("vera", answer.Suppose{Add: []string{"recovery:mail-link"}}), stated{aal: 1, verdict: exposure.Fail,
		sets:     map[string]int{"key:yk1 unlock:yk1": 3, "key:yk2 unlock:yk2": 3, "vera-mail:password": 1, "phone:vera": 1},
		singles:  []string{"phone:vera", "vera-mail:password"},
		findings: []string{"critical EA-BELOW-REQUIRED", "critical SINGLE-POINT", "critical SINGLE-POINT", "medium CONTESTABILITY"}})
}
