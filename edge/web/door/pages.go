package door

import (
	"net/http"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/org"
	"holdfast/domain/provider"
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
	var cards []page.Passkey
	if err == nil {
		cards, err = d.cards(r, v)
	}
	if err != nil {
		d.visits.PageError(w, r, v, err)
		return
	}
	p := &page.Welcome{Frame: d.visits.Frame(w, r, v), Passkeys: cards}
	if !v.Holds().Empty() {
		p.Continue = page.Link{Text: "Continue to the console", URL: page.PathConsole}
	}
	d.visits.Render(w, r, http.StatusOK, p)
}

// cards are v's passkeys, with what is proven of each.
func (d *Door) cards(r *http.Request, v visit.Visit) ([]page.Passkey, error) {
	creds, err := d.store.CredentialsOf(r.Context(), v.Person.ID)
	if err != nil {
		return nil, err
	}
	judged, err := d.store.JudgementsOf(r.Context(), v.Person.ID)
	if err != nil {
		return nil, err
	}
	verdicts := map[holdfast.CredentialID]evidence.Judgement{}
	for _, j := range judged {
		verdicts[j.ID] = j
	}
	cards, i := visit.Passkeys(creds, v.Session.Credential), 0
	for _, c := range creds {
		if c.Status != credential.Removed { // which have no card
			visit.Known(&cards[i], evidence.Of(c, verdicts[c.ID], provider.Registry{}, d.visits.Clock()))
			i++
		}
	}
	return cards, nil
}

func (d *Door) signedOutPage(w http.ResponseWriter, r *http.Request) {
	d.visits.Render(w, r, http.StatusOK, &page.SignedOut{
		Frame: d.visits.Frame(w, r, visit.Visit{}), Everywhere: r.FormValue("everywhere") != ""})
}
