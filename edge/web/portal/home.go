package portal

import (
	"context"
	"net/http"
	"net/url"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (p *Portal) home(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	held, err := p.held(r.Context(), v)
	if err != nil {
		return err
	}
	cards, duties, err := p.keys(r.Context(), v, held.creds)
	if err != nil {
		return err
	}
	p.Visits.Render(w, r, http.StatusOK, &page.Home{
		Duties: duties,
		Frame:  p.frame(w, r, v, held.creds), Apps: held.appCards(), Owned: held.owned(v.Person.ID),
		Passkeys: cards, Sessions: held.sessionCards(v, p.Visits.Clock()),
	})
	return nil
}

// held is what a person has.
type held struct {
	creds    []credential.Record
	sessions []store.Visit
	apps     []grant.App
	used     []store.AppUse
}

func (p *Portal) held(ctx context.Context, v visit.Visit) (h held, err error) {
	if h.creds, err = p.Store.CredentialsOf(ctx, v.Person.ID); err != nil {
		return h, err
	}
	if h.sessions, err = p.Store.OpenSessionsOf(ctx, v.Person.ID); err != nil {
		return h, err
	}
	if h.apps, err = p.Store.Apps(ctx); err != nil {
		return h, err
	}
	h.used, err = p.Store.AppsUsedBy(ctx, v.Person.ID)
	return h, err
}

// appCards are the applications that there are, the ones used last in front.
func (h held) appCards() []page.App {
	var front, rest []page.App
	last := map[holdfast.AppID]bool{}
	for _, use := range h.used { // the latest first, one line per session
		if a, ok := h.app(use.App); ok && !last[use.App] {
			last[use.App] = true
			card := appCard(a)
			card.LastUsed = use.Last
			front = append(front, card)
		}
	}
	for _, a := range h.apps {
		if a.Live() && !last[a.ID] {
			rest = append(rest, appCard(a))
		}
	}
	return append(front, rest...)
}

// owned are the applications that somebody looks after.
func (h held) owned(id holdfast.PersonID) []page.Link {
	var out []page.Link
	for _, a := range h.apps {
		if a.Live() && a.OwnedBy(id) {
			out = append(out, page.Link{Text: a.Name, URL: page.ApplicationPath(string(a.ID))})
		}
	}
	return out
}

func (h held) app(id holdfast.AppID) (grant.App, bool) {
	for _, a := range h.apps {
		if a.ID == id && a.Live() {
			return a, true
		}
	}
	return grant.App{}, false
}

// appCard leads to the front page of the site that the application is on:
// applications are not asked for more when they are added.
func appCard(a grant.App) page.App {
	card := page.App{Name: a.Name}
	if len(a.RedirectURIs) == 0 {
		return card
	}
	u, err := url.Parse(a.RedirectURIs[0])
	if err != nil || u.Host == "" {
		return card
	}
	card.Host = u.Host
	if u.Scheme == "https" || u.Scheme == "http" {
		card.URL = u.Scheme + "://" + u.Host + "/"
	}
	return card
}
