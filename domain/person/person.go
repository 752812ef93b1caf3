// Package person is about people, the groups they are in, how they are
// employed and what becomes of them: invited, active, suspended, erased. It
// refuses to know how they sign in: that is credential and session.
package person

import (
	"crypto/rand"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
)

// Status is where a person stands.
type Status string

const (
	Invited   Status = "invited"   // known, has no credential yet
	Active    Status = "active"    // may sign in
	Suspended Status = "suspended" // may not, until somebody says otherwise
	Erased    Status = "erased"    // what was personal is gone; never comes back
)

// Role is what a person may do in Holdfast itself.
type Role string

const (
	Member        Role = ""
	Administrator Role = "administrator"
	HelpDesk      Role = "helpdesk" // helps members: links, passkeys, sessions
	Auditor       Role = "auditor"  // reads everything, for a limited time
)

// Employment is how a person belongs to the organisation.
type Employment string

const (
	Employee   Employment = "employee"
	Contractor Employment = "contractor"
	Guest      Employment = "guest"
)

// Record is a person.
type Record struct {
	ID         holdfast.PersonID
	Name       string // personal
	Email      string // personal; lower case; what is typed at the door
	Handle     []byte // WebAuthn user handle: 32 random bytes, says nothing of the person (L3 §14.6.1)
	Status     Status
	Role       Role
	Employment Employment
	Ends       time.Time // employment ends; zero: open
	Created    time.Time
	RoleEnds   time.Time         // the role is over; zero: open
	Manager    holdfast.PersonID // whom to ask about them; may be empty
	ExternalID string            // personal; what the directory that provisions them calls them

	SuspendedBy Suspender // of a suspended person; empty: suspended by an older version
}

// Suspender is whose a suspension is: who may end it.
type Suspender string

const (
	// ByAdministrator: by somebody, for a reason that a directory does not know.
	ByAdministrator Suspender = "administrator"
	// ByDirectory: it said that the person is not active.
	ByDirectory Suspender = "directory"
)

func (*Record) Table() string { return "person" }

func (p *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &p.ID)
	audit.StringColumn(c, "name", &p.Name).AsPersonal()
	audit.StringColumn(c, "email", &p.Email).AsPersonal()
	c.Bytes("handle", &p.Handle)
	audit.StringColumn(c, "status", &p.Status)
	audit.StringColumn(c, "role", &p.Role)
	audit.StringColumn(c, "employment", &p.Employment)
	c.Time("ends", &p.Ends)
	c.Time("created", &p.Created)
	c.Time("role_ends", &p.RoleEnds)
	audit.StringColumn(c, "manager", &p.Manager)
	audit.StringColumn(c, "external_id", &p.ExternalID).AsPersonal()
	audit.StringColumn(c, "suspended_by", &p.SuspendedBy)
}

// MaySignIn says whether p may have a session at now.
func (p Record) MaySignIn(now time.Time) bool {
	return p.Status == Active && !p.Ended(now)
}

// RoleAt is p's role at now.
func (p Record) RoleAt(now time.Time) Role {
	if !p.RoleEnds.IsZero() && !now.Before(p.RoleEnds) {
		return Member
	}
	return p.Role
}

// Ended says whether p's employment is over at now.
func (p Record) Ended(now time.Time) bool { return !p.Ends.IsZero() && !now.Before(p.Ends) }

// New is somebody of whom only name and e-mail address are known.
type New struct {
	Name       string
	Email      string
	Employment Employment // empty: Employee
	Ends       time.Time
	Manager    holdfast.PersonID
	ExternalID string
}

// Told is what is known of p, as Describe takes it.
func (p Record) Told() New {
	return New{Name: p.Name, Email: p.Email, Employment: p.Employment, Ends: p.Ends, Manager: p.Manager, ExternalID: p.ExternalID}
}

// Add makes the person that n describes. That the address is free is the
// caller's to check, in the same transaction.
func Add(n New, now time.Time) (Record, []audit.Event, error) {
	p := Record{ID: holdfast.NewPersonID(), Handle: make([]byte, 32), Status: Invited, Created: now}
	rand.Read(p.Handle)
	if err := p.describe(n); err != nil {
		return Record{}, nil, err
	}
	return p, p.event("person.added"), nil
}

