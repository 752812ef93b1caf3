// Package provider is about those who keep and sync passkeys for people:
// how keys are stored there, who can reach them, how an account is recovered,
// and since when that is known. A profile that is over or incomplete counts as
// unknown, and unknown is the worst case.
//
// Package provider refuses to believe that a passkey is a provider's because
// its AAGUID says so: domain/evidence says how that is known.
package provider

import (
	"strings"
	"time"
)

// Status is how a profile is known.
type Status string

const (
	Observed Status = "observed" // we run it, or have seen it
	Declared Status = "declared" // the provider or a contract says so
	Assumed  Status = "assumed"  // nobody has said so: worth nothing
)

// Profile is what is known of one provider.
type Profile struct {
	Name       string    `json:"name"`
	Kind       string    `json:"kind"` // own, os, browser, manager
	AAGUIDs    []string  `json:"aaguids,omitempty"`
	Storage    string    `json:"storage,omitempty"`
	Encryption string    `json:"encryption,omitempty"` // user-secret-256, provider-key, unknown
	Access     string    `json:"access,omitempty"`     // how one signs in there: aal1, aal2, aal2-phr
	Recovery   []string  `json:"recovery,omitempty"`   // each way back in; "unknown" is one
	Sharing    string    `json:"sharing,omitempty"`    // off, family, team, anyone
	Managed    bool      `json:"managed"`              // the account there is the organisation's
	Status     Status    `json:"status"`
	Source     string    `json:"source,omitempty"` // where it says so
	ReviewBy   time.Time `json:"review_by"`
}

// Standing is what a profile is worth at some time.
type Standing string

const (
	Current    Standing = "current"
	Overdue    Standing = "overdue"    // past its review_by
	Incomplete Standing = "incomplete" // something that decides is not said
)

// Standing of p at now.
func (p Profile) Standing(now time.Time) Standing {
	switch {
	case len(p.Lacks()) > 0:
		return Incomplete
	case p.ReviewBy.IsZero() || now.After(p.ReviewBy.AddDate(0, 0, 1)):
		return Overdue
	}
	return Current
}

// Lacks names what a profile must say and does not. Assumed is as good as not
// said.
func (p Profile) Lacks() []string {
	var out []string
	for _, f := range []struct {
		name    string
		missing bool
	}{
		{"status", p.Status != Observed && p.Status != Declared},
		{"access", unsaid(p.Access)},
		{"recovery", len(p.Recovery) == 0 || unsaid(p.Recovery...)},
		{"sharing", unsaid(p.Sharing)},
	} {
		if f.missing {
			out = append(out, f.name)
		}
	}
	return out
}

// unsaid is true where nothing is said, or "unknown".
func unsaid(words ...string) bool {
	for _, w := range words {
		if w == "" || strings.EqualFold(w, "unknown") {
			return true
		}
	}
	return false
}

// Registry finds profiles. The zero Registry knows nobody.
type Registry struct {
	byAAGUID map[string]Profile
	all      []Profile
}

// NewRegistry lists profiles; an AAGUID belongs to the first that names it.
func NewRegistry(profiles ...Profile) Registry {
	r := Registry{byAAGUID: map[string]Profile{}, all: profiles}
	for _, p := range profiles {
		for _, a := range p.AAGUIDs {
			a = strings.ToLower(a)
			if _, ok := r.byAAGUID[a]; !ok {
				r.byAAGUID[a] = p
			}
		}
	}
	return r
}

// ByAAGUID is whose passkeys say a.
func (r Registry) ByAAGUID(a string) (Profile, bool) {
	p, ok := r.byAAGUID[a]
	return p, ok
}

// Named is the profile of that name.
func (r Registry) Named(name string) (Profile, bool) {
	for _, p := range r.all {
		if p.Name == name {
			return p, true
		}
	}
	return Profile{}, false
}

// All lists the profiles.
func (r Registry) All() []Profile { return r.all }
