package forward

import (
	"context"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/again"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/domain/revision"
	"holdfast/domain/standing"
	"holdfast/domain/verdict"
)

// Accounts gives what decisions about p rest on, as of version or later: the
// index of the last record in the log about p.
type Accounts interface {
	At(ctx context.Context, p person.Record, version int64) (standing.Account, error)
}

// InForce names the policy that decides; empty: none was applied yet.
type InForce struct {
	ID     holdfast.RevisionID
	Digest string
}

// judge holds h against the policy, as it asks now and from where: the same
// pure function as at a sign-in, at each request. What it reads beyond h it has
// at hand, unless something about the person has changed. The decision is put
// on record when it is another one than the last.
func (f *Flow) judge(ctx context.Context, h *Holder, net policy.Net, now time.Time) error {
	c := h.asks(net, now)
	v, err := f.Judge.Answer(ctx, atHand{*h, f}, c)
	if err != nil {
		return err
	}
	v.Record.ID = h.Last.Decision
	if v.Class() != h.Last.Class {
		err := f.Store.InTx(ctx, func(tx Tx) error {
			v, err = again.Judge(ctx, tx, f.Judge, again.Thing{ID: string(h.Grant.ID), Until: h.Session.Expires, Case: c})
			return err
		})
		if err != nil {
			return err
		}
	}
	return refusal(v, h.Session.AuthTime, now)
}

// asks is the case of h. The device is the one on which the session was
// confirmed, as it stands now: on the application's host a browser shows none,
// and what its proxy passes on of a certificate, a client may have written.
func (h Holder) asks(net policy.Net, now time.Time) verdict.Case {
	where := verdict.Circumstances{Net: net}
	if h.Device.Status() == posture.Present {
		via := h.Session.DeviceVia
		if via == "" {
			via = posture.ByCookie // the weaker
		}
		where.Device = posture.Input(posture.Seen{Device: h.Device, ReportedAt: h.Device.Last(h.Heard), Via: via}, now)
	}
	return verdict.Case{Op: policy.SignIn, Person: h.Person, Session: &h.Session, App: verdict.AppOf(h.App, h.Grant.Scopes),
		Where: where, Here: true, Now: now}
}

// confirmed is how old a sign-in is that was made for this very application: who
// is refused right behind it is told so, and never sent round in circles.
const confirmed = time.Minute

// refusal is nil where v allows. Of kind Unsigned where a person has not tried
// yet what would mend it; else Denied, in the policy's words.
func refusal(v verdict.Verdict, signedIn, now time.Time) error {
	if v.Allowed() {
		return nil
	}
	fresh := now.Sub(signedIn) < confirmed
	if !fresh && mends(v) {
		return errConfirm
	}
	err := v.Err()
	if holdfast.KindOf(err) != holdfast.Unsigned {
		return err
	}
	return holdfast.Errorf(holdfast.Denied, "policy_needs_reauth", "%s", strings.Join(v.Texts(), " ")).At(string(v.Record.ID), "")
}

// mends: where nobody has seen a device, whoever signs in on one shows it.
func mends(v verdict.Verdict) bool {
	if v.Input.Device.ID != "" || v.Decision.Outcome != policy.Need {
		return v.Mends()
	}
	var rest []policy.Missing
	for _, n := range v.Decision.Needs {
		if n.What != "device" {
			rest = append(rest, n)
		}
	}
	v.Decision.Needs = rest
	return v.Mends()
}

// atHand is what h was read with, as the policy's reader.
type atHand struct {
	h Holder
	f *Flow
}

func (a atHand) PolicyInForce(context.Context) (holdfast.RevisionID, string, error) {
	return a.h.Policy.ID, a.h.Policy.Digest, nil
}

func (a atHand) RevisionInForce(ctx context.Context) (revision.Record, error) {
	return a.f.Store.RevisionInForce(ctx)
}

func (a atHand) RevisionByDigest(ctx context.Context, digest string) (revision.Record, error) {
	return a.f.Store.RevisionByDigest(ctx, digest)
}

// Standing has the groups as they are called now: a new name is no record about
// whoever is in one.
func (a atHand) Standing(ctx context.Context, p person.Record) (standing.Account, error) {
	account, err := a.f.Accounts.At(ctx, p, a.h.Version)
	account.Groups = a.h.GroupNames()
	return account, err
}
