// Package authority says who may do what in Holdfast itself: each power has a
// name, a role is a set of powers, and an API token holds a part of what its
// owner holds at the moment of use. It refuses every way to raise oneself:
// nobody gives what they do not hold, and people who hold a role are touched
// only by those who may give roles.
package authority

import (
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/person"
)

// Scope is one power: a thing and what may be done to it.
type Scope string

const (
	PeopleRead       Scope = "people:read"
	PeopleWrite      Scope = "people:write" // add, describe, suspend, reinstate
	PeopleErase      Scope = "people:erase"
	GroupsRead       Scope = "groups:read"
	GroupsWrite      Scope = "groups:write" // make, name, remove groups; who is in them
	InvitationsRead  Scope = "invitations:read"
	InvitationsWrite Scope = "invitations:write"
	CredentialsRead  Scope = "credentials:read"
	CredentialsWrite Scope = "credentials:write" // suspend, reinstate
	// CredentialsRemove is apart: who removes the last passkey and then makes an
	// invitation takes an account over.
	CredentialsRemove Scope = "credentials:remove"
	SessionsRead      Scope = "sessions:read"
	SessionsWrite     Scope = "sessions:write" // end
	AppsRead          Scope = "apps:read"
	AppsWrite         Scope = "apps:write"
	AuditRead         Scope = "audit:read"
	TokensRead        Scope = "tokens:read"
	TokensWrite       Scope = "tokens:write"
	RolesWrite        Scope = "roles:write"
	SettingsRead      Scope = "settings:read"
	SettingsWrite     Scope = "settings:write"
	KeysWrite         Scope = "keys:write"  // roll the signing keys over
	PolicyRead        Scope = "policy:read" // the policy, metadata, providers, decisions, findings
	PolicyWrite       Scope = "policy:write"
	// PolicyApprove is apart: who writes a policy never approves it.
	PolicyApprove Scope = "policy:approve"
	DevicesRead   Scope = "devices:read"
	DevicesWrite  Scope = "devices:write" // report a device's posture
	// ExposureRead is apart: it reads as a map of how everybody can be attacked.
	ExposureRead      Scope = "exposure:read"
	SurroundingsRead  Scope = "surroundings:read"
	SurroundingsWrite Scope = "surroundings:write" // declare what is around Holdfast
)

// All lists every scope, in the order in which they are shown.
func All() []Scope {
	return []Scope{PeopleRead, PeopleWrite, PeopleErase, GroupsRead, GroupsWrite, InvitationsRead, InvitationsWrite,
		CredentialsRead, CredentialsWrite, CredentialsRemove, SessionsRead, SessionsWrite, AppsRead, AppsWrite, AuditRead,
		TokensRead, TokensWrite, RolesWrite, SettingsRead, SettingsWrite, KeysWrite,
		PolicyRead, PolicyWrite, PolicyApprove, DevicesRead, DevicesWrite,
		ExposureRead, SurroundingsRead, SurroundingsWrite}
}

// Reads says whether s changes nothing.
func (s Scope) Reads() bool { return strings.HasSuffix(string(s), ":read") }

// A Set is what somebody holds. The zero Set holds nothing.
type Set struct{ scopes []Scope }

// Of makes a Set.
func Of(scopes ...Scope) Set { return Set{scopes} }

// Everything is what the host's administrator and Holdfast itself hold.
func Everything() Set { return Set{All()} }

// Has says whether s is held.
func (h Set) Has(s Scope) bool { return slices.Contains(h.scopes, s) }

// Covers says whether all of other is held.
func (h Set) Covers(other Set) bool {
	return !slices.ContainsFunc(other.scopes, func(s Scope) bool { return !h.Has(s) })
}

// Both is what is in h and in other.
func (h Set) Both(other Set) Set {
	return Set{slices.DeleteFunc(slices.Clone(h.scopes), func(s Scope) bool { return !other.Has(s) })}
}

// Empty says whether nothing is held.
func (h Set) Empty() bool { return len(h.scopes) == 0 }

// Scopes lists what is held.
func (h Set) Scopes() []Scope { return slices.Clone(h.scopes) }

// Strings lists what is held, as text.
func (h Set) Strings() []string {
	out := make([]string, len(h.scopes))
	for i, s := range h.scopes {
		out[i] = string(s)
	}
	return out
}

// OfRole is what a role holds.
func OfRole(r person.Role) Set {
	switch r {
	case person.Administrator:
		return Everything()
	case person.HelpDesk:
		return Of(PeopleRead, GroupsRead, InvitationsRead, InvitationsWrite,
			CredentialsRead, CredentialsWrite, SessionsRead, SessionsWrite, PolicyRead, DevicesRead)
	case person.Auditor:
		var reads []Scope
		for _, s := range All() {
			if s.Reads() {
				reads = append(reads, s)
			}
		}
		return Set{reads}
	}
	return Set{}
}

// OfPerson is what p holds at now: nothing once they may not sign in, or their
// role is over.
func OfPerson(p person.Record, now time.Time) Set {
	if !p.MaySignIn(now) {
		return Set{}
	}
	return OfRole(p.RoleAt(now))
}

// Parse reads names of scopes.
func Parse(names []string) (Set, error) {
	var h Set
	for _, n := range names {
		s := Scope(n)
		if !slices.Contains(All(), s) {
			return Set{}, holdfast.Errorf(holdfast.Invalid, "scope_unknown",
				"There is no scope %q. The scopes are: %s.", n, strings.Join(Everything().Strings(), ", "))
		}
		if !h.Has(s) {
			h.scopes = append(h.scopes, s)
		}
	}
	return h, nil
}

// Need says that scope is missing.
func Need(s Scope) error {
	return holdfast.Errorf(holdfast.Denied, "scope_missing",
		"This needs the scope %s, which you do not hold. Ask an administrator.", s)
}

// Over says whether who holds h may act on p: people who hold a role are
// touched only by those who may give roles, so that a help desk cannot take an
// administrator's account over.
func (h Set) Over(p person.Record, now time.Time) error {
	if p.RoleAt(now) == person.Member || h.Has(RolesWrite) {
		return nil
	}
	return holdfast.Errorf(holdfast.Denied, "role_holder",
		"%s holds a role in Holdfast. Only an administrator can change their account.", p.Name)
}

// MayGive says whether who holds h may give what is in given.
func (h Set) MayGive(given Set) error {
	for _, s := range given.scopes {
		if !h.Has(s) {
			return holdfast.Errorf(holdfast.Denied, "scope_not_yours", "You cannot give the scope %s: you do not hold it.", s)
		}
	}
	return nil
}
