package lint

import (
	"fmt"
	"slices"
	"time"

	"holdfast/domain/policy"
)

// longestFallback is how far ahead a fallback may be retired: within a year
// somebody looks at it again.
const longestFallback = 365 * 24 * time.Hour

// fallbacks is L-06: a thief takes the weakest door that is open, so none is
// weaker than the floor, and the weak ones close on a day that is known.
func (r *run) fallbacks() {
	floor := r.d.Metadata.Floor
	r.segments(func(path string, s *policy.Segment) {
		if r.d.Has(path+".required") && s.Required.AAL < floor.AAL {
			r.fail(path+".required.aal", fmt.Sprintf("write aal: %d", floor.AAL), "segment %s asks for level %d; the floor is %d", s.Name, s.Required.AAL, floor.AAL)
		}
		if r.d.Has(path+".required") && floor.Phr && !s.Required.Phr {
			r.fail(path+".required.phr", "write phr: true", "segment %s lets people sign in by what can be phished; the floor does not", s.Name)
		}
		for i, name := range s.Fallbacks {
			if f, ok := r.d.Fallbacks.Get(name); ok {
				r.fallbackOf(fmt.Sprintf("%s.fallbacks[%d]", path, i), s, f)
			}
		}
	})
	for _, name := range r.d.Fallbacks.Names {
		r.fallbackEnds("fallbacks."+name, r.d.Fallbacks.Of[name])
	}
}

// fallbackOf: no level below what is asked for, and nothing that can be phished
// but as an exception that ends, belongs to somebody, and leads to a passkey.
func (r *run) fallbackOf(path string, s *policy.Segment, f *policy.Fallback) {
	want := max(s.Required.AAL, r.d.Metadata.Floor.AAL)
	if level := fallbackLevel(f.Kind); level < want {
		r.fail(path, "take it out", "fallback %s is worth level %d; segment %s asks for %d", f.Name, level, s.Name, want)
	}
	if (s.Required.Phr || r.d.Metadata.Floor.Phr) && !(f.NoDowngrade && f.Session.Capability == "enrol-first") {
		r.fail(path, "write no_downgrade: true and session: {capability: enrol-first} in it",
			"fallback %s can be phished; segment %s allows that only to somebody without a passkey, to make one", f.Name, s.Name)
	}
}

// fallbackLevel counts factors: SP 800-63B-4 §2.2.1. An e-mail is no factor
// (§3.1.3.1).
func fallbackLevel(k policy.FallbackKind) policy.AAL {
	switch k {
	case "totp+password", "sms+password", "push+password":
		return 2
	case "password", "saved-code":
		return 1
	}
	return 0
}

func (r *run) fallbackEnds(path string, f *policy.Fallback) {
	if f.Owner == "" {
		r.fail(path, "write owner: group:NAME", "nobody owns fallback %s", f.Name)
	}
	switch {
	case f.Retire.IsZero():
		r.fail(path, "write retire: and a day within a year", "fallback %s has no end", f.Name)
	case f.Retire.Over(r.at):
		r.fail(path+".retire", "take the fallback out, or write a later day and say why", "fallback %s ended on %s", f.Name, f.Retire)
	case f.Retire.Start().Sub(r.at) > longestFallback:
		r.fail(path+".retire", "write a day within a year", "fallback %s ends on %s, more than 365 days from %s", f.Name, f.Retire, r.at.Format(time.DateOnly))
	}
}

// providers is L-12: what a synced key is worth rests on its provider, so one
// about whom nobody has said, or not lately, is worth nothing.
func (r *run) providers() {
	allowed := map[string]bool{}
	r.segments(func(_ string, s *policy.Segment) {
		for _, name := range s.Allow {
			allowed[name] = true
		}
	})
	for _, name := range r.d.Authenticators.Names {
		if !allowed[name] {
			continue
		}
		for i, provider := range r.d.Authenticators.Of[name].Providers {
			if e, ok := r.d.Providers.Get(provider); ok {
				r.providerOf(fmt.Sprintf("authenticators.%s.providers[%d]", name, i), name, e)
			}
		}
	}
}

func (r *run) providerOf(path, class string, e *policy.ProviderEntry) {
	profile := policy.Profile(r.d, e)
	switch lacks := profile.Lacks(); {
	case e.Status == "assumed":
		r.fail(path, "find out and write status: observed or declared, or take it out", "class %s takes keys of %s, about whom everything is assumed", class, e.Name)
	case len(lacks) > 0:
		r.fail(path, "write it in providers."+e.Name+", or take the provider out", "class %s takes keys of %s, of whom it is not said: %s", class, e.Name, list(lacks))
	case e.ReviewBy.IsZero():
		r.fail(path, "write review_by: and a day", "class %s takes keys of %s, whose profile nobody looks at again", class, e.Name)
	case e.ReviewBy.Over(r.at):
		r.fail(path, "look at the provider again and write a later review_by", "class %s takes keys of %s, whose profile was to be looked at by %s", class, e.Name, e.ReviewBy)
	}
}

// trust is L-13 on the file: an attestation proves nothing where nobody is
// trusted to vouch for it.
func (r *run) trust() {
	for _, name := range r.d.Authenticators.Names {
		c := r.d.Authenticators.Of[name]
		path := "authenticators." + name + ".attestation"
		switch {
		case !c.Attestation.Required:
		case len(c.Attestation.Trust) == 0:
			r.fail(path, "write trust: [mds], or [pinned:NAME] of roots", "class %s asks for an attestation and trusts nobody to vouch for one", name)
		case !slices.Contains(c.Attestation.Trust, "mds"):
			r.anchored(path, c)
		}
	}
}

// anchored: without the metadata only the pinned roots vouch, each for the
// models that it names.
func (r *run) anchored(path string, c *policy.Class) {
	vouched := map[policy.AAGUID]bool{}
	for _, t := range c.Attestation.Trust {
		name, _ := t.Pinned()
		root, ok := r.d.Roots.Get(name)
		if !ok || len(root.AAGUIDs) == 0 {
			return // any model
		}
		for _, a := range r.d.AAGUIDsOf(root.AAGUIDs) {
			vouched[a] = true
		}
	}
	for _, a := range r.d.AAGUIDsOf(c.AAGUIDs.Allow) {
		if !vouched[a] {
			r.fail(path+".trust", "add the root that vouches for it, or take the model out", "class %s allows model %s, for which none of its roots vouches", c.Name, a)
		}
	}
}
