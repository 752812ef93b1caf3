// Package enrol is the story of making a passkey: the first administrator's
// with the set-up link, a person's first with an invitation, further ones from
// a session that is fresh and at least as strong, another one in place of what
// the policy does not accept any more. It refuses to be a way back for somebody
// who lost what they had: that is recovery.
package enrol

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/domain/notice"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/posture"
	"holdfast/domain/refusal"
	"holdfast/domain/session"
	"holdfast/domain/task"
	"holdfast/domain/ticket"
	"holdfast/domain/verdict"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
)

// Reader is what the story reads. What is not there is holdfast.NotFound.
type Reader interface {
	Credential(ctx context.Context, id holdfast.CredentialID) (credential.Record, error)
	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	PersonByEmail(ctx context.Context, email string) (person.Record, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	Ticket(ctx context.Context, id holdfast.TicketID) (ticket.Record, error)
	TicketBySecret(ctx context.Context, hash string) (ticket.Record, error)
	Setting(ctx context.Context, id string) (org.Setting, error)
	// APIToken is asked who made a link.
	APIToken(ctx context.Context, id holdfast.APITokenID) (apitoken.Record, error)
	// TasksOf gives a person's replacement tasks of any state.
	TasksOf(ctx context.Context, id holdfast.PersonID) ([]task.Record, error)
	// Onboarding is the right of a person to set a device up.
	Onboarding(ctx context.Context, device string, who holdfast.PersonID) (posture.Onboarding, error)
	verdict.Reader
}

// Tx is a transaction.
type Tx interface {
	Reader
	refusal.Tx
	Spend(ctx context.Context, space, id string, until time.Time) (bool, error)
	PutMail(ctx context.Context, m notice.Mail) error
}

// Store runs transactions one after another; a transaction is durable when
// InTx returns nil. The function may run more than once.
type Store interface {
	Reader
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Metadata is what the FIDO Alliance says of models of authenticators;
// holdfast.NotFound where none was imported.
type Metadata interface {
	Current(ctx context.Context) (*mds.Blob, error)
}

// Config is what the story needs.
type Config struct {
	Store    Store
	RP       webauthn.RelyingParty
	Sealer   ceremony.Sealer
	Clock    holdfast.Clock
	Judge    verdict.Judge
	Metadata Metadata // may be nil
}

// Flow is the story. It holds no state and may be used concurrently.
type Flow struct{ Config }

// New makes the story.
func New(c Config) *Flow { return &Flow{c} }

// Start is how an enrolment begins: by a ticket's secret, or by a session.
type Start struct {
	Ticket  string
	Setup   ceremony.Setup  // with a set-up ticket
	Session *session.Record // live; without a ticket
	Hints   []string        // WebAuthn hints, for example "security-key"
	Return  string          // local path to go to afterwards

	// Conditional: the browser is to make it without asking (L3 §5.1.3,
	// mediation "conditional"). Only by a session.
	Conditional bool

	Where verdict.Circumstances
}

// Begun is a begun enrolment: the sealed ceremony, what to ask the browser,
// and, with an invitation, what it says.
type Begun struct {
	ID         string
	Options    webauthn.CreationOptions
	Invitation *Invitation
}

// Invitation is what an invitation says to whoever opens it.
type Invitation struct {
	Person       string // the name of the invited
	InvitedBy    string // empty: not a person
	Organisation string
	Ends         time.Time
}

// Begin does not use the ticket up, and writes nothing but a refusal of the policy.
func (f *Flow) Begin(ctx context.Context, in Start) (Begun, error) {
	p := ceremony.New(ceremony.Enrol, f.Clock())
	p.Return, p.Conditional = in.Return, in.Conditional
	var who person.Record
	var err error
	switch {
	case in.Ticket != "" && in.Conditional:
		err = errConditionalTicket
	case in.Ticket != "":
		who, err = f.byTicket(ctx, in, &p)
	case in.Session != nil:
		who, err = f.bySession(ctx, in.Session, &p)
	default:
		err = errNoRight
	}
	if err != nil {
		return Begun{}, err
	}
	begun := Begun{ID: f.Sealer.Seal(p)}
	if begun.Options, err = f.options(ctx, who, p, in); err != nil {
		return Begun{}, err
	}
	if p.Ticket != "" && p.Setup == nil {
		begun.Invitation, err = f.invitation(ctx, who, p)
	}
	return begun, err
}

func (f *Flow) invitation(ctx context.Context, who person.Record, p ceremony.Pending) (*Invitation, error) {
	t, err := f.Store.Ticket(ctx, p.Ticket)
	if err != nil {
		return nil, err
	}
	i := &Invitation{Person: who.Name, Organisation: f.orgName(ctx, p), Ends: t.Expires}
	if id, ok := strings.CutPrefix(t.By, string(holdfast.ActorPerson)+":"); ok {
		by, err := f.Store.Person(ctx, holdfast.PersonID(id))
		if err != nil {
			return nil, err
		}
		i.InvitedBy = by.Name
	}
	return i, nil
}

var errNoRight = holdfast.Errorf(holdfast.Unsigned, "sign_in_first",
	"Sign in first, or open the link that you were sent.")

// A link is opened once, by somebody who must be there: nothing but their
// presence and verification ties the account to them.
var errConditionalTicket = holdfast.Errorf(holdfast.Invalid, "conditional_by_link",
	"With a link a passkey is made by asking. Leave out the mode.")

func (f *Flow) byTicket(ctx context.Context, in Start, p *ceremony.Pending) (person.Record, error) {
	t, err := f.Store.TicketBySecret(ctx, holdfast.HashSecret(in.Ticket))
	if holdfast.KindOf(err) == holdfast.NotFound {
		err = holdfast.Errorf(holdfast.NotFound, "ticket_unknown",
			"This link is not known here. Check that you opened all of it, or ask for a new one.")
	}
	if err != nil {
		return person.Record{}, err
	}
	if err := t.Check(p.Expires.Add(-ceremony.Life)); err != nil {
		return person.Record{}, err
	}
	p.Ticket = t.ID
	if t.Kind == ticket.Setup {
		return f.bySetup(ctx, in, p)
	}
	who, err := f.Store.Person(ctx, t.Person)
	if err != nil {
		return who, err
	}
	if err := f.mayRedeem(ctx, f.Store, t, who); err != nil {
		return who, err
	}
	p.Person, p.Handle = who.ID, who.Handle
	return who, nil
}

// mayRedeem: an invitation is for somebody who has no passkey yet, a
// replacement link for whom something is to be replaced.
func (f *Flow) mayRedeem(ctx context.Context, r Reader, t ticket.Record, who person.Record) error {
	if err := t.CheckMaker(ctx, r, who, f.Clock()); err != nil {
		return err
	}
	if t.Kind != ticket.Replacement {
		if who.Status != person.Invited || who.Ended(f.Clock()) {
			return errNotInvited
		}
		return nil
	}
	if !who.MaySignIn(f.Clock()) {
		return errNoRight
	}
	tasks, err := r.TasksOf(ctx, who.ID)
	if err != nil {
		return err
	}
	for _, k := range tasks {
		if k.State == task.Open && k.Ticket == t.ID {
			return nil
		}
	}
	return holdfast.Errorf(holdfast.Conflict, "nothing_to_replace", "What this link was for is done or not needed any more. Sign in, or ask your administrator.")
}

var errNotInvited = holdfast.Errorf(holdfast.Conflict, "not_invited",
	"This account has a passkey already, or is closed. Sign in, or ask your administrator.")

// bySetup makes the administrator-to-be; nothing is stored before the end.
// What was left out has a stand-in, to be changed later.
func (f *Flow) bySetup(ctx context.Context, in Start, p *ceremony.Pending) (person.Record, error) {
	in.Setup.Organisation = cmp.Or(in.Setup.Organisation, f.orgName(ctx, *p))
	in.Setup.Name = cmp.Or(in.Setup.Name, "Administrator")
	in.Setup.Email = cmp.Or(in.Setup.Email, "administrator@"+f.RP.ID)
	who, _, err := person.Add(person.New{Name: in.Setup.Name, Email: in.Setup.Email}, f.Clock())
	if err != nil {
		return who, err
	}
	if _, _, err := org.Rename(in.Setup.Organisation); err != nil {
		return who, err
	}
	setup := in.Setup
	p.Setup, p.Person, p.Handle = &setup, who.ID, who.Handle
	return who, nil
}

// bySession lets somebody add a passkey who is signed in, recently, as
// strongly as the account can be: NIST SP 800-63B-4 §4.1.2.1.
func (f *Flow) bySession(ctx context.Context, s *session.Record, p *ceremony.Pending) (person.Record, error) {
	if err := mayAdd(*s, f.Clock()); err != nil {
		return person.Record{}, err
	}
	who, err := f.Store.Person(ctx, s.Person)
	p.Session, p.Person, p.Handle = s.ID, who.ID, who.Handle
	return who, err
}

func mayAdd(s session.Record, now time.Time) error {
	if s.AAL < holdfast.AAL2 || !s.IsFresh(session.Fresh, now) {
		return holdfast.Errorf(holdfast.Unsigned, "confirm_first",
			"Confirm that it is you before you add a passkey.")
	}
	return nil
}

func (f *Flow) options(ctx context.Context, who person.Record, p ceremony.Pending, in Start) (webauthn.CreationOptions, error) {
	have, err := f.Store.CredentialsOf(ctx, who.ID)
	if err != nil {
		return webauthn.CreationOptions{}, err
	}
	conveyance, err := f.prepare(ctx, who, p, in)
	if err != nil {
		return webauthn.CreationOptions{}, err
	}
	opts := webauthn.CreationOptions{
		RP:               webauthn.RPEntity{ID: f.RP.ID, Name: f.orgName(ctx, p)},
		User:             webauthn.UserEntity{ID: p.Handle, Name: who.Email, DisplayName: who.Name},
		Challenge:        p.Challenge,
		PubKeyCredParams: webauthn.Parameters(webauthn.DefaultAlgorithms()),
		Timeout:          int(ceremony.Life.Milliseconds()),
		AuthenticatorSelection: &webauthn.AuthenticatorSelection{
			// Preferred: a security key whose memory is full still makes one,
			// and its owner signs in by typing a name.
			ResidentKey: "preferred", UserVerification: "required",
		},
		// The statement is kept, so that it can be judged again when more is known.
		Attestation: conveyance,
		Hints:       in.Hints,
		Extensions:  &webauthn.Extensions{CredProps: true, PRF: &webauthn.PRF{}},
	}
	if p.Conditional {
		// Nobody is asked, so nobody can be verified for sure; and a passkey
		// that the browser cannot find by itself would be of no use here.
		opts.AuthenticatorSelection.UserVerification = "preferred"
		opts.AuthenticatorSelection.ResidentKey, opts.AuthenticatorSelection.RequireResidentKey = "required", true
	}
	for _, c := range have {
		if c.Status != credential.Removed {
			raw, _ := base64.RawURLEncoding.DecodeString(string(c.ID))
			opts.ExcludeCredentials = append(opts.ExcludeCredentials, webauthn.Descriptor{Type: "public-key", ID: raw, Transports: c.Transports})
		}
	}
	return opts, nil
}

func (f *Flow) orgName(ctx context.Context, p ceremony.Pending) string {
	if p.Setup != nil {
		return p.Setup.Organisation
	}
	if s, err := f.Store.Setting(ctx, org.SettingName); err == nil && s.Value != "" {
		return s.Value
	}
	return f.RP.ID
}

// Answer is how an enrolment ends.
type Answer struct {
	ID         string // as Begin gave it
	Credential []byte // RegistrationResponseJSON
	UserAgent  string
	Address    string
	Current    holdfast.SessionID // the session that the browser has, if any
	Origin     string             // a related origin at which this came in; empty: the server's own
	Where      verdict.Circumstances
}

// Done is a finished enrolment.
type Done struct {
	Secret     string // of the new session; empty where the session that began it goes on
	Session    session.Record
	Person     person.Record
	Credential credential.Record
	First      bool
	Return     string
}

// Finish verifies the answer and keeps the credential. Registration proves
// presence and verification just as a sign-in does, so a first credential
// opens a session.
func (f *Flow) Finish(ctx context.Context, in Answer) (Done, error) {
	now := f.Clock()
	p, err := f.Sealer.Open(ceremony.Enrol, in.ID, now)
	if err != nil {
		return Done{}, err
	}
	if p.Session != "" && p.Session != in.Current {
		return Done{}, errNoRight // another browser, or the session ended meanwhile
	}
	response, err := webauthn.ParseRegistrationResponse(in.Credential)
	if err != nil {
		return Done{}, refused(err)
	}
	rp, err := f.party(ctx, in.Origin)
	if err != nil {
		return Done{}, err
	}
	verified, err := webauthn.VerifyRegistration(webauthn.Registration{
		RP: rp, Challenge: p.Challenge,
		// §7.1 steps 15 and 16, by what was asked for and not by what came.
		RequireUV: !p.Conditional, Conditional: p.Conditional,
		Algorithms: webauthn.DefaultAlgorithms(), At: now,
	}, response)
	if err != nil {
		return Done{}, refused(err)
	}
	return f.finish(ctx, p, verified, in, now)
}

// finish keeps what was verified, unless the policy refuses it: that is put on
// record by itself, and uses neither link nor invitation up.
func (f *Flow) finish(ctx context.Context, p ceremony.Pending, v *webauthn.Registered, in Answer, now time.Time) (Done, error) {
	judging, err := f.anchors(ctx, f.Store)
	if err != nil {
		return Done{}, err
	}
	var done Done
	var refused *verdict.Verdict
	err = f.Store.InTx(ctx, func(tx Tx) error {
		refused = nil
		var judged verdict.Verdict
		done, judged, err = f.keep(ctx, tx, p, v, judging, in, now)
		if judged.Record.ID != "" && !judged.Allowed() {
			refused = &judged
			if err == nil {
				err = judged.Err()
			}
		}
		return err
	})
	if refused == nil {
		return done, err
	}
	dropped, kept := f.refuse(ctx, p, *refused, in.Where, now)
	return Done{}, errors.Join(kept, refusal.Wait(err, dropped))
}

func (f *Flow) refuse(ctx context.Context, p ceremony.Pending, v verdict.Verdict, from verdict.Circumstances, now time.Time) (dropped time.Time, err error) {
	err = f.Store.InTx(ctx, func(tx Tx) error {
		if first, err := tx.Spend(ctx, "ceremony", p.ID(), p.Expires); err != nil || !first {
			return err
		}
		dropped, err = refusal.Keep(ctx, tx, refusedTo("enrol", p, v, from), audit.By{Actor: actor(p), At: now}, v.Refused())
		return err
	})
	return dropped, err
}

// party is the relying party as it is at origin. Related origins are read each
// time: what one node takes back no other accepts.
func (f *Flow) party(ctx context.Context, origin string) (webauthn.RelyingParty, error) {
	if origin == "" {
		return f.RP, nil
	}
	related, err := f.Store.Setting(ctx, org.SettingRelatedOrigins)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return webauthn.RelyingParty{}, err
	}
	return org.Party(f.RP, origin, related)
}

func refused(err error) error {
	return ceremony.Refused(err, "registration_refused", "This passkey could not be accepted, and nothing was saved.")
}

// record is the credential as the ceremony proved and claimed it.
func record(v *webauthn.Registered, who holdfast.PersonID, provenance string, count int) (credential.Record, credential.Registration) {
	r := credential.Record{
		ID:         holdfast.CredentialID(base64.RawURLEncoding.EncodeToString(v.CredentialID)),
		Person:     who,
		PublicKey:  v.PublicKey,
		Algorithm:  int64(v.Algorithm),
		AAGUID:     v.AAGUID.String(),
		Format:     v.Format,
		Transports: v.Transports,

		Attestation:   string(v.Attestation),
		Discoverable:  credential.ClaimOf(v.RK),
		PRF:           v.PRF != nil && *v.PRF,
		BE:            v.BE,
		BS:            v.BS,
		UVInitialized: v.UV,
		SignCount:     v.SignCount,
		Provenance:    provenance,
	}
	r.Name = credential.SuggestName(r, count)
	return r, credential.Registration{AttestationObject: v.AttestationObject, ClientDataJSON: v.ClientDataJSON}
}
