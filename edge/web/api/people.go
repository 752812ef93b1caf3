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
	"holdfast/flow/govern"
)

// Person is a person.
type Person struct {
	ID         string    `json:"id" example:"per_7yk2m4"`
	Name       string    `json:"name"`
	Email      string    `json:"email"`
	Status     string    `json:"status" enum:"invited,active,suspended,erased"`
	Role       string    `json:"role,omitempty" doc:"In Holdfast itself." enum:"administrator,helpdesk,auditor"`
	RoleEnds   time.Time `json:"role_ends,omitzero"`
	Employment string    `json:"employment" enum:"employee,contractor,guest"`
	Ends       time.Time `json:"ends,omitzero" doc:"The employment is over from then on."`
	Manager    string    `json:"manager,omitempty" doc:"Id of a person."`
	ExternalID string    `json:"external_id,omitempty" doc:"What the directory that provisions them calls them."`
	Created    time.Time `json:"created"`
	Groups     []string  `json:"groups,omitempty" nullable:"false" doc:"Names; told to those who hold groups:read."`
}

func (a *API) personView(p person.Record, groups []string) Person {
	return Person{ID: string(p.ID), Name: p.Name, Email: p.Email, Status: string(p.Status), Role: string(p.RoleAt(a.Clock())),
		RoleEnds: p.RoleEnds, Employment: string(p.Employment), Ends: p.Ends, Manager: string(p.Manager), ExternalID: p.ExternalID,
		Created: p.Created, Groups: groups}
}

// OfPerson names a person in the path.
type OfPerson struct {
	Person string `path:"person" maxLength:"320" doc:"Id, or e-mail address."`
}

type personAnswer struct{ Body Person }

// find takes an id or an e-mail address.
func (a *API) find(c context.Context, who string) (person.Record, error) {
	if strings.Contains(who, "@") {
		email, err := person.Email(who)
		if err != nil {
			return person.Record{}, err
		}
		return a.Store.PersonByEmail(c, email)
	}
	return a.Store.Person(c, holdfast.PersonID(who))
}

// findAny is find for a filter: empty is anybody.
func (a *API) findAny(c context.Context, who string) (holdfast.PersonID, error) {
	if who == "" {
		return "", nil
	}
	p, err := a.find(c, who)
	return p.ID, err
}

// shown is a person as they are now.
func (a *API) shown(c call, id holdfast.PersonID) (*personAnswer, error) {
	p, err := a.Store.Person(c, id)
	if err != nil {
		return nil, err
	}
	views, err := a.personViews(c, []person.Record{p})
	if err != nil {
		return nil, err
	}
	return &personAnswer{views[0]}, nil
}

// personViews adds groups for those who may see them.
func (a *API) personViews(c call, people []person.Record) ([]Person, error) {
	names := map[holdfast.PersonID][]string{}
	if c.Holds.Has(authority.GroupsRead) && len(people) > 0 {
		ids := make([]holdfast.PersonID, len(people))
		for i, p := range people {
			ids[i] = p.ID
		}
		var err error
		if names, err = a.Store.GroupNamesOf(c, ids); err != nil {
			return nil, err
		}
	}
	out := make([]Person, len(people))
	for i, p := range people {
		out[i] = a.personView(p, names[p.ID])
	}
	return out, nil
}

type listPeople struct {
	Paging
	Query string `query:"query" maxLength:"200" doc:"Part of the name or the e-mail address."`
	Email string `query:"email" maxLength:"254" doc:"The whole e-mail address."`
	State string `query:"state" enum:"invited,active,suspended,erased,ended" doc:"ended: the employment is over. Without it: all but erased people."`
	Role  string `query:"role" enum:"administrator,helpdesk,auditor"`
	Group string `query:"group" maxLength:"200" doc:"Id or name of a group that they are in."`
}

