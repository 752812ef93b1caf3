// Package verdict is one decision, made: it reads who it is about, asks the
// policy in force, and gives the decision with its record and with what to tell
// the person. Every story that lets somebody in or lets something be changed
// asks here, so that none decides by rules of its own.
//
// It refuses to remember anything between two decisions: the policy and the
// facts are those of the caller's transaction.
package verdict

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/domain/standing"
	"holdfast/spec/mds"
)

// Reader is what is read: a transaction, or a store between transactions.
type Reader interface {
	revision.Reader
	Standing(ctx context.Context, p person.Record) (standing.Account, error)
}

// Policies gives the policy in force as r sees it.
type Policies interface {
	InForce(ctx context.Context, r revision.Reader) (*policy.Policy, error)
}

// Judge decides. The zero Judge does not: it has no policy to go by.
type Judge struct {
	Policies Policies
	// Of a session that is there, where it came from when it was last confirmed;
	// for what has no request of its own. May be nil.
	Whence func(ctx context.Context, s session.Record) (Circumstances, error)
	// What an account is worth by its weakest path; false where that is not known,
	// as for a while after the start. It is asked where the policy reads it. May be
	// nil.
	Worth func(id holdfast.PersonID) (policy.Effective, bool)
}

// Circumstances are where a request comes from, as far as it is known.
type Circumstances struct {
	Device policy.Device
	Net    policy.Net
	MadeOn string // what a passkey that is made now was made on: credential.Record.MadeOn
}

// Case is what is to be decided.
type Case struct {
	Op         policy.Op
	Person     person.Record
	Credential *credential.Record  // in hand: used just now, or about to be made
	Judgement  *evidence.Judgement // of one that is about to be made; else that of the store
	UV         bool                // in the response in hand
	MDSAge     time.Duration       // by which the metadata is overdue
	Session    *session.Record     // that there is; its credential is the one in question where none is in hand
	App        policy.App
	Procedure  string // by which a first passkey is made
	Where      Circumstances
	Began      time.Time // when a ceremony began: the session's age counts until then; zero: until Now
	Now        time.Time
	Worth      policy.Effective // what the account is worth; zero: not known

	// Here: Where is all that is known of where the request comes from, also where
	// it is nothing; else Judge.Whence is asked for a session without any.
	Here bool

	// Ahead: the session alone is asked, before there is a credential in hand.
	Ahead bool
}

// AppOf is an application as the policy knows it, with what it asks to do.
func AppOf(a grant.App, operations []string) policy.App {
	name := a.PolicyName
	if name == "" {
		name = string(a.ID)
	}
	return policy.App{ID: name, Sensitivity: a.Sensitivity, ACRRequired: a.RequireACR, Operations: operations}
}

// Verdict is a decision and what belongs to it.
type Verdict struct {
	Decision  policy.Decision
	Input     policy.Input
	Record    decision.Record
	Assurance assurance.Assurance // of the credential in hand, within what the policy gives it
}

// Of decides a case.
func (j Judge) Of(ctx context.Context, r Reader, c Case) (Verdict, error) {
	p, account, c, err := j.gather(ctx, r, c)
	if err != nil {
		return Verdict{}, err
	}
	return Decide(p, account, c)
}

// Answer decides a case as Of does, and makes no record of it: its Record is
// zero. It is for what is asked at each request, where most answers are the one
// before.
func (j Judge) Answer(ctx context.Context, r Reader, c Case) (Verdict, error) {
	p, account, c, err := j.gather(ctx, r, c)
	if err != nil {
		return Verdict{}, err
	}
	v, _ := decide(p, account, c)
	return v, nil
}

func (j Judge) gather(ctx context.Context, r Reader, c Case) (*policy.Policy, standing.Account, Case, error) {
	if j.Policies == nil {
		return nil, standing.Account{}, c, errNoPolicy
	}
	p, err := j.Policies.InForce(ctx, r)
	if err != nil {
		return nil, standing.Account{}, c, err
	}
	if c.Session != nil && !c.Here && c.Where == (Circumstances{}) && j.Whence != nil {
		if c.Where, err = j.Whence(ctx, *c.Session); err != nil {
			return nil, standing.Account{}, c, err
		}
	}
	account, err := r.Standing(ctx, c.Person)
	if err != nil {
		return nil, account, c, err
	}
	if j.Worth != nil && p.ReadsEffective() {
		if worth, ok := j.Worth(c.Person.ID); ok {
			c.Worth = worth
		}
	}
	return p, account, c, nil
}

var errNoPolicy = holdfast.Errorf(holdfast.Internal, "no_policy", "There is no policy to decide by.")

// Decide is Of with everything at hand. It is pure.
func Decide(p *policy.Policy, account standing.Account, c Case) (Verdict, error) {
	v, cred := decide(p, account, c)
	var err error
	v.Record, err = decision.Of(v.Decision, v.Input, c.Person.ID, account.Facts)
	if cred != nil {
		v.Record.Credential = cred.ID
	}
	v.Record.App = holdfast.AppID(c.App.ID)
	return v, err
}

