package portal

import (
	"errors"
	"net/http"

	"holdfast"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (p *Portal) passkeys(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return p.showPasskeys(w, r, v, http.StatusOK, &page.Passkeys{})
}

// showPasskeys fills what every showing of the page has.
func (p *Portal) showPasskeys(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.Passkeys) error {
	creds, err := p.Store.CredentialsOf(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	here, err := p.Store.Device(r.Context(), p.Visits.Device(r), v.Person.ID)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return err
	}
	to.Browser = visit.Abilities(here.Capabilities)
	to.Frame = p.frame(w, r, v, creds)
	to.Passkeys = visit.Passkeys(creds, v.Session.Credential)
	p.Visits.Render(w, r, status, to)
	return nil
}

func (p *Portal) rename(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id, name := r.PathValue("id"), r.PostFormValue("name")
	err := p.Account.Rename(r.Context(), v.Session, holdfast.CredentialID(id), name)
	if e, ok := errors.AsType[*holdfast.Error](err); ok && e.Kind == holdfast.Invalid {
		return p.showPasskeys(w, r, v, http.StatusUnprocessableEntity,
			&page.Passkeys{Editing: id, Typed: name, Errors: page.Errors{"name": e.Text}})
	}
	if err != nil {
		return err
	}
	p.back(w, r, page.ToneGood, "The passkey has its new name.", page.PathPasskeys)
	return nil
}

func (p *Portal) remove(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	endedSelf, err := p.Account.Remove(r.Context(), v.Session, holdfast.CredentialID(r.PathValue("id")))
	if e, ok := errors.AsType[*holdfast.Error](err); ok && e.Code == "last_credential" {
		p.back(w, r, page.ToneAlarm, e.Text, page.PathPasskeys)
		return nil
	}
	if err != nil {
		return err
	}
	if endedSelf { // this session rested on it
		p.Visits.Drop(w)
		http.Redirect(w, r, page.PathSignedOut, http.StatusSeeOther)
		return nil
	}
	p.back(w, r, page.ToneGood, "The passkey was removed.", page.PathPasskeys)
	return nil
}

// back returns to a page, which then says what was done.
func (p *Portal) back(w http.ResponseWriter, r *http.Request, tone page.Tone, text, to string) {
	p.Visits.Flash(w, tone, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
}
