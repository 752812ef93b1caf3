// Package posture is about the organisation's devices: what its device
// management (MDM) reports of each, how a browser shows on which one it runs,
// and what that is worth at a moment. It refuses to take a device's own word,
// to count what was reported too long ago, and to let what shows a device
// outlive the device's removal. What a browser says it can do is another
// matter: package device.
package posture

import (
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
	"holdfast/domain/person"
)

// Device is a device of the organisation, as its MDM reports it. Its row
// changes when what is reported does; when the last report came is kept apart,
// and may be lost: an MDM that reports each hour writes nothing into the log.
type Device struct {
	ID         string // the MDM's own: 1 to 128 of A-Z a-z 0-9 . _ : -
	Name       string // personal
	Person     holdfast.PersonID
	Managed    bool
	Compliant  bool
	OS         string // in small letters: windows, macos, ios
	OSVersion  string
	OSReleased time.Time // the day on which this version came out; zero: nobody said
	Shared     bool      // by several people
	Enrolled   time.Time // when it was first heard of, or again after a removal
	Reported   time.Time // when what stands here was first reported
	By         string    // who reported it

	CookieHash string // of the secret in the cookie that shows this device
	Linked     time.Time
	LinkHash   string // of the link that gives that cookie
	LinkEnds   time.Time

	// CertificatesFrom: those issued before it show nothing any more.
	CertificatesFrom time.Time
	Removed          time.Time
	LinkBy           string // who made the link
}

func (*Device) Table() string { return "managed_device" }

func (d *Device) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &d.ID)
	audit.StringColumn(c, "name", &d.Name).AsPersonal()
	audit.StringColumn(c, "person", &d.Person)
	c.Bool("managed", &d.Managed)
	c.Bool("compliant", &d.Compliant)
	audit.StringColumn(c, "os", &d.OS)
	audit.StringColumn(c, "os_version", &d.OSVersion)
	c.Time("os_released", &d.OSReleased)
	c.Bool("shared", &d.Shared)
	c.Time("enrolled", &d.Enrolled)
	c.Time("reported", &d.Reported)
	audit.StringColumn(c, "reported_by", &d.By)
	audit.StringColumn(c, "cookie_hash", &d.CookieHash)
	c.Time("linked", &d.Linked)
	audit.StringColumn(c, "link_hash", &d.LinkHash)
	c.Time("link_ends", &d.LinkEnds)
	c.Time("certificates_from", &d.CertificatesFrom)
	c.Time("removed", &d.Removed)
	audit.StringColumn(c, "link_by", &d.LinkBy)
}

// Status is where a device stands.
type Status string

const (
	Present Status = "present"
	Gone    Status = "removed"
)

// Life is what can become of a device.
var Life = lifecycle.Of("a device",
	lifecycle.Step(Status(""), "device.enrolled", Present, "Its MDM reported it for the first time."),
	lifecycle.Step(Present, "device.removed", Gone, "Its cookie and its certificates show nothing any more; its sessions end."),
	lifecycle.Step(Gone, "device.enrolled", Present, "It was reported again. It needs a new cookie, or a certificate issued after the removal."),
)

// Status of d.
func (d Device) Status() Status {
	switch {
	case d.Enrolled.IsZero():
		return ""
	case !d.Removed.IsZero():
		return Gone
	}
	return Present
}

const (
	// DefaultMaxAge is how long a report counts where nothing says otherwise.
	DefaultMaxAge = 24 * time.Hour
	// skew is how far ahead of ours the clock of an MDM may be.
	skew = time.Minute

	maxID   = 128
	maxName = 100
	maxOS   = 40
)

// Report is what an MDM says of a device. What is nil stays as it was.
type Report struct {
	Managed    bool
	Compliant  bool
	OS         string
	OSVersion  string
	OSReleased time.Time
	Name       *string
	Person     *holdfast.PersonID
	Shared     *bool
	At         time.Time // when the MDM looked; zero: now
}

// CheckID says why id names no device, or nil.
func CheckID(id string) error {
	other := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:-", r))
	}
	// "." and ".." are cleaned away in addresses.
	if id == "" || len(id) > maxID || strings.ContainsFunc(id, other) || strings.Trim(id, ".") == "" {
		return holdfast.Errorf(holdfast.Invalid, "device_id",
			"A device's id is what the MDM calls it: 1 to %d letters, digits, dots, underscores, colons and dashes.", maxID)
	}
	return nil
}