// NewPerson is somebody to add.
type NewPerson struct {
	Name       string   `json:"name" maxLength:"500"`
	Email      string   `json:"email" maxLength:"254"`
	Employment string   `json:"employment,omitempty" doc:"employee where it is missing." enum:"employee,contractor,guest"`
	Ends       Day      `json:"ends,omitempty"`
	Manager    string   `json:"manager,omitempty" doc:"Id or e-mail address of a person."`
	ExternalID string   `json:"external_id,omitempty"`
	Groups     []string `json:"groups,omitempty" nullable:"false" maxItems:"100" doc:"Names of groups to put them into; made where they are missing."`
}

func (a *API) guest(c call, n NewPerson) (govern.Guest, error) {
	manager, err := a.findAny(c, n.Manager)
	if err != nil {
		return govern.Guest{}, err
	}
	ends, err := n.Ends.instant()
	return govern.Guest{New: person.New{Name: n.Name, Email: n.Email, Employment: person.Employment(n.Employment), Ends: ends,
		Manager: manager, ExternalID: n.ExternalID}, Groups: n.Groups}, err
}

// PersonChange says what to change of a person; what is missing stays.
type PersonChange struct {
	Name       *string `json:"name,omitempty" maxLength:"500"`
	Email      *string `json:"email,omitempty" maxLength:"254"`
	Employment *string `json:"employment,omitempty" enum:"employee,contractor,guest"`
	Ends       *Day    `json:"ends,omitempty"`
	Manager    *string `json:"manager,omitempty" doc:"Id or e-mail address; empty: nobody."`
	ExternalID *string `json:"external_id,omitempty"`
}

// Role is a role to give, or none.
type Role struct {
	Role string `json:"role" enum:"administrator,helpdesk,auditor,member" doc:"member: no role."`
	Ends Day    `json:"ends,omitempty" doc:"The role is over from then on. An auditor's must be told, at most a year ahead."`
}

// Reason may say why.
type Reason struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Stands in the log, for ever: no personal data."`
}

func (a *API) people() {
	read, write := by(authority.PeopleRead), by(authority.PeopleWrite)
	add(a, operation{id: "list-people", method: http.MethodGet, path: "/people", access: read, tag: "people",
		summary: "List people by name"}, a.listPeople)
	add(a, operation{id: "get-person", method: http.MethodGet, path: "/people/{person}", access: read, tag: "people",
		summary: "Show a person"}, func(c call, in *OfPerson) (*personAnswer, error) {
		p, err := a.find(c, in.Person)
		if err != nil {
			return nil, err
		}
		return a.shown(c, p.ID)
	})
	add(a, operation{id: "add-person", method: http.MethodPost, path: "/people", access: write, tag: "people", status: http.StatusCreated,
		summary: "Add a person without inviting them", more: "Groups take groups:write as well."},
		func(c call, in *struct{ Body NewPerson }) (*personAnswer, error) {
			g, err := a.guest(c, in.Body)
			if err != nil {
				return nil, err
			}
			p, err := a.Govern.AddPerson(c, c.Actor, g)
			if err != nil {
				return nil, err
			}
			return a.shown(c, p.ID)
		})
	add(a, operation{id: "describe-person", method: http.MethodPatch, path: "/people/{person}", access: write, tag: "people",
		summary: "Change name, address, employment or manager"}, a.describePerson)
	add(a, operation{id: "suspend-person", method: http.MethodPost, path: "/people/{person}/suspend", access: write, tag: "people",
		summary: "Stop somebody from signing in", more: "Sessions, grants, open invitations and API tokens end at once."},
		func(c call, in *struct {
			OfPerson
			Body *Reason
		}) (*personAnswer, error) {
			why := ""
			if in.Body != nil {
				why = in.Body.Reason
			}
			return a.onPerson(c, in.Person, func(id holdfast.PersonID) error { return a.Govern.Suspend(c, c.Actor, id, why) })
		})
	add(a, operation{id: "reinstate-person", method: http.MethodPost, path: "/people/{person}/reinstate", access: write, tag: "people",
		summary: "End a suspension"}, func(c call, in *OfPerson) (*personAnswer, error) {
		return a.onPerson(c, in.Person, func(id holdfast.PersonID) error { return a.Govern.Reinstate(c, c.Actor, id) })
	})
	add(a, operation{id: "erase-person", method: http.MethodDelete, path: "/people/{person}", access: by(authority.PeopleErase), tag: "people",
		summary: "Forget a person", more: "What was personal is gone for good; the log still verifies."},
		func(c call, in *OfPerson) (*personAnswer, error) {
			return a.onPerson(c, in.Person, func(id holdfast.PersonID) error { return a.Govern.Erase(c, c.Actor, id) })
		})
	add(a, operation{id: "set-role", method: http.MethodPut, path: "/people/{person}/role", access: by(authority.RolesWrite), tag: "people",
		summary: "Give a role in Holdfast, or take it", more: "Nobody changes their own, or gives what they do not hold."}, a.setRole)
}

