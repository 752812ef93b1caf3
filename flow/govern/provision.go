package govern

import (
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// Provisioned is what a directory says of somebody. What it does not say stays
// as it was.
type Provisioned struct {
	person.New
	Active bool // may have access
}

// Provision adds somebody as a directory says. Where the actor may also invite,
// the person is sent their invitation.
func (f *Flow) Provision(ctx context.Context, by holdfast.Actor, said Provisioned) (person.Record, error) {
	var p person.Record
	err := f.do(ctx, by, authority.PeopleWrite, func(tx Tx, r right) ([]audit.Event, error) {
		added, events, err := f.add(ctx, tx, r, Guest{New: said.New})
		if err != nil {
			return nil, err
		}
		p = added
		if !said.Active {
			suspended, more, err := person.Deactivate(p)
			p = suspended
			return append(events, more...), err
		}
		if r.holds.Has(authority.InvitationsWrite) {
			_, issued, err := f.issue(ctx, tx, by, p, 0)
			return append(events, issued...), err
		}
		return events, nil
	})
	return p, err
}

// Reprovision changes of somebody what change changes: it is given what is
// known now. What makes them inactive ends everything they have open, in the
// same transaction.
func (f *Flow) Reprovision(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, change func(*Provisioned) error) (person.Record, error) {
	var after person.Record
	err := f.change(ctx, by, id, authority.PeopleWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		if p.Status == person.Erased {
			return nil, errNobody
		}
		said := Provisioned{p.Told(), p.Status != person.Suspended}
		before := said
		if err := change(&said); err != nil {
			return nil, err
		}
		var events []audit.Event
		if said.New != before.New {
			described, more, err := person.Describe(p, said.New)
			if err == nil {
				err = f.described(ctx, tx, described)
			}
			if err != nil {
				return nil, err
			}
			p, events = described, more
		}
		events, p, err := f.activity(ctx, tx, r, p, said.Active == before.Active, said.Active, events)
		after = p
		return events, err
	})
	return after, err
}

// described is what a description must not break: one address for one person,
// a manager who exists, an administrator who remains.
func (f *Flow) described(ctx context.Context, tx Tx, p person.Record) error {
	if err := emailFree(ctx, tx, p); err != nil {
		return err
	}
	if err := managerStands(ctx, tx, p); err != nil {
		return err
	}
	if p.Ended(f.clock()) {
		return keepOne(ctx, tx, p)
	}
	return nil
}

func (f *Flow) activity(ctx context.Context, tx Tx, r right, p person.Record, same, active bool, events []audit.Event) ([]audit.Event, person.Record, error) {
	switch {
	case same:
		return events, p, nil
	case !active:
		if err := r.spare(ctx, tx, p); err != nil {
			return nil, p, err
		}
		p, suspended, err := person.Deactivate(p)
		if err != nil {
			return nil, p, err
		}
		events, err = f.endAll(ctx, tx, p, append(events, suspended...))
		return events, p, err
	}
	by, err := suspendedBy(ctx, tx, p)
	if err != nil {
		return nil, p, err
	}
	if by != person.ByDirectory {
		return nil, p, errHeld
	}
	has, err := hasPasskey(ctx, tx, p)
	if err != nil {
		return nil, p, err
	}
	p, reinstated, err := person.Reinstate(p, has)
	return append(events, reinstated...), p, err
}

// suspendedBy says whose p's suspension is. Of one by an older version the log
// tells: a program's was a directory's.
func suspendedBy(ctx context.Context, tx Tx, p person.Record) (person.Suspender, error) {
	if p.Status != person.Suspended || p.SuspendedBy != "" {
		return p.SuspendedBy, nil
	}
	said, err := tx.Happened(ctx, string(p.ID), p.Created, "person.suspended")
	if err == nil && len(said) > 0 && said[len(said)-1].Actor.Kind == holdfast.ActorToken {
		return person.ByDirectory, nil
	}
	return person.ByAdministrator, err
}

