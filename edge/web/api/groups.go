package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

// Group is a group of people.
type Group struct {
	ID         string    `json:"id" example:"grp_7yk2m4"`
	Name       string    `json:"name"`
	Members    int64     `json:"members"`
	ExternalID string    `json:"external_id,omitempty" doc:"What the directory that provisions it calls it."`
	Created    time.Time `json:"created"`
}

func groupView(g person.Group, members int64) Group {
	return Group{ID: string(g.ID), Name: g.Name, Members: members, ExternalID: g.ExternalID, Created: g.Created}
}

type OfGroup struct {
	Group string `path:"group" maxLength:"500" doc:"Id, or name."`
}

type groupAnswer struct{ Body Group }

// GroupName is what is said of a group.
type GroupName struct {
	Name string `json:"name" maxLength:"500"`
}

// findGroup takes an id or a name.
func (a *API) findGroup(c context.Context, which string) (person.Group, error) {
	g, err := a.Store.Group(c, holdfast.GroupID(which))
	if err != nil && holdfast.KindOf(err) == holdfast.NotFound && !strings.HasPrefix(which, "grp_") {
		g, err = a.Store.GroupByName(c, which)
	}
	return g, err
}

func (a *API) shownGroup(c call, id holdfast.GroupID) (*groupAnswer, error) {
	g, err := a.Store.Group(c, id)
	if err != nil {
		return nil, err
	}
	sizes, err := a.Store.GroupSizesOf(c, []holdfast.GroupID{id})
	return &groupAnswer{groupView(g, sizes[id])}, err
}

type noBody struct{}

func (a *API) groups() {
	read, write := by(authority.GroupsRead), by(authority.GroupsWrite)
	add(a, operation{id: "list-groups", method: http.MethodGet, path: "/groups", access: read, tag: "groups", summary: "List groups by name"}, a.listGroups)
	add(a, operation{id: "get-group", method: http.MethodGet, path: "/groups/{group}", access: read, tag: "groups", summary: "Show a group"},
		func(c call, in *OfGroup) (*groupAnswer, error) {
			return a.onGroup(c, in.Group, func(holdfast.GroupID) error { return nil })
		})
	add(a, operation{id: "add-group", method: http.MethodPost, path: "/groups", access: write, tag: "groups", status: http.StatusCreated, summary: "Make a group"},
		func(c call, in *struct{ Body GroupName }) (*groupAnswer, error) {
			g, err := a.Govern.AddGroup(c, c.Actor, in.Body.Name)
			return &groupAnswer{groupView(g, 0)}, err
		})
	add(a, operation{id: "rename-group", method: http.MethodPatch, path: "/groups/{group}", access: write, tag: "groups", summary: "Give a group another name"},
		func(c call, in *struct {
			OfGroup
			Body GroupName
		}) (*groupAnswer, error) {
			return a.onGroup(c, in.Group, func(id holdfast.GroupID) error { return a.Govern.RenameGroup(c, c.Actor, id, in.Body.Name) })
		})
	add(a, operation{id: "remove-group", method: http.MethodDelete, path: "/groups/{group}", access: write, tag: "groups", summary: "Remove a group; its people stay"},
		func(c call, in *OfGroup) (*noBody, error) {
			g, err := a.findGroup(c, in.Group)
			if err != nil {
				return nil, err
			}
			return &noBody{}, a.Govern.RemoveGroup(c, c.Actor, g.ID)
		})
	add(a, operation{id: "list-members", method: http.MethodGet, path: "/groups/{group}/members", access: read, tag: "groups",
		summary: "List the people in a group, by name", more: "Takes people:read as well."}, a.listMembers)
	add(a, operation{id: "join-group", method: http.MethodPut, path: "/groups/{group}/members/{person}", access: write, tag: "groups",
		summary: "Put a person into a group", more: "Being in it already is no error."}, a.member(a.Govern.Join))
	add(a, operation{id: "leave-group", method: http.MethodDelete, path: "/groups/{group}/members/{person}", access: write, tag: "groups",
		summary: "Take a person out of a group", more: "Not being in it is no error."}, a.member(a.Govern.Leave))
}

func (a *API) listGroups(c call, in *struct {
	Paging
	Query string `query:"query" maxLength:"200" doc:"Part of the name."`
}) (*listed[Group], error) {
	return paged(a, c, in.Paging, pager[person.Group, Group]{
		read: func(after store.Cut, limit int) ([]person.Group, error) {
			return a.Store.ListGroups(c, in.Query, after, limit)
		},
		cut: func(g person.Group) store.Cut { return store.Cut{Text: g.Name, ID: string(g.ID)} },
		view: func(groups []person.Group) ([]Group, error) {
			ids := make([]holdfast.GroupID, len(groups))
			for i, g := range groups {
				ids[i] = g.ID
			}
			sizes, err := a.Store.GroupSizesOf(c, ids)
			return views(groups, func(g person.Group) Group { return groupView(g, sizes[g.ID]) }), err
		},
	})
}

func views[R, T any](rows []R, view func(R) T) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = view(r)
	}
	return out
}

func (a *API) listMembers(c call, in *struct {
	OfGroup
	Paging
}) (*listed[Person], error) {
	if !c.Holds.Has(authority.PeopleRead) {
		return nil, authority.Need(authority.PeopleRead)
	}
	g, err := a.findGroup(c, in.Group)
	if err != nil {
		return nil, err
	}
	f := store.PeopleList{PeopleFilter: store.PeopleFilter{Group: g.ID}}
	return paged(a, c, in.Paging, pager[person.Record, Person]{
		read: func(after store.Cut, limit int) ([]person.Record, error) {
			return a.Store.ListPeople(c, f, after, limit)
		},
		cut:  func(p person.Record) store.Cut { return store.Cut{Text: p.Name, ID: string(p.ID)} },
		view: func(people []person.Record) ([]Person, error) { return a.personViews(c, people) },
	})
}

func (a *API) onGroup(c call, which string, do func(holdfast.GroupID) error) (*groupAnswer, error) {
	g, err := a.findGroup(c, which)
	if err == nil {
		err = do(g.ID)
	}
	if err != nil {
		return nil, err
	}
	return a.shownGroup(c, g.ID)
}

type membership struct {
	OfGroup
	OfPerson
}

func (a *API) member(do func(context.Context, holdfast.Actor, holdfast.PersonID, holdfast.GroupID) error) func(call, *membership) (*groupAnswer, error) {
	return func(c call, in *membership) (*groupAnswer, error) {
		p, err := a.find(c, in.Person)
		if err != nil {
			return nil, err
		}
		return a.onGroup(c, in.Group, func(g holdfast.GroupID) error { return do(c, c.Actor, p.ID, g) })
	}
}
