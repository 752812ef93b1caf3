package op

import (
	"net/http"
	"net/url"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/device"
)

// PathDevice is where a person types the code that a device shows.
const PathDevice = "/device"

// serveDevicePage asks for a code. It takes none from the address: a link that
// carries a stranger's code would do half of their work.
func (p *Provider) serveDevicePage(w http.ResponseWriter, r *http.Request) {
	who := p.atDevice(w, r)
	switch {
	case who == nil:
	case !who.Session.IsFresh(session.Fresh, p.Flow.Clock()):
		p.toDoor(w, r, true)
	default:
		p.Pages.Render(w, http.StatusOK, &page.DeviceCode{Frame: p.Frame(r), Action: PathDevice})
	}
}

// atDevice gives who is here, signed in and lately confirmed; others are sent
// to the door and come back.
func (p *Provider) atDevice(w http.ResponseWriter, r *http.Request) *device.Who {
	who, err := p.current(r)
	if err != nil {
		p.fault(w, r, err)
		return nil
	}
	if who == nil {
		p.toDoor(w, r, false)
		return nil
	}
	return &device.Who{Session: who.Session, Person: who.Person, Where: who.Where}
}

func (p *Provider) toDoor(w http.ResponseWriter, r *http.Request, confirm bool) {
	q := url.Values{"return": {PathDevice}}
	if confirm {
		q.Set("confirm", "1")
	}
	http.Redirect(w, r, page.PathSignIn+"?"+q.Encode(), http.StatusSeeOther)
}

// serveDeviceCode shows what is about to be let in.
func (p *Provider) serveDeviceCode(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	who := p.atDevice(w, r)
	if who == nil {
		return
	}
	typed := r.PostFormValue("code")
	d, app, err := p.Devices.Find(r.Context(), *who, typed)
	if err != nil {
		p.deviceTrouble(w, r, typed, err)
		return
	}
	p.Pages.Render(w, http.StatusOK, &page.DeviceConfirm{Frame: p.Frame(r), Action: PathDevice + "/decide",
		App: app.Name, Code: grant.ShowUserCode(d.UserCode), Address: d.Address, Device: visit.Device(d.UserAgent),
		Since: d.Created, Gets: gets(d.Scopes, who.Person)})
}

// serveDeviceDecision lets the device in, or does not.
func (p *Provider) serveDeviceDecision(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	who := p.atDevice(w, r)
	if who == nil {
		return
	}
	typed, decision := r.PostFormValue("code"), r.PostFormValue("decision")
	if decision != "allow" && decision != "deny" {
		p.problem(w, r, http.StatusBadRequest, "form", "The form could not be read. Go back and send it again.")
		return
	}
	app, err := p.Devices.Decide(r.Context(), *who, typed, decision == "allow")
	if err != nil {
		p.deviceTrouble(w, r, typed, err)
		return
	}
	p.Pages.Render(w, http.StatusOK, &page.DeviceDone{Frame: p.Frame(r), App: app.Name, Denied: decision == "deny"})
}

func (p *Provider) deviceTrouble(w http.ResponseWriter, r *http.Request, typed string, err error) {
	switch holdfast.KindOf(err) {
	case holdfast.Unsigned:
		p.toDoor(w, r, true)
	case holdfast.NotFound, holdfast.Conflict, holdfast.Denied, holdfast.Throttled:
		p.Log.InfoContext(r.Context(), "refused", "path", r.URL.Path, "code", holdfast.CodeOf(err))
		status := http.StatusUnprocessableEntity
		if holdfast.KindOf(err) == holdfast.Throttled {
			status = http.StatusTooManyRequests
		}
		p.Pages.Render(w, status, &page.DeviceCode{Frame: p.Frame(r), Action: PathDevice, Typed: typed, Error: textOf(err)})
	default:
		p.fault(w, r, err)
	}
}