// Take takes a report about the device id. before is its row, zero if there is
// none; seen is when it was last heard of, zero if that was lost. at is when
// it was heard of now. There are events only where something changed.
func Take(before Device, id string, seen time.Time, r Report, by holdfast.Actor, now time.Time) (d Device, at time.Time, events []audit.Event, err error) {
	if err := CheckID(id); err != nil {
		return before, at, nil, err
	}
	if at, err = r.when(before, seen, now); err != nil {
		return before, at, nil, err
	}
	d, err = before.with(r, now)
	if err != nil {
		return before, at, nil, err
	}
	if d == before && before.Status() == Present {
		return before, at, nil, nil
	}
	d.ID, d.Reported, d.By = id, at, string(by.Kind)+":"+by.ID
	event := audit.Type("device.posture_changed")
	if before.Status() != Present {
		event = "device.enrolled"
		d.Enrolled, d.Removed = now, time.Time{}
	}
	return d, at, d.event(event), nil
}

// when is the instant of a report. An old report that comes late, or again,
// must not take the place of a newer one.
func (r Report) when(before Device, seen, now time.Time) (time.Time, error) {
	at := r.At
	if at.IsZero() || at.After(now) && !at.After(now.Add(skew)) {
		at = now
	}
	if at.After(now) {
		return at, holdfast.Errorf(holdfast.Invalid, "report_in_future",
			"This report is from the future: reported_at is after %s. Set the reporter's clock.", now.UTC().Format(time.RFC3339))
	}
	if at.Before(before.Last(seen)) || at.Before(before.Removed) {
		return at, holdfast.Errorf(holdfast.Conflict, "report_older",
			"There is a newer report of this device, or it was removed since. Look at the device again, and report that.")
	}
	// In microseconds, as it is stored: the same report again is not older.
	return stored(at), nil
}

// with is d after the report; what stays the same makes the same value.
func (d Device) with(r Report, now time.Time) (Device, error) {
	d.Managed, d.Compliant, d.OS, d.OSVersion = r.Managed, r.Compliant, strings.ToLower(strings.TrimSpace(r.OS)), strings.TrimSpace(r.OSVersion)
	d.OSReleased = time.Time{}
	if !r.OSReleased.IsZero() {
		d.OSReleased = stored(r.OSReleased.UTC().Truncate(24 * time.Hour))
	}
	if r.Name != nil {
		d.Name = strings.TrimSpace(*r.Name)
	}
	if r.Person != nil {
		d.Person = *r.Person
	}
	if r.Shared != nil {
		d.Shared = *r.Shared
	}
	for _, f := range []struct {
		what, text string
		most       int
	}{{"os", d.OS, maxOS}, {"os_version", d.OSVersion, maxOS}, {"name", d.Name, maxName}} {
		if utf8.RuneCountInString(f.text) > f.most || !utf8.ValidString(f.text) || strings.ContainsFunc(f.text, person.Deceives) {
			return d, holdfast.Errorf(holdfast.Invalid, "device_"+f.what, "The member %s has at most %d printable characters.", f.what, f.most)
		}
	}
	if d.OSReleased.After(now) {
		return d, holdfast.Errorf(holdfast.Invalid, "device_os_released", "os_released is the day on which this version came out: it cannot be ahead.")
	}
	if d.OS == "" {
		return d, holdfast.Errorf(holdfast.Invalid, "device_os", "Say which operating system the device has: os.")
	}
	return d, nil
}

// Remove takes d out of the organisation: what showed it shows nothing. The
// row stays, so that a certificate that was issued before stays worthless.
func Remove(d Device, now time.Time) (Device, []audit.Event, error) {
	if d.Status() != Present {
		return d, nil, errGone
	}
	d.Removed, d.CertificatesFrom = now, now
	d.CookieHash, d.LinkHash, d.LinkEnds, d.Linked = "", "", time.Time{}, time.Time{}
	d.Name, d.Managed, d.Compliant = "", false, false
	return d, d.event("device.removed"), nil
}

// Forget blanks what is personal, for the erasure of whose it is.
func Forget(d Device) (Device, []audit.Event) {
	if d.Name == "" {
		return d, nil
	}
	d.Name = ""
	return d, []audit.Event{audit.New("device.forgotten", d.ID, d.Person, audit.Change(&d, "name"))}
}

var errGone = holdfast.Errorf(holdfast.NotFound, "no_such_managed_device", "There is no such managed device.")

// event sets the whole row: a name that came with one person must be opened
// with the next.
func (d Device) event(t audit.Type) []audit.Event {
	return []audit.Event{audit.New(t, d.ID, d.Person, audit.Set(&d))}
}

// stored is t as it comes back from the store.
func stored(t time.Time) time.Time { return holdfast.FromMicros(holdfast.Micros(t)) }

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
