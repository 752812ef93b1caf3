package api

import (
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/posture"
	"holdfast/edge/store"
)

// Device is a device of the organisation, as its device management reports it.
type Device struct {
	ID         string    `json:"id" doc:"What the device management calls it." example:"C02XL0GYJGH5"`
	Name       string    `json:"name,omitempty"`
	Person     string    `json:"person,omitempty" doc:"Whose it is."`
	Managed    bool      `json:"managed"`
	Compliant  bool      `json:"compliant" doc:"As it was reported. It counts only while the report is current."`
	Current    bool      `json:"current" doc:"The last report is not older than 24 hours."`
	OS         string    `json:"os,omitempty" example:"windows"`
	OSVersion  string    `json:"os_version,omitempty"`
	OSReleased string    `json:"os_released,omitempty" doc:"The day on which this version came out." example:"2026-10-01"`
	OSAgeDays  int64     `json:"os_age_days,omitempty"`
	Shared     bool      `json:"shared,omitempty"`
	Enrolled   time.Time `json:"enrolled"`
	Changed    time.Time `json:"changed" doc:"Since when it is reported as it stands here."`
	ReportedAt time.Time `json:"reported_at" doc:"The last report."`
	ReportedBy string    `json:"reported_by,omitempty"`
	Linked     time.Time `json:"linked,omitzero" doc:"Since when a browser on it has its cookie."`
	Removed    time.Time `json:"removed,omitzero"`
}

// NewPosture is a report about a device.
type NewPosture struct {
	Managed    bool      `json:"managed"`
	Compliant  bool      `json:"compliant"`
	OS         string    `json:"os" maxLength:"100" doc:"In small letters: windows, macos, linux, ios, android, chromeos." example:"windows"`
	OSVersion  string    `json:"os_version,omitempty" maxLength:"100"`
	OSReleased string    `json:"os_released,omitempty" maxLength:"10" doc:"The day on which this version came out; without it the age of the system is not known." example:"2026-10-01"`
	Name       *string   `json:"name,omitempty" maxLength:"400" doc:"Where it is missing, the name stays."`
	Person     *string   `json:"person,omitempty" maxLength:"320" doc:"Whose it is, by id or e-mail address; empty: nobody's. Where it is missing, that stays."`
	Shared     *bool     `json:"shared,omitempty" doc:"Several people use it. Where it is missing, that stays."`
	ReportedAt time.Time `json:"reported_at,omitzero" doc:"When the device was looked at; now, where it is missing. Not ahead, and not before the last report."`
}

// DeviceLink ties the browser that opens it to a device.
type DeviceLink struct {
	Ticket string    `json:"ticket" doc:"The secret of the link: what /door/join takes."`
	URL    string    `json:"url"`
	Ends   time.Time `json:"ends"`
}

// NewOnboarding is a right to give.
type NewOnboarding struct {
	Person string `json:"person" minLength:"1" maxLength:"320" doc:"Id, or e-mail address."`
	Life   string `json:"life,omitempty" doc:"How long the right lives, 168h where it is missing, at most 720h." example:"48h"`
}

// Onboarding is the right of a person to make their first passkey on a device.
type Onboarding struct {
	Device string    `json:"device"`
	Person string    `json:"person"`
	Ends   time.Time `json:"ends"`
}

// OfDevice names a device in the path.
type OfDevice struct {
	ID string `path:"id" maxLength:"128"`
}

type deviceAnswer struct{ Body Device }

func (a *API) deviceView(d posture.Device, seen time.Time) Device {
	now := a.Clock()
	st := posture.StandingOf(d, d.Last(seen), posture.DefaultMaxAge, now)
	out := Device{ID: d.ID, Name: d.Name, Person: string(d.Person), Managed: d.Managed, Compliant: d.Compliant, Current: st.Current,
		OS: d.OS, OSVersion: d.OSVersion, OSAgeDays: st.OSAgeDays, Shared: d.Shared, Enrolled: d.Enrolled, Changed: d.Reported,
		ReportedAt: d.Last(seen), ReportedBy: d.By, Linked: d.Linked, Removed: d.Removed}
	if !d.OSReleased.IsZero() {
		out.OSReleased = d.OSReleased.Format(time.DateOnly)
	}
	return out
}

// device shows a device as it is now, also one that was removed.
func (a *API) device(c call, id string) (*deviceAnswer, error) {
	d, err := a.Store.ManagedDevice(c, id)
	if err != nil {
		return nil, err
	}
	seen, err := a.Store.PostureSeen(c, id)
	return &deviceAnswer{a.deviceView(d, seen[id])}, err
}

