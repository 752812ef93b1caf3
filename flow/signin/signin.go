// Package signin is the story of signing in with a passkey, and of confirming
// again who is there. It refuses to tell a stranger whether an account exists:
// a typed name that nobody has is answered like one that somebody has.
package signin

import (
	"bytes"
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/domain/ending"
	"holdfast/domain/evidence"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/refusal"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
)

// Reader is what the story reads.
type Reader interface {
	// CredentialAndOwner gives the credential and the person whose it is, both
	// of any status, or holdfast.NotFound.
	CredentialAndOwner(ctx context.Context, id holdfast.CredentialID) (credential.Record, person.Record, error)
	// PersonByEmail takes the address in lower case.
	PersonByEmail(ctx context.Context, email string) (person.Record, error)
	// CredentialsOf gives a person's credentials of any status, oldest first.
	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	// CredentialAfter gives the first active credential at or after id in the
	// order of ids, going round at the end, or holdfast.NotFound if there is none.
	CredentialAfter(ctx context.Context, id holdfast.CredentialID) (credential.Record, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	Setting(ctx context.Context, id string) (org.Setting, error)
}

// Tx is a transaction: reads, the one write, and spending.
type Tx interface {
	Reader
	verdict.Reader
	HeldBy(ctx context.Context, id holdfast.PersonID) (ending.Held, error)
	JudgementsOf(ctx context.Context, id holdfast.PersonID) ([]evidence.Judgement, error)
	RegistrationsBy(ctx context.Context, ids []holdfast.CredentialID) ([]credential.Registration, error)
	refusal.Tx
	// MustSpend fails with spent when id was spent before, at the latest when
	// the transaction ends.
	MustSpend(ctx context.Context, space, id string, until time.Time, spent error) error
}

// Store runs transactions one after another; a transaction is durable when
// InTxFor returns nil. The function may run more than once.
type Store interface {
	Reader
	// InTxFor is told beforehand which credential the function will read.
	InTxFor(ctx context.Context, id holdfast.CredentialID, fn func(Tx) error) error
}

// Config is what the story needs.
type Config struct {
	Store    Store
	RP       webauthn.RelyingParty
	Sealer   ceremony.Sealer
	DecoyKey []byte // 32 bytes, shared by all nodes
	Judge    verdict.Judge
	Clock    holdfast.Clock
	Metadata Metadata // may be nil
}

// Metadata is what the FIDO Alliance says of models of authenticators; nil
// where none was imported.
type Metadata interface {
	Current(ctx context.Context) (*mds.Blob, error)
}

// Flow is the story. It holds no state and may be used concurrently.
type Flow struct{ Config }

// New makes the story.
func New(c Config) *Flow { return &Flow{c} }

// Start is how a sign-in begins.
type Start struct {
	Name    string          // typed, or empty: the browser offers what it has
	Return  string          // local path to go to afterwards, checked by the caller
	Confirm *session.Record // set: who is signed in is to confirm it
}

// Begin gives the sealed ceremony and what to ask the browser. It writes nothing.
func (f *Flow) Begin(ctx context.Context, in Start) (string, webauthn.RequestOptions, error) {
	p := ceremony.New(ceremony.SignIn, f.Clock())
	p.Return = in.Return
	opts := webauthn.RequestOptions{
		Challenge:        p.Challenge,
		RPID:             f.RP.ID,
		Timeout:          int(ceremony.Life.Milliseconds()),
		UserVerification: "required",
	}
	switch {
	case in.Confirm != nil:
		creds, err := f.Store.CredentialsOf(ctx, in.Confirm.Person)
		if err != nil {
			return "", opts, err
		}
		p.Named, p.Person, p.Session = true, in.Confirm.Person, in.Confirm.ID
		opts.AllowCredentials = describe(usable(creds))
		offer(&p, opts.AllowCredentials)
	case in.Name != "":
		who, allowed, err := f.allowed(ctx, in.Name)
		if err != nil {
			return "", opts, err
		}
		p.Named, p.Person = true, who
		opts.AllowCredentials = allowed
		offer(&p, allowed)
	}
	return f.Sealer.Seal(p), opts, nil
}

// Answer is how a sign-in ends.
type Answer struct {
	ID         string // as Begin gave it
	Credential []byte // AuthenticationResponseJSON
	UserAgent  string
	Address    string
	Current    holdfast.SessionID // the session that the browser has, if any
	Origin     string             // a related origin at which this came in; empty: the server's own
	Where      verdict.Circumstances
}

// Done is a finished sign-in.
type Done struct {
	Secret  string // for the cookie; shown once
	Session session.Record
	Person  person.Record
	Return  string

	// Upgrade: this device has no passkey of its own, and the browser may make
	// one without asking again (L3 §5.1.3, conditional create).
	Upgrade bool
}

// Finish verifies the answer and opens a session.
func (f *Flow) Finish(ctx context.Context, in Answer) (Done, error) {
	now := f.Clock()
	pending, err := f.Sealer.Open(ceremony.SignIn, in.ID, now)
	if err != nil {
		return Done{}, err
	}
	response, err := webauthn.ParseAuthenticationResponse(in.Credential)
	if err != nil {
		return Done{}, refused(err)
	}
	verified, err := f.verify(ctx, pending, response, in.Origin)
	if err != nil {
		return Done{}, err
	}
	var done Done
	var used credential.Record
	var refused error // that is on record, so the transaction stands
	id := credentialID(response)
	err = f.Store.InTxFor(ctx, id, func(tx Tx) error {
		done, used, refused, err = f.open(ctx, tx, pending, id, verified, in, now)
		return err
	})
	if err == nil {
		err = refused
	}
	if err == nil && pending.Session == "" {
		done.Upgrade = f.upgrades(ctx, used, response)
	}
	return done, err
}

// verify checks the answer against the credential as it is stored. It runs
// outside of any transaction: signatures take long.
func (f *Flow) verify(ctx context.Context, p ceremony.Pending, response *webauthn.AuthenticationResponse, origin string) (*webauthn.Authenticated, error) {
	rp, err := f.party(ctx, origin)
	if err != nil {
		return nil, err
	}
	stored, err := f.known(ctx, rp, p, response)
	if err != nil {
		return nil, err
	}
	v, err := check(rp, p, response, stored)
	if err != nil {
		return nil, refused(err)
	}
	return v, nil
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

// owner finds the credential and whose it is, and refuses with one sentence
// whatever a stranger may not learn.
func (f *Flow) owner(ctx context.Context, r Reader, id holdfast.CredentialID, p ceremony.Pending) (credential.Record, person.Record, error) {
	c, owner, err := r.CredentialAndOwner(ctx, id)
	switch {
	case err != nil:
		return c, owner, unknownIfNotFound(err)
	case c.Status == credential.Removed:
		return c, owner, credential.ErrUnknown
	case p.Named && c.Person != p.Person:
		return c, owner, errNotOffered()
	}
	return c, owner, nil
}

// open is the transaction: spend the ceremony, look again at what may have
// changed since the signature was checked, decide, and record. What the policy
// refuses is recorded too.
func (f *Flow) open(ctx context.Context, tx Tx, p ceremony.Pending, id holdfast.CredentialID, v *webauthn.Authenticated, in Answer, now time.Time) (done Done, c credential.Record, refused, err error) {
	if err := tx.MustSpend(ctx, "ceremony", p.ID(), p.Expires, ceremony.ErrSpent); err != nil {
		return done, c, nil, err
	}
	c, owner, err := f.owner(ctx, tx, id, p)
	if err != nil {
		return done, c, nil, err
	}
	if !owner.MaySignIn(now) {
		return done, c, nil, holdfast.Errorf(holdfast.Denied, "account_closed",
			"This account cannot sign in at present. Ask your administrator.")
	}
	c, events, err := credential.Observe(c, credential.Use{
		UV: v.UV, BE: v.BE, BS: v.BS, SignCount: v.SignCount, CounterRegressed: regressed(c, v),
	}, now)
	if err != nil {
		return done, c, nil, err
	}
	judged, fresh, err := f.judge(ctx, tx, verdict.Case{Op: policy.SignIn, Person: owner, Credential: &c, UV: v.UV, Where: in.Where, Now: now})
	if err != nil {
		return done, c, nil, err
	}
	events = append(events, fresh...)
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(owner.ID)}, At: now}
	if !judged.Allowed() {
		refused, err = f.refuse(ctx, tx, by, judged, events, in.Address)
		return done, c, refused, err
	}
	overall, idle := judged.Limits()
	signIn := session.SignIn{
		Person: owner.ID, Credential: c.ID, UserAgent: in.UserAgent, Address: in.Address, Origin: in.Origin, Assurance: judged.Assurance,
		Overall: overall, Idle: idle, Segment: judged.Decision.Segment, Decision: judged.Record.ID, Device: in.Where.Device.ID,
		DeviceVia: in.Where.Device.Bind,
	}
	s, secret, opened, err := f.session(ctx, tx, p, in.Current, signIn, now)
	if err != nil {
		return done, c, nil, err
	}
	by.Actor.Session = s.ID
	if err := tx.Record(ctx, by, append(judged.With(events), opened...)...); err != nil {
		return done, c, nil, err
	}
	return Done{Secret: secret, Session: s, Person: owner, Return: p.Return}, c, nil, nil
}

