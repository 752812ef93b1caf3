package govern

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/ending"
	"holdfast/domain/person"
	"holdfast/domain/posture"
	"holdfast/domain/session"
)

// deviceTx is what the administration of devices reads and notes.
type deviceTx interface {
	// ManagedDevice gives a device also when it was removed.
	ManagedDevice(ctx context.Context, id string) (posture.Device, error)
	ManagedDevicesOf(ctx context.Context, who holdfast.PersonID) ([]posture.Device, error)
	// PostureSeen gives when each was last reported, where that is known.
	PostureSeen(ctx context.Context, ids ...string) (map[string]time.Time, error)
	// SeePosture notes it. It may be lost.
	SeePosture(ctx context.Context, id string, at time.Time) error
	// SessionsOnDevice gives those that have not ended.
	SessionsOnDevice(ctx context.Context, device string) ([]session.Record, error)
}

// ReportPosture takes what an MDM reports of a device. A report that changes
// nothing leaves no record; that it came counts all the same.
func (f *Flow) ReportPosture(ctx context.Context, by holdfast.Actor, id string, r posture.Report) error {
	return f.do(ctx, by, authority.DevicesWrite, func(tx Tx, right right) ([]audit.Event, error) {
		before, err := orNone(tx.ManagedDevice(ctx, id))
		if err != nil {
			return nil, err
		}
		seen, err := tx.PostureSeen(ctx, id)
		if err != nil {
			return nil, err
		}
		if r.Person != nil && *r.Person != "" && *r.Person != before.Person {
			if _, err := tx.Person(ctx, *r.Person); err != nil {
				return nil, err
			}
		}
		_, at, events, err := posture.Take(before, id, seen[id], r, by, right.now)
		if err != nil {
			return nil, err
		}
		return events, tx.SeePosture(ctx, id, at)
	})
}

// orNone gives the zero value of what is not there.
func orNone[R any](r R, err error) (R, error) {
	if holdfast.KindOf(err) == holdfast.NotFound {
		var none R
		return none, nil
	}
	return r, err
}

// DeviceLink is a link that ties the browser which opens it to a device.
type DeviceLink struct {
	URL    string // the secret is in the fragment, so that no server logs it
	Secret string
	Ends   time.Time
}

// LinkDevice makes such a link; an earlier one that was not opened ends.
func (f *Flow) LinkDevice(ctx context.Context, by holdfast.Actor, id string) (DeviceLink, error) {
	var link DeviceLink
	err := f.do(ctx, by, authority.DevicesWrite, func(tx Tx, r right) ([]audit.Event, error) {
		d, err := tx.ManagedDevice(ctx, id)
		if err != nil {
			return nil, err
		}
		d, secret, events, err := posture.Link(d, by, r.now)
		link = DeviceLink{URL: f.origin + "/join#" + secret, Secret: secret, Ends: d.LinkEnds}
		return events, err
	})
	return link, err
}

// RemoveDevice takes a device out of the organisation: its cookie and its
// certificates show nothing any more, and who is signed in on it is not.
func (f *Flow) RemoveDevice(ctx context.Context, by holdfast.Actor, id string) error {
	return f.do(ctx, by, authority.DevicesWrite, func(tx Tx, r right) ([]audit.Event, error) {
		d, err := tx.ManagedDevice(ctx, id)
		if err != nil {
			return nil, err
		}
		_, events, err := posture.Remove(d, r.now)
		if err != nil {
			return nil, err
		}
		on, err := tx.SessionsOnDevice(ctx, id)
		if err != nil {
			return nil, err
		}
		held := map[holdfast.PersonID]ending.Held{}
		for _, s := range on {
			h, ok := held[s.Person]
			if !ok {
				if h, err = tx.HeldBy(ctx, s.Person); err != nil {
					return nil, err
				}
				held[s.Person] = h
			}
			events = append(events, h.Session(s.ID, session.DeviceGone, r.now)...)
		}
		return events, nil
	})
}

// OnboardDevice lets a person make their first passkey on a device, once. life
// of 0 is posture.OnboardingLife.
func (f *Flow) OnboardDevice(ctx context.Context, by holdfast.Actor, id string, who holdfast.PersonID, life time.Duration) (posture.Onboarding, error) {
	var o posture.Onboarding
	err := f.do(ctx, by, authority.DevicesWrite, func(tx Tx, r right) ([]audit.Event, error) {
		d, err := tx.ManagedDevice(ctx, id)
		if err != nil {
			return nil, err
		}
		p, err := tx.Person(ctx, who)
		if err != nil {
			return nil, err
		}
		if p.Status != person.Invited && p.Status != person.Active || p.Ended(r.now) {
			return nil, holdfast.Errorf(holdfast.Conflict, "person_closed", "This account is closed: nobody can make a passkey for it.")
		}
		var events []audit.Event
		o, events, err = posture.Onboard(d, p.ID, life, by, r.now)
		return events, err
	})
	return o, err
}

func forgetDevices(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	devices, err := tx.ManagedDevicesOf(ctx, p.ID)
	var events []audit.Event
	for _, d := range devices {
		_, forgotten := posture.Forget(d)
		events = append(events, forgotten...)
	}
	return events, err
}
