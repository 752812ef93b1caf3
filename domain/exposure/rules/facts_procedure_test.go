package rules_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

// steps is a recovery procedure "p" of the workforce.
func steps(s string) string {
	return "recovery:\n  p:\n    yields: { aal: 2, capability: bind-only }\n    steps:\n" + s + "    notify: { to: all_addresses }\n"
}

func procedureFacts(t *testing.T) []fact {
	key := with(hardKey("k1"))
	in := func(n int, group string) (out world) {
		for i := range n {
			id := "m" + strconv.Itoa(i+1)
			out = out.and(held(id, id, groups(group)))
		}
		return out
	}
	type procedure struct {
		name, steps string
		core        world
	}
	var out []fact
	for _, c := range []procedure{
		{"4 one of two, on questions", "      - proof: { kind: knowledge-questions }\n      - approve: { k: 1, from: group:desk }\n", in(2, "desk")},
		{"4 two of two, on video", "      - proof: { kind: remote-video, ial: 2 }\n      - approve: { k: 2, from: group:desk, independent: true, not_in: [subject] }\n", in(2, "desk")},
		{"4 two of two, on site", "      - proof: { kind: onsite-attended, ial: 2, match: stored-portrait }\n      - approve: { k: 2, from: group:desk }\n", in(2, "desk")},
		{"4 two of many", "      - proof: { kind: remote-video, ial: 2 }\n      - approve: { k: 2, from: group:desk }\n", in(7, "desk")},
		{"4 one of many", "      - proof: { kind: remote-video, ial: 2 }\n      - approve: { k: 1, from: group:desk }\n", in(21, "desk")},
		{"4 a pool in which nobody is", "      - proof: { kind: remote-video, ial: 2 }\n      - approve: { k: 1, from: group:desk }\n", in(0, "desk")},
		{"4 a pool of a role, less a group", "      - approve: { k: 1, from: role:helpdesk, not_in: [group:trainees] }\n",
			with(held("olga", "Olga", role(person.HelpDesk)), held("otto", "Otto", role(person.HelpDesk), groups("trainees")))},
		{"4 a machine looks, and one approves", "      - proof: { kind: remote-unattended, ial: 2 }\n      - approve: { k: 1, from: group:desk }\n", in(2, "desk")},
		{"4 a proof that somebody attends, and nobody approves", "      - proof: { kind: remote-video, ial: 2 }\n", with()},
		{"4 a code by mail", "      - code: { kind: issued, channel: email }\n", with()},
		{"4 a saved code and one by any address", "      - code: { kind: saved, bits: 80 }\n      - code: { kind: issued, channel: any_verified }\n", with(phone("p1"))},
		{"4 a saved code that is kept in the mailbox or on a telephone", "      - code: { kind: saved, bits: 80 }\n",
			with(declared(surroundings.Record{ID: "k1", Kind: surroundings.KeptCode, Name: "k1", SignIn: []string{"email", "device"}, Devices: []string{"phone"}}))},
		{"4 a saved code of which it is assumed where it is kept", "      - code: { kind: saved, bits: 80 }\n",
			with(declared(surroundings.Record{ID: "k1", Kind: surroundings.KeptCode, Name: "k1", Status: surroundings.Assumed}))},
		{"4 a code that whoever approves hands over", "      - approve: { k: 1, from: group:desk }\n      - code: { kind: issued, channel: [manual, qr] }\n", in(2, "desk")},
		{"4 a code that is sent after approval", "      - approve: { k: 1, from: group:desk }\n      - code: { kind: issued, channel: sms }\n", in(2, "desk")},
		{"4 a code by mail or letter", "      - code: { kind: issued, channel: [email, postal] }\n", with()},
		{"4 a device of the organisation", "      - device: { certificate: mdm }\n", with()},
		{"4 the sponsor's word", "      - approve: { k: 1, from: subject.sponsor }\n      - proof: { kind: remote-video, ial: 2 }\n",
			with(contractor("olga"), held("olga", "Olga"))},
		{"4 the sponsor's word, who is not known", "      - approve: { k: 1, from: subject.sponsor }\n", with(contractor("olga"))},
		{"4 the sponsor's word of somebody without one", "      - approve: { k: 1, from: subject.sponsor }\n", with()},
	} {
		out = append(out, fact{name: c.name, was: lawOf(t, steps(c.steps), "", ""), policy: lawOf(t, steps(c.steps), "p", ""), before: key.and(c.core), after: key.and(c.core)})
	}
	return append(out, enrolmentFacts(t)...)
}

