package rules

import (
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
)

// fallbacks: ways to sign in that are not passkeys, until they are retired
// (assurance rule 5). Account.Fallbacks says which are open to the account.
func (b *build) fallbacks(a *Account) {
	for _, name := range a.Fallbacks {
		b.fallback(a, name, nil)
	}
}

func (b *build) fallback(a *Account, name string, powers []string) {
	f, ok := b.o.Policy.Document().Fallbacks.Get(name)
	if !ok || f.Retire.Over(b.o.At) {
		return
	}
	var until time.Time
	if !f.Retire.IsZero() {
		until = f.Retire.End()
	}
	b.edge(moved(exposure.Edge{ID: "fallback:" + name + ":" + a.ID, Head: b.in(a), Body: b.fallbackBody(a, string(f.Kind)), Rule: "fallback", Of: "fallback:" + name,
		Label: "sign in by the fallback " + name, Status: exposure.Declared, Until: until}, powers))
}

func (b *build) fallbackBody(a *Account, kind string) []string {
	switch kind {
	case "totp+password":
		return []string{b.has(a, "password", exposure.Know, "password"), b.has(a, "totp", exposure.Have, "one-time codes")}
	case "sms+password":
		b.number = true
		return []string{b.has(a, "password", exposure.Know, "password"), Number(a.ID)}
	case "push+password":
		return []string{b.has(a, "password", exposure.Know, "password"), b.has(a, "push", exposure.Have, "yes to a prompt")}
	case "password":
		return []string{b.has(a, "password", exposure.Know, "password")}
	case "email-code":
		return []string{b.mailed(a)}
	case "saved-code":
		return []string{b.saved(a)}
	}
	return []string{b.unknown("fallback/"+kind, "what the fallback "+kind+" takes")}
}

// has adds something of the person's that they type or confirm, which can be
// relayed.
func (b *build) has(a *Account, word string, class exposure.Class, what string) string {
	id := word + ":" + a.ID
	b.atom(exposure.Atom{ID: id, Class: class, Phishable: true, Label: whose(a.Name) + " " + what, Owner: a.ID, Status: exposure.Declared})
	return id
}

// saved is the person's saved recovery code, or whatever leads to where they say
// that they keep it.
func (b *build) saved(a *Account) string {
	code := b.has(a, "saved", exposure.RecSaved, "saved recovery code")
	node := code
	for i := range a.Kept {
		r := &a.Kept[i]
		if closed(r, b.o.At) {
			continue
		}
		node = Kept(a.ID)
		k := b.keptAt(a, r)
		k.ways(r.SignIn, "saved-kept")
		if r.Standing(b.o.At) != surroundings.Current {
			k.unknown("saved-unknown")
		}
	}
	if node != code {
		b.edge(exposure.Edge{ID: "saved:" + a.ID, Head: node, Body: []string{code}, Rule: "saved-code", Of: "saved-code:" + a.ID, Label: "have " + whose(a.Name) + " saved recovery code",
			Status: exposure.Declared})
	}
	return node
}