// Founder is the first administrator, whose id and user handle the
// authenticator was told before anything was stored.
func Founder(id holdfast.PersonID, handle []byte, n New, now time.Time) (Record, []audit.Event, error) {
	p := Record{ID: id, Handle: handle, Status: Active, Role: Administrator, Created: now}
	if err := p.describe(n); err != nil {
		return Record{}, nil, err
	}
	return p, p.event("person.added"), nil
}

// Describe changes name, address and employment.
func Describe(p Record, n New) (Record, []audit.Event, error) {
	if p.Status == Erased {
		return p, nil, errErased
	}
	was := p
	if err := p.describe(n); err != nil {
		return p, nil, err
	}
	events := p.event("person.described")
	if !was.Ends.IsZero() && (p.Ends.IsZero() || p.Ends.After(was.Ends)) {
		events[0] = events[0].With("prolonged", "yes") // it may let somebody back in
	}
	if was.Email != p.Email {
		events[0] = events[0].With("address", "changed") // where their links are sent
	}
	return p, events, nil
}

func (p *Record) describe(n New) error {
	name, err := Name(n.Name)
	if err != nil {
		return err
	}
	email, err := Email(n.Email)
	if err != nil {
		return err
	}
	if n.Employment == "" {
		n.Employment = Employee
	}
	if n.Employment != Employee && n.Employment != Contractor && n.Employment != Guest {
		return holdfast.Errorf(holdfast.Invalid, "employment", "Employment is employee, contractor or guest, not %q.", n.Employment)
	}
	if err := checkExternalID(n.ExternalID); err != nil {
		return err
	}
	if n.Manager == p.ID && n.Manager != "" {
		return holdfast.Errorf(holdfast.Invalid, "manager", "Nobody is their own manager. Name another person.")
	}
	p.Name, p.Email, p.Employment, p.Ends = name, email, n.Employment, n.Ends
	p.Manager, p.ExternalID = n.Manager, n.ExternalID
	return nil
}

const maxExternalID = 200 // characters: directories use numbers, UUIDs and distinguished names

func checkExternalID(s string) error {
	if len(s) > maxExternalID || !utf8.ValidString(s) || strings.ContainsFunc(s, Deceives) {
		return holdfast.Errorf(holdfast.Invalid, "external_id", "An external id has at most %d printable characters.", maxExternalID)
	}
	return nil
}

// Life is what can become of a person.
var Life = lifecycle.Of("a person",
	lifecycle.Step(Status(""), "person.added", Invited, "Known by name and address; has no passkey."),
	lifecycle.Step(Invited, "person.activated", Active, "The first passkey was made."),
	lifecycle.Step(Invited, "person.suspended", Suspended, "Open invitations end."),
	lifecycle.Step(Active, "person.without_passkey", Invited, "An administrator removed the last passkey; a new invitation can be made."),
	lifecycle.Step(Active, "person.suspended", Suspended, "Sessions, grants and invitations end at once."),
	lifecycle.Step(Suspended, "person.held", Suspended, "An administrator's suspension takes the place of the directory's, which cannot end it any more."),
	lifecycle.Step(Suspended, "person.reinstated", Active, "May sign in again; somebody who never had a passkey is invited again."),
	lifecycle.Step(Invited, "person.erased", Erased, "What was personal is gone."),
	lifecycle.Step(Active, "person.erased", Erased, "Likewise; everything ends."),
	lifecycle.Step(Suspended, "person.erased", Erased, "Likewise."),
)

func (p Record) move(event audit.Type) (Record, error) {
	to, ok := Life.Next(p.Status, event)
	if !ok {
		return p, holdfast.Errorf(holdfast.Conflict, "person_"+string(p.Status), "This person is %s: that cannot be done.", p.Status)
	}
	p.Status = to
	return p, nil
}

// Activate is what the first credential does to an invited person.
func Activate(p Record) (Record, []audit.Event, error) {
	p, err := p.move("person.activated")
	if err != nil {
		return p, nil, err
	}
	return p, p.event("person.activated"), nil
}

// LosePasskeys is what the removal of the last passkey does to an active
// person: they can be invited again.
func LosePasskeys(p Record) (Record, []audit.Event, error) {
	p, err := p.move("person.without_passkey")
	if err != nil {
		return p, nil, err
	}
	return p, p.event("person.without_passkey"), nil
}

