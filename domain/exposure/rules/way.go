package rules

import (
	"strconv"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/surroundings"
)

// kept is a thing with ways in: a sync account, a mailbox, a telephone number,
// the account of somebody with a power.
type kept struct {
	b        *build
	a        *Account // whose it is; nil: nobody's here
	of       string   // Edge.Of
	id       string   // begins the names of its atoms
	node     string   // that the ways lead to
	name     string
	provider string
	devices  []string
	status   exposure.Status
	topic    string // what kind of thing it is, for what nobody has said
	over     string // the power that "admin" means
	learn    string
}

// keptAt is a declared record of a person.
func (b *build) keptAt(a *Account, r *surroundings.Record) *kept {
	k := &kept{b: b, a: a, topic: string(r.Kind), id: string(r.ID), name: r.Name, provider: r.Provider, devices: r.Devices, status: status(r)}
	switch r.Kind {
	case surroundings.SyncAccount:
		k.node, k.of, k.over = Sync(k.id), "sync:"+k.id, surroundings.OverProvider
		k.learn = "how the accounts of people at " + orElse(r.Provider, "their sync provider") + " are signed in to and recovered"
	case surroundings.Mailbox:
		k.node, k.of, k.over = Inbox(a.ID), "mailbox:"+k.id, surroundings.OverMail
		k.learn = "how the mailboxes of people at " + orElse(r.Provider, domainOf(r.Name), "their mail provider") + " are signed in to and recovered"
	case surroundings.KeptCode:
		k.node, k.of, k.learn = Kept(a.ID), "saved-code:"+k.id, "where people keep their saved recovery codes"
	case surroundings.Phone:
		k.node, k.of, k.learn = Number(a.ID), "phone:"+k.id, "how a telephone number is taken over at its carrier"
	}
	return k
}

