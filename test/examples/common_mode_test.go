package examples

import (
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
	"holdfast/test/softkey"
)

const twoCodes = `recovery:
  two-codes:
    yields: { aal: 2, capability: bind-only }
    steps:
      - code: { kind: saved, bits: 64, single_use: true }
      - code: { kind: issued, bits: 20, channel: sms, ttl: 10m, single_use: true }
    notify: { to: all_addresses }
    limits: { per_subject: 2/90d, attempts: 5 }
    after: { revoke_sessions: true }
`

// Example 7: two codes by different methods, as NIST SP 800-63B-4 §4.2.2.2 (a)
// has it, and one telephone that both can be had from: the saved code is in the
// mailbox, and the mailbox is recovered by a message.
func TestCommonMode(t *testing.T) {
	p := newPlace(t, nistOnly, twoCodes)
	p.join(member("carol"), map[string]*softkey.Authenticator{"carol-key": p.key()})
	p.declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "carol-phone", Person: "carol", Said: true, Source: "carol said so"})
	p.declare(surroundings.Declaration{Kind: surroundings.Mailbox, Name: "carol-mail", Person: "carol", Provider: "mail.example",
		SignIn: []string{"key+pin"}, Recovery: []string{"sms"}, Said: true, Source: "the mail provider's help pages"})
	p.declare(surroundings.Declaration{Kind: surroundings.KeptCode, Name: "carol-code", Person: "carol", SignIn: []string{"email"}, Source: "carol said so"})
	p.as(t, "example7-one-phone", p.examine("carol"), stated{aal: 1, verdict: exposure.NISTOnly,
		sets:     map[string]int{"key:carol-key unlock:carol-key": 3, "phone:carol": 1},
		singles:  []string{"phone:carol"},
		findings: []string{"medium CONTESTABILITY", "medium NIST-ONLY"}})
	p.Check(t)
}