// errHeld: what an administrator took, for a reason that the directory does not
// know, the directory does not give back. Nothing of the request is done.
var errHeld = holdfast.Errorf(holdfast.Conflict, "suspended_by_administrator",
	"This person stays inactive (active is false): an administrator suspended them, and a directory ends only what it suspended itself. Nothing was changed. An administrator can reinstate them.")

var errNobody = holdfast.Errorf(holdfast.NotFound, "no_such_person", "There is no such person.")

// ProvisionedGroup is what a directory says of a group.
type ProvisionedGroup struct {
	Name       string
	ExternalID string
	Members    []holdfast.PersonID
}

// ProvisionGroup makes the group that is said, with who is in it.
func (f *Flow) ProvisionGroup(ctx context.Context, by holdfast.Actor, said ProvisionedGroup) (person.Group, error) {
	var g person.Group
	err := f.do(ctx, by, authority.GroupsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		made, events, err := person.AddGroup(said.Name, r.now)
		if err != nil {
			return nil, err
		}
		if err := groupFree(ctx, tx, made); err != nil {
			return nil, err
		}
		g = made
		if said.ExternalID != "" {
			var more []audit.Event
			if g, more, err = person.DescribeGroup(g, g.Name, said.ExternalID); err != nil {
				return nil, err
			}
			events = append(events, more...)
		}
		joined, err := f.members(ctx, tx, r, g, nil, said.Members)
		return append(events, joined...), err
	})
	return g, err
}

// ReprovisionGroup changes of a group what change changes: it is given what is
// known now.
func (f *Flow) ReprovisionGroup(ctx context.Context, by holdfast.Actor, id holdfast.GroupID, change func(*ProvisionedGroup) error) (person.Group, error) {
	var g person.Group
	err := f.do(ctx, by, authority.GroupsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		var err error
		if g, err = tx.Group(ctx, id); err != nil {
			return nil, err
		}
		in, err := tx.MembershipsOfGroup(ctx, id)
		if err != nil {
			return nil, err
		}
		said := ProvisionedGroup{Name: g.Name, ExternalID: g.ExternalID}
		for _, m := range in {
			said.Members = append(said.Members, m.Person)
		}
		if err := change(&said); err != nil {
			return nil, err
		}
		var events []audit.Event
		if said.Name != g.Name || said.ExternalID != g.ExternalID {
			was := g
			if g, events, err = person.DescribeGroup(g, said.Name, said.ExternalID); err != nil {
				return nil, err
			}
			if err := groupFree(ctx, tx, g); err != nil {
				return nil, err
			}
			carried, err := carry(ctx, tx, was, g)
			if err != nil {
				return nil, err
			}
			events = append(events, carried...)
		}
		moved, err := f.members(ctx, tx, r, g, in, said.Members)
		return append(events, moved...), err
	})
	return g, err
}

// members makes of who is in g who shall be.
func (f *Flow) members(ctx context.Context, tx Tx, r right, g person.Group, in []person.Membership, want []holdfast.PersonID) ([]audit.Event, error) {
	wanted, have := map[holdfast.PersonID]bool{}, map[holdfast.PersonID]bool{}
	for _, id := range want {
		wanted[id] = true
	}
	var events []audit.Event
	for _, m := range in {
		have[m.Person] = true
		if !wanted[m.Person] {
			events = append(events, person.Leave(m)...)
		}
	}
	slices.Sort(want)
	for _, id := range slices.Compact(want) {
		if have[id] {
			continue
		}
		p, err := tx.Person(ctx, id)
		if holdfast.KindOf(err) == holdfast.NotFound || err == nil && p.Status == person.Erased {
			return nil, holdfast.Errorf(holdfast.Invalid, "member", "There is no person %q to be a member.", id)
		}
		if err != nil {
			return nil, err
		}
		_, joined := person.Join(p, g, r.now)
		events = append(events, joined...)
	}
	return events, nil
}