func orElse(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// ways adds an edge for each.
func (k *kept) ways(texts []string, rule string) {
	for _, text := range texts {
		w, err := surroundings.ParseWay(text)
		if err != nil || w.Unknown() {
			k.unknown(rule)
			continue
		}
		body := make([]string, 0, len(w)+1)
		for _, f := range w {
			body = k.factor(body, w, f)
		}
		k.b.edge(exposure.Edge{ID: "way:" + k.id + ":" + text + ":" + rule, Head: k.node, Body: body, Rule: rule, Of: k.of,
			Label: "get into " + k.name + " by " + text, Status: k.status})
	}
}

// unknown: nobody has said how one gets in.
func (k *kept) unknown(rule string) {
	what := k.b.unknown("ways/"+k.topic+"/"+orElse(k.provider, "any"), k.learn)
	k.b.edge(exposure.Edge{ID: "way:" + k.id + ":unknown", Head: k.node, Body: []string{what}, Rule: rule, Of: k.of,
		Label: "nobody has said " + k.learn, Status: exposure.Assumed})
}

// powers adds an edge from each power over it.
func (k *kept) powers(over, rule string) {
	for _, p := range k.b.x.over[over] {
		if k.under(p) {
			k.b.edge(exposure.Edge{ID: "power:" + k.id + ":" + string(p.ID), Head: k.node, Body: []string{Power(string(p.ID))}, Rule: rule, Of: Power(string(p.ID)),
				Label: p.Name + " gives " + k.name + " to somebody else", Status: status(p)})
		}
	}
}

// under says whether a power reaches it.
func (k *kept) under(p *surroundings.Record) bool {
	switch p.Over {
	case surroundings.OverProvider:
		return p.Target == "" || p.Target == k.provider || k.a != nil && aimed(p.Target) && covers(p.Target, k.a)
	case surroundings.OverMail, surroundings.OverDNS:
		return p.Target == "" || strings.EqualFold(p.Target, k.provider) || k.a != nil && aimed(p.Target) && covers(p.Target, k.a)
	}
	return k.a == nil || covers(p.Target, k.a)
}

func (k *kept) owner() string {
	if k.a == nil {
		return ""
	}
	return k.a.ID
}

// own adds an atom of the thing's own.
func (k *kept) own(word string, class exposure.Class, phishable bool, key, what string) string {
	id := k.id + ":" + word
	k.b.atom(exposure.Atom{ID: id, Class: class, Phishable: phishable, Key: key, Label: what + " " + k.name, Owner: k.owner(), Status: k.status})
	return id
}

// factor adds what one factor of w takes to body.
func (k *kept) factor(body []string, w surroundings.Way, f surroundings.Factor) []string {
	switch f {
	case surroundings.Password:
		return append(body, k.own("password", exposure.Know, true, "", "the password of"))
	case surroundings.Code, surroundings.TOTP:
		return append(body, k.own(string(f), exposure.Have, true, "", "the one-time code of"))
	case surroundings.SavedCode:
		return append(body, k.own("saved-code", exposure.RecSaved, true, "", "the saved recovery code of"))
	case surroundings.Contact:
		return append(body, k.own("contact", exposure.RecContact, true, "", "a trusted person of"))
	case surroundings.Passkey, surroundings.Key, surroundings.PIN:
		return k.authenticator(body, w, f)
	case surroundings.Email:
		return append(body, k.inbox())
	case surroundings.SMS:
		return append(body, k.number())
	case surroundings.Desk:
		if k.over == "" { // the carrier's, of a telephone number: a caller with a story (SIM swap)
			return append(body, k.own("desk", exposure.Deceive, true, "", "somebody talks the desk into giving away"))
		}
		return append(body, k.whoever("desk", surroundings.OverPrimary, "who resets people's accounts in the directory, and how they make sure of who asks"))
	case surroundings.Admin:
		return append(body, k.whoever("admin", k.over, "who administers "+k.what()))
	case surroundings.Device:
		return append(body, k.device(1, max(1, len(k.devices))))
	}
	if n, m, ok := f.OfDevices(); ok {
		return append(body, k.device(n, m))
	}
	return append(body, k.b.unknown("ways/"+k.topic+"/"+orElse(k.provider, "any"), k.learn))
}

func (k *kept) what() string {
	if k.over == surroundings.OverMail {
		return "the mailboxes of people at " + orElse(k.provider, "their mail provider")
	}
	return "the accounts of people at " + orElse(k.provider, "their sync provider")
}

// authenticator: a passkey is unlocked; a key with "pin" is. That a key is in
// hardware is said and not proven, so it is worth no more than another: nothing
// that is synced is ever AAL3.
func (k *kept) authenticator(body []string, w surroundings.Way, f surroundings.Factor) []string {
	possession, has := "", func(f surroundings.Factor) bool {
		for _, g := range w {
			if g == f {
				return true
			}
		}
		return false
	}
	switch {
	case f == surroundings.Key:
		return append(body, k.own("key", exposure.Have, false, "", "the security key of"))
	case f == surroundings.Passkey:
		possession = k.own("passkey", exposure.Have, false, "", "the passkey of")
		if body = append(body, possession); has(surroundings.PIN) {
			return body
		}
		return append(body, k.own("unlock", exposure.Know, false, possession, "what unlocks the passkey of"))
	case has(surroundings.Key):
		possession = k.id + ":key"
	case has(surroundings.Passkey):
		possession = k.id + ":passkey"
	}
	return append(body, k.own("pin", exposure.Know, possession == "", possession, "the PIN of"))
}

func (k *kept) inbox() string {
	if k.a == nil {
		return k.own("mailbox", exposure.RecIssued, true, "", "the mailbox of")
	}
	k.b.inbox = true
	return Inbox(k.a.ID)
}

func (k *kept) number() string {
	if k.a == nil {
		return k.own("phone", exposure.RecIssued, true, "", "the telephone number of")
	}
	k.b.number = true
	return Number(k.a.ID)
}

// whoever is a node for any power of a kind, or what nobody has said.
func (k *kept) whoever(word, over, learn string) string {
	node, any := k.id+":"+word, false
	for _, p := range k.b.x.over[over] {
		if k.under(p) {
			any = true
			k.b.edge(exposure.Edge{ID: word + ":" + k.id + ":" + string(p.ID), Head: node, Body: []string{Power(string(p.ID))}, Rule: "way-power", Of: Power(string(p.ID)),
				Label: p.Name + " helps", Status: status(p)})
		}
	}
	if !any {
		return k.b.unknown(word+"/"+orElse(over, k.topic)+"/"+orElse(k.provider, "any"), learn)
	}
	return node
}

// device is a node for n of m devices, unlocked. Devices that nobody has named
// are devices all the same.
func (k *kept) device(n, m int) string {
	node := k.id + ":" + strconv.Itoa(n) + "-of-" + strconv.Itoa(m) + "-devices"
	body := make([]string, 0, m)
	for i := range max(m, len(k.devices)) {
		name := k.id + "/device" + strconv.Itoa(i+1)
		what, st := "a device of "+k.name, exposure.Declared
		if i < len(k.devices) {
			what = k.devices[i] + ", a device of " + k.name
			if name = k.id + "/" + k.devices[i]; k.a != nil {
				name, st = deviceName(k.a, k.devices[i])
			}
		}
		body = append(body, k.unlocked(name, what, st))
	}
	k.b.edge(exposure.Edge{ID: "devices:" + node, Head: node, Body: body, K: n, Rule: "way-devices", Of: k.of,
		Label: strconv.Itoa(n) + " of the devices of " + k.name, Status: k.status})
	return node
}

func (k *kept) unlocked(device, what string, st exposure.Status) string {
	d, u, node := Device(device), Unlock(device), "unlocked:"+device
	k.b.atom(exposure.Atom{ID: d, Class: exposure.Have, Label: what, Owner: k.owner(), Status: st})
	k.b.atom(exposure.Atom{ID: u, Class: exposure.Know, Key: d, Label: "what unlocks " + what, Owner: k.owner(), Status: exposure.Observed})
	k.b.edge(exposure.Edge{ID: node, Head: node, Body: []string{d, u}, Rule: "way-device", Of: k.of, Label: "unlock " + what, Status: k.status})
	return node
}
