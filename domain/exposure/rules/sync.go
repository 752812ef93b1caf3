package rules

import (
	"time"

	"holdfast/domain/credential"
	"holdfast/domain/exposure"
	"holdfast/domain/policy"
	"holdfast/domain/provider"
	"holdfast/domain/surroundings"
)

// syncsOf are the places in a.Syncs of the accounts that may keep c: those at
// its provider; where the provider is not known, all of them may, if it says
// itself that it is synced.
func (b *build) syncsOf(a *Account, c *Credential) []int {
	if c.Facts.Distribution == policy.DeviceBound || len(a.Syncs) == 0 {
		return nil
	}
	var out []int
	for i := range a.Syncs {
		p := a.Syncs[i].Provider
		if p == c.Facts.Provider && p != "" || c.Facts.Distribution == policy.Synced && (p == "" || c.Facts.Provider == "" && b.mayKeep(p, c)) {
			out = append(out, i)
		}
	}
	return out
}

// mayKeep says whether c, which says of no known provider that it is its, may be
// at the one of that name all the same: not where the model that it says is none of
// those that the policy knows of the provider.
func (b *build) mayKeep(name string, c *Credential) bool {
	p, ok := b.x.profiles.Named(name)
	return !ok || len(p.AAGUIDs) == 0 || modelOf(c.Facts.AAGUID) == "any"
}

// closed: nobody signs in there any more.
func closed(r *surroundings.Record, at time.Time) bool {
	return !r.Until.IsZero() && !at.Before(r.Until)
}

// sync adds the ways into a declared sync account (assurance rule 3). What is
// declared is not taken for good past its review: it counts, and so does what
// nobody knows.
func (b *build) sync(a *Account, r *surroundings.Record) {
	k := b.keptAt(a, r)
	k.ways(r.SignIn, "sync-sign-in")
	k.ways(r.Recovery, "sync-recovery")
	if r.Standing(b.o.At) != surroundings.Current {
		k.unknown("sync-unknown")
	}
	if r.Primary {
		k.powers(surroundings.OverPrimary, "sync-primary")
	}
	if p, ok := b.x.profiles.Named(r.Provider); ok && p.Managed {
		k.powers(surroundings.OverProvider, "sync-power")
	}
}

// profile adds the ways into the account at a provider of which nothing more is
// declared than the policy says of the provider. It says whether it did: a
// profile that is over, incomplete or assumed says nothing.
func (b *build) profile(a *Account, name string) bool {
	p, ok := b.x.profiles.Named(name)
	if !ok || p.Standing(b.o.At) != provider.Current {
		return false
	}
	id := name + "/" + a.ID
	k := kept{b: b, a: a, topic: string(surroundings.SyncAccount), of: "sync:" + id, id: id, node: Sync(id), name: label(whose(a.Name), "account at "+name, ""), provider: name,
		status: exposure.Declared, over: surroundings.OverProvider, learn: "how accounts at " + name + " are signed in to and recovered"}
	k.ways(accessWays(p.Access), "sync-sign-in")
	for _, word := range p.Recovery {
		k.ways(recoveryWays(word), "sync-recovery")
	}
	if p.Managed {
		k.powers(surroundings.OverProvider, "sync-power")
	}
	return true
}

// accessWays are a profile's word for how one signs in, as ways.
func accessWays(word string) []string {
	switch word {
	case "aal1":
		return []string{"password"}
	case "aal2":
		return []string{"password+code"}
	case "aal2-phr":
		return []string{"passkey"}
	case "aal3":
		return []string{"key+pin"}
	}
	return []string{"unknown"}
}

// recoveryWays likewise, for one way back.
func recoveryWays(word string) []string {
	switch word {
	case "none":
		return nil
	case "admin-reset":
		return []string{"admin"}
	case "trusted-contact":
		return []string{"contact"}
	case "recovery-key":
		return []string{"saved-code"}
	case "two-of-three-devices":
		return []string{"2-of-3-devices"}
	case "fabric-key-and-desk":
		return []string{"saved-code+desk"}
	}
	return []string{word} // a factor's own word; ways takes any other for unknown
}

// modelOf is a model as unknown facts name it: an AAGUID of zeros names none.
func modelOf(aaguid string) string {
	if aaguid == "" || aaguid == "00000000-0000-0000-0000-000000000000" {
		return "any"
	}
	return aaguid
}

// modelName is what a model is called.
func modelName(provider, aaguid string) string {
	switch {
	case provider != "":
		return provider
	case credential.Provider(aaguid) != "":
		return credential.Provider(aaguid)
	case modelOf(aaguid) == "any":
		return "a model that does not say which"
	}
	return "the model " + aaguid
}
