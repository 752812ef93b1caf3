package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// AddGroup makes a group.
func (f *Flow) AddGroup(ctx context.Context, by holdfast.Actor, name string) (person.Group, error) {
	var g person.Group
	err := f.do(ctx, by, authority.GroupsWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if g, events, err = person.AddGroup(name, f.clock()); err != nil {
			return nil, err
		}
		return events, groupFree(ctx, tx, g)
	})
	return g, err
}

// RenameGroup gives a group another name. What is declared over its people is
// over them under the new name, too.
func (f *Flow) RenameGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID, name string) error {
	return f.do(ctx, by, authority.GroupsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		g, err := tx.Group(ctx, id)
		if err != nil {
			return nil, err
		}
		renamed, events, err := person.RenameGroup(g, name)
		if err != nil {
			return nil, err
		}
		if err := groupFree(ctx, tx, renamed); err != nil {
			return nil, err
		}
		carried, err := carry(ctx, tx, g, renamed)
		return append(events, carried...), err
	})
}

func groupFree(ctx context.Context, tx Tx, g person.Group) error {
	other, err := tx.GroupByName(ctx, g.Name)
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound:
		return nil
	case err != nil:
		return err
	case other.ID == g.ID:
		return nil
	}
	return holdfast.Errorf(holdfast.Conflict, "group_taken", "There is a group of this name already.")
}

// RemoveGroup removes a group; the people in it stay.
func (f *Flow) RemoveGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID) error {
	return f.do(ctx, by, authority.GroupsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		g, err := tx.Group(ctx, id)
		if err != nil {
			return nil, err
		}
		members, err := tx.MembershipsOfGroup(ctx, id)
		if err != nil {
			return nil, err
		}
		return person.RemoveGroup(g, members), nil
	})
}

// Join puts a person into a group; being in it already is no error.
func (f *Flow) Join(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, group holdfast.GroupID) error {
	return f.change(ctx, by, id, authority.GroupsWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		g, err := tx.Group(ctx, group)
		if err != nil {
			return nil, err
		}
		return f.join(ctx, tx, p, g)
	})
}

func (f *Flow) join(ctx context.Context, tx Tx, p person.Record, g person.Group) ([]audit.Event, error) {
	in, err := tx.MembershipsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range in {
		if m.Group == g.ID {
			return nil, nil
		}
	}
	_, events := person.Join(p, g, f.clock())
	return events, nil
}

func (f *Flow) joinByName(ctx context.Context, tx Tx, p person.Record, name string) ([]audit.Event, error) {
	g, err := tx.GroupByName(ctx, name)
	var made []audit.Event
	if holdfast.KindOf(err) == holdfast.NotFound {
		g, made, err = person.AddGroup(name, f.clock())
	}
	if err != nil {
		return nil, err
	}
	joined, err := f.join(ctx, tx, p, g)
	return append(made, joined...), err
}

// Leave takes a person out of a group; not being in it is no error.
func (f *Flow) Leave(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, group holdfast.GroupID) error {
	return f.change(ctx, by, id, authority.GroupsWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		in, err := tx.MembershipsOf(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range in {
			if m.Group == group {
				return person.Leave(m), nil
			}
		}
		return nil, nil
	})
}
