package posture

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/lifecycle"
	"holdfast/domain/policy"
)

// Input is s in the words of the policy. Whether this person used the device
// before is not known here.
func Input(s Seen, now time.Time) policy.Device {
	if s.Via == "" {
		return policy.Device{}
	}
	st := StandingOf(s.Device, s.ReportedAt, DefaultMaxAge, now)
	return policy.Device{ID: s.ID, Managed: st.Managed, Compliant: st.Compliant, PostureAgeS: st.AgeSeconds,
		OS: st.OS, OSAgeDays: st.OSAgeDays, Shared: s.Shared, Bind: s.Via}
}

// MadeOn is what a passkey that is made now was made on, for
// credential.Record.MadeOn: a device that is managed, by a report that is
// current or by a certificate of the organisation's; one that the MDM knows and
// does not manage; or, where no device is shown or its posture is stale, nobody
// knows.
func MadeOn(s Seen, now time.Time) string {
	if s.Via == "" || s.Status() != Present {
		return ""
	}
	st := StandingOf(s.Device, s.ReportedAt, DefaultMaxAge, now)
	switch {
	case !st.Managed:
		return credential.OnPersonal
	case st.Current || s.Via == ByCertificate:
		return credential.OnManaged + s.ID
	}
	return ""
}

// Onboarding is the right of one person to make their first passkey on one
// device, once: the single use of a device's onboarding.
type Onboarding struct {
	ID         string // device/person: a newer right takes the place of an older
	Device     string
	Person     holdfast.PersonID
	By         string
	Created    time.Time
	Expires    time.Time
	Used       time.Time
	Credential holdfast.CredentialID // that used it
	Ended      time.Time             // before it was used: who gave it lost the power to
}

func (*Onboarding) Table() string { return "device_onboarding" }

func (o *Onboarding) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &o.ID)
	audit.StringColumn(c, "device", &o.Device)
	audit.StringColumn(c, "person", &o.Person)
	audit.StringColumn(c, "made_by", &o.By)
	c.Time("created", &o.Created)
	c.Time("expires", &o.Expires)
	c.Time("used", &o.Used)
	audit.StringColumn(c, "credential", &o.Credential)
	c.Time("ended", &o.Ended)
}

// OnboardingID names the right of a person on a device.
func OnboardingID(device string, who holdfast.PersonID) string { return device + "/" + string(who) }

// The life of a right: a laptop is some days on its way to whose it will be.
const (
	OnboardingLife    = 7 * 24 * time.Hour
	OnboardingLifeMax = 30 * 24 * time.Hour
)

// OnboardingStatus is what a right is good for; its end by time is no event.
type OnboardingStatus string

const (
	OnboardingOpen OnboardingStatus = "open"
	OnboardingUsed OnboardingStatus = "used"

	OnboardingEnded OnboardingStatus = "ended"
)

// OnboardingRights is what can become of a right.
var OnboardingRights = lifecycle.Of("the right to make a first passkey on a device",
	lifecycle.Step(OnboardingStatus(""), "device.onboarding_allowed", OnboardingOpen, "For one person on one device."),
	lifecycle.Step(OnboardingOpen, "device.onboarding_allowed", OnboardingOpen, "Made anew, with a new end."),
	lifecycle.Step(OnboardingOpen, "device.onboarding_used", OnboardingUsed, "The first passkey was made on it."),
	lifecycle.Step(OnboardingOpen, "device.onboarding_ended", OnboardingEnded, "Who gave it lost the power to."),
	lifecycle.Step(OnboardingEnded, "device.onboarding_allowed", OnboardingOpen, "Made anew."),
	lifecycle.Step(OnboardingUsed, "device.onboarding_allowed", OnboardingOpen, "Made anew."),
)

// Onboard lets who make their first passkey on d, once, within life; 0:
// OnboardingLife.
func Onboard(d Device, who holdfast.PersonID, life time.Duration, by holdfast.Actor, now time.Time) (Onboarding, []audit.Event, error) {
	if d.Status() != Present {
		return Onboarding{}, nil, errGone
	}
	if life == 0 {
		life = OnboardingLife
	}
	if life < 0 || life > OnboardingLifeMax {
		return Onboarding{}, nil, holdfast.Errorf(holdfast.Invalid, "onboarding_life",
			"The right lives more than nothing and at most %d days.", int(OnboardingLifeMax.Hours()/24))
	}
	o := Onboarding{ID: OnboardingID(d.ID, who), Device: d.ID, Person: who, By: string(by.Kind) + ":" + by.ID, Created: now, Expires: now.Add(life)}
	return o, []audit.Event{audit.New("device.onboarding_allowed", d.ID, who, audit.Set(&o))}, nil
}

// Check says why o allows nothing to who on device at now, or nil. The zero
// right allows nothing.
func (o Onboarding) Check(device string, who holdfast.PersonID, now time.Time) error {
	switch {
	case o.ID == "" || o.Device != device || o.Person != who:
		return holdfast.Errorf(holdfast.Denied, "device_not_onboarding",
			"This device was not given to you to set up. Ask your administrator to onboard it for you.")
	case !o.Used.IsZero():
		return holdfast.Errorf(holdfast.Denied, "device_onboarded",
			"This device was set up already, and that works once. Ask your administrator to onboard it again.")
	case !o.Ended.IsZero():
		return holdfast.Errorf(holdfast.Denied, "device_onboarding_ended",
			"Whoever gave you this device to set up may not do that any more. Ask your administrator to onboard it again.")
	case !now.Before(o.Expires):
		return holdfast.Errorf(holdfast.Denied, "device_onboarding_expired",
			"The time to set up this device is over. Ask your administrator to onboard it again.")
	}
	return nil
}

// EndOnboarding ends o before it is used.
func EndOnboarding(o Onboarding, now time.Time) (Onboarding, []audit.Event) {
	if !o.Used.IsZero() || !o.Ended.IsZero() || !now.Before(o.Expires) {
		return o, nil
	}
	o.Ended = now
	return o, []audit.Event{audit.New("device.onboarding_ended", o.Device, o.Person, audit.Set(&o)).With("why", "maker")}
}

// Use uses o up, for the passkey c that who made on device.
func Use(o Onboarding, device string, who holdfast.PersonID, c holdfast.CredentialID, now time.Time) (Onboarding, []audit.Event, error) {
	if err := o.Check(device, who, now); err != nil {
		return o, nil, err
	}
	o.Used, o.Credential = now, c
	return o, []audit.Event{audit.New("device.onboarding_used", o.Device, o.Person, audit.Set(&o))}, nil
}
