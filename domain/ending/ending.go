// Package ending says what must end together: with a session the permissions
// that applications drew from it, with a passkey the sessions that it opened,
// with a person everything. It refuses to leave something alive because the
// caller forgot it.
package ending

import (
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/session"
)

// Held is what a person holds that can end: read in the transaction that ends it.
type Held struct {
	Sessions []session.Record
	Grants   []grant.Grant
}

// Session ends one session, and the grants that rest on it.
func (h Held) Session(id holdfast.SessionID, why string, now time.Time) []audit.Event {
	return h.sessions(why, now, func(s session.Record) bool { return s.ID == id })
}

// Credential ends the sessions that a passkey opened or last confirmed.
func (h Held) Credential(id holdfast.CredentialID, why string, now time.Time) []audit.Event {
	return h.sessions(why, now, func(s session.Record) bool { return s.Credential == id })
}

// Hardware ends the sessions that say of a passkey that its key is in hardware.
func (h Held) Hardware(id holdfast.CredentialID, why string, now time.Time) []audit.Event {
	return h.sessions(why, now, func(s session.Record) bool {
		return s.Credential == id && (s.AAL >= holdfast.AAL3 || slices.Contains(s.ACR, assurance.HardwareProtected))
	})
}

// Everything ends all sessions, and all grants, also those whose session is
// over.
func (h Held) Everything(why string, now time.Time) []audit.Event {
	events := h.sessions(why, now, func(session.Record) bool { return true })
	rest := slices.DeleteFunc(slices.Clone(h.Grants), func(g grant.Grant) bool {
		return slices.ContainsFunc(h.Sessions, func(s session.Record) bool { return s.ID == g.Session && s.Ended.IsZero() })
	})
	return append(events, grant.EndAll(rest, grant.EndedPerson, now)...)
}

func (h Held) sessions(why string, now time.Time, match func(session.Record) bool) []audit.Event {
	var events []audit.Event
	for _, s := range h.Sessions {
		if !match(s) || !s.Ended.IsZero() {
			continue
		}
		_, ended := session.End(s, why, now)
		events = append(events, ended...)
		theirs := slices.DeleteFunc(slices.Clone(h.Grants), func(g grant.Grant) bool { return g.Session != s.ID })
		events = append(events, grant.EndAll(theirs, grant.EndedSession, now)...)
	}
	return events
}
