package posture

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// LinkLife is how long a link that ties a browser to its device can be opened.
const LinkLife = 10 * time.Minute

// CookieLife is as long as browsers keep a cookie (RFC 6265bis §5.5).
const CookieLife = 400 * 24 * time.Hour

// Link makes a link for d, and its secret, which is shown once. One stands at
// a time: an earlier one ends.
func Link(d Device, by holdfast.Actor, now time.Time) (Device, string, []audit.Event, error) {
	if d.Status() != Present {
		return d, "", nil, errGone
	}
	secret := holdfast.NewSecret()
	d.LinkHash, d.LinkEnds, d.LinkBy = holdfast.HashSecret(secret), now.Add(LinkLife), string(by.Kind)+":"+by.ID
	return d, secret, []audit.Event{audit.New("device.link_made", d.ID, d.Person, audit.Change(&d, "link_hash", "link_ends", "link_by"))}, nil
}

// EndLink ends d's link, if it has one, because who made it lost the power to.
func EndLink(d Device) (Device, []audit.Event) {
	if d.LinkHash == "" {
		return d, nil
	}
	d.LinkHash, d.LinkEnds, d.LinkBy = "", time.Time{}, ""
	return d, []audit.Event{audit.New("device.link_ended", d.ID, d.Person, audit.Change(&d, "link_hash", "link_ends", "link_by")).With("why", "maker")}
}

// Join opens d's link: it is used up, and gives the secret for the device's
// cookie. The cookie that the device had until now is void.
func Join(d Device, now time.Time) (Device, string, []audit.Event, error) {
	switch {
	case d.Status() != Present || d.LinkHash == "":
		return d, "", nil, ErrLinkUnknown
	case !now.Before(d.LinkEnds):
		return d, "", nil, holdfast.Errorf(holdfast.Expired, "device_link_expired",
			"This link is over: it works for %d minutes. Have the device management make a new one.", int(LinkLife.Minutes()))
	}
	secret := holdfast.NewSecret()
	d.LinkHash, d.LinkEnds, d.LinkBy = "", time.Time{}, ""
	d.CookieHash, d.Linked = holdfast.HashSecret(secret), now
	return d, secret, []audit.Event{audit.New("device.linked", d.ID, d.Person,
		audit.Change(&d, "cookie_hash", "linked", "link_hash", "link_ends", "link_by"))}, nil
}

// ErrLinkUnknown is said of a link that never was, was used, or was replaced.
var ErrLinkUnknown = holdfast.Errorf(holdfast.NotFound, "device_link_unknown",
	"This link is not known here: it was used, or a newer one took its place. Have the device management make a new one.")

// How a browser showed its device.
const (
	ByCookie      = "cookie"
	ByCertificate = "mtls"
)

// Seen is a device that somebody's browser has just shown, as it stands. The
// zero Seen is no device.
type Seen struct {
	Device
	ReportedAt time.Time // when the MDM last reported it
	Via        string    // ByCookie or ByCertificate; empty: no device
}

// Last is when d was last heard of: seen may have been lost.
func (d Device) Last(seen time.Time) time.Time { return latest(d.Reported, seen) }

// Standing is what a device is worth at a moment.
type Standing struct {
	Managed    bool
	Compliant  bool // and what says so is current
	Current    bool // the last report is not older than it may be
	AgeSeconds int64
	OS         string
	OSAgeDays  int64 // since this version came out; 0: today, or nobody knows
}

// StandingOf judges d at now by a report of reportedAt that counts for maxAge.
// A report from after now, which only another clock can make, is as old as now.
func StandingOf(d Device, reportedAt time.Time, maxAge time.Duration, now time.Time) Standing {
	if d.Status() != Present {
		return Standing{}
	}
	age := max(now.Sub(reportedAt), 0)
	s := Standing{Managed: d.Managed, Current: age <= maxAge, AgeSeconds: int64(age / time.Second), OS: d.OS}
	s.Compliant = d.Managed && d.Compliant && s.Current
	if !d.OSReleased.IsZero() && now.After(d.OSReleased) {
		s.OSAgeDays = int64(now.Sub(d.OSReleased) / (24 * time.Hour))
	}
	return s
}
