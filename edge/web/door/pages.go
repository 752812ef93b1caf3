package door

import (
	"net/http"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/org"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (d *Door) signInPage(w http.ResponseWriter, r *http.Request) {
	v, err := d.visits.Of(r)
	if err != nil {
		d.visits.PageError(w, r, v, err)
		return
	}
	back := visit.LocalPath(r.FormValue("return"))
	p := &page.SignIn{Frame: d.visits.Frame(w, r, v), Return: back, App: d.asking(r.Context(), back)}
	if v.SignedIn() && r.FormValue("confirm") != "" {
		p.StepUp = true
		if back == "" {
			p.Return = page.PathHome
		}
	} else {
		p.Person = "" // a sign-in page is the same for everybody
	}
	if _, err := d.store.Setting(r.Context(), org.SettingReady); holdfast.KindOf(err) == holdfast.NotFound {
		p.Warning = "Nobody can sign in yet: open the set-up link that Holdfast printed when it started."
	}
	d.visits.Render(w, r, http.StatusOK, p)
}

func (d *Door) enrolPage(w http.ResponseWriter, r *http.Request) {
	d.visits.Render(w, r, http.StatusOK, &page.Enrol{Frame: d.visits.Frame(w, r, visit.Visit{})})
}

func (d *Door) setupPage(w http.ResponseWriter, r *http.Request) {
	p := &page.Setup{Frame: d.visits.Frame(w, r, visit.Visit{}), Suggested: ""}
	p.Suggested = p.Organisation
	_, err := d.store.Setting(r.Context(), org.SettingReady)
	switch {
	case err == nil:
		p.State = page.LinkUsed
	case holdfast.KindOf(err) != holdfast.NotFound:
		d.visits.PageError(w, r, visit.Visit{}, err)
		return
	}
	d.visits.Render(w, r, http.StatusOK, p)
}

func (d *Door) welcomePage(w http.ResponseWriter, r *http.Request) {
	v, err := d.visits.Of(r)
	if err == nil && !v.SignedIn() {
		d.visits.ToDoor(w, r, false)
		return
	}
	var creds []credential.Record
	if err == nil {
		creds, err = d.store.CredentialsOf(r.Context(), v.Person.ID)
	}
	if err != nil {
		d.visits.PageError(w, r, v, err)
		return
	}
	p := &page.Welcome{Frame: d.visits.Frame(w, r, v), Passkeys: visit.Passkeys(creds, v.Session.Credential)}
	if !v.Holds().Empty() {
		p.Continue = page.Link{Text: "Continue to the console", URL: page.PathConsole}
	}
	d.visits.Render(w, r, http.StatusOK, p)
}

func (d *Door) signedOutPage(w http.ResponseWriter, r *http.Request) {
	d.visits.Render(w, r, http.StatusOK, &page.SignedOut{
		Frame: d.visits.Frame(w, r, visit.Visit{}), Everywhere: r.FormValue("everywhere") != ""})
}