// Suspend stops p from signing in, until an administrator says otherwise: also
// where a directory has suspended p. The caller ends p's sessions and grants in
// the same transaction.
func Suspend(p Record, reason string) (Record, []audit.Event, error) {
	event := audit.Type("person.suspended")
	if p.Status == Suspended && p.SuspendedBy == ByDirectory {
		event = "person.held"
	}
	return p.suspend(event, ByAdministrator, reason)
}

// Deactivate is Suspend by a directory, which can take it back.
func Deactivate(p Record) (Record, []audit.Event, error) {
	return p.suspend("person.suspended", ByDirectory, "")
}

func (p Record) suspend(event audit.Type, by Suspender, reason string) (Record, []audit.Event, error) {
	p, err := p.move(event)
	if err != nil {
		return p, nil, err
	}
	p.SuspendedBy = by
	return p, withReason(p.event(event), reason), nil
}

// Reinstate ends a suspension. hasCredential says whether p has any: without
// one p is invited again.
func Reinstate(p Record, hasCredential bool) (Record, []audit.Event, error) {
	p, err := p.move("person.reinstated")
	if err != nil {
		return p, nil, err
	}
	p.SuspendedBy = ""
	if !hasCredential {
		p.Status = Invited
	}
	return p, p.event("person.reinstated"), nil
}

// AuditorLifeMax bounds how long an auditor may look: an audit has an end.
const AuditorLifeMax = 366 * 24 * time.Hour

// SetRole gives p a role until ends, or takes it. The caller sees to it that an
// administrator remains.
func SetRole(p Record, r Role, ends, now time.Time) (Record, []audit.Event, error) {
	switch r {
	case Member, Administrator:
		if !ends.IsZero() {
			return p, nil, holdfast.Errorf(holdfast.Invalid, "role_ends", "An administrator's role has no end: take it when it is over.")
		}
	case HelpDesk:
	case Auditor:
		if ends.IsZero() || ends.After(now.Add(AuditorLifeMax)) {
			return p, nil, holdfast.Errorf(holdfast.Invalid, "role_ends", "Say when the auditor's role ends, within a year.")
		}
	default:
		return p, nil, holdfast.Errorf(holdfast.Invalid, "role", "There is no role %q: say administrator, helpdesk, auditor, or nothing.", r)
	}
	switch {
	case p.Status == Erased:
		return p, nil, errErased
	case !ends.IsZero() && !now.Before(ends):
		return p, nil, holdfast.Errorf(holdfast.Invalid, "role_ends", "The end of the role is in the past.")
	case p.Role == r && p.RoleEnds.Equal(ends):
		return p, nil, nil
	}
	p.Role, p.RoleEnds = r, ends
	return p, []audit.Event{p.event("person.role_changed")[0].With("role", string(r))}, nil
}

// Erase forgets who p was. The id stays, so that the log still reads; the
// caller removes the openings and ends everything that p had.
func Erase(p Record) (Record, []audit.Event, error) {
	p, err := p.move("person.erased")
	if err != nil {
		return p, nil, err
	}
	p.Name, p.Email, p.ExternalID, p.Role, p.RoleEnds, p.Manager = "", "", "", Member, time.Time{}, ""
	return p, p.event("person.erased"), nil
}

var errErased = holdfast.Errorf(holdfast.Conflict, "person_erased", "This person was erased. Add them anew.")

func (p Record) event(t audit.Type) []audit.Event {
	return []audit.Event{audit.New(t, string(p.ID), p.ID, audit.Set(&p))}
}

func withReason(events []audit.Event, reason string) []audit.Event {
	if reason == "" {
		return events
	}
	return []audit.Event{events[0].With("reason", reason)}
}

// Name checks and trims the name of a person or a group.
func Name(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > 120 || !utf8.ValidString(s) || strings.ContainsFunc(s, Deceives) {
		return "", holdfast.Errorf(holdfast.Invalid, "name", "A name has 1 to 120 printable characters.")
	}
	return s, nil
}

// Deceives says whether r has no place in a name: it cannot be seen, or it
// turns the text around it so that it reads as another (bidirectional controls).
func Deceives(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r)
}

// Email checks an address and lowers its case: addresses that differ in case
// alone are one person here, since two such people would be a trap.
func Email(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || strings.ContainsAny(s, "\"\r\n\t ") {
		return "", holdfast.Errorf(holdfast.Invalid, "email", "This is no e-mail address: write it as ada@example.org.")
	}
	return s, nil
}
