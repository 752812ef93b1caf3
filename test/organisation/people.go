package organisation

import (
	"fmt"
	"math/rand/v2"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// Models of passkeys, as their AAGUIDs say.
const (
	apple         = "dd4ec289-e01d-41c9-bb89-70fa845d4bf2"
	google        = "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"
	applePersonal = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
	manager       = "bada5566-a7aa-401f-bd96-45619a55120d" // a password manager that the policy does not know
	key           = "b4d6e000-0000-4000-8000-000000000002"
	unsaid        = "00000000-0000-0000-0000-000000000000"
)

// Held is the i-th person.
func (o *Organisation) Held(i int) rules.Held {
	r := o.rand("held", i)
	var h rules.Held
	p := &h.Person
	*p = person.Record{ID: o.ID(i), Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("p%d@example.org", i), Status: person.Active,
		Employment: person.Employee, Created: Now.AddDate(-r.IntN(10), -r.IntN(12), 0)}
	switch o.kindOf(i) {
	case administrator:
		o.administrator(&h, i, r)
	case helper:
		p.Role = person.HelpDesk
		h.Groups = []string{"all-staff", "service-desk"}
		o.add(&h, i, 0, keyOf(r))
	case officer:
		h.Groups = []string{"all-staff", "recovery-officers"}
		o.add(&h, i, 0, keyOf(r))
		o.add(&h, i, 1, keyOf(r))
	case auditor:
		p.Role, p.RoleEnds = person.Auditor, Now.AddDate(0, 1+r.IntN(6), 0)
		o.add(&h, i, 0, keyOf(r))
	case lead:
		h.Groups = o.drawGroups(r)
		o.add(&h, i, 0, passkeyOf(r))
	default:
		o.oneOfMany(&h, i, r)
	}
	return h
}

func (o *Organisation) administrator(h *rules.Held, i int, r *rand.Rand) {
	h.Person.Role = person.Administrator
	h.Groups = []string{"all-staff", "platform-admins"}
	o.add(h, i, 0, keyOf(r))
	o.add(h, i, 1, keyOf(r))
	if i%2 == 0 {
		h.Tokens = append(h.Tokens, apitoken.Record{ID: holdfast.APITokenID("tok_" + o.word("token", i)), Name: "directory sync", Owner: h.Person.ID,
			Scopes: []string{string(authority.PeopleRead), string(authority.PeopleWrite), string(authority.InvitationsWrite)}, Created: Now.AddDate(0, -1, 0), Expires: Now.AddDate(0, 2, 0)})
	}
}

// oneOfMany: 82 of 100 are employees, 13 contractors, 5 guests.
func (o *Organisation) oneOfMany(h *rules.Held, i int, r *rand.Rand) {
	p := &h.Person
	h.Groups = o.drawGroups(r)
	switch n := r.IntN(100); {
	case n < 13:
		p.Employment, p.Manager, p.Ends = person.Contractor, o.ID(o.leadNumber(r)), day(30+r.IntN(330))
		if r.IntN(20) == 0 {
			p.Ends = day(-1 - r.IntN(90))
		}
	case n < 18:
		p.Employment, p.Ends = person.Guest, day(1+r.IntN(90))
	case r.IntN(4) == 0:
		p.Manager = o.ID(o.leadNumber(r))
	}
	switch r.IntN(100) {
	case 0, 1: // has not come yet
		p.Status = person.Invited
		h.Tickets = append(h.Tickets, ticket.Record{ID: holdfast.TicketID("tic_" + o.word("ticket", i)), Kind: ticket.Invitation, Person: p.ID, By: "person:" + string(o.ID(0)),
			Created: Now.AddDate(0, 0, -1), Expires: Now.Add(time.Duration(1+r.IntN(6*24)) * time.Hour)})
		return
	case 2:
		p.Status = person.Suspended
	case 3: // still has nothing but a password
		return
	case 4: // has left, says the directory; the account here is open
		h.Surroundings = append(h.Surroundings, o.declared(i, 9, surroundings.Record{Kind: surroundings.Departure, Name: "left", From: day(-1 - r.IntN(20))}))
	}
	o.add(h, i, 0, passkeyOf(r))
	if r.IntN(10) < 3 {
		o.add(h, i, 1, passkeyOf(r))
	}
	o.around(h, i, r)
}

// around is what is declared of somebody's world: one in six has said something.
func (o *Organisation) around(h *rules.Held, i int, r *rand.Rand) {
	switch r.IntN(24) {
	case 0, 1:
		h.Surroundings = append(h.Surroundings, o.declared(i, 0, surroundings.Record{Kind: surroundings.SyncAccount, Name: "account", Provider: "apple-managed", Primary: true,
			SignIn: []string{"password+code"}, Recovery: []string{"desk"}, Said: true, Devices: []string{"phone"}}))
	case 2:
		h.Surroundings = append(h.Surroundings, o.declared(i, 1, surroundings.Record{Kind: surroundings.Mailbox, Name: "p@example.org", SignIn: []string{"password+totp"},
			Recovery: []string{"sms"}, Said: true}))
	case 3:
		h.Surroundings = append(h.Surroundings, o.declared(i, 2, surroundings.Record{Kind: surroundings.Phone, Name: "+47", Said: true}))
	}
}

func (o *Organisation) declared(i, n int, s surroundings.Record) surroundings.Record {
	s.ID = holdfast.SurroundingID(fmt.Sprintf("sur_%s%d", o.word("surrounding", i), n))
	s.Name = fmt.Sprintf("%s %d", s.Name, i)
	if s.Kind == surroundings.Mailbox {
		s.Name = fmt.Sprintf("p%d@example.org", i)
	}
	s.Person, s.Status, s.Source, s.ReviewBy, s.Declared = o.ID(i), surroundings.Declared, "made up", Now.AddDate(0, 11, 0), Now.AddDate(0, -1, 0)
	return s
}

// day is so many days from now.
func day(n int) time.Time { return Now.Truncate(24*time.Hour).AddDate(0, 0, n) }

// model is what a passkey is.
type model struct {
	aaguid  string
	synced  bool
	proven  bool // its attestation says that it is hardware
	managed bool // it was made on a device of the organisation
}

// keyOf: hardware keys of those who have power; one in fifty is not proven.
func keyOf(r *rand.Rand) model {
	return model{aaguid: key, proven: r.IntN(50) > 0}
}

// passkeyOf: what the many have.
func passkeyOf(r *rand.Rand) model {
	switch n := r.IntN(100); {
	case n < 38:
		return model{aaguid: apple, synced: true, managed: r.IntN(2) == 0}
	case n < 68:
		return model{aaguid: google, synced: true, managed: r.IntN(3) == 0}
	case n < 76:
		return model{aaguid: applePersonal, synced: true}
	case n < 82:
		return model{aaguid: manager, synced: true}
	case n < 86:
		return model{aaguid: unsaid, synced: r.IntN(2) == 0}
	}
	return model{aaguid: key, proven: true}
}
