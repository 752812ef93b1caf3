package console

import (
	"net/http"

	"holdfast"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// sessions lists where people are signed in.
func (c *Console) sessions(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	to := &page.AllSessions{Query: search(r)}
	pages, part := pager(r)
	live, total, err := c.Store.LiveSessionsWhere(r.Context(), to.Query, part)
	if err != nil {
		return err
	}
	for _, s := range live {
		row := visit.Session(s.Session, s.LastSeen, v.Session.ID, nil)
		row.Person = nameOf(s.Person)
		to.Rows = append(to.Rows, row)
	}
	pages.Total = int(total)
	to.Pager, to.Frame = pages, c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) endSession(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := holdfast.SessionID(r.PathValue("id"))
	err := c.Govern.EndSession(r.Context(), v.Actor(), id)
	return c.pressed(w, r, err, "The session has ended.", page.PathAllSessions)
}
