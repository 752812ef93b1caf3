// Package device is the story of a device without a browser that somebody lets
// in from another one (RFC 8628): it shows a code, the person types the code
// where they are signed in, sees what they are about to let in, and decides.
//
// The danger of this grant is a stranger who sends their own code to somebody
// and has them let it in. So the code is never part of a link, guessing is
// throttled, the person must have confirmed lately that it is them, and is told
// where the device asked from. It refuses to let anything in that the
// application's demands or the policy would keep out: whoever decides is judged
// as if they were to use the application themselves.
package device

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/ending"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/refusal"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// Reader is what the story reads.
type Reader interface {
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	GroupsOf(ctx context.Context, id holdfast.PersonID) ([]person.Group, error)
	// DeviceCode takes the id, DeviceCodeByUserCode what was typed. Both give
	// also those whose time is over, until they are swept.
	DeviceCode(ctx context.Context, id string) (grant.DeviceCode, error)
	DeviceCodeByUserCode(ctx context.Context, code string) (grant.DeviceCode, error)
}

// Tx is a transaction.
type Tx interface {
	Reader
	verdict.Reader
	HeldBy(ctx context.Context, id holdfast.PersonID) (ending.Held, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	refusal.Tx
	PutDeviceCode(ctx context.Context, d grant.DeviceCode) error
	// DecideDeviceCode is true for the first who decides, on all nodes together.
	DecideDeviceCode(ctx context.Context, id string, state grant.DeviceState) (bool, error)
	// PolledDeviceCode notes that the device asked.
	PolledDeviceCode(ctx context.Context, id string, at time.Time) error
	Throttle(ctx context.Context, key string, window time.Duration, limit int, now time.Time) (bool, error)
}

// Store runs transactions.
type Store interface {
	Reader
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Flow is the story.
type Flow struct {
	store Store
	clock holdfast.Clock
	judge verdict.Judge
}

// New makes the story.
func New(s Store, c holdfast.Clock, j verdict.Judge) *Flow { return &Flow{s, c, j} }

const (
	// Anybody who knows a public application's id can begin: at most so many from
	// one address.
	beginsPerMinute = 30
	// triesPerWindow is how often a person may type a code.
	triesPerWindow = 10
	tryWindow      = 10 * time.Minute
)

// Refusals, by the codes of RFC 8628 §3.5 where it has one.
var (
	ErrPending = holdfast.Errorf(holdfast.Unavailable, "authorization_pending", "Nobody has let the device in yet. Ask again.").At("RFC 8628 §3.5", "")
	ErrSlow    = holdfast.Errorf(holdfast.Throttled, "slow_down", "The device asks too often. Wait five seconds longer between questions.").At("RFC 8628 §3.5", "")
	ErrDenied  = holdfast.Errorf(holdfast.Denied, "access_denied", "The person did not let the device in.").At("RFC 8628 §3.5", "")
	ErrExpired = holdfast.Errorf(holdfast.Expired, "expired_token", "The code has expired. Begin again.").At("RFC 8628 §3.5", "")

	errNoCode   = holdfast.Errorf(holdfast.NotFound, "no_such_code", "There is no device with this code, or its time is over. Look at the device again: it may show a new code.")
	errDecided  = holdfast.Errorf(holdfast.Conflict, "code_decided", "This code was answered already. If the device still waits, start again there.")
	errTries    = holdfast.Errorf(holdfast.Throttled, "code_tries", "Too many codes were tried. Wait ten minutes, then type the code that the device shows.")
	errBegins   = holdfast.Errorf(holdfast.Throttled, "device_begins", "Too many devices have begun from this address. Wait a minute.")
	errConfirm  = holdfast.Errorf(holdfast.Unsigned, "confirm_first", "Confirm that it is you before you let a device in.")
	errGone     = holdfast.Errorf(holdfast.Unsigned, "sign_in_first", "Your session has ended. Sign in again.")
	errKind     = holdfast.Errorf(holdfast.Denied, "unauthorized_client", "This application may not let devices in. An administrator can allow it.")
	errDemanded = holdfast.Errorf(holdfast.Denied, "requirements_unmet", "This application demands more of people or their sign-in than you have. Ask an administrator what it needs.")
)

// Begin has a device wait. from says where it asks from. The device code is for
// the device alone, the user code for the person.
func (f *Flow) Begin(ctx context.Context, app grant.App, scopes []string, address, userAgent string) (deviceCode string, d grant.DeviceCode, err error) {
	if !app.Allows(grant.KindDevice) {
		return "", d, errKind
	}
	now := f.clock()
	deviceCode = holdfast.NewSecret()
	err = f.store.InTx(ctx, func(tx Tx) error {
		ok, err := tx.Throttle(ctx, "device.begin/"+holdfast.NetworkOf(address), time.Minute, beginsPerMinute, now)
		if err == nil && !ok {
			err = errBegins
		}
		if err != nil {
			return err
		}
		d = grant.DeviceCode{ID: holdfast.HashSecret(deviceCode), UserCode: grant.NewUserCode(), App: app.ID, Scopes: scopes,
			Address: address, UserAgent: userAgent, State: grant.DeviceWaiting, Created: now, Until: now.Add(grant.DeviceCodeLife)}
		return tx.PutDeviceCode(ctx, d)
	})
	return deviceCode, d, err
}

// Who is signed in and types a code.
type Who struct {
	Session session.Record
	Person  person.Record
	Where   verdict.Circumstances
}

// Find gives the device whose code somebody typed. Each attempt counts, also
// one that fails.
func (f *Flow) Find(ctx context.Context, who Who, typed string) (grant.DeviceCode, grant.App, error) {
	now := f.clock()
	if err := f.fresh(who, now); err != nil {
		return grant.DeviceCode{}, grant.App{}, err
	}
	if err := f.try(ctx, "device.try/", who, now); err != nil {
		return grant.DeviceCode{}, grant.App{}, err
	}
	return f.waiting(ctx, f.store, typed, now)
}

// try counts an attempt, in a transaction of its own: one that fails counts.
func (f *Flow) try(ctx context.Context, what string, who Who, now time.Time) error {
	allowed := false
	err := f.store.InTx(ctx, func(tx Tx) (err error) {
		allowed, err = tx.Throttle(ctx, what+string(who.Person.ID), tryWindow, triesPerWindow, now)
		return err
	})
	if err == nil && !allowed {
		err = errTries
	}
	return err
}

func (f *Flow) waiting(ctx context.Context, r Reader, typed string, now time.Time) (grant.DeviceCode, grant.App, error) {
	code := grant.ReadUserCode(typed)
	if code == "" {
		return grant.DeviceCode{}, grant.App{}, errNoCode
	}
	d, err := r.DeviceCodeByUserCode(ctx, code)
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound && err != nil, err == nil && !now.Before(d.Until):
		return d, grant.App{}, errNoCode
	case err != nil:
		return d, grant.App{}, err
	case d.State != grant.DeviceWaiting:
		return d, grant.App{}, errDecided
	}
	app, err := r.App(ctx, d.App)
	if err == nil && !app.Allows(grant.KindDevice) {
		err = errNoCode
	}
	return d, app, err
}

func (f *Flow) fresh(who Who, now time.Time) error {
	if !who.Session.IsFresh(session.Fresh, now) {
		return errConfirm
	}
	return nil
}

// Decide lets a device in, or does not, once. Its attempts count too: it takes
// the code anew, and could be asked instead of Find.
func (f *Flow) Decide(ctx context.Context, who Who, typed string, allow bool) (grant.App, error) {
	var app grant.App
	if err := f.try(ctx, "device.decide/", who, f.clock()); err != nil {
		return app, err
	}
	var refused error // that is on record, so the transaction stands
	err := f.store.InTx(ctx, func(tx Tx) error {
		refused = nil
		now := f.clock()
		d, a, err := f.waiting(ctx, tx, typed, now)
		if err != nil {
			return err
		}
		app = a
		s, p, err := stillHere(ctx, tx, who, now)
		if err == nil {
			err = f.fresh(Who{Session: s, Person: p}, now)
		}
		if err != nil {
			return err
		}
		by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID), Session: s.ID}, At: now}
		state := grant.DeviceDenied
		var events []audit.Event
		if allow {
			state = grant.DeviceAllowed
			if events, err = letIn(ctx, tx, app, d, s, p, now); err != nil {
				return err
			}
			v, err := f.judge.Of(ctx, tx, verdict.Case{Op: policy.SignIn, Person: p, Session: &s, App: verdict.AppOf(app, d.Scopes),
				Where: who.Where, Now: now})
			if err != nil {
				return err
			}
			if !v.Allowed() {
				refused, err = refuse(ctx, tx, by, v, who.Where.Net.IP)
				return err
			}
			events = v.With(events)
		}
		first, err := tx.DecideDeviceCode(ctx, d.ID, state)
		if err == nil && !first {
			err = errDecided
		}
		if err != nil || len(events) == 0 {
			return err
		}
		return tx.Record(ctx, by, events...)
	})
	if err == nil {
		err = refused
	}
	return app, err
}

