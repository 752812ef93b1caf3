package rules_test

import (
	"strings"
	"testing"

	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// changed are facts of what Holdfast itself lets people change.
func changedFacts(t *testing.T) []fact {
	lost := func(h *rules.Held) { h.Credentials[0].Status = credential.Suspended }
	stopped := func(h *rules.Held) { h.Person.Status, h.Person.SuspendedBy = person.Suspended, person.ByAdministrator }
	byDirectory := func(h *rules.Held) { h.Person.SuspendedBy = person.ByDirectory }
	over := func(h *rules.Held) { h.Person.Employment, h.Person.Ends = person.Contractor, now.AddDate(0, 0, -1) }
	root := held("root", "Root", hardKey("kr"), role(person.Administrator))
	tokens := func(more ...func(*rules.Held)) rules.Held {
		return held("root", "Root", append([]func(*rules.Held){hardKey("kr"), role(person.Administrator)}, more...)...)
	}
	desk := held("olga", "Olga", role(person.HelpDesk))
	// Who is in the group has none of what everybody else may have.
	refused := compiled(t, strings.Replace(strings.Replace(base, "when: '\"low\" in user.groups'\n    required: { aal: 1, phr: true }", "when: '\"low\" in user.groups && user.employment == \"staff\"'\n    required: { aal: 3, phr: true }", 1), "allow: [any, touch]", "allow: [hard]", 1))
	low := with(synced("c1", vault), groups("low"))
	sponsor := lawOf(t, steps("      - approve: { k: 1, from: subject.sponsor }\n"), "p", "")
	contractor := with(hardKey("k1"), func(h *rules.Held) { h.Person.Employment, h.Person.Manager = person.Contractor, "mia" })
	enrol := compiled(t, base+"enrolment:\n  first: { yields: { aal: 2, capability: bind-only }, when: 'user.employment == \"contractor\"', steps: [ { proof: { kind: remote-video, ial: 2 } }, { approve: { k: 1, from: role:administrator } } ] }\n")
	return []fact{
		{name: "12 a passkey is suspended, and a help desk gives it back", before: with(hardKey("k1"), lost, held("olga", "Olga")), after: with(hardKey("k1"), lost, desk)},
		{name: "12 a passkey is suspended, and an administrator takes over", before: with(hardKey("k1"), lost, held("root", "Root")), after: with(hardKey("k1"), lost, root)},
		{name: "12 somebody is suspended by a directory, and its API token reinstates them", before: with(hardKey("k1"), stopped, held("root", "Root")),
			after: with(hardKey("k1"), stopped, byDirectory, root)},
		{name: "12 somebody is suspended, and a directory's API token does not end it", before: with(hardKey("k1"), stopped, root), after: with(hardKey("k1"), stopped, tokens(token("t1", "people:write")))},
		{name: "12 somebody is suspended who has no passkey", before: with(stopped, held("root", "Root")), after: with(stopped, root)},
		{name: "12 an employment is over, and an API token prolongs it", before: with(hardKey("k1"), over, root), after: with(hardKey("k1"), over, tokens(token("t1", "people:write")))},
		{name: "12 somebody is erased", before: with(hardKey("k1"), func(h *rules.Held) { h.Person.Status = person.Erased }), after: with(hardKey("k1"), func(h *rules.Held) { h.Person.Status = person.Erased }, link("l1", ticket.Invitation))},
		{name: "12 an API token whose owner is suspended", before: with(hardKey("k1"), root, held("olga", "Olga", role(person.HelpDesk), stopped)),
			after: with(hardKey("k1"), root, held("olga", "Olga", role(person.HelpDesk), stopped, token("t1", "credentials:write")))},
		{name: "13 a passkey is refused, and an API token moves its owner by their groups", policy: refused, before: low.and(root), after: low.and(tokens(token("t1", "groups:write")))},
		{name: "13 a passkey is refused, and an API token moves its owner by their employment", policy: refused, before: low.and(root), after: low.and(tokens(token("t1", "people:write")))},
		{name: "13 an API token names another sponsor", policy: sponsor, before: contractor.and(root), after: contractor.and(tokens(token("t1", "people:write"))),
			without: []string{"recovery-insider: bind:ada <- act:mia"}},
		{name: "13 a desk for people among whom somebody can be put", before: with(hardKey("k1"), tokens(token("t1", "groups:write"))), after: with(hardKey("k1"), tokens(token("t1", "groups:write")),
			power(surroundings.Record{ID: "desk", Name: "a desk", Over: surroundings.OverPasskeys, Target: "segment:low", Holders: []string{"otto"}, Check: surroundings.CheckSound}),
			power(surroundings.Record{ID: "ward", Name: "a ward", Over: surroundings.OverPasskeys, Target: "group:nurses", Holders: []string{"otto"}, Check: surroundings.CheckSound}))},
		{name: "13 an enrolment for people as whom somebody can be described", policy: enrol, before: with(invited, tokens()), after: with(invited, tokens(token("t1", "people:write")))},
	}
}

// Changing the policy needs no edge: whoever approves a change, in person as it must
// be, takes anybody over alone, whatever the policy is.
func TestWhoLetsAPolicyInTakesAnybodyOver(t *testing.T) {
	approves := 0
	for _, r := range []person.Role{person.Member, person.Auditor, person.HelpDesk, person.Administrator} {
		if !authority.OfRole(r).Has(authority.PolicyApprove) && !authority.OfRole(r).Has(authority.RolesWrite) {
			continue
		}
		approves++
		for state, target := range map[string][]func(*rules.Held){
			"has a passkey": {hardKey("k1")}, "is an administrator": {hardKey("k1"), role(person.Administrator)}, "is invited": {invited},
			"is suspended":   {hardKey("k1"), func(h *rules.Held) { h.Person.Status = person.Suspended }},
			"has left":       {hardKey("k1"), func(h *rules.Held) { h.Person.Employment, h.Person.Ends = person.Contractor, now.AddDate(0, 0, -1) }},
			"has a lost key": {hardKey("k1"), func(h *rules.Held) { h.Credentials[0].Status = credential.Suspended }},
		} {
			n, err := exposure.Compile(with(held("olga", "Olga", hardKey("ko"), role(r))).and(world{ada: target}).graph(lawOf(t, "", "", "")), exposure.Options{At: now})
			if err != nil {
				t.Fatal(err)
			}
			if !n.Derives(rules.Session("ada"), rules.Corrupt("olga")) {
				t.Errorf("%s approves a policy, and does not take over somebody who %s", r, state)
			}
		}
	}
	if approves == 0 {
		t.Error("nobody approves a policy")
	}
}
