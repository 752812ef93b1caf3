package rules

import (
	"holdfast/domain/exposure"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// credentials: a passkey that the policy admits signs its owner in, by whoever
// holds it and can unlock it; one that may be copied, also by whoever gets a
// copy (assurance rules 1 and 2).
func (b *build) credentials(a *Account) {
	for i := range a.Credentials {
		c := &a.Credentials[i]
		if !c.Signs() && !b.usable(a, c) {
			continue
		}
		b.bare(a, c)
		syncs := b.syncsOf(a, c)
		b.possession(a, i, syncs)
		if c.Facts.Distribution != policy.DeviceBound {
			b.copies(a, c, syncs)
		}
	}
}

// possession is the passkey where its owner has it.
func (b *build) possession(a *Account, i int, syncs []int) {
	c := &a.Credentials[i]
	devices := 0
	if !c.Hardware() && c.Facts.Distribution != policy.DeviceBound {
		for _, s := range syncs {
			for _, d := range a.Syncs[s].Devices {
				devices++
				name, st := deviceName(a, d)
				b.atom(exposure.Atom{ID: Device(name), Class: exposure.Have, Label: label(whose(a.Name), d, ""), Owner: a.ID, Status: st})
				b.unlock(a, d, Unlock(name), Device(name))
				b.signsIn(a, c, "use:"+c.ID+":"+d, "synced-device", Device(name), Unlock(name))
			}
		}
	}
	switch {
	case c.Hardware():
		b.key(a, c)
	case c.Device != "":
		device := Device(c.Device)
		b.atom(exposure.Atom{ID: device, Class: exposure.Have, Label: label("the device with "+whose(a.Name), c.Name, "passkey"), Owner: a.ID, Status: exposure.Observed})
		b.unlock(a, c.Name, Unlock(c.Device), device)
		b.within(a, c, Passkey(c.ID), device, "on-device", Unlock(c.Device))
	case devices == 0:
		b.kept(a, i)
	}
}

// key is a passkey in hardware. Two in one device are had together.
func (b *build) key(a *Account, c *Credential) {
	name := Key(c.ID)
	if c.Device != "" {
		name = Key(c.Device)
	}
	b.atom(exposure.Atom{ID: name, Class: exposure.HaveHW, Label: label(whose(a.Name), c.Name, "security key"), Owner: a.ID, Status: exposure.Observed})
	if c.Device == "" {
		b.unlock(a, c.Name, Unlock(c.ID), name)
		b.signsIn(a, c, "use:"+c.ID, "passkey", name, Unlock(c.ID))
		return
	}
	b.unlock(a, c.Name, Unlock(name), name)
	b.within(a, c, Key(c.ID), name, "on-device", Unlock(name))
}

// within: a passkey that is had with something else, under its own name.
func (b *build) within(a *Account, c *Credential, own, in, rule, unlock string) {
	b.edge(exposure.Edge{ID: "in:" + c.ID, Head: own, Body: []string{in}, Rule: rule, Of: "credential:" + c.ID,
		Label: label("have "+whose(a.Name), c.Name, "passkey"), Status: exposure.Observed})
	b.signsIn(a, c, "use:"+c.ID, "passkey", own, unlock)
}

// kept: a passkey of which nothing says on which devices it is. Those that one
// provider keeps fall together: they are had with the first of them.
func (b *build) kept(a *Account, i int) {
	c := &a.Credentials[i]
	first := &a.Credentials[keeper(a, i)]
	name := Passkey(first.ID)
	b.atom(exposure.Atom{ID: name, Class: exposure.Have, Label: label("a device with "+whose(a.Name), first.Name, "passkey"), Owner: a.ID, Status: exposure.Observed})
	b.unlock(a, first.Name, Unlock(first.ID), name)
	if first.ID == c.ID {
		b.signsIn(a, c, "use:"+c.ID, "passkey", name, Unlock(c.ID))
		return
	}
	b.within(a, c, Passkey(c.ID), name, "one-provider", Unlock(first.ID))
}

// isKept: it may be copied, and nothing says on which device it is.
func isKept(c *Credential) bool {
	return c.Device == "" && c.Facts.Distribution != policy.DeviceBound
}

// keeper is the first of the credentials that are kept where the i-th is.
func keeper(a *Account, i int) int {
	c := &a.Credentials[i]
	for j := range a.Credentials[:i] {
		d := &a.Credentials[j]
		if isKept(c) && isKept(d) && d.Facts.Provider == c.Facts.Provider && (d.Facts.Provider != "" || modelOf(d.Facts.AAGUID) == modelOf(c.Facts.AAGUID)) {
			return j
		}
	}
	return i
}

func (b *build) unlock(a *Account, name, id, possession string) {
	b.atom(exposure.Atom{ID: id, Class: exposure.Know, Key: possession, Label: label("what unlocks "+whose(a.Name), name, "passkey"),
		Owner: a.ID, Status: exposure.Observed}) // it is typed into the device: nothing is relayed
}

// signsIn: with what unlocks it, where a sign-in takes that.
func (b *build) signsIn(a *Account, c *Credential, id, rule, possession, unlock string) {
	e := exposure.Edge{ID: id, Head: b.in(a), Body: b.use(c, possession, unlock), Rule: rule, Of: "credential:" + c.ID,
		Label: label("sign in with "+whose(a.Name), c.Name, "passkey"), Status: exposure.Observed}
	if !c.Facts.UV {
		e.Body, e.Rule = b.use(c, possession), "passkey-unverified" // AAL1: SP 800-63B-4 §3.1.7.2
	}
	b.edge(e)
	if b.isBare {
		e.ID, e.Body, e.Rule = "bare:"+id, append(b.use(c, possession), Bare(c.ID)), "passkey-unverified"
		e.Label += ", which asks for nothing any more"
		b.edge(e)
	}
	if c.Facts.UV && c.Facts.ManagedDevice {
		b.managed(a, c, id, possession)
	}
}

// managed: whoever manages a device gives it another PIN.
func (b *build) managed(a *Account, c *Credential, id, possession string) {
	for _, p := range b.x.over[surroundings.OverDevices] {
		if covers(p.Target, a) {
			b.edge(exposure.Edge{ID: "reset:" + id + ":" + string(p.ID), Head: b.in(a), Body: b.use(c, possession, Power(string(p.ID))),
				Rule: "managed-device", Of: Power(string(p.ID)), Label: p.Name + " unlocks the device", Status: status(p)})
		}
	}
}

// deviceName is a declared device's: that of a credential's device where they
// are called the same, which we know of ourselves, else the person's own.
func deviceName(a *Account, d string) (string, exposure.Status) {
	for i := range a.Credentials {
		if c := &a.Credentials[i]; c.Device == d && !c.Hardware() {
			return d, exposure.Observed
		}
	}
	return a.ID + "/" + d, exposure.Declared
}

// copies: restored:C <- each account that may keep it. One that was closed gives
// none; those that are on devices stay there: see possession.
func (b *build) copies(a *Account, c *Credential, syncs []int) {
	restored, n := Restored(c.ID), 0
	add := func(from, what string, st exposure.Status) {
		n++
		b.edge(exposure.Edge{ID: "copy:" + c.ID + ":" + from, Head: restored, Body: []string{from}, Rule: "synced-copy", Of: "credential:" + c.ID, Label: what, Status: st})
	}
	for _, s := range syncs {
		if r := &a.Syncs[s]; !closed(r, b.o.At) {
			add(Sync(string(r.ID)), "restore it from "+orElse(r.Name, "the sync account"), status(r))
			b.sync(a, r)
		}
	}
	switch {
	case len(syncs) > 0:
	case c.Facts.Provider != "" && b.profile(a, c.Facts.Provider):
		add(Sync(c.Facts.Provider+"/"+a.ID), "restore it from the account at "+c.Facts.Provider, exposure.Declared)
	default:
		add(b.unknown("copies/"+orElse(c.Facts.Provider, modelOf(c.Facts.AAGUID)),
			"where passkeys of "+modelName(c.Facts.Provider, c.Facts.AAGUID)+" can be copied to, and who can get at them there"),
			"nobody knows where it can be copied to", exposure.Assumed)
	}
	if b.insider(c, restored) {
		n++
	}
	if n > 0 {
		b.edge(exposure.Edge{ID: "restored:" + c.ID, Head: b.in(a), Body: b.use(c, restored), Rule: "use-copy", Of: "credential:" + c.ID,
			Label: label("sign in with a copy of "+whose(a.Name), c.Name, "passkey"), Status: exposure.Observed})
	}
}

// insider: where the provider itself holds the keys to what it keeps, somebody
// dishonest there has a copy. What is encrypted with a secret of the user alone is
// out of their reach, and of a provider that says nothing else than how accounts
// are signed in to, this is not taken for unknown.
func (b *build) insider(c *Credential, restored string) bool {
	p, ok := b.x.profiles.Named(c.Facts.Provider)
	if !ok || p.Encryption != providerKey {
		return false
	}
	atom := "insider:" + p.Name
	b.atom(exposure.Atom{ID: atom, Class: exposure.Person, Label: "somebody at " + p.Name + " acts dishonestly", Status: exposure.Declared})
	b.edge(exposure.Edge{ID: "copy:" + c.ID + ":" + atom, Head: restored, Body: []string{atom}, Rule: "provider-insider", Of: "credential:" + c.ID,
		Label: "somebody at " + p.Name + " takes a copy", Status: exposure.Declared})
	return true
}

// providerKey is what a profile's encryption says where the provider can read
// what it keeps.
const providerKey = "provider-key"

// label is "Ada's Yubikey", or "Ada's security key" where it has no name.
func label(whose, name, else_ string) string {
	if name == "" {
		name = else_
	}
	return whose + " " + name
}
