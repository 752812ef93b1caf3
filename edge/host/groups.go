package host

import (
	"context"

	"holdfast"
	"holdfast/domain/person"
)

// Group is a group as the CLI shows one.
type Group struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Members int64  `json:"members"`
}

// InGroup names a group and perhaps a person; groups by id or name, people by
// id or e-mail address.
type InGroup struct {
	Group  string `json:"group"`
	Name   string `json:"name,omitempty"`
	Person string `json:"person,omitempty"`
}

func (s *Server) groups() {
	reads(s, "group/list", func(ctx context.Context, _ none) (any, error) {
		groups, err := s.Store.Groups(ctx)
		if err != nil {
			return nil, err
		}
		sizes, err := s.Store.GroupSizes(ctx)
		list := []Group{}
		for _, g := range groups {
			list = append(list, Group{string(g.ID), g.Name, sizes[g.ID]})
		}
		return list, err
	})
	on(s, "group/add", func(ctx context.Context, by holdfast.Actor, in InGroup) (any, error) {
		g, err := s.Govern.AddGroup(ctx, by, in.Name)
		return Group{ID: string(g.ID), Name: g.Name}, err
	})
	on(s, "group/rename", func(ctx context.Context, by holdfast.Actor, in InGroup) (any, error) {
		return s.group(ctx, in, func(g person.Group) error { return s.Govern.RenameGroup(ctx, by, g.ID, in.Name) })
	})
	on(s, "group/remove", func(ctx context.Context, by holdfast.Actor, in InGroup) (any, error) {
		return s.group(ctx, in, func(g person.Group) error { return s.Govern.RemoveGroup(ctx, by, g.ID) })
	})
	on(s, "group/join", func(ctx context.Context, by holdfast.Actor, in InGroup) (any, error) {
		return s.inGroup(ctx, in, func(p person.Record, g person.Group) error { return s.Govern.Join(ctx, by, p.ID, g.ID) })
	})
	on(s, "group/leave", func(ctx context.Context, by holdfast.Actor, in InGroup) (any, error) {
		return s.inGroup(ctx, in, func(p person.Record, g person.Group) error { return s.Govern.Leave(ctx, by, p.ID, g.ID) })
	})
}

func (s *Server) group(ctx context.Context, in InGroup, do func(person.Group) error) (any, error) {
	g, err := s.Store.Group(ctx, holdfast.GroupID(in.Group))
	if holdfast.KindOf(err) == holdfast.NotFound {
		g, err = s.Store.GroupByName(ctx, in.Group)
	}
	if err != nil {
		return nil, err
	}
	return Group{ID: string(g.ID), Name: g.Name}, do(g)
}

func (s *Server) inGroup(ctx context.Context, in InGroup, do func(person.Record, person.Group) error) (any, error) {
	p, err := s.find(ctx, in.Person)
	if err != nil {
		return nil, err
	}
	return s.group(ctx, in, func(g person.Group) error { return do(p, g) })
}
