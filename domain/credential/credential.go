// Package credential is about passkeys as the organisation holds them: what is
// known of each and how it is known, and how its state may change. It refuses
// to verify signatures: it is told what spec/webauthn found.
package credential

import (
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
	"holdfast/domain/person"
)

// Status is where a credential stands.
type Status string

const (
	Active    Status = "active"
	Suspended Status = "suspended" // kept, cannot sign in
	Removed   Status = "removed"   // for good; the row stays, so that its id is never new again
)

// Record is a WebAuthn public key credential.
type Record struct {
	ID          holdfast.CredentialID
	Person      holdfast.PersonID
	PublicKey   []byte // COSE_Key, as the authenticator sent it
	Algorithm   int64  // COSE algorithm
	AAGUID      string // self-reported until an attestation is trusted
	Format      string // attestation statement format
	Attestation string // attest.Kind: verified, self, none, unverified

	Transports    []string
	Discoverable  Claim // credProps.rk: a claim of the client
	PRF           bool  // the client said that PRF is there
	BE, BS        bool
	UVInitialized bool // a response of it had UV
	SignCount     uint32

	Name       string // personal; what its owner calls it
	Status     Status
	Created    time.Time
	LastUsed   time.Time
	Provenance string // by what right it was enrolled: "invitation:tic_…", "session:ses_…", "conditional create:ses_…", "setup:tic_…"

	MadeOn      string // on what: "managed:DEVICE", "personal"; empty: nobody knows
	SuspendedBy string // the task that goes with it; empty: an administrator
}

// What MadeOn begins with, or is.
const (
	OnManaged  = "managed:" // a device of the organisation; its id follows
	OnPersonal = "personal"
)

// Claim is a fact that somebody claims, denies or does not mention.
type Claim string

const (
	Unsaid Claim = ""
	Yes    Claim = "yes"
	No     Claim = "no"
)

// ClaimOf reads an optional boolean.
func ClaimOf(b *bool) Claim {
	switch {
	case b == nil:
		return Unsaid
	case *b:
		return Yes
	}
	return No
}

func (*Record) Table() string { return "credential" }

func (r *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &r.ID)
	audit.StringColumn(c, "person", &r.Person)
	c.Bytes("public_key", &r.PublicKey)
	audit.IntColumn(c, "algorithm", &r.Algorithm)
	audit.StringColumn(c, "aaguid", &r.AAGUID)
	audit.StringColumn(c, "format", &r.Format)
	audit.StringColumn(c, "attestation", &r.Attestation)
	c.Strings("transports", &r.Transports)
	audit.StringColumn(c, "discoverable", &r.Discoverable)
	c.Bool("prf", &r.PRF)
	c.Bool("be", &r.BE)
	c.Bool("bs", &r.BS)
	c.Bool("uv_initialized", &r.UVInitialized)
	c.Uint32("sign_count", &r.SignCount)
	audit.StringColumn(c, "name", &r.Name).AsPersonal()
	audit.StringColumn(c, "status", &r.Status)
	c.Time("created", &r.Created)
	c.Time("last_used", &r.LastUsed)
	audit.StringColumn(c, "provenance", &r.Provenance)
	audit.StringColumn(c, "made_on", &r.MadeOn)
	audit.StringColumn(c, "suspended_by", &r.SuspendedBy)
}

// Registration is what was sent when a credential was made, kept raw so that
// it can be judged again when more is known. It may name the device's owner,
// so all of it is personal. It has a row of its own because it never changes
// and a sign-in should not carry it.
type Registration struct {
	ID                holdfast.CredentialID
	Person            holdfast.PersonID
	AttestationObject []byte
	ClientDataJSON    []byte
	At                time.Time // when it was judged
}

func (*Registration) Table() string { return "registration" }

func (r *Registration) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &r.ID)
	audit.StringColumn(c, "person", &r.Person)
	c.Bytes("attestation_object", &r.AttestationObject).AsPersonal()
	c.Bytes("client_data_json", &r.ClientDataJSON).AsPersonal()
	c.Time("at", &r.At)
}

// Enrol adds a credential that a registration ceremony has verified, with the
// raw registration beside it.
func Enrol(r Record, raw Registration, now time.Time) (Record, []audit.Event, error) {
	name, err := checkName(r.Name)
	if err != nil {
		return Record{}, nil, err
	}
	r.Name, r.Status, r.Created = name, Active, now
	raw.ID, raw.Person, raw.At = r.ID, r.Person, now
	e := audit.New("credential.enrolled", string(r.ID), r.Person, audit.Set(&r), audit.Set(&raw)).
		With("provenance", r.Provenance).With("distribution", string(r.Distribution()))
	return r, []audit.Event{e}, nil
}

// Use is what an assertion told, after it was verified.
type Use struct {
	UV, BE, BS       bool
	SignCount        uint32
	CounterRegressed bool
}