func (a *API) devices() {
	read, write := by(authority.DevicesRead), by(authority.DevicesWrite)
	add(a, operation{id: "list-devices", method: http.MethodGet, path: "/devices", access: read, tag: "devices",
		summary: "List devices by id"}, a.listDevices)
	add(a, operation{id: "get-device", method: http.MethodGet, path: "/devices/{id}", access: read, tag: "devices",
		summary: "Show a device"}, func(c call, in *OfDevice) (*deviceAnswer, error) { return a.device(c, in.ID) })
	add(a, operation{id: "report-posture", method: http.MethodPost, path: "/devices/{id}/posture", access: write, tag: "devices",
		summary: "Report the posture of a device",
		more:    "The first report enrols the device. A report in which nothing changed renews the posture, and leaves no record in the log."},
		func(c call, in *struct {
			OfDevice
			Body NewPosture
		}) (*deviceAnswer, error) {
			r, err := a.report(c, in.Body)
			if err == nil {
				err = a.Govern.ReportPosture(c, c.Actor, in.ID, r)
			}
			if err != nil {
				return nil, err
			}
			return a.device(c, in.ID)
		})
	add(a, operation{id: "link-device", method: http.MethodPost, path: "/devices/{id}/link", access: write, tag: "devices", status: http.StatusCreated,
		summary: "Make the link that a browser on the device opens",
		more:    "It works once, for 10 minutes, and is shown this once. The cookie that it gives takes the place of the one that the device had."},
		func(c call, in *OfDevice) (*struct{ Body DeviceLink }, error) {
			l, err := a.Govern.LinkDevice(c, c.Actor, in.ID)
			return &struct{ Body DeviceLink }{DeviceLink{Ticket: l.Secret, URL: l.URL, Ends: l.Ends}}, err
		})
	add(a, operation{id: "onboard-device", method: http.MethodPost, path: "/devices/{id}/onboard", access: write, tag: "devices", status: http.StatusCreated,
		summary: "Let a person make their first passkey on the device, once",
		more:    "A new right takes the place of the one that this person had on this device."},
		func(c call, in *struct {
			OfDevice
			Body NewOnboarding
		}) (*struct{ Body Onboarding }, error) {
			o, err := a.onboard(c, in.ID, in.Body)
			return &struct{ Body Onboarding }{Onboarding{o.Device, string(o.Person), o.Expires}}, err
		})
	add(a, operation{id: "remove-device", method: http.MethodDelete, path: "/devices/{id}", access: write, tag: "devices",
		summary: "Remove a device", more: "Its cookie and its certificates show nothing any more, and sessions on it end at once."},
		func(c call, in *OfDevice) (*deviceAnswer, error) {
			if err := a.Govern.RemoveDevice(c, c.Actor, in.ID); err != nil {
				return nil, err
			}
			return a.device(c, in.ID)
		})
}

func (a *API) report(c call, n NewPosture) (posture.Report, error) {
	r := posture.Report{Managed: n.Managed, Compliant: n.Compliant, OS: n.OS, OSVersion: n.OSVersion, Name: n.Name, Shared: n.Shared, At: n.ReportedAt}
	var err error
	if n.OSReleased != "" {
		if r.OSReleased, err = time.Parse(time.DateOnly, n.OSReleased); err != nil {
			return r, holdfast.Errorf(holdfast.Invalid, "device_os_released", "os_released is a day: write 2026-10-01.")
		}
	}
	if n.Person == nil {
		return r, nil
	}
	who, err := a.findAny(c, *n.Person)
	r.Person = &who
	return r, err
}

func (a *API) onboard(c call, id string, n NewOnboarding) (posture.Onboarding, error) {
	d, err := life(n.Life)
	if err != nil {
		return posture.Onboarding{}, err
	}
	p, err := a.find(c, n.Person)
	if err != nil {
		return posture.Onboarding{}, err
	}
	return a.Govern.OnboardDevice(c, c.Actor, id, p.ID, d)
}

func (a *API) listDevices(c call, in *struct {
	Paging
	Person  string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
	OS      string `query:"os" maxLength:"100"`
	Managed string `query:"managed" enum:"true,false"`
	State   string `query:"state" enum:"present,removed" default:"present"`
}) (*listed[Device], error) {
	who, err := a.findAny(c, in.Person)
	if err != nil {
		return nil, err
	}
	f := store.DeviceList{Person: who, OS: in.OS, Gone: in.State == string(posture.Gone)}
	if in.Managed != "" {
		yes := in.Managed == "true"
		f.Managed = &yes
	}
	return paged(a, c, in.Paging, pager[posture.Device, Device]{
		read: func(after store.Cut, limit int) ([]posture.Device, error) {
			return a.Store.ListManagedDevices(c, f, after, limit)
		},
		cut: func(d posture.Device) store.Cut { return store.Cut{ID: d.ID} },
		view: func(ds []posture.Device) ([]Device, error) {
			ids := make([]string, len(ds))
			for i, d := range ds {
				ids[i] = d.ID
			}
			seen, err := a.Store.PostureSeen(c, ids...)
			return views(ds, func(d posture.Device) Device { return a.deviceView(d, seen[d.ID]) }), err
		},
	})
}