func enrolmentFacts(t *testing.T) (out []fact) {
	hand := "enrolment:\n  e:\n    yields: { aal: 2, capability: bind-only }\n    when: WHEN\n    steps:\n      - proof: { kind: onsite-attended, ial: 2, capture: portrait }\n" +
		"      - approve: { k: 1, from: group:desk, not_in: [subject] }\n    code: { bits: 112, ttl: 10m, single_use: true, channel: [qr, manual] }\n"
	nobody := lawOf(t, "", "", "")
	olga := held("olga", "Olga", groups("desk"))
	for name, when := range map[string]string{"11 an enrolment procedure": "'device.managed'", "11 one for others": "'user.employment == \"guest\" && device.managed'"} {
		out = append(out, fact{name: name, was: nobody, policy: lawOf(t, strings.Replace(hand, "WHEN", when, 1), "", ""), before: with(invited, olga), after: with(invited, olga)})
	}
	slices.SortFunc(out, func(a, b fact) int { return strings.Compare(a.name, b.name) })
	return out
}

func fallbackFacts(t *testing.T) (out []fact) {
	fallback := func(kind, only, more string) string {
		return "fallbacks:\n  f: { kind: " + kind + ", only_when: '" + only + "', session: { overall: 1h }, retire: 2027-03-31" + more + " }\n"
	}
	key := with(hardKey("k1"))
	for _, c := range []struct {
		name, kind, only, more string
		w                      world
	}{
		{"5 password and a code", "totp+password", "true", "", key},
		{"5 password and a message", "sms+password", "true", "", key},
		{"5 password and a prompt", "push+password", "true", "", key},
		{"5 a password", "password", "app.sensitivity <= 2", "", key},
		{"5 a code by mail", "email-code", "true", "", key},
		{"5 a saved code", "saved-code", "true", "", key},
		{"5 never beside a passkey", "password", "true", ", no_downgrade: true", key},
		{"5 only where there is no passkey", "password", "user.credentials.phr_active == 0 && app.sensitivity <= 2", "", key},
		{"5 where there is none", "password", "user.credentials.phr_active == 0 && app.sensitivity <= 2", ", no_downgrade: true", with()},
	} {
		text := fallback(c.kind, c.only, c.more)
		out = append(out, fact{name: c.name, was: lawOf(t, text, "", ""), policy: lawOf(t, text, "", "f"), before: c.w, after: c.w})
	}
	return out
}

func bindingFacts(t *testing.T) []fact {
	key := with(hardKey("k1"))
	text := strings.Replace(base, "binding: { ", "binding: { across_devices: { code_bits: 112, ttl: 10m, channel: [qr, manual] }, ", 1)
	return []fact{{name: "6 a code that may be typed", was: lawOf(t, "", "", ""), policy: compiled(t, text), before: key, after: key}}
}

func contractor(manager string) func(*rules.Held) {
	return func(h *rules.Held) {
		h.Person.Employment, h.Person.Manager = person.Contractor, holdfast.PersonID(manager)
	}
}