// Observe notes a verified use. A counter that does not grow and a change of
// BE are signals, not refusals (WebAuthn L3 §7.2 steps 19 and 22): each is an
// event of its own, and so is another backup state or the first verified user,
// so that whoever follows the facts need not look at each use.
func Observe(r Record, u Use, now time.Time) (Record, []audit.Event, error) {
	if err := r.MayBeUsed(); err != nil {
		return r, nil, err
	}
	var signals []audit.Event
	if u.CounterRegressed {
		signals = append(signals, audit.New("credential.counter_regressed", string(r.ID), r.Person))
	}
	if u.BE != r.BE {
		signals = append(signals, audit.New("credential.backup_eligibility_changed", string(r.ID), r.Person))
	}
	if u.BS != r.BS || u.UV && !r.UVInitialized {
		signals = append(signals, audit.New("credential.use_changed", string(r.ID), r.Person))
	}
	columns := []string{"bs", "sign_count", "last_used", "uv_initialized"}
	if u.BE != r.BE {
		columns = append(columns, "be") // it is in an index, which a sign-in leaves alone
	}
	// BE never goes back to 0: a response that was verified before another one
	// said BE=1 must not take that from the record.
	r.BE, r.BS, r.SignCount, r.LastUsed = r.BE || u.BE, u.BS, u.SignCount, now
	r.UVInitialized = r.UVInitialized || u.UV
	used := audit.New("credential.used", string(r.ID), r.Person, audit.Change(&r, columns...))
	return r, append([]audit.Event{used}, signals...), nil
}

// MayBeUsed says why r cannot sign anybody in, or nil. Ask it after the
// signature is verified: only the holder may learn that r is suspended.
func (r Record) MayBeUsed() error {
	switch r.Status {
	case Active:
		return nil
	case Suspended:
		return holdfast.Errorf(holdfast.Denied, "credential_suspended",
			"This passkey is suspended. Use another one, or ask your administrator.")
	}
	return ErrUnknown
}

// ErrUnknown is the answer to a credential that is not known or was removed.
// Browsers are told to forget such a one, so nothing else may be answered so.
var ErrUnknown = holdfast.Errorf(holdfast.Denied, "unknown_credential",
	"This passkey is not known here. Use another one, or ask your administrator for help.")

// Rename changes what the owner calls it.
func Rename(r Record, name string) (Record, []audit.Event, error) {
	name, err := checkName(name)
	if err != nil {
		return r, nil, err
	}
	if r.Status == Removed {
		return r, nil, errRemoved
	}
	r.Name = name
	return r, r.changed("credential.renamed", "name"), nil
}

// Life is what can become of a passkey.
var Life = lifecycle.Of("a passkey",
	lifecycle.Step(Status(""), "credential.enrolled", Active, "A registration was verified."),
	lifecycle.Step(Active, "credential.suspended", Suspended, "It is kept and signs nobody in; its sessions end."),
	lifecycle.Step(Suspended, "credential.reinstated", Active, "The suspension ended."),
	lifecycle.Step(Active, "credential.removed", Removed, "For good; its sessions end. The row stays, so that its id is never new again."),
	lifecycle.Step(Suspended, "credential.removed", Removed, "Likewise."),
)

// Suspend stops r from signing anybody in.
func Suspend(r Record) (Record, []audit.Event, error) { return r.move("credential.suspended", "") }

// SuspendFor is Suspend because the policy does not accept r any more; task is
// what replaces it.
func SuspendFor(r Record, task holdfast.TaskID) (Record, []audit.Event, error) {
	return r.move("credential.suspended", string(task))
}

// Reinstate ends a suspension.
func Reinstate(r Record) (Record, []audit.Event, error) {
	return r.move("credential.reinstated", "")
}

// Remove ends r for good.
func Remove(r Record) (Record, []audit.Event, error) { return r.move("credential.removed", "") }

func (r Record) move(event audit.Type, by string) (Record, []audit.Event, error) {
	to, ok := Life.Next(r.Status, event)
	if !ok {
		return r, nil, holdfast.Errorf(holdfast.Conflict, "credential_"+string(r.Status),
			"This passkey is %s: that cannot be done with it.", r.Status)
	}
	r.Status, r.SuspendedBy = to, by
	return r, r.changed(event, "status", "suspended_by"), nil
}

// Forget blanks what is personal in r and its raw registration, for erasure.
func Forget(r Record, raw Registration) (Record, Registration, []audit.Event) {
	r.Name, r.Status = "", Removed
	raw.AttestationObject, raw.ClientDataJSON = nil, nil
	e := r.changed("credential.forgotten", "name", "status")
	e[0].Puts = append(e[0].Puts, audit.Set(&raw))
	return r, raw, e
}

var errRemoved = holdfast.Errorf(holdfast.Conflict, "credential_removed", "This passkey was removed.")

func (r Record) changed(t audit.Type, columns ...string) []audit.Event {
	return []audit.Event{audit.New(t, string(r.ID), r.Person, audit.Change(&r, columns...))}
}

func checkName(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > 60 || !utf8.ValidString(s) || strings.ContainsFunc(s, person.Deceives) {
		return "", holdfast.Errorf(holdfast.Invalid, "credential_name", "A passkey's name has 1 to 60 printable characters.")
	}
	return s, nil
}
