package examples

import (
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
	"holdfast/test/softkey"
)

// Example 1: a help desk resets the primary account, so that the synced passkey
// is restored.
func TestHelpDesk(t *testing.T) {
	p := newPlace(t, workforce(""))
	p.join(member("alice"), map[string]*softkey.Authenticator{"alice-passkey": synced()})
	p.declare(surroundings.Declaration{Kind: surroundings.SyncAccount, Name: "alice-keeper", Person: "alice", Provider: "keeper", Primary: true,
		SignIn: []string{"password+code"}, Said: true, Devices: []string{"phone"}, Source: "the contract with keeper"})
	desk := p.declare(surroundings.Declaration{Kind: surroundings.Power, Name: "service-desk", Over: surroundings.OverPrimary,
		Holders: []string{"op1", "op2"}, Check: surroundings.CheckAsked, Source: "the desk's handbook"})

	phone, restore := "device:alice/phone unlock:alice/phone", "alice-keeper:code alice-keeper:password"
	p.as(t, "example1-one-operator", p.examine("alice"), stated{aal: 0, verdict: exposure.Fail,
		sets:     map[string]int{phone: 2, restore: 2, "corrupt:op1": 1, "corrupt:op2": 1, "deceive:service-desk": 0},
		singles:  []string{"corrupt:op1", "corrupt:op2", "deceive:service-desk"},
		findings: []string{"critical EA-BELOW-REQUIRED", "high PHR-MISSING"}})

	p.change(desk, func(d *surroundings.Declaration) { d.K = 2 })
	p.as(t, "example1-two-operators", p.examine("alice"), stated{aal: 0, verdict: exposure.Fail,
		sets:     map[string]int{phone: 2, restore: 2, "corrupt:op1 corrupt:op2": 3, "deceive:service-desk": 0},
		singles:  []string{"deceive:service-desk"},
		findings: []string{"critical EA-BELOW-REQUIRED", "high PHR-MISSING"}})

	p.change(desk, func(d *surroundings.Declaration) { d.Check = surroundings.CheckVideo })
	p.as(t, "example1-video", p.examine("alice"), stated{aal: 2, verdict: exposure.Fail,
		sets:     map[string]int{phone: 2, restore: 2, "corrupt:op1 corrupt:op2": 3, "proof:service-desk": 2},
		findings: []string{"high PHR-MISSING"}})

	p.Check(t)
}
