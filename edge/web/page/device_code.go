package page

import "time"

// DeviceCode asks for the code that a device without a browser shows (RFC 8628
// §3.3). Its form posts code to Action.
type DeviceCode struct {
	Frame
	Action string
	Typed  string
	Error  string
}

// Fields is the one field.
func (d *DeviceCode) Fields() []Field {
	return []Field{{ID: "code", Name: "code", Label: "Code", Value: d.Typed, Error: d.Error, Required: true, Autofocus: true,
		Autocomplete: "off", Help: "Eight letters such as WDJB-MJHT. Capitals and the dash do not matter."}}
}

// DeviceConfirm shows what is about to be let in. Its form posts code and
// decision=allow|deny to Action.
type DeviceConfirm struct {
	Frame
	Action  string
	App     string
	Code    string // as the device shows it
	Address string // where the device asked from
	Device  string // what it says it is
	Since   time.Time
	Gets    []string // sentences, as on Consent
}

// DeviceDone says how it was decided.
type DeviceDone struct {
	Frame
	App    string
	Denied bool
}

func (*DeviceCode) name() string    { return "devicecode" }
func (*DeviceConfirm) name() string { return "deviceconfirm" }
func (*DeviceDone) name() string    { return "devicedone" }

func (*DeviceCode) shell() string    { return "door" }
func (*DeviceConfirm) shell() string { return "door" }
func (*DeviceDone) shell() string    { return "door" }