// A procedure that needs more approvers than there are, without the person, is no
// way: not for an outsider, and not for insiders.
func TestAPoolThatIsShort(t *testing.T) {
	two := "      - proof: { kind: remote-video, ial: 2 }\n      - approve: { k: 2, from: FROM, independent: true, not_in: [subject] }\n"
	role3 := []rules.Held{held("m1", "m1", role(person.HelpDesk)), held("m2", "m2", role(person.HelpDesk)), held("m3", "m3", role(person.HelpDesk))}
	group2 := []rules.Held{held("m1", "m1", groups("desk"), hardKey("k1")), held("m2", "m2", groups("desk")), held("else", "else", role(person.Auditor), hardKey("k1"))}
	writes := held("w", "w", role(person.Administrator), token("t", "groups:write"))
	for _, c := range []struct {
		name, from, of string
		core           []rules.Held
		ways           []string
	}{
		{"three, and one of them", "role:helpdesk", "m1", role3, []string{"recovery-insider: approved:2-of-role:helpdesk", "recovery-outsider: proof:p:m1"}},
		{"two, and one of them", "role:helpdesk", "m1", role3[:2], nil},
		{"two, and somebody else", "group:desk", "else", group2, []string{"recovery-insider: approved:2-of-group:desk", "recovery-outsider: proof:p:else"}},
		{"two of a group, and one of them", "group:desk", "m1", group2, nil},
		{"one, and somebody else", "group:desk", "else", group2[1:], nil},
		{"one, and whoever writes groups", "group:desk", "else", append(slices.Clone(group2[1:]), writes),
			[]string{"recovery-insider: approved:2-of-group:desk", "recovery-outsider: proof:p:else + power:write-groups"}},
		{"nobody has said who", "group:desk", "else", group2[2:], []string{"recovery-insider: approved:2-of-group:desk", "recovery-outsider: proof:p:else"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := orgOf(lawOf(t, steps(strings.Replace(two, "FROM", c.from, 1)), "p", ""), nil, c.core...)
			a := o.Core[slices.IndexFunc(o.Core, func(a rules.Account) bool { return a.ID == c.of })]
			a.Segment = "workforce" // also of those whose role puts them elsewhere
			var got []string
			for _, e := range o.Of(a).Edges {
				if e.Head == rules.Bind(a.ID) && strings.HasPrefix(e.Rule, "recovery-") {
					got = append(got, e.Rule+": "+strings.Join(e.Body, " + "))
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.ways) {
				t.Errorf("%q, want %q", got, c.ways)
			}
			canonical, slots := rules.Canon(a)
			own := told(o.Of(a), func(n string) string { return n })
			if again := told(o.Of(canonical), func(n string) string { return rules.Restore(n, slots) }); !slices.Equal(own, again) {
				t.Errorf("the canonical account has another graph:\n%s\n%s", strings.Join(own, "\n"), strings.Join(again, "\n"))
			}
		})
	}
	o := orgOf(lawOf(t, steps(strings.Replace(two, "FROM", "group:desk", 1)), "p", ""), nil, group2...)
	var shapes []string
	for _, h := range []rules.Held{held("x", "x", groups("desk"), hardKey("k1")), held("x", "x", hardKey("k1"))} {
		a, _ := rules.Canon(o.From(h))
		shapes = append(shapes, rules.Shape(a))
	}
	if shapes[0] == shapes[1] {
		t.Error("whether somebody approves is not in the shape")
	}
}

// No procedure of enrolment is a way back that NIST accepts.
func TestAnEnrolmentIsNoRecovery(t *testing.T) {
	hand := "enrolment:\n  e:\n    yields: { aal: 2, capability: bind-only }\n    steps:\n      - proof: { kind: onsite-attended, ial: 2, capture: portrait }\n" +
		"      - approve: { k: 1, from: group:desk, not_in: [subject] }\n    code: { bits: 112, ttl: 10m, single_use: true, channel: [qr, manual] }\n"
	o := orgOf(lawOf(t, hand, "", ""), nil, held("olga", "Olga", groups("desk")), held("root", "Root", role(person.Administrator)))
	seen := 0
	for _, e := range o.Of(o.From(held("ada", "Ada", invited))).Edges {
		if strings.HasPrefix(e.Rule, "enrolment-") || e.Rule == "operator-invite" {
			if seen++; e.NIST {
				t.Errorf("%s: NIST accepts it", e.Rule)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d edges", seen)
	}
}
