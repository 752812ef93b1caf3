package rules_test

import (
	"slices"
	"testing"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

// A fallback is closed to Ada, who has a passkey, only where its condition cannot
// hold for her at any moment: what cannot be told beforehand counts for the
// attacker.
func TestAConditionIsOpenUnlessItCannotHold(t *testing.T) {
	for only, open := range map[string]bool{
		"true":                                true,
		"user.credentials.phr_active == 0":    false,
		"user.credentials.phr_active > 0":     true,
		"app.sensitivity <= 2":                true,
		"risk.score < 50 && user.privileged":  false,
		"risk.score < 50 && !user.privileged": true,
		"user.privileged || risk.score < 50":  true,
		"(user.privileged || risk.score < 50) && user.credentials.phr_active == 0":                   false,
		`app.id == "a && user.privileged && b"`:                                                      true,
		`app.id == "a" && "x && y" in user.groups`:                                                   false,
		"app.sensitivity <= 2 ? user.privileged && true : true":                                      true,
		"app.sensitivity <= 2 // && user.privileged":                                                 true,
		`app.id == "\"" && risk.score < 50`:                                                          true,
		"user.privileged && user.credentials.count / 0 == 1":                                         false,
		`"choir" in user.groups && net.zone == "office" && user.employment == "staff"`:               true,
		`[user.privileged && true, true][0] && net.zone == "office"`:                                 false,
		`user.groups.exists(g, g == "choir" && app.sensitivity > 7) && user.employment == "visitor"`: false,
	} {
		t.Run(only, func(t *testing.T) {
			p := lawOf(t, "fallbacks:\n  f:\n    kind: password\n    only_when: >-\n      "+only+"\n    session: { overall: 1h }\n    retire: 2027-03-31\n", "", "f")
			o := orgOf(p, nil)
			a := o.From(held("ada", "Ada", hardKey("k1"), groups("choir")))
			if got := slices.Contains(a.Fallbacks, "f"); got != open {
				t.Errorf("open: %v", got)
			}
		})
	}
}

// Nobody takes their own account over: an administrator's account falls to the
// other administrator, and not to themselves.
func TestNobodyTakesTheirOwnAccountOver(t *testing.T) {
	o := orgOf(lawOf(t, "", "", ""), nil, held("ann", "Ann", hardKey("ka"), role(person.Administrator)), held("bob", "Bob", hardKey("kb"), role(person.Administrator)))
	n, err := exposure.Compile(o.Whole(o.Core[0]), exposure.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	sets, _ := n.Minimal(rules.Session("ann"), nil, 64)
	want := [][]string{{"corrupt:bob"}, {"key:ka", "unlock:ka"}, {"key:kb", "unlock:kb"}}
	slices.SortFunc(sets, slices.Compare)
	if !slices.EqualFunc(sets, want, slices.Equal) {
		t.Errorf("%v, want %v", sets, want)
	}
	all, err := exposure.Compile(o.Graph(), exposure.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	if !all.Derives(rules.Session("bob"), rules.Corrupt("ann")) {
		t.Error("in the graph of everybody Ann can be dishonest")
	}
}

// Who has power over others is in the core, and nobody else.
func TestCore(t *testing.T) {
	p := lawOf(t, steps("      - approve: { k: 2, from: group:desk }\n"), "p", "")
	tk := func(h *rules.Held) { h.Tokens = []apitoken.Record{{ID: "t"}} }
	powers := []surroundings.Record{power(surroundings.Record{ID: "mail", Over: surroundings.OverMail, Holders: []string{"person:mona", "olga"}})}
	for _, c := range []struct {
		who  rules.Held
		want bool
	}{
		{held("ada", "Ada", groups("choir"), hardKey("k1")), false},
		{held("olga", "Olga"), false},
		{held("ada", "Ada", role(person.Auditor)), true},
		{held("ada", "Ada", tk), true},
		{held("ada", "Ada", groups("choir", "desk")), true},
		{held("mona", "Mona"), true},
	} {
		if got := rules.IsCore(p, c.who, powers); got != c.want {
			t.Errorf("%s: %v", c.who.Person.Name, got)
		}
	}
}

// Whose word is taken is told of those whose ways back take it.
func TestVouches(t *testing.T) {
	sponsored := lawOf(t, steps("      - approve: { k: 1, from: subject.sponsor }\n"), "p", "")
	managed := lawOf(t, steps("      - approve: { k: 1, from: subject.manager }\n"), "p", "")
	staff := held("ada", "Ada", func(h *rules.Held) { h.Person.Manager = holdfast.PersonID("olga") })
	for _, c := range []struct {
		name string
		a    rules.Account
		want []string
	}{
		{"a contractor's sponsor", orgOf(sponsored, nil).From(held("con", "Con", contractor("olga"))), []string{"olga"}},
		{"staff has none", orgOf(sponsored, nil).From(staff), nil},
		{"the manager", orgOf(managed, nil).From(staff), []string{"olga"}},
		{"nobody asks", orgOf(lawOf(t, "", "", ""), nil).From(staff), nil},
	} {
		if got := rules.Vouches(c.a); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
