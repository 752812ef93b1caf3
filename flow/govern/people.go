package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// AddPerson adds somebody without inviting them yet.
func (f *Flow) AddPerson(ctx context.Context, by holdfast.Actor, g Guest) (person.Record, error) {
	var p person.Record
	err := f.do(ctx, by, func(tx Tx) (events []audit.Event, err error) {
		p, events, err = f.add(ctx, tx, g)
		return events, err
	})
	return p, err
}

func (f *Flow) add(ctx context.Context, tx Tx, g Guest) (person.Record, []audit.Event, error) {
	p, events, err := person.Add(g.New, f.clock())
	if err != nil {
		return p, nil, err
	}
	if err := emailFree(ctx, tx, p); err != nil {
		return p, nil, err
	}
	for _, name := range g.Groups {
		joined, err := f.joinByName(ctx, tx, p, name)
		if err != nil {
			return p, nil, err
		}
		events = append(events, joined...)
	}
	return p, events, nil
}

func emailFree(ctx context.Context, tx Tx, p person.Record) error {
	other, err := tx.PersonByEmail(ctx, p.Email)
	switch {
	case holdfast.KindOf(err) == holdfast.NotFound:
		return nil
	case err != nil:
		return err
	case other.ID == p.ID:
		return nil
	}
	return holdfast.Errorf(holdfast.Conflict, "email_taken", "%s has the address %s already.", other.Name, p.Email)
}

// Describe changes of a person's name, address and employment what change
// changes: it is given what is known now.
func (f *Flow) Describe(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, change func(*person.New)) error {
	return f.change(ctx, by, id, func(tx Tx, p person.Record) ([]audit.Event, error) {
		n := person.New{Name: p.Name, Email: p.Email, Employment: p.Employment, Ends: p.Ends}
		change(&n)
		p, events, err := person.Describe(p, n)
		if err != nil {
			return nil, err
		}
		if p.Ended(f.clock()) {
			if err := keepOne(ctx, tx, p); err != nil {
				return nil, err
			}
		}
		return events, emailFree(ctx, tx, p)
	})
}

// SetRole makes somebody an administrator, or no longer.
func (f *Flow) SetRole(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, r person.Role) error {
	return f.change(ctx, by, id, func(tx Tx, p person.Record) ([]audit.Event, error) {
		if r != person.Administrator {
			if err := spare(ctx, tx, by, p); err != nil {
				return nil, err
			}
		}
		_, events, err := person.SetRole(p, r)
		return events, err
	})
}

// Suspend stops somebody from signing in and ends everything they have open.
func (f *Flow) Suspend(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, reason string) error {
	return f.change(ctx, by, id, func(tx Tx, p person.Record) ([]audit.Event, error) {
		if err := spare(ctx, tx, by, p); err != nil {
			return nil, err
		}
		_, events, err := person.Suspend(p, reason)
		if err != nil {
			return nil, err
		}
		return f.endAll(ctx, tx, p, events)
	})
}

// endAll adds to events the end of p's sessions, grants and open invitations.
func (f *Flow) endAll(ctx context.Context, tx Tx, p person.Record, events []audit.Event) ([]audit.Event, error) {
	held, err := tx.HeldBy(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	withdrawn, err := f.withdraw(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	return append(append(events, held.Everything(session.PersonGone, f.clock())...), withdrawn...), nil
}

// Reinstate ends a suspension.
func (f *Flow) Reinstate(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
	return f.change(ctx, by, id, func(tx Tx, p person.Record) ([]audit.Event, error) {
		creds, err := tx.CredentialsOf(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		has := false
		for _, c := range creds {
			has = has || c.Status != credential.Removed
		}
		_, events, err := person.Reinstate(p, has)
		return events, err
	})
}

// Erase forgets a person: what was personal goes from the tables and can no
// longer be opened in the log, which still verifies.
func (f *Flow) Erase(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
	return f.change(ctx, by, id, func(tx Tx, p person.Record) ([]audit.Event, error) {
		if err := spare(ctx, tx, by, p); err != nil {
			return nil, err
		}
		_, events, err := person.Erase(p)
		if err != nil {
			return nil, err
		}
		if events, err = f.endAll(ctx, tx, p, events); err != nil {
			return nil, err
		}
		for _, forget := range []func(context.Context, Tx, person.Record) ([]audit.Event, error){
			forgetCredentials, forgetSessions, forgetGroups,
		} {
			more, err := forget(ctx, tx, p)
			if err != nil {
				return nil, err
			}
			events = append(events, more...)
		}
		return events, tx.Erase(ctx, p.ID)
	})
}

func forgetCredentials(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	creds, err := tx.CredentialsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, c := range creds {
		raw, err := tx.Registration(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		_, _, forgotten := credential.Forget(c, raw)
		events = append(events, forgotten...)
	}
	return events, nil
}

// forgetSessions blanks where a person signed in from. Those sessions that end
// in the same transaction were ended first, so they are ended here as well.
func forgetSessions(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	sessions, err := tx.SessionsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, s := range sessions {
		_, forgotten := session.Forget(s)
		events = append(events, forgotten...)
	}
	return events, nil
}

func forgetGroups(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	in, err := tx.MembershipsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, m := range in {
		events = append(events, person.Leave(m)...)
	}
	return events, nil
}

func (f *Flow) change(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, what func(Tx, person.Record) ([]audit.Event, error)) error {
	return f.do(ctx, by, func(tx Tx) ([]audit.Event, error) {
		p, err := tx.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		return what(tx, p)
	})
}
