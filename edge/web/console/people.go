package console

import (
	"context"
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (c *Console) people(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	to := &page.People{Query: search(r), State: stateFilter(r.FormValue("state")), Group: r.FormValue("group")}
	pages, part := pager(r)
	filter := store.PeopleFilter{Text: to.Query, State: statusOf(to.State), Group: holdfast.GroupID(to.Group)}
	people, total, err := c.Store.PeopleWhere(r.Context(), filter, part)
	if err != nil {
		return err
	}
	groups, err := c.Store.Groups(r.Context())
	if err != nil {
		return err
	}
	if to.Rows, err = c.rows(r.Context(), people); err != nil {
		return err
	}
	pages.Total = int(total)
	to.Pager, to.All, to.Frame = pages, groupRefs(groups), c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// stateFilter reads a state of the filter; what it does not know is any.
func stateFilter(text string) page.PersonState {
	switch s := page.PersonState(text); s {
	case page.Invited, page.Active, page.Suspended, page.Ended, page.Erased:
		return s
	}
	return ""
}

// statusOf is a filter's state as the store has it.
func statusOf(s page.PersonState) person.Status {
	if s == page.Ended {
		return store.Ended
	}
	return person.Status(s)
}

// stateOf is where p stands: the end of the employment goes before the rest.
func stateOf(p person.Record, now time.Time) page.PersonState {
	if p.Status != person.Erased && p.Ended(now) {
		return page.Ended
	}
	return page.PersonState(p.Status)
}

// rows fills lines of the list with what is known of each person elsewhere.
func (c *Console) rows(ctx context.Context, people []person.Record) ([]page.PersonRow, error) {
	ids := make([]holdfast.PersonID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	last, err := c.Store.LastSignIns(ctx, ids)
	if err != nil {
		return nil, err
	}
	passkeys, err := c.Store.PasskeysOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	groups, err := c.Store.GroupNamesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows, now := make([]page.PersonRow, len(people)), c.Visits.Clock()
	for i, p := range people {
		rows[i] = page.PersonRow{
			ID: string(p.ID), Name: nameOf(p), Email: p.Email, State: stateOf(p, now),
			Administrator: p.Role == person.Administrator, Groups: groups[p.ID],
			Passkeys: int(passkeys[p.ID]), Ends: p.Ends, LastSignIn: last[p.ID],
		}
	}
	return rows, nil
}

// nameOf is a person's name, or a word for somebody whose name is gone.
func nameOf(p person.Record) string {
	if p.Name == "" {
		return "Erased person"
	}
	return p.Name
}

func groupRefs(groups []person.Group) []page.GroupRef {
	refs := make([]page.GroupRef, len(groups))
	for i, g := range groups {
		refs[i] = page.GroupRef{ID: string(g.ID), Name: g.Name}
	}
	return refs
}
