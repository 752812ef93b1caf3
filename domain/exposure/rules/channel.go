package rules

import (
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
)

// channels: who reads the person's mail and gets what is sent to their telephone
// (assurance rule 8). They are there as far as something leads from them. A
// mailbox that is recovered by telephone needs the number, and the other way
// round, so that mail comes first and is asked again.
func (b *build) channels(a *Account) {
	had := b.inbox
	if b.inbox {
		b.mailboxes(a)
	}
	if b.number {
		b.numbers(a)
	}
	if b.inbox && !had {
		b.mailboxes(a)
	}
}

func (b *build) mailboxes(a *Account) {
	for i := range a.Mailboxes {
		r := &a.Mailboxes[i]
		if closed(r, b.o.At) {
			continue
		}
		k := b.keptAt(a, r)
		k.ways(r.SignIn, "inbox-sign-in")
		k.ways(r.Recovery, "inbox-recovery")
		if r.Standing(b.o.At) != surroundings.Current {
			k.unknown("inbox-unknown")
		}
		k.provider = orElse(r.Provider, domainOf(r.Name))
		k.powers(surroundings.OverMail, "inbox-power")
		k.powers(surroundings.OverDNS, "inbox-dns")
	}
	if len(a.Mailboxes) > 0 {
		return
	}
	name := "mailbox:" + a.ID
	b.atom(exposure.Atom{ID: name, Class: exposure.RecIssued, Phishable: true, Label: "control of " + whose(a.Name) + " mailbox", Owner: a.ID, Status: exposure.Observed})
	b.edge(exposure.Edge{ID: "inbox:" + a.ID, Head: Inbox(a.ID), Body: []string{name}, Rule: "inbox", Of: "mailbox:" + a.ID, Label: "read " + whose(a.Name) + " mail", Status: exposure.Observed})
	k := kept{b: b, a: a, topic: string(surroundings.Mailbox), of: "mailbox:" + a.ID, id: "inbox:" + a.ID, node: Inbox(a.ID), name: whose(a.Name) + " mailbox", provider: a.Domain, status: exposure.Declared}
	k.powers(surroundings.OverMail, "inbox-power")
	k.powers(surroundings.OverDNS, "inbox-dns")
}

// numbers: a telephone number is as good as its carrier.
func (b *build) numbers(a *Account) {
	name := "phone:" + a.ID
	b.atom(exposure.Atom{ID: name, Class: exposure.RecIssued, Phishable: true, Label: whose(a.Name) + " telephone number (SIM swap)", Owner: a.ID, Status: exposure.Observed})
	b.edge(exposure.Edge{ID: "number:" + a.ID, Head: Number(a.ID), Body: []string{name}, Rule: "number", Of: "phone:" + a.ID, Label: "get what is sent to " + whose(a.Name) + " telephone", Status: exposure.Observed})
	for i := range a.Phones {
		if r := &a.Phones[i]; !closed(r, b.o.At) {
			b.keptAt(a, r).ways(r.Recovery, "number-recovery")
		}
	}
}

// domainOf is what stands behind the @ of an address, or nothing.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}