func (a *API) listPeople(c call, in *listPeople) (*listed[Person], error) {
	f := store.PeopleList{PeopleFilter: store.PeopleFilter{Text: in.Query, State: person.Status(in.State), Role: person.Role(in.Role)},
		Email: strings.ToLower(in.Email)}
	if in.Group != "" {
		if !c.Holds.Has(authority.GroupsRead) {
			return nil, authority.Need(authority.GroupsRead)
		}
		g, err := a.findGroup(c, in.Group)
		if err != nil {
			return nil, err
		}
		f.Group = g.ID
	}
	return paged(a, c, in.Paging, pager[person.Record, Person]{
		read: func(after store.Cut, limit int) ([]person.Record, error) {
			return a.Store.ListPeople(c, f, after, limit)
		},
		cut:  func(p person.Record) store.Cut { return store.Cut{Text: p.Name, ID: string(p.ID)} },
		view: func(people []person.Record) ([]Person, error) { return a.personViews(c, people) },
	})
}

// onPerson does something to a person and shows what became of them.
func (a *API) onPerson(c call, who string, do func(holdfast.PersonID) error) (*personAnswer, error) {
	p, err := a.find(c, who)
	if err == nil {
		err = do(p.ID)
	}
	if err != nil {
		return nil, err
	}
	return a.shown(c, p.ID)
}

func (a *API) describePerson(c call, in *struct {
	OfPerson
	Body PersonChange
}) (*personAnswer, error) {
	d := in.Body
	var ends time.Time
	var manager holdfast.PersonID
	var err error
	if d.Ends != nil {
		if ends, err = d.Ends.instant(); err != nil {
			return nil, err
		}
	}
	if d.Manager != nil {
		if manager, err = a.findAny(c, *d.Manager); err != nil {
			return nil, err
		}
	}
	return a.onPerson(c, in.Person, func(id holdfast.PersonID) error {
		return a.Govern.Describe(c, c.Actor, id, func(n *person.New) {
			set(&n.Name, d.Name)
			set(&n.Email, d.Email)
			set(&n.Employment, (*person.Employment)(d.Employment))
			set(&n.ExternalID, d.ExternalID)
			if d.Ends != nil {
				n.Ends = ends
			}
			if d.Manager != nil {
				n.Manager = manager
			}
		})
	})
}

// set is what a PATCH does to a field.
func set[T any](field *T, to *T) {
	if to != nil {
		*field = *to
	}
}

func (a *API) setRole(c call, in *struct {
	OfPerson
	Body Role
}) (*personAnswer, error) {
	role := person.Role(in.Body.Role)
	if in.Body.Role == "member" {
		role = person.Member
	}
	ends, err := in.Body.Ends.instant()
	if err != nil {
		return nil, err
	}
	return a.onPerson(c, in.Person, func(id holdfast.PersonID) error { return a.Govern.SetRole(c, c.Actor, id, role, ends) })
}
