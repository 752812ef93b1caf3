package portal

import (
	"context"
	"errors"
	"net/http"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/provider"
	"holdfast/domain/task"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (p *Portal) passkeys(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return p.showPasskeys(w, r, v, http.StatusOK, &page.Passkeys{})
}

// keys are a person's passkeys with what is proven of each, and those that they
// have to replace.
func (p *Portal) keys(ctx context.Context, v visit.Visit, creds []credential.Record) ([]page.Passkey, []page.Duty, error) {
	cards := visit.Passkeys(creds, v.Session.Credential)
	judged, err := p.Store.JudgementsOf(ctx, v.Person.ID)
	if err != nil {
		return nil, nil, err
	}
	verdicts := map[holdfast.CredentialID]evidence.Judgement{}
	for _, j := range judged {
		verdicts[j.ID] = j
	}
	names := map[holdfast.CredentialID]string{}
	i := 0
	for _, k := range creds {
		if k.Status == credential.Removed {
			continue
		}
		visit.Known(&cards[i], evidence.Of(k, verdicts[k.ID], provider.Registry{}, p.Visits.Clock()))
		names[k.ID] = cards[i].Label()
		i++
	}
	tasks, err := p.Store.TasksOf(ctx, v.Person.ID)
	if err != nil {
		return nil, nil, err
	}
	var duties []page.Duty
	for _, t := range tasks {
		if name, ok := names[t.Credential]; ok && t.State == task.Open {
			duties = append(duties, page.Duty{Passkey: name, Why: dutyWhy[t.Why], Due: t.Due, Last: t.Why == task.LastWay})
		}
	}
	return cards, duties, nil
}

// dutyWhy says to a passkey's owner why it is to be replaced.
var dutyWhy = map[string]string{
	task.NotAccepted: "What you do here asks for a stronger one now.",
	task.LastWay:     "What you do here asks for a stronger one now.",
	task.Status:      "Its maker, or who certified it, warns of this model.",
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
	if to.Passkeys, to.Duties, err = p.keys(r.Context(), v, creds); err != nil {
		return err
	}
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
