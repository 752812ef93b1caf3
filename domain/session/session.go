// Package session is about a sign-in over time: what it proved, how long it
// lasts, and what ends it. A session is opaque, stored as a hash, and read
// from the store at each request; package session refuses to keep one in
// memory or to prolong one by a cookie.
package session

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
)

// Record is a session.
type Record struct {
	ID         holdfast.SessionID
	SecretHash string
	Person     holdfast.PersonID
	Credential holdfast.CredentialID // that signed in last
	AAL        holdfast.AAL
	ACR        []string  // true acr values, strongest first
	AMR        []string  // RFC 8176
	AuthTime   time.Time // when the credential was last used for it
	Created    time.Time
	Expires    time.Time // overall limit
	UserAgent  string    // personal
	Address    string    // personal; IP address
	Ended      time.Time
	EndedWhy   string
	Origin     string // at which it was opened and is good; empty: the server's own

	Idle     time.Duration       // the longest silence, by the policy; 0: by its level
	Segment  string              // of the policy, when it was opened
	Decision holdfast.DecisionID // that opened it
	Device   string              // the managed device on which it was opened or last confirmed; see posture

	DeviceVia string // how that device was shown then: cookie, mtls; empty: nobody kept it
}

func (*Record) Table() string { return "session" }

func (s *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &s.ID)
	audit.StringColumn(c, "secret_hash", &s.SecretHash)
	audit.StringColumn(c, "person", &s.Person)
	audit.StringColumn(c, "credential", &s.Credential)
	audit.IntColumn(c, "aal", &s.AAL)
	c.Strings("acr", &s.ACR)
	c.Strings("amr", &s.AMR)
	c.Time("auth_time", &s.AuthTime)
	c.Time("created", &s.Created)
	c.Time("expires", &s.Expires)
	audit.StringColumn(c, "user_agent", &s.UserAgent).AsPersonal()
	audit.StringColumn(c, "address", &s.Address).AsPersonal()
	c.Time("ended", &s.Ended)
	audit.StringColumn(c, "ended_why", &s.EndedWhy)
	audit.StringColumn(c, "origin", &s.Origin)
	audit.IntColumn(c, "idle", &s.Idle)
	audit.StringColumn(c, "segment", &s.Segment)
	audit.StringColumn(c, "decision", &s.Decision)
	audit.StringColumn(c, "device", &s.Device)
	audit.StringColumn(c, "device_via", &s.DeviceVia)
}

// Limits are the longest life and the longest silence of a session at a level:
// NIST SP 800-63B-4 §2.1.3, §2.2.3, §2.3.3.
func Limits(aal holdfast.AAL) (overall, inactivity time.Duration) {
	switch aal {
	case holdfast.AAL3:
		return 12 * time.Hour, 15 * time.Minute
	case holdfast.AAL2:
		return 24 * time.Hour, time.Hour
	case holdfast.AAL1:
		return 30 * 24 * time.Hour, 7 * 24 * time.Hour
	}
	return 0, 0
}

// Fresh is how recent a sign-in must be for what changes an account or the
// organisation: adding or removing a passkey, inviting, administering.
const Fresh = 15 * time.Minute

// SignIn is what a finished sign-in brings to a session.
type SignIn struct {
	Person     holdfast.PersonID
	Credential holdfast.CredentialID
	Assurance  assurance.Assurance
	UserAgent  string
	Address    string
	Origin     string // a related origin; empty: the server's own

	Overall  time.Duration // the policy's limits; 0: those of the level
	Idle     time.Duration
	Segment  string
	Decision holdfast.DecisionID
	Device   string // the managed device that the browser shows; empty: none

	DeviceVia string // how it shows it
}

// Open starts a session and gives its secret, once.
func Open(in SignIn, now time.Time) (Record, string, []audit.Event) {
	s := Record{ID: holdfast.NewSessionID(), Person: in.Person, Created: now}
	secret := s.take(in, now)
	return s, secret, s.event("session.opened")
}

// Renew is a re-authentication: the same session, a new secret (the old one is
// void, so a secret fixed beforehand opens nothing), both limits from now.
func Renew(s Record, in SignIn, now time.Time) (Record, string, []audit.Event, error) {
	if s.Person != in.Person {
		return s, "", nil, holdfast.Errorf(holdfast.Denied, "other_person", "This passkey belongs to somebody else. Sign out first.")
	}
	secret := s.take(in, now)
	return s, secret, s.event("session.renewed"), nil
}

func (s *Record) take(in SignIn, now time.Time) (secret string) {
	secret = holdfast.NewSecret()
	overall, _ := Limits(in.Assurance.AAL)
	s.SecretHash = holdfast.HashSecret(secret)
	s.Credential, s.AAL, s.ACR, s.AMR = in.Credential, in.Assurance.AAL, in.Assurance.ACR, in.Assurance.AMR
	if in.Overall > 0 {
		overall = in.Overall
	}
	s.AuthTime, s.Expires, s.Idle = now, now.Add(overall), in.Idle
	s.Segment, s.Decision, s.Device, s.DeviceVia = in.Segment, in.Decision, in.Device, in.DeviceVia
	s.UserAgent, s.Address, s.Origin = clip(in.UserAgent, 300), clip(in.Address, 64), in.Origin
	return secret
}

// Why a session ended.
const (
	SignedOut         = "signed out"
	EndedByPerson     = "ended by its owner"
	EndedByAdmin      = "ended by an administrator"
	CredentialGone    = "its passkey was removed or suspended"
	PersonGone        = "the account was suspended or erased"
	ReplacedBySignIn  = "replaced by another sign-in in the same browser"
	EverywhereByOwner = "signed out everywhere"
	NotProven         = "what its passkey had proven is not proven any more"
	NotAccepted       = "the policy does not accept its passkey any more"
	TooRisky          = "what was noticed made it too risky"
	DeviceGone        = "its device was removed from the organisation"
)

// End ends s; ending twice is nothing.
func End(s Record, why string, now time.Time) (Record, []audit.Event) {
	if !s.Ended.IsZero() {
		return s, nil
	}
	s.Ended, s.EndedWhy = now, why
	return s, []audit.Event{audit.New("session.ended", string(s.ID), s.Person, audit.Change(&s, "ended", "ended_why")).With("why", why)}
}

// Live says whether s carries anybody at now, given its last activity.
func (s Record) Live(lastSeen, now time.Time) bool {
	_, inactivity := Limits(s.AAL)
	if s.Idle > 0 {
		inactivity = s.Idle
	}
	if lastSeen.Before(s.AuthTime) {
		lastSeen = s.AuthTime
	}
	return s.Ended.IsZero() && now.Before(s.Expires) && now.Before(lastSeen.Add(inactivity))
}

// IsFresh says whether s was authenticated within the last d.
func (s Record) IsFresh(d time.Duration, now time.Time) bool { return now.Before(s.AuthTime.Add(d)) }

// Forget blanks what is personal, for erasure.
func Forget(s Record) (Record, []audit.Event) {
	if s.UserAgent == "" && s.Address == "" {
		return s, nil
	}
	s.UserAgent, s.Address = "", ""
	return s, []audit.Event{audit.New("session.forgotten", string(s.ID), s.Person, audit.Change(&s, "user_agent", "address"))}
}

func (s Record) event(t audit.Type) []audit.Event {
	return []audit.Event{audit.New(t, string(s.ID), s.Person, audit.Set(&s))}
}

// clip keeps what a client says of itself short and fit for any database:
// PostgreSQL refuses a NUL and bytes that are no character.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// An Ending says whose session ended.
type Ending struct {
	Session holdfast.SessionID
	Person  holdfast.PersonID
}
