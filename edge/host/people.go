package host

import (
	"cmp"
	"context"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/flow/govern"
)

// Person is a person as the CLI shows one.
type Person struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Status     string     `json:"status"`
	Role       string     `json:"role,omitempty"`
	Employment string     `json:"employment"`
	Ends       *time.Time `json:"ends,omitempty"`
	Created    time.Time  `json:"created"`
	Groups     []string   `json:"groups,omitempty"`
}

func personView(p person.Record, groups []person.Group) Person {
	v := Person{ID: string(p.ID), Name: p.Name, Email: p.Email, Status: string(p.Status), Role: string(p.Role),
		Employment: string(p.Employment), Ends: optional(p.Ends), Created: p.Created}
	for _, g := range groups {
		v.Groups = append(v.Groups, g.Name)
	}
	return v
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// NewPerson is somebody to add or to describe.
type NewPerson struct {
	ID         string    `json:"id,omitempty"` // to describe
	Name       string    `json:"name"`
	Email      string    `json:"email"`
	Employment string    `json:"employment,omitempty"`
	Ends       time.Time `json:"ends,omitzero"`
	Group      string    `json:"group,omitempty"` // one, beside Groups
	Groups     []string  `json:"groups,omitempty"`
	Life       string    `json:"life,omitempty"` // of an invitation: "48h"
}

func (n NewPerson) guest() (govern.Guest, error) {
	g := govern.Guest{New: person.New{Name: n.Name, Email: n.Email, Employment: person.Employment(n.Employment), Ends: n.Ends}, Groups: n.Groups}
	if n.Group != "" {
		g.Groups = append(g.Groups, n.Group)
	}
	var err error
	if n.Life != "" {
		if g.Life, err = time.ParseDuration(n.Life); err != nil {
			err = holdfast.Errorf(holdfast.Invalid, "ticket_life", "%q is no duration: write 48h.", n.Life)
		}
	}
	return g, err
}

func (s *Server) people() {
	reads(s, "person/list", func(ctx context.Context, in struct {
		Query string `json:"query"`
	}) (any, error) {
		return s.listPeople(ctx, in.Query)
	})
	reads(s, "person/show", func(ctx context.Context, in byID) (any, error) {
		p, err := s.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		groups, err := s.Store.GroupsOf(ctx, p.ID)
		return personView(p, groups), err
	})
	on(s, "person/add", func(ctx context.Context, by holdfast.Actor, in NewPerson) (any, error) {
		g, err := in.guest()
		if err != nil {
			return nil, err
		}
		p, err := s.Govern.AddPerson(ctx, by, g)
		return personView(p, nil), err
	})
	on(s, "person/describe", func(ctx context.Context, by holdfast.Actor, in NewPerson) (any, error) {
		return s.describe(ctx, by, in)
	})
	s.personVerb("person/suspend", func(ctx context.Context, by holdfast.Actor, p holdfast.PersonID) error {
		return s.Govern.Suspend(ctx, by, p, "")
	})
	s.personVerb("person/reinstate", s.Govern.Reinstate)
	s.personVerb("person/erase", s.Govern.Erase)
	s.personVerb("person/promote", func(ctx context.Context, by holdfast.Actor, p holdfast.PersonID) error {
		return s.Govern.SetRole(ctx, by, p, person.Administrator, time.Time{})
	})
	s.personVerb("person/demote", func(ctx context.Context, by holdfast.Actor, p holdfast.PersonID) error {
		return s.Govern.SetRole(ctx, by, p, person.Member, time.Time{})
	})
}

func (s *Server) personVerb(verb string, do func(context.Context, holdfast.Actor, holdfast.PersonID) error) {
	on(s, verb, func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		p, err := s.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if err := do(ctx, by, p.ID); err != nil {
			return nil, err
		}
		p, err = s.Store.Person(ctx, p.ID)
		return personView(p, nil), err
	})
}

// find takes an id or an e-mail address.
func (s *Server) find(ctx context.Context, who string) (person.Record, error) {
	if email, err := person.Email(who); err == nil {
		return s.Store.PersonByEmail(ctx, email)
	}
	return s.Store.Person(ctx, holdfast.PersonID(who))
}

func (s *Server) listPeople(ctx context.Context, query string) ([]Person, error) {
	list := []Person{}
	if query != "" {
		found, err := s.Store.SearchPeople(ctx, query, 1000)
		for _, p := range found {
			list = append(list, personView(p, nil))
		}
		return list, err
	}
	for after := holdfast.PersonID(""); ; {
		part, err := s.Store.People(ctx, after, 500)
		if err != nil || len(part) == 0 {
			return list, err
		}
		for _, p := range part {
			list = append(list, personView(p, nil))
			after = p.ID
		}
	}
}

// describe changes what was given and keeps the rest.
func (s *Server) describe(ctx context.Context, by holdfast.Actor, in NewPerson) (any, error) {
	p, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = s.Govern.Describe(ctx, by, p.ID, func(n *person.New) {
		n.Name, n.Email = cmp.Or(in.Name, n.Name), cmp.Or(in.Email, n.Email)
		n.Employment = cmp.Or(person.Employment(in.Employment), n.Employment)
		if !in.Ends.IsZero() {
			n.Ends = in.Ends
		}
	})
	if err != nil {
		return nil, err
	}
	p, err = s.Store.Person(ctx, p.ID)
	return personView(p, nil), err
}
