package rules_test

import (
	"strings"
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

func channelFacts() []fact {
	key := with(hardKey("k1"))
	mail := key.and(mailbox("m1", surroundings.Record{Provider: "example.org", SignIn: []string{"password"}, Said: true}))
	admin := func(target string) surroundings.Record {
		return power(surroundings.Record{ID: "mail", Name: "mail administration", Over: surroundings.OverMail, Target: target, Holders: []string{"mona"}})
	}
	return []fact{
		{name: "8 a recovery of the mailbox", before: mail,
			after: key.and(mailbox("m1", surroundings.Record{Provider: "example.org", SignIn: []string{"password"}, Recovery: []string{"sms"}, Said: true}))},
		{name: "8 who administers the mail, of a mailbox that is declared", before: mail, after: mail.and(admin("example.org"))},
		{name: "8 who administers the mail, of one that is not", before: key, after: key.and(admin(""))},
		{name: "8 who administers another domain", before: key, after: key.and(admin("example.com"))},
		{name: "8 who holds the domain's names", before: key,
			after: key.and(power(surroundings.Record{ID: "dns", Name: "registrar", Over: surroundings.OverDNS, Holders: []string{"dora"}}))},
		{name: "8 how a mailbox is recovered, which nobody has said", before: mail,
			after: key.and(mailbox("m1", surroundings.Record{Provider: "example.org", SignIn: []string{"password"}}))},
		{name: "8 a telephone, told of nothing", before: with(synced("c1", vault)), after: with(synced("c1", vault), phone("p1", "desk"))},
	}
}

func operatorFacts(t *testing.T) []fact {
	key := with(hardKey("k1"))
	elsewhere := compiled(t, strings.Replace(base, "    recovery: []\n    fallbacks: []\n", "    recovery: [p]\n    fallbacks: [f]\n", 2)+
		steps("      - proof: { kind: remote-video, ial: 2 }\n      - approve: { k: 1, from: group:desk }\n")+
		"fallbacks:\n  f: { kind: password, only_when: 'true', session: { overall: 1h }, retire: 2027-03-31 }\n")
	mailed := lawOf(t, steps("      - code: { kind: issued, channel: email }\n"), "p", "")
	olga := func(change ...func(*rules.Held)) rules.Held { return held("olga", "Olga", change...) }
	return []fact{
		{name: "7 an administrator", before: key.and(olga()), after: key.and(olga(role(person.Administrator)))},
		{name: "7 an administrator who is invited", before: key.and(olga(invited)), after: key.and(olga(invited, role(person.Administrator)))},
		{name: "7 a help desk cannot take over who has a passkey", before: key.and(olga()), after: key.and(olga(role(person.HelpDesk)))},
		{name: "7 a help desk links in who has none", before: with(invited, olga()), after: with(invited, olga(role(person.HelpDesk)))},
		{name: "7 an auditor reads", before: key.and(olga()), after: key.and(olga(role(person.Auditor)))},
		{name: "7 a help desk does not link an administrator in", before: with(invited, role(person.Auditor), olga()),
			after: with(invited, role(person.Auditor), olga(role(person.HelpDesk)))},
		{name: "7 an API token that removes passkeys and invites", before: key.and(olga(role(person.Administrator))),
			after: key.and(olga(role(person.Administrator), token("t1", "credentials:remove", "invitations:write")))},
		{name: "7 an API token that says who is in which group", was: elsewhere, policy: elsewhere, before: key.and(olga(role(person.Administrator)), held("otto", "Otto", groups("desk"))),
			after: key.and(olga(role(person.Administrator), token("t1", "groups:write")), held("otto", "Otto", groups("desk")))},
		{name: "7 an API token that says what people's addresses are", was: mailed, policy: mailed, before: key.and(olga(role(person.Administrator))),
			after: key.and(olga(role(person.Administrator), token("t1", "people:write"))), without: []string{"recovery-outsider: bind:ada <- inbox:ada"}},
		{name: "7 an API token that reads", before: key.and(olga(role(person.Administrator))),
			after: key.and(olga(role(person.Administrator), token("t1", "people:read")))},
		{name: "7 an API token whose owner holds nothing", before: key.and(olga()), after: key.and(olga(token("t1", "credentials:remove", "invitations:write")))},
	}
}

func powerFacts() []fact {
	key := with(hardKey("k1"))
	desk := func(check string, k int, target string) surroundings.Record {
		return power(surroundings.Record{ID: "desk", Name: "service desk", Over: surroundings.OverPasskeys, Target: target, Holders: []string{"person:olga", "otto"}, Check: check, K: k})
	}
	olga := held("olga", "Olga")
	mail := power(surroundings.Record{ID: "mail", Name: "mail administration", Over: surroundings.OverMail, Holders: []string{"mona"}})
	inGroup := key.and(groups("nurses"))
	return []fact{
		{name: "7 a desk that resets passkeys and asks questions", before: key.and(olga), after: key.and(olga, desk(surroundings.CheckAsked, 1, ""))},
		{name: "7 a desk of two that looks at people", before: key.and(olga), after: key.and(olga, desk(surroundings.CheckVideo, 2, ""))},
		{name: "7 a desk that is taken for sound", before: key.and(olga), after: key.and(olga, desk(surroundings.CheckSound, 1, "segment:workforce"))},
		{name: "7 a desk that compares on site", before: key.and(olga), after: key.and(olga, desk(surroundings.CheckOnsite, 1, ""))},
		{name: "7 a desk of which nobody says what it asks", before: key.and(olga), after: key.and(olga, desk("", 1, ""))},
		{name: "7 a desk for another segment", before: key.and(olga), after: key.and(olga, desk(surroundings.CheckNone, 1, "segment:low"))},
		{name: "7 a desk for a group", before: inGroup.and(olga), after: inGroup.and(olga, desk(surroundings.CheckSound, 1, "group:nurses"))},
		{name: "7 a desk for another group", before: key.and(olga), after: key.and(olga, desk(surroundings.CheckSound, 1, "group:nurses"))},
		{name: "7 a desk whose holders nobody names", before: key, after: key.and(power(surroundings.Record{ID: "desk", Name: "service desk", Over: surroundings.OverPasskeys, Check: surroundings.CheckSound}))},
		{name: "7 a desk whose review is overdue", before: key.and(olga, desk(surroundings.CheckSound, 1, "")),
			after: key.and(olga, func() surroundings.Record {
				r := desk(surroundings.CheckSound, 1, "")
				r.ReviewBy = now.AddDate(0, 0, -2)
				return r
			}())},
		{name: "7 a desk that is no more", before: key.and(olga), after: key.and(olga, func() surroundings.Record { r := desk("", 1, ""); r.Until = now; return r }())},
		{name: "7 how whoever administers the mail signs in", before: key.and(mail), after: key.and(func() surroundings.Record {
			r := mail
			r.SignIn, r.Recovery = []string{"password+totp"}, []string{"sms"}
			return r
		}())},
		{name: "10 who holds the database", before: key, // whoever has the host stays
			after: key.and(power(surroundings.Record{ID: "db", Name: "the database", Over: surroundings.OverDatabase, Holders: []string{"hugo"}}),
				power(surroundings.Record{ID: "tape", Name: "the backups", Over: surroundings.OverBackups, Holders: []string{"bea"}}))},
	}
}

func linkFacts(t *testing.T) []fact {
	return []fact{
		{name: "11 an invitation", before: with(invited), after: with(invited, link("l1", ticket.Invitation))},
		{name: "11 a replacement link", before: with(hardKey("k1")), after: with(hardKey("k1"), link("l1", ticket.Replacement))},
		{name: "11 a link of somebody who was suspended", before: with(func(h *rules.Held) { h.Person.Status = person.Suspended }),
			after: with(func(h *rules.Held) { h.Person.Status = person.Suspended }, link("l1", ticket.Invitation))},
	}
}

// Who removes passkeys and who links in need not be the same.
func TestTwoDoWhatNeitherMay(t *testing.T) {
	w := with(synced("c1", vault)).and(held("olga", "Olga", role(person.HelpDesk)), held("otto", "Otto", role(person.Administrator), token("t1", "credentials:remove")))
	net, err := exposure.Compile(w.graph(lawOf(t, "", "", "")), exposure.Options{})
	if err != nil {
		t.Fatal(err)
	}
	goal := rules.Session("ada")
	if net.Derives(goal, "token:t1") || net.Derives(goal, rules.Corrupt("olga")) {
		t.Error("one of them is enough")
	}
	if !net.Derives(goal, "token:t1", rules.Corrupt("olga")) {
		t.Error("both are not enough")
	}
}
