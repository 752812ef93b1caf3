package console

import (
	"net/http"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// sessions lists where people are signed in.
func (c *Console) sessions(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	to, k := &page.AllSessions{Query: search(r), Export: page.ExportOf(r.URL.Query())}, span(r)
	live, more, err := c.Store.LiveSessionsWhere(r.Context(), to.Query, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountLiveSessionsWhere(r.Context(), to.Query, store.Many)
	if err != nil {
		return err
	}
	for _, s := range live {
		row := visit.Session(s.Session, s.LastSeen, v.Session.ID, nil)
		row.Person, row.Above = nameOf(s.Person), above(v, s.Person)
		to.Rows = append(to.Rows, row)
	}
	if to.Pager.Total = int(total); len(to.Rows) > 0 {
		to.Pager = parts(r, k, to.Rows[0].ID, to.Rows[len(to.Rows)-1].ID, len(to.Rows), more, total)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) endSession(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := holdfast.SessionID(r.PathValue("id"))
	err := c.Govern.EndSession(r.Context(), v.Actor(), id)
	return c.pressed(w, r, err, "The session has ended.", page.PathAllSessions)
}
