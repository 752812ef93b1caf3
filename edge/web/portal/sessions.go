package portal

import (
	"net/http"
	"time"

	"holdfast"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (p *Portal) sessions(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	held, err := p.held(r.Context(), v)
	if err != nil {
		return err
	}
	p.Visits.Render(w, r, http.StatusOK, &page.Sessions{
		Frame: p.frame(w, r, v, held.creds), Sessions: held.sessionCards(v, p.Visits.Clock())})
	return nil
}

// sessionCards are the sessions that still carry the person, this one first.
func (h held) sessionCards(v visit.Visit, now time.Time) []page.Session {
	names := map[holdfast.CredentialID]string{}
	for _, c := range h.creds {
		names[c.ID] = c.Name
	}
	var own, others []page.Session
	for _, s := range h.sessions {
		if !s.Session.Live(s.LastSeen, now) {
			continue
		}
		card := visit.Session(s.Session, s.LastSeen, v.Session.ID, names)
		for _, use := range h.used {
			if a, ok := h.app(use.App); ok && use.Session == s.Session.ID {
				card.Apps = append(card.Apps, a.Name)
			}
		}
		if card.Current {
			own = append(own, card)
		} else {
			others = append(others, card)
		}
	}
	return append(own, others...)
}

func (p *Portal) endSession(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := holdfast.SessionID(r.PathValue("id"))
	if err := p.Account.EndSession(r.Context(), v.Session, id); err != nil {
		return err
	}
	if id == v.Session.ID {
		p.Visits.Drop(w)
		http.Redirect(w, r, page.PathSignedOut, http.StatusSeeOther)
		return nil
	}
	p.back(w, r, page.ToneGood, "That session has ended.", page.PathSessions)
	return nil
}

func (p *Portal) signOutEverywhere(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if err := p.Account.SignOutEverywhere(r.Context(), v.Session); err != nil {
		return err
	}
	p.Visits.Drop(w)
	http.Redirect(w, r, page.PathSignedOut+"?everywhere=1", http.StatusSeeOther)
	return nil
}

// signOutPage asks first: a GET never ends a session, since any page on the
// web can make a browser send one.
func (p *Portal) signOutPage(w http.ResponseWriter, r *http.Request) {
	v, err := p.Visits.Of(r)
	switch {
	case err != nil:
		p.Visits.PageError(w, r, v, err)
	case !v.SignedIn():
		http.Redirect(w, r, page.PathSignedOut, http.StatusSeeOther)
	default:
		p.Visits.Render(w, r, http.StatusOK, &page.SignOut{Frame: p.Visits.Frame(w, r, v)})
	}
}

// signOut ends this session. Who is signed out already is told the same.
func (p *Portal) signOut(w http.ResponseWriter, r *http.Request) {
	v, err := p.Visits.Of(r)
	if err == nil {
		err = visit.Form(w, r)
	}
	if err == nil && v.SignedIn() && r.PostFormValue("decision") == "stay" {
		http.Redirect(w, r, page.PathHome, http.StatusSeeOther)
		return
	}
	if err == nil && v.SignedIn() {
		// Ended in the meantime, elsewhere: then it is over all the same.
		if err = p.Account.EndSession(r.Context(), v.Session, v.Session.ID); holdfast.KindOf(err) == holdfast.NotFound {
			err = nil
		}
	}
	if err != nil {
		p.Visits.PageError(w, r, v, err)
		return
	}
	p.Visits.Drop(w)
	http.Redirect(w, r, page.PathSignedOut, http.StatusSeeOther)
}