// decide is Decide without the record, which costs more than the rest. It gives
// the credential in question besides.
func decide(p *policy.Policy, account standing.Account, c Case) (Verdict, *credential.Record) {
	profiles := p.Profiles()
	in := account.Input(c.Op, profiles, c.Now)
	in.Device, in.Net, in.App, in.Ctx.Procedure = c.Where.Device, c.Where.Net, c.App, c.Procedure
	in.Account.Effective = c.Worth
	facts, cred := evidence.Facts{}, c.Credential
	if cred == nil && c.Session != nil && !c.Ahead {
		cred = held(account, c.Session.Credential)
		c.UV = c.Session.AAL >= holdfast.AAL2
	}
	if cred != nil {
		judged := account.Judgement(cred.ID)
		if c.Judgement != nil {
			judged = *c.Judgement
		}
		facts = evidence.Of(*cred, judged, profiles, c.Now)
		in.Cred = standing.Cred(*cred, judged, profiles, c.UV, c.Now)
		in.Cred.MDSAgeDays = int64(c.MDSAge / (24 * time.Hour))
	}
	if s := c.Session; s != nil {
		in.Auth = policy.Auth{AAL: int64(s.AAL), Phr: assurance.Resists(s.ACR), AgeS: age(c, s.AuthTime), Method: "passkey"}
		if len(s.ACR) > 0 {
			in.Auth.ACR = s.ACR[0]
		}
	}
	v := Verdict{Decision: p.Decide(&in)}
	v.Input = in // with the segment
	if cred != nil && c.Credential != nil {
		v.Assurance = assurance.Of(assurance.Evidence{UV: c.UV, BE: cred.BE, Hardware: standing.Level(facts, true) == int64(holdfast.AAL3),
			Most: holdfast.AAL(v.Decision.AAL)})
	}
	return v, cred
}

func age(c Case, since time.Time) int64 {
	until := c.Now
	if !c.Began.IsZero() && c.Began.Before(until) {
		until = c.Began
	}
	return max(0, int64(until.Sub(since)/time.Second))
}

func held(a standing.Account, id holdfast.CredentialID) *credential.Record {
	for i := range a.Credentials {
		if a.Credentials[i].ID == id {
			return &a.Credentials[i]
		}
	}
	return nil
}

// Allowed says whether it may go on.
func (v Verdict) Allowed() bool { return v.Decision.Allowed() }

// Err is what to tell the person, or nil. Where several reasons or needs stand
// in the way, the code is that of the first, and all are told.
func (v Verdict) Err() error {
	if v.Allowed() {
		return nil
	}
	kind, code := holdfast.Denied, decision.CodeOf(v.Decision)
	if v.Decision.Outcome == policy.Need {
		code = "policy_needs_" + code
		if v.Decision.Needs[0].What == "reauth" {
			kind, code = holdfast.Unsigned, "confirm_first" // the pages know what to do
		}
	} else {
		code = "policy_" + code
	}
	return holdfast.Errorf(kind, code, "%s", strings.Join(v.Texts(), " ")).At(string(v.Record.ID), strings.Join(v.Decision.Rules, ", "))
}

// Texts are the sentences of all reasons, and of all needs where meeting them
// would help, each once.
func (v Verdict) Texts() []string {
	var texts []string
	add := func(t string) {
		if !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	for _, r := range v.Decision.Reasons {
		add(r.Text)
	}
	if v.Decision.Outcome == policy.Need {
		for _, n := range v.Decision.Needs {
			add(n.Text)
		}
	}
	return texts
}

// Mends says whether another sign-in, with what the person has, can give all
// that is missing.
func (v Verdict) Mends() bool {
	if v.Decision.Outcome != policy.Need {
		return false
	}
	for _, n := range v.Decision.Needs {
		if !v.mends(n) {
			return false
		}
	}
	return true
}

func (v Verdict) mends(n policy.Missing) bool {
	switch n.What {
	case "reauth", "phr":
		return true
	case "aal", "acr":
		return v.Input.Account.MaxAAL >= int64(holdfast.AAL3) || n.Want == "2" || n.Want == "aal2" || n.Want == "phr"
	}
	return false
}

// Due says whether what was decided at since is to be decided again: the
// interval of the policy in force (continuous.reevaluate.every) is over. A
// policy without one asks for nothing.
func (j Judge) Due(ctx context.Context, r revision.Reader, since, now time.Time) (bool, error) {
	if j.Policies == nil {
		return false, errNoPolicy
	}
	p, err := j.Policies.InForce(ctx, r)
	if err != nil {
		return false, err
	}
	every := p.Document().Continuous.Reevaluate.Every.D()
	return every > 0 && now.Sub(since) >= every, nil
}

// Event is that of a verdict that stands for itself.
func (v Verdict) Event() audit.Event {
	if v.Allowed() {
		return decision.Made(v.Record)
	}
	return v.Refused()
}

// Class tells whether a verdict is worth a record of its own: decision.Class.
func (v Verdict) Class() string { return decision.Class(v.Decision, v.Input) }

// Refused is the event of a verdict that does not allow.
func (v Verdict) Refused() audit.Event { return decision.Refused(v.Record) }

// With adds the record to the events of what was allowed.
func (v Verdict) With(events []audit.Event) []audit.Event { return decision.With(v.Record, events) }

// Limits are those of the session that follows: the policy's, never longer than
// those of the level.
func (v Verdict) Limits() (overall, idle time.Duration) {
	overall, idle = session.Limits(v.Assurance.AAL)
	if l := v.Decision.Session.Overall; l > 0 && l < overall {
		overall = l
	}
	if l := v.Decision.Session.Inactivity; l > 0 && l < idle {
		idle = l
	}
	return overall, idle
}

// Anchors are who may vouch for an authenticator under p.
func Anchors(p *policy.Policy, blob *mds.Blob) evidence.Anchors {
	a := evidence.Anchors{Metadata: blob}
	for _, r := range p.Roots() {
		a.Pinned = append(a.Pinned, evidence.Pin{Name: r.Name, Certificates: r.Certificates, AAGUIDs: r.AAGUIDs})
	}
	return a
}
