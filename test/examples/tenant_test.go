package examples

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
	"holdfast/test/softkey"
)

// tenant is five people, those who help them, and those with power.
const tenant = `segments:
  - name: admins
    risk_rank: 0
    when: '"admins" in user.groups'
    required: { aal: 3, phr: true }
    allow: [key]
    sync: forbid
    tolerates_recovery: narrow
    authenticators: { min: 1, backup: spare }
    recovery: []
    fallbacks: []
    session: { overall: 8h, inactivity: 10m, reauth: full }
  - name: visiting-desk
    risk_rank: 2
    when: '"visiting-desk" in user.groups && !("admins" in user.groups)'
    required: { aal: 1, phr: false }
    allow: [key, passkey]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: mail }
    recovery: [mail-link]
    fallbacks: []
    session: { overall: 8h, inactivity: 10m, reauth: full }
  - name: workforce
    risk_rank: 1
    when: '!("admins" in user.groups) && !("visiting-desk" in user.groups)'
    required: { aal: 2, phr: true }
    allow: [passkey, key]
    sync: allow
    tolerates_recovery: broad
    authenticators: { min: 1, backup: desk }
    recovery: []
    fallbacks: []
    session: { overall: 12h, inactivity: 30m, reauth: same-factor }
`

// Example 8: what falls with one operator, and with the mail administrator, who
// has no role here.
func TestTenant(t *testing.T) {
	p := newPlace(t, tenant, mailLink)
	people := []string{"ann", "bob", "cho", "con", "dee"}
	for _, name := range people {
		p.join(member(name), map[string]*softkey.Authenticator{name + "-passkey": synced()})
		p.declare(surroundings.Declaration{Kind: surroundings.SyncAccount, Name: name + "-keeper", Person: holdfast.PersonID(name), Provider: "keeper",
			SignIn: []string{"password+code"}, Said: true, Source: "the contract with keeper"})
	}
	p.join(member("op1", "visiting-desk"), map[string]*softkey.Authenticator{"op1-key": p.key()})
	p.join(member("op2", "admins"), map[string]*softkey.Authenticator{"op2-key": p.key()})
	p.join(member("root", "admins"), map[string]*softkey.Authenticator{"root-key1": p.key(), "root-key2": p.key()})
	p.declare(surroundings.Declaration{Kind: surroundings.Power, Name: "desk", Over: surroundings.OverPasskeys, Target: "segment:workforce",
		Holders: []string{"op1", "op2"}, Check: surroundings.CheckSound, Source: "handbook"})
	p.declare(surroundings.Declaration{Kind: surroundings.Power, Name: "key-office", Over: surroundings.OverPasskeys, Target: "segment:admins",
		Holders: []string{"officer1", "officer2"}, K: 2, Check: surroundings.CheckOnsite, Source: "handbook"})
	p.declare(surroundings.Declaration{Kind: surroundings.Mailbox, Name: "op1-mail", Person: "op1", Provider: "harbour.example",
		SignIn: []string{"key+pin"}, Said: true, Source: "the mail system"})
	p.declare(surroundings.Declaration{Kind: surroundings.Power, Name: "mailadmin-account", Over: surroundings.OverMail,
		Holders: []string{"mailadmin"}, SignIn: []string{"password+totp"}, Source: "the mail system"})

	var out strings.Builder
	for _, b := range []struct {
		node  string
		falls []string
	}{
		{"corrupt:op1", people},
		{"power:mailadmin-account", append(slices.Clone(people), "op1")},
		{"corrupt:root", nil},
	} {
		got := p.blast(t, b.node)
		if !slices.Equal(got, b.falls) {
			t.Errorf("blast(%s): %q, stated %q", b.node, got, b.falls)
		}
		fmt.Fprintf(&out, "blast(%s) = %d: %s\n", b.node, len(got), strings.Join(got, " "))
	}
	for name, want := range map[string]struct {
		aal     int
		weakest string
	}{"ann": {1, "corrupt:op1"}, "op1": {1, "corrupt:mailadmin"}, "root": {3, ""}} {
		c := p.examine(name)
		if c.Truth.Effective.AAL != want.aal {
			t.Errorf("effective(%s)=AAL%d, stated AAL%d", name, c.Truth.Effective.AAL, want.aal)
		}
		if want.weakest != "" && !slices.ContainsFunc(c.Truth.Sets, func(s exposure.Set) bool {
			return s.Level == want.aal && slices.Equal(s.Atoms, []string{want.weakest})
		}) {
			t.Errorf("%s: {%s} is not among the weakest: %+v", name, want.weakest, c.Truth.Sets)
		}
	}
	p.golden(t, "example8-blast.golden", out.String())

	ann := p.examine("ann")
	lifted := false
	for _, f := range ann.Findings() {
		for _, x := range ann.Fixes(f, p.count(ann)) {
			lifted = lifted || x.Change == "surroundings -= desk" && x.Lifted == int64(len(people))
		}
	}
	if !lifted {
		t.Error("taking the desk's power away is not among the fixes, or does not lift all five")
	}
	p.as(t, "example8-ann", ann, stated{aal: 1, verdict: exposure.Fail, because: elsewhere,
		sets: map[string]int{"passkey:ann-passkey unlock:ann-passkey": 2, "ann-keeper:code ann-keeper:password": 2,
			"corrupt:op1": 1, "corrupt:op2": 1, "corrupt:mailadmin": 1, "mailadmin-account:password mailadmin-account:totp": 2},
		singles:  []string{"corrupt:mailadmin", "corrupt:op1", "corrupt:op2"},
		findings: []string{"high EA-BELOW-REQUIRED", "high PHR-MISSING"}})
	p.Check(t)
}

// elsewhere are the ways through the accounts of operators, each of which takes
// what its owner signs in with, or two officers.
func elsewhere(atoms []string) bool {
	return slices.ContainsFunc(atoms, func(a string) bool { return strings.HasPrefix(a, "key:op") || strings.HasPrefix(a, "op1-mail:") }) ||
		slices.Equal(atoms, []string{"corrupt:officer1", "corrupt:officer2"}) || slices.Equal(atoms, []string{"proof:key-office"})
}
