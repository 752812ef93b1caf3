package rules

import (
	"slices"

	"holdfast/domain/exposure"
	"holdfast/domain/policy"
	"holdfast/domain/ticket"
)

// binding: whoever is in can add a passkey, and whoever can add one is in
// (assurance rule 6).
func (b *build) binding(a *Account) {
	d := b.o.Policy.Document()
	tell := b.tell(a, d.Binding.Notify)
	b.edge(exposure.Edge{ID: "bind:" + a.ID, Head: Bind(a.ID), Body: []string{Session(a.ID)}, Rule: "bind", Of: "binding",
		Label: "add a passkey while signed in", Status: exposure.Observed, Notify: tell})
	if slices.Contains(d.Binding.AcrossDevices.Channel, "manual") {
		name := "deceive:" + a.ID
		b.atom(exposure.Atom{ID: name, Class: exposure.Deceive, Label: whose(a.Name) + " own mistake: they read a code out", Owner: a.ID, Status: exposure.Declared})
		b.edge(exposure.Edge{ID: "bind-code:" + a.ID, Head: Bind(a.ID), Body: []string{Session(a.ID), name}, Rule: "bind-code", Of: "binding",
			Label: "add a passkey on another device by a code that is typed", Status: exposure.Declared, Notify: tell})
	}
	b.edge(exposure.Edge{ID: "bound:" + a.ID, Head: b.in(a), Body: []string{Bind(a.ID)}, Rule: "bound", Of: "binding",
		Label: "sign in with the new passkey", Status: exposure.Observed})
}

// links: an open link makes a passkey until it ends (assurance rule 11).
func (b *build) links(a *Account) {
	for i := range a.Links {
		l := &a.Links[i]
		e := exposure.Edge{ID: "link:" + l.ID, Of: "link:" + l.ID, Head: Bind(a.ID), Recovery: true, Until: l.Until, Status: exposure.Observed,
			Rule: "link", Label: "use the " + linkName(l.Kind)}
		if l.Mailed {
			b.inbox = true
			e.Body, e.Rule, e.Label = []string{Inbox(a.ID)}, "link-mailed", "use the "+linkName(l.Kind)+" in the mailbox"
		} else {
			name := "ticket:" + l.ID
			b.atom(exposure.Atom{ID: name, Class: exposure.Have, Phishable: true, Label: whose(a.Name) + " open " + linkName(l.Kind), Owner: a.ID, Status: exposure.Observed})
			e.Body = []string{name}
		}
		b.edge(e)
	}
}

func linkName(k ticket.Kind) string {
	if k == ticket.Replacement {
		return "replacement link"
	}
	return "invitation"
}

// tell are the channels that are told.
func (b *build) tell(a *Account, n policy.Notify) []string {
	var out []string
	for _, to := range append([]policy.NotifyTo{n.To}, toNotify(n.Also)...) {
		switch to {
		case "":
		case "all_addresses":
			b.inbox = true
			if out = append(out, Inbox(a.ID)); len(a.Phones) > 0 {
				b.number = true
				out = append(out, Number(a.ID))
			}
		default:
			out = append(out, "told:"+string(to))
		}
	}
	if n.Postal {
		out = append(out, "post:"+a.ID)
	}
	return out
}

func toNotify(ps []policy.Party) []policy.NotifyTo {
	out := make([]policy.NotifyTo, len(ps))
	for i, p := range ps {
		out[i] = policy.NotifyTo(p)
	}
	return out
}