// refuse records what was refused, and ends what there is where a rule says so.
// It gives what to tell: who is refused again and again has to wait, which is
// counted by the passkey that was shown and hinders nobody who is let in.
func (f *Flow) refuse(ctx context.Context, tx Tx, by audit.By, v verdict.Verdict, events []audit.Event, from string) (refused, err error) {
	who := refusal.Who{Kind: "sign_in", Proven: string(v.Record.Credential), Person: v.Record.Person, Address: from}
	if v.Decision.EndAll {
		held, err := tx.HeldBy(ctx, v.Record.Person)
		if err != nil {
			return nil, err
		}
		who.Ends = held.Everything(session.TooRisky, by.At)
	}
	dropped, err := refusal.Keep(ctx, tx, who, by, append(events, v.Refused())...)
	return refusal.Wait(v.Err(), dropped), err
}

// regressed says whether the counter failed to grow against what is stored
// now: another sign-in may have ended since the signature was checked.
func regressed(c credential.Record, v *webauthn.Authenticated) bool {
	return (v.SignCount != 0 || c.SignCount != 0) && v.SignCount <= c.SignCount
}

// session renews the session that asked for a confirmation, or that the same
// person has in this browser; ends another person's; else opens a new one.
func (f *Flow) session(ctx context.Context, tx Tx, p ceremony.Pending, current holdfast.SessionID, in session.SignIn, now time.Time) (session.Record, string, []audit.Event, error) {
	if p.Session != "" {
		current = p.Session
	}
	if current == "" {
		s, secret, events := session.Open(in, now)
		return s, secret, events, nil
	}
	old, err := tx.Session(ctx, current)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return old, "", nil, err
	}
	if err == nil && old.Person == in.Person && old.Ended.IsZero() && now.Before(old.Expires) {
		return session.Renew(old, in, now)
	}
	var ended []audit.Event
	if err == nil {
		_, ended = session.End(old, session.ReplacedBySignIn, now)
	}
	s, secret, opened := session.Open(in, now)
	return s, secret, append(ended, opened...), nil
}

func usable(creds []credential.Record) []credential.Record {
	return slices.DeleteFunc(slices.Clone(creds), func(c credential.Record) bool { return c.Status != credential.Active })
}

func describe(creds []credential.Record) []webauthn.Descriptor {
	var list []webauthn.Descriptor
	for _, c := range creds {
		list = append(list, webauthn.Descriptor{Type: "public-key", ID: rawID(c.ID), Transports: c.Transports})
	}
	slices.SortFunc(list, func(a, b webauthn.Descriptor) int { return bytes.Compare(a.ID, b.ID) })
	return list
}

func offer(p *ceremony.Pending, list []webauthn.Descriptor) {
	for _, d := range list {
		p.Offer(d.ID)
	}
}

func unknownIfNotFound(err error) error {
	if holdfast.KindOf(err) == holdfast.NotFound {
		return credential.ErrUnknown
	}
	return err
}

func refused(err error) error {
	return ceremony.Refused(err, "assertion_refused", "Your passkey's answer could not be accepted.")
}
