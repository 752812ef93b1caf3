package console

import (
	"context"
	"net/http"
	"strings"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (c *Console) groups(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.showGroups(w, r, v, http.StatusOK, &page.Groups{})
}

func (c *Console) showGroups(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.Groups) error {
	rows, err := c.groupRows(r.Context())
	if err != nil {
		return err
	}
	to.Rows, to.Export, to.Frame = rows, page.ExportOf(nil), c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

func (c *Console) groupRows(ctx context.Context) ([]page.GroupRow, error) {
	groups, err := c.Store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	sizes, err := c.Store.GroupSizes(ctx)
	rows := make([]page.GroupRow, len(groups))
	for i, g := range groups {
		rows[i] = page.GroupRow{ID: string(g.ID), Name: g.Name, Members: int(sizes[g.ID]), Created: g.Created}
	}
	return rows, err
}

var groupFields = fieldOf{"name": "name", "group_taken": "name"}

func (c *Console) addGroup(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	name := r.PostFormValue("name")
	g, err := c.Govern.AddGroup(r.Context(), v.Actor(), name)
	if shown, status, ok := groupFields.onForm(err); ok {
		return c.showGroups(w, r, v, status, &page.Groups{Name: name, Errors: shown})
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "The group is there. Add its people.", page.GroupPath(string(g.ID)))
}

func (c *Console) group(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.showGroup(w, r, v, http.StatusOK, &page.Group{})
}

func (c *Console) showGroup(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.Group) error {
	g, err := c.Store.Group(r.Context(), holdfast.GroupID(r.PathValue("id")))
	if err != nil {
		return err
	}
	k, filter := span(r), store.PeopleFilter{Group: g.ID}
	members, more, err := c.Store.PeoplePart(r.Context(), filter, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountPeopleWhere(r.Context(), filter, 0)
	if err != nil {
		return err
	}
	if to.Members, err = c.rows(r.Context(), members); err != nil {
		return err
	}
	to.Pager, to.Export = peopleParts(r, k, to.Members, more, total), page.ExportOf(nil)
	to.Row = page.GroupRow{ID: string(g.ID), Name: g.Name, Members: int(total), Created: g.Created}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

func (c *Console) renameGroup(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id, name := r.PathValue("id"), r.PostFormValue("name")
	err := c.Govern.RenameGroup(r.Context(), v.Actor(), holdfast.GroupID(id), name)
	if shown, status, ok := groupFields.onForm(err); ok {
		return c.showGroup(w, r, v, status, &page.Group{Name: name, Errors: shown})
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "The group has its new name.", page.GroupPath(id))
}

func (c *Console) removeGroup(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	if err := c.Govern.RemoveGroup(r.Context(), v.Actor(), holdfast.GroupID(r.PathValue("id"))); err != nil {
		return err
	}
	return c.done(w, r, "The group was removed. Its members stay.", page.PathGroups)
}

var memberFields = fieldOf{"no_such_member": "person"}

// addMember takes an e-mail address or an id.
func (c *Console) addMember(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id, typed := r.PathValue("id"), strings.TrimSpace(r.PostFormValue("person"))
	who, err := c.member(r.Context(), typed)
	if err == nil {
		err = c.Govern.Join(r.Context(), v.Actor(), who, holdfast.GroupID(id))
	}
	if shown, status, ok := memberFields.onForm(err); ok {
		return c.showGroup(w, r, v, status, &page.Group{Add: typed, Errors: shown})
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "Added to the group.", page.GroupPath(id))
}

// member is the person who was typed.
func (c *Console) member(ctx context.Context, typed string) (holdfast.PersonID, error) {
	p, err := c.Store.PersonByEmail(ctx, strings.ToLower(typed))
	if holdfast.KindOf(err) == holdfast.NotFound {
		p, err = c.Store.Person(ctx, holdfast.PersonID(typed))
	}
	if holdfast.KindOf(err) == holdfast.NotFound {
		err = holdfast.Errorf(holdfast.Invalid, "no_such_member", "Nobody here has this address. Check it, or invite them first.")
	}
	return p.ID, err
}

func (c *Console) removeMember(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := r.PathValue("id")
	err := c.Govern.Leave(r.Context(), v.Actor(), holdfast.PersonID(r.PostFormValue("person")), holdfast.GroupID(id))
	return c.pressed(w, r, err, "Taken out of the group.", page.GroupPath(id))
}
