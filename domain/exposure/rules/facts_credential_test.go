package rules_test

import (
	"strings"
	"testing"

	"holdfast/domain/credential"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

func credentialFacts(t *testing.T) []fact {
	nobody := with()
	one := with(synced("c1", vault))
	return []fact{
		{name: "1 a proven hardware key", before: nobody, after: with(hardKey("k1"))},
		{name: "1 a passkey that never verified anybody, where that is accepted", before: with(groups("low")),
			after: with(groups("low"), synced("c1", "", func(c *credential.Record) { c.UVInitialized = false }))},
		{name: "1 a passkey that never verified anybody, where that is asked for", before: nobody,
			after: with(synced("c1", "", func(c *credential.Record) { c.UVInitialized = false }))},
		{name: "1 a passkey that the policy does not admit", before: with(role(person.Administrator)), after: with(role(person.Administrator), hardKey("k1"), func(h *rules.Held) { h.Judgements = nil })},
		{name: "1 a proven key on a managed device", before: nobody, after: with(hardKey("k1"), func(h *rules.Held) { h.Credentials[0].MadeOn = credential.OnManaged + "laptop" })},
		{name: "1 a proven key that is not said to be in hardware", before: nobody, after: with(hardKey("k1"), func(h *rules.Held) { h.Judgements[0].HardwareProtected = false })},
		{name: "1 a suspended passkey", before: nobody, after: with(synced("c1", vault, func(c *credential.Record) { c.Status = credential.Suspended }))},
		{name: "1 a removed passkey", before: nobody, after: with(synced("c1", vault, func(c *credential.Record) { c.Status = credential.Removed }))},
		{name: "1 a passkey of somebody who is suspended", before: with(func(h *rules.Held) { h.Person.Status = person.Suspended }),
			after: with(func(h *rules.Held) { h.Person.Status = person.Suspended }, synced("c1", vault))},
		{name: "1 a passkey of somebody whose employment is over", before: with(func(h *rules.Held) { h.Person.Ends = now }),
			after: with(func(h *rules.Held) { h.Person.Ends = now }, hardKey("k1"))},
		{name: "1 a second passkey at the same provider", before: one, after: one.and(synced("c2", vault))},
		{name: "1 a second passkey on the same device", before: with(synced("c1", vault, managed("laptop"))),
			after: with(synced("c1", vault, managed("laptop")), synced("c2", ours, managed("laptop")))},
		{name: "2 a synced passkey of an unknown provider", before: nobody, after: with(synced("c1", "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"))},
		{name: "2 a passkey that says it stays, and nothing proves it", before: nobody,
			after: with(synced("c1", "", func(c *credential.Record) { c.BE, c.BS = false, false }))},
		{name: "2 a synced passkey at a provider of which the policy says what is known", before: nobody, after: one},
		{name: "2 at a provider that is ours", before: nobody, after: with(synced("c1", ours))},
		{name: "2 at a provider of which it is assumed", before: nobody, after: with(synced("c1", stale))},
		{name: "2 at a provider that can read what it keeps", before: one, after: one,
			was: lawOf(t, "", "", ""), policy: compiled(t, strings.Replace(base, "vault: { kind: os,", "vault: { kind: os, encryption: provider-key,", 1))},
		{name: "7 who manages the devices", before: with(synced("c1", vault, managed("laptop"))),
			after: with(synced("c1", vault, managed("laptop")), power(surroundings.Record{ID: "mdm", Name: "device management", Over: surroundings.OverDevices, Holders: []string{"mia"}}))},
	}
}

func syncFacts() []fact {
	one := with(synced("c1", vault))
	said := surroundings.Record{Provider: "vault", SignIn: []string{"password+code"}, Said: true}
	sync := func(change func(*surroundings.Record)) world {
		r := said
		change(&r)
		return one.and(account("s1", r))
	}
	bare := sync(func(*surroundings.Record) {})
	desk := power(surroundings.Record{ID: "desk", Name: "service desk", Over: surroundings.OverPrimary, Holders: []string{"olga", "otto"}, Check: surroundings.CheckAsked})
	tenant := power(surroundings.Record{ID: "tenant", Name: "tenant administration", Over: surroundings.OverProvider, Target: "ours", Holders: []string{"tom"}})
	atOurs := with(synced("c1", ours), account("s1", surroundings.Record{Provider: "ours", SignIn: []string{"key+pin"}, Said: true}))
	return []fact{
		{name: "3 the account at the provider is declared", before: with(synced("c1", "")), after: with(synced("c1", ""), account("s1", said)), without: []string{"synced-copy: restored:c1 <- unknown:copies/any"}},
		{name: "3 it holds copies on devices", before: with(synced("c1", ""), account("s1", said)), after: with(synced("c1", ""), account("s1", func() surroundings.Record { r := said; r.Devices = []string{"phone", "laptop"}; return r }())),
			without: []string{"passkey: session:ada <- passkey:c1 + unlock:c1"}},
		{name: "3 it was closed, and the copies stay", before: with(), after: with(synced("c1", ""), account("s1", func() surroundings.Record { r := said; r.Devices, r.Until = []string{"phone"}, now; return r }()))},
		{name: "3 a recovery of the sync account by telephone", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"sms"} })},
		{name: "3 by mail", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"email"} })},
		{name: "3 by a saved code and a trusted person", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"saved-code+contact"} })},
		{name: "3 by two of three devices", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"2-of-3-devices"} })},
		{name: "3 by a passkey", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"passkey"} })},
		{name: "3 by a key with its PIN, which is worth no more than another", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"key+pin"} })},
		{name: "3 by a desk that nobody has declared", before: bare, after: sync(func(r *surroundings.Record) { r.Recovery = []string{"desk"} })},
		{name: "3 by a desk that is declared", before: bare.and(desk), after: sync(func(r *surroundings.Record) { r.Recovery = []string{"desk"} }).and(desk)},
		{name: "3 recovery that nobody has said", before: bare, after: sync(func(r *surroundings.Record) { r.Said = false })},
		{name: "3 it is the account in the directory", before: bare.and(desk), after: sync(func(r *surroundings.Record) { r.Primary = true }).and(desk)},
		{name: "3 who administers the provider", before: atOurs, after: atOurs.and(tenant)},
		{name: "3 who administers another provider", before: atOurs,
			after: atOurs.and(power(surroundings.Record{ID: "tenant", Name: "tenant", Over: surroundings.OverProvider, Target: "vault", Holders: []string{"tom"}}))},
	}
}
