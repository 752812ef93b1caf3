package govern

import (
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// AddPerson adds somebody without inviting them yet.
func (f *Flow) AddPerson(ctx context.Context, by holdfast.Actor, g Guest) (person.Record, error) {
	var p person.Record
	err := f.do(ctx, by, authority.PeopleWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		p, events, err = f.add(ctx, tx, r, g)
		return events, err
	})
	return p, err
}

func (f *Flow) add(ctx context.Context, tx Tx, r right, g Guest) (person.Record, []audit.Event, error) {
	if len(g.Groups) > 0 && !r.holds.Has(authority.GroupsWrite) {
		return person.Record{}, nil, authority.Need(authority.GroupsWrite)
	}
	p, events, err := person.Add(g.New, r.now)
	if err != nil {
		return p, nil, err
	}
	if err := emailFree(ctx, tx, p); err != nil {
		return p, nil, err
	}
	if err := managerStands(ctx, tx, p); err != nil {
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

// managerStands refuses a manager whom nobody knows.
func managerStands(ctx context.Context, tx Tx, p person.Record) error {
	if p.Manager == "" {
		return nil
	}
	m, err := tx.Person(ctx, p.Manager)
	if holdfast.KindOf(err) == holdfast.NotFound || err == nil && m.Status == person.Erased {
		return holdfast.Errorf(holdfast.Invalid, "manager", "There is no such person to be the manager.")
	}
	return err
}

// Describe changes of a person's name, address and employment what change
// changes: it is given what is known now.
func (f *Flow) Describe(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, change func(*person.New)) error {
	return f.change(ctx, by, id, authority.PeopleWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		n := p.Told()
		change(&n)
		p, events, err := person.Describe(p, n)
		if err != nil {
			return nil, err
		}
		if p.Ended(r.now) {
			ended, err := orphans(ctx, tx, p, r.now)
			if err != nil {
				return nil, err
			}
			events = append(events, ended...)
		}
		return events, f.described(ctx, tx, p)
	})
}

// SetRole gives somebody a role until ends, or takes it. Nobody changes their
// own, and nobody gives a role that holds more than they do. Open links of
// theirs that were made by who stands lower end: see withdrawLower.
func (f *Flow) SetRole(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, role person.Role, ends time.Time) error {
	return f.change(ctx, by, id, authority.RolesWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		if err := r.inPerson(); err != nil {
			return nil, err
		}
		if err := r.notYourself(p); err != nil {
			return nil, err
		}
		if err := r.holds.MayGive(authority.OfRole(role)); err != nil {
			return nil, err
		}
		if role != person.Administrator {
			if err := keepOne(ctx, tx, p); err != nil {
				return nil, err
			}
		}
		p, events, err := person.SetRole(p, role, ends, r.now)
		if err != nil {
			return nil, err
		}
		ended, err := orphans(ctx, tx, p, r.now)
		if err != nil || role == person.Member {
			return append(events, ended...), err
		}
		withdrawn, err := f.withdrawLower(ctx, tx, p.ID, r.now)
		return append(append(events, ended...), withdrawn...), err
	})
}

// Suspend stops somebody from signing in and ends everything they have open.
func (f *Flow) Suspend(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, reason string) error {
	return f.change(ctx, by, id, authority.PeopleWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		if err := r.spare(ctx, tx, p); err != nil {
			return nil, err
		}
		already := p.Status == person.Suspended
		p, events, err := person.Suspend(p, reason)
		if err != nil || already {
			return events, err
		}
		return f.endAll(ctx, tx, p, events)
	})
}

// endAll adds to events the end of p's sessions, grants, open invitations and
// API tokens, and of the tokens and links that p made for others, having seen
// them.
func (f *Flow) endAll(ctx context.Context, tx Tx, p person.Record, events []audit.Event) ([]audit.Event, error) {
	held, err := tx.HeldBy(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	withdrawn, err := f.withdraw(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	links, err := orphan(ctx, tx, personActor(p.ID), authority.Set{}, f.clock())
	if err != nil {
		return nil, err
	}
	events = append(append(append(events, held.Everything(session.PersonGone, f.clock())...), withdrawn...), links...)
	tokens, err := tx.APITokensOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	made, err := tx.APITokensBy(ctx, apitoken.Maker(holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID)}))
	if err != nil {
		return nil, err
	}
	ended, err := endTokens(ctx, tx, append(tokens, made...), f.clock())
	return append(events, ended...), err
}

// Reinstate ends a suspension.
func (f *Flow) Reinstate(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
	return f.change(ctx, by, id, authority.PeopleWrite, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		if by, err := suspendedBy(ctx, tx, p); err != nil {
			return nil, err
		} else if by != person.ByDirectory && r.actor.Kind == holdfast.ActorToken && !r.holds.Has(authority.RolesWrite) {
			// A directory's token, which is not to do here what it may not do there.
			return nil, authority.Need(authority.RolesWrite)
		}
		has, err := hasPasskey(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		_, events, err := person.Reinstate(p, has)
		return events, err
	})
}

// hasPasskey says whether p has any that was not removed.
func hasPasskey(ctx context.Context, tx Tx, p person.Record) (bool, error) {
	creds, err := tx.CredentialsOf(ctx, p.ID)
	return slices.ContainsFunc(creds, func(c credential.Record) bool { return c.Status != credential.Removed }), err
}

// Erase forgets a person: what was personal goes from the tables and can no
// longer be opened in the log, which still verifies.
func (f *Flow) Erase(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
	return f.change(ctx, by, id, authority.PeopleErase, func(tx Tx, r right, p person.Record) ([]audit.Event, error) {
		if err := r.spare(ctx, tx, p); err != nil {
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
			forgetCredentials, forgetJudgements, forgetSessions, forgetDecisions, forgetGroups, forgetDevices, f.forgetSurroundings,
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

// forgetJudgements blanks the serial numbers of devices.
func forgetJudgements(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	judgements, err := tx.JudgementsOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, j := range judgements {
		events = append(events, evidence.Forget(j)...)
	}
	return events, nil
}

// forgetDecisions blanks what decisions rested on: they cannot be made again.
func forgetDecisions(ctx context.Context, tx Tx, p person.Record) ([]audit.Event, error) {
	all, err := tx.AllDecisionsOf(ctx, p.ID)
	return decision.ForgetAll(all), err
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

// change does something to a person whom the actor may touch. Groups are not of
// the account: who is in one is for whoever keeps the groups.
func (f *Flow) change(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, scope authority.Scope,
	what func(Tx, right, person.Record) ([]audit.Event, error)) error {
	return f.do(ctx, by, scope, func(tx Tx, r right) ([]audit.Event, error) {
		p, err := tx.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		if scope != authority.GroupsWrite {
			if err := r.over(p); err != nil {
				return nil, err
			}
		}
		return what(tx, r, p)
	})
}
