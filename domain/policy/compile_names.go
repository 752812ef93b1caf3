package policy

import (
	"fmt"
	"strconv"
)

// names reports every name that leads nowhere.
func (k *compiling) names() {
	d := k.d
	fields := k.with.Fields(ScopeRequest)
	for _, name := range d.Metadata.Purposes.Names {
		k.known("metadata.purposes."+name, name, fields, "the fields of docs/policy.md", "field")
	}
	for _, name := range d.Authenticators.Names {
		k.classNames("authenticators."+name, d.Authenticators.Of[name])
	}
	for _, name := range d.Roots.Names {
		k.models("roots."+name+".aaguids", d.Roots.Of[name].AAGUIDs)
	}
	for _, name := range d.Providers.Names {
		k.models("providers."+name+".aaguids", d.Providers.Of[name].AAGUIDs)
	}
	for i, s := range d.Segments {
		path := "segments[" + strconv.Itoa(i) + "]"
		k.each(path+".allow", s.Allow, d.Authenticators.Names, "authenticators", "class of authenticators")
		k.each(path+".authenticators.one_of", s.Authenticators.OneOf, s.Allow, path+".allow", "class that the segment allows")
		k.each(path+".recovery", s.Recovery, d.Recovery.Names, "recovery", "recovery procedure")
		k.each(path+".fallbacks", s.Fallbacks, d.Fallbacks.Names, "fallbacks", "fallback")
	}
	k.stages()
	for i, a := range d.Assertions {
		k.assertion("assertions["+strconv.Itoa(i)+"]", a)
	}
}

func (k *compiling) classNames(path string, c *Class) {
	k.each(path+".providers", c.Providers, k.d.Providers.Names, "providers", "provider")
	k.models(path+".aaguids.allow", c.AAGUIDs.Allow)
	k.models(path+".aaguids.deny", c.AAGUIDs.Deny)
	for i, t := range c.Attestation.Trust {
		if name, ok := t.Pinned(); ok {
			k.known(fmt.Sprintf("%s.attestation.trust[%d]", path, i), name, k.d.Roots.Names, "roots", "root")
		}
	}
}

// each reports those of names that are not known.
func (k *compiling) each(path string, names, known []string, where, what string) {
	for i, n := range names {
		k.known(path+"["+strconv.Itoa(i)+"]", n, known, where, what)
	}
}

func (k *compiling) known(path, name string, known []string, where, what string) {
	for _, n := range known {
		if n == name {
			return
		}
	}
	k.wrong(RuleRefer, path, meant(name, known, where), "there is no %s %q", what, name)
}

func (k *compiling) models(path string, refs []AAGUIDRef) {
	for i, r := range refs {
		if group, ok := r.Group(); ok {
			k.known(path+"["+strconv.Itoa(i)+"]", group, k.d.AAGUIDGroups.Names, "aaguid_groups", "group of models")
		}
	}
}

// stages follow stages that stand before them, so that they make no circle.
func (k *compiling) stages() {
	if k.d.Rollout == nil {
		return
	}
	var before []string
	for i, s := range k.d.Rollout.Stages {
		if s.After != "" {
			k.known(at("rollout.stages", i, "after"), s.After, before, "rollout.stages, before this one", "earlier stage")
		}
		before = append(before, s.Name)
	}
}

func (k *compiling) assertion(path string, a *Assertion) {
	if name, ok := a.ForAll.Segment(); ok {
		k.known(path+".forall", name, k.segmentNames(), "segments", "segment")
	}
	g := a.Given
	if g == nil {
		return
	}
	k.known(path+".given.user", g.User, k.d.Personas.Names, "personas", "persona")
	if g.Procedure != "" {
		known := append(append([]string{}, k.d.Recovery.Names...), k.d.Enrolment.Names...)
		k.known(path+".given.procedure", g.Procedure, known, "recovery or enrolment", "procedure")
	}
	if g.Auth != nil && g.Auth.Fallback != "" {
		k.known(path+".given.auth.fallback", g.Auth.Fallback, k.d.Fallbacks.Names, "fallbacks", "fallback")
	}
	if g.Cred == nil {
		return
	}
	if g.Cred.Provider != "" {
		k.known(path+".given.cred.provider", g.Cred.Provider, k.d.Providers.Names, "providers", "provider")
	}
	if name, ok := g.Cred.Anchor.Pinned(); ok {
		k.known(path+".given.cred.anchor", name, k.d.Roots.Names, "roots", "root")
	}
}

func (k *compiling) segmentNames() (out []string) {
	for _, s := range k.d.Segments {
		out = append(out, s.Name)
	}
	return out
}
