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
		if !c.Signs() {
			continue
		}
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
				b.use(a, c, deviceName(a, d), "synced-device", "use:"+c.ID+":"+d, a.Syncs[s].Name+" on "+d)
			}
		}
	}
	switch {
	case c.Device != "" && c.Hardware():
		b.useKey(a, c, c.Device)
	case c.Hardware():
		b.useKey(a, c, c.ID)
	case c.Device != "":
		b.use(a, c, c.Device, "passkey", "use:"+c.ID, "the device with "+whose(a.Name)+" "+c.Name)
	case devices == 0:
		b.kept(a, i)
	}
}

// useKey: two credentials in one key have its atoms in common.
func (b *build) useKey(a *Account, c *Credential, key string) {
	name := Key(key)
	b.atom(exposure.Atom{ID: name, Class: exposure.HaveHW, Label: label(whose(a.Name), c.Name, "security key"), Owner: a.ID, Status: exposure.Observed})
	b.signsIn(a, c, "use:"+c.ID, "passkey", name, key)
}

// use: what a device holds, whoever holds the device has.
func (b *build) use(a *Account, c *Credential, device, rule, id, what string) {
	name := Device(device)
	b.atom(exposure.Atom{ID: name, Class: exposure.Have, Label: what, Owner: a.ID, Status: exposure.Declared})
	b.signsIn(a, c, id, rule, name, device)
}

// kept: a passkey of which nothing says on which devices it is. Those that one
// provider keeps fall together: they are had with the first of them.
func (b *build) kept(a *Account, i int) {
	c := &a.Credentials[i]
	first := &a.Credentials[keeper(a, i)]
	name := Passkey(first.ID)
	b.atom(exposure.Atom{ID: name, Class: exposure.Have, Label: label("a device with "+whose(a.Name), first.Name, "passkey"), Owner: a.ID, Status: exposure.Observed})
	if first.ID == c.ID {
		b.signsIn(a, c, "use:"+c.ID, "passkey", name, c.ID)
		return
	}
	own := Passkey(c.ID)
	b.edge(exposure.Edge{ID: "kept:" + c.ID, Head: own, Body: []string{name}, Rule: "one-provider",
		Label: "one provider keeps both passkeys", Status: exposure.Observed})
	b.signsInWith(a, c, "use:"+c.ID, "passkey", own, Unlock(first.ID))
	b.unlock(a, first.Name, Unlock(first.ID), name)
}

// keeper is the first of the credentials that are kept where the i-th is.
func keeper(a *Account, i int) int {
	c := &a.Credentials[i]
	if c.Facts.Distribution == policy.DeviceBound {
		return i
	}
	for j := range a.Credentials[:i] {
		d := &a.Credentials[j]
		if d.Signs() && d.Device == "" && d.Facts.Distribution != policy.DeviceBound && d.Facts.Provider == c.Facts.Provider &&
			(d.Facts.Provider != "" || d.Facts.AAGUID == c.Facts.AAGUID) {
			return j
		}
	}
	return i
}

// signsIn: with what unlocks it, where a sign-in takes that.
func (b *build) signsIn(a *Account, c *Credential, id, rule, possession, unlock string) {
	b.unlock(a, c.Name, Unlock(unlock), possession)
	b.signsInWith(a, c, id, rule, possession, Unlock(unlock))
}

func (b *build) unlock(a *Account, name, id, possession string) {
	b.atom(exposure.Atom{ID: id, Class: exposure.Know, Key: possession, Label: label("what unlocks "+whose(a.Name), name, "passkey"),
		Owner: a.ID, Status: exposure.Observed}) // it is typed into the device: nothing is relayed
}

func (b *build) signsInWith(a *Account, c *Credential, id, rule, possession, unlock string) {
	e := exposure.Edge{ID: id, Head: Session(a.ID), Body: []string{possession, unlock}, Rule: rule,
		Label: label("sign in with "+whose(a.Name), c.Name, "passkey"), Status: exposure.Observed}
	if !c.Facts.UV {
		e.Body, e.Rule = e.Body[:1], "passkey-unverified" // AAL1: SP 800-63B-4 §3.1.7.2
	}
	b.edge(e)
	if c.Facts.UV && c.Facts.ManagedDevice {
		b.managed(a, c, id, possession)
	}
}

// managed: whoever manages a device gives it another PIN.
func (b *build) managed(a *Account, c *Credential, id, possession string) {
	for _, p := range b.x.over[surroundings.OverDevices] {
		if covers(p.Target, a) {
			b.edge(exposure.Edge{ID: "reset:" + id + ":" + string(p.ID), Head: Session(a.ID), Body: []string{possession, Power(string(p.ID))},
				Rule: "managed-device", Label: p.Name + " unlocks the device", Status: status(p)})
		}
	}
}

// deviceName is a declared device's: that of a credential's device where they
// are called the same, else the person's own.
func deviceName(a *Account, d string) string {
	for i := range a.Credentials {
		if a.Credentials[i].Device == d {
			return d
		}
	}
	return a.ID + "/" + d
}

// copies: restored:C <- each account that may keep it.
func (b *build) copies(a *Account, c *Credential, syncs []int) {
	restored := Restored(c.ID)
	b.edge(exposure.Edge{ID: "restored:" + c.ID, Head: Session(a.ID), Body: []string{restored}, Rule: "use-copy",
		Label: label("sign in with a copy of "+whose(a.Name), c.Name, "passkey"), Status: exposure.Observed})
	add := func(from, what string, st exposure.Status) {
		b.edge(exposure.Edge{ID: "copy:" + c.ID + ":" + from, Head: restored, Body: []string{from}, Rule: "synced-copy", Label: what, Status: st})
	}
	for _, s := range syncs {
		r := &a.Syncs[s]
		if closed(r, b.o.At) {
			continue // its copies stay where they are: see possession
		}
		add(Sync(string(r.ID)), "restore it from "+r.Name, status(r))
		b.sync(a, r)
	}
	switch {
	case len(syncs) > 0:
	case c.Facts.Provider != "" && b.profile(a, c.Facts.Provider):
		add(Sync(c.Facts.Provider+"/"+a.ID), "restore it from the account at "+c.Facts.Provider, exposure.Declared)
	default:
		model := c.Facts.AAGUID
		if c.Facts.Provider != "" {
			model = c.Facts.Provider
		}
		add(b.unknown("copies/"+model, "where passkeys of "+modelName(c.Facts.Provider, c.Facts.AAGUID)+" can be copied to, and who can get at them there"),
			"nobody knows where it can be copied to", exposure.Assumed)
	}
}

// label is "Ada's Yubikey", or "Ada's security key" where it has no name.
func label(whose, name, else_ string) string {
	if name == "" {
		name = else_
	}
	return whose + " " + name
}