// refuse records what the policy refused, and ends what there is where a rule
// says so. The code stays: who confirms, or comes from where it is allowed, may
// decide again.
func refuse(ctx context.Context, tx Tx, by audit.By, v verdict.Verdict, from string) (refused, err error) {
	who := refusal.Who{Kind: "device", Proven: string(v.Record.Person), Person: v.Record.Person, Address: from}
	if v.Decision.EndAll {
		held, err := tx.HeldBy(ctx, v.Record.Person)
		if err != nil {
			return nil, err
		}
		who.Ends = held.Everything(session.TooRisky, by.At)
	}
	dropped, err := refusal.Keep(ctx, tx, who, by, v.Refused())
	return refusal.Wait(v.Err(), dropped), err
}

// stillHere reads session and person anew: either may have ended since the page
// was drawn.
func stillHere(ctx context.Context, tx Tx, who Who, now time.Time) (session.Record, person.Record, error) {
	s, err := tx.Session(ctx, who.Session.ID)
	if err != nil {
		return s, person.Record{}, err
	}
	p, err := tx.Person(ctx, who.Person.ID)
	if err == nil && (!s.Ended.IsZero() || s.Person != p.ID || !p.MaySignIn(now)) {
		err = errGone
	}
	return s, p, err
}

func letIn(ctx context.Context, tx Tx, app grant.App, d grant.DeviceCode, s session.Record, p person.Record, now time.Time) ([]audit.Event, error) {
	standing := grant.Standing{AAL: s.AAL, ACR: s.ACR, AuthTime: s.AuthTime}
	groups, err := tx.GroupsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		standing.Groups = append(standing.Groups, string(g.ID))
	}
	if len(app.Lacks(standing, now)) > 0 {
		return nil, errDemanded
	}
	a := grant.Authorization{ID: holdfast.NewGrantID(), Person: p.ID, Session: s.ID, AMR: s.AMR, AuthTime: s.AuthTime}
	if len(s.ACR) > 0 {
		a.ACR = s.ACR[0]
	}
	_, _, events, err := grant.IssueDevice(app, d, a, now)
	return events, err
}

// Poll says whether a device that asks may redeem its code now: nil, or one of
// RFC 8628 §3.5. A code of another application is as if it were not there.
func (f *Flow) Poll(ctx context.Context, app holdfast.AppID, deviceCode string) error {
	now := f.clock()
	d, err := f.store.DeviceCode(ctx, holdfast.HashSecret(deviceCode))
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound && err != nil, err == nil && d.App != app:
		return holdfast.Errorf(holdfast.NotFound, "invalid_grant", "There is no such device code. Begin again.")
	case err != nil:
		return err
	case d.State == grant.DeviceDenied:
		return ErrDenied
	case !now.Before(d.Until):
		return ErrExpired
	case d.State == grant.DeviceAllowed:
		return nil
	}
	err = f.store.InTx(ctx, func(tx Tx) error { return tx.PolledDeviceCode(ctx, d.ID, now) })
	if err == nil {
		err = ErrPending
		if now.Sub(d.Polled) < grant.DeviceInterval {
			err = ErrSlow
		}
	}
	return err
}
