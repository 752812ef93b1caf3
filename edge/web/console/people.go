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

// peopleFilter reads what an address asks of the list of people; what it does
// not know is no matter.
func peopleFilter(r *http.Request) store.PeopleFilter {
	f := store.PeopleFilter{State: statusOf(stateFilter(r.FormValue("state"))), Group: holdfast.GroupID(r.FormValue("group")),
		Role: person.Role(page.RoleOf(r.FormValue("role"))), Manager: holdfast.PersonID(r.FormValue("manager"))}
	if f.Begins = search(r); r.FormValue("within") == "yes" {
		f.Begins, f.Text = "", f.Begins
	}
	switch k := person.Employment(r.FormValue("employment")); k {
	case person.Employee, person.Contractor, person.Guest:
		f.Employment = k
	}
	switch o := store.PeopleOrder(r.FormValue("sort")); o {
	case store.ByEmail, store.ByNewest:
		f.Order = o
	}
	return f
}

func (c *Console) people(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, filter, k := r.Context(), peopleFilter(r), span(r)
	to := &page.People{Query: search(r), Within: filter.Text != "", State: stateFilter(r.FormValue("state")), Group: string(filter.Group),
		Role: page.Role(filter.Role), Employment: string(filter.Employment), Order: string(filter.Order), Export: page.ExportOf(r.URL.Query())}
	people, more, err := c.Store.PeoplePart(ctx, filter, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountPeopleWhere(ctx, filter, store.Many)
	if err != nil {
		return err
	}
	groups, err := c.Store.Groups(ctx)
	if err != nil {
		return err
	}
	if to.Rows, err = c.rows(ctx, people); err != nil {
		return err
	}
	if to.Manager, err = c.managerRef(ctx, filter.Manager); err != nil {
		return err
	}
	to.Pager, to.All, to.Frame = peopleParts(r, k, to.Rows, more, total), groupRefs(groups), c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func peopleParts(r *http.Request, k store.Span, rows []page.PersonRow, more bool, total int64) page.Pager {
	if len(rows) == 0 {
		return page.Pager{Total: int(total)}
	}
	return parts(r, k, rows[0].ID, rows[len(rows)-1].ID, len(rows), more, total)
}

// managerRef names the manager whose people are listed.
func (c *Console) managerRef(ctx context.Context, id holdfast.PersonID) (page.GroupRef, error) {
	if id == "" {
		return page.GroupRef{}, nil
	}
	m, err := c.Store.Person(ctx, id)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return page.GroupRef{ID: string(id), Name: string(id)}, nil
	}
	return page.GroupRef{ID: string(id), Name: nameOf(m)}, err
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
			Role: page.Role(p.RoleAt(now)), RoleEnds: p.RoleEnds, Groups: groups[p.ID],
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

// above says whether p holds a role, and who looks may not touch such people.
func above(v visit.Visit, p person.Record) bool { return v.Holds().Over(p, v.At) != nil }
