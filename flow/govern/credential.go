package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/ending"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// SuspendCredential stops a passkey from signing anybody in.
func (f *Flow) SuspendCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error {
	return f.credential(ctx, by, id, authority.CredentialsWrite, "suspended", credential.Suspend)
}

// ReinstateCredential ends its suspension.
func (f *Flow) ReinstateCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error {
	return f.credential(ctx, by, id, authority.CredentialsWrite, "reinstated", credential.Reinstate)
}

// RemoveCredential removes a passkey for good. Whoever has none left can be
// invited again: this is the way back for somebody who lost all they had.
func (f *Flow) RemoveCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error {
	return f.credential(ctx, by, id, authority.CredentialsRemove, "removed", credential.Remove)
}

// credential changes a passkey, ends what it had signed in where it can no
// longer be used, and tells its owner.
func (f *Flow) credential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID, scope authority.Scope, what string,
	verb func(credential.Record) (credential.Record, []audit.Event, error)) error {
	return f.do(ctx, by, scope, func(tx Tx, r right) ([]audit.Event, error) {
		c, err := tx.Credential(ctx, id)
		if err != nil {
			return nil, err
		}
		c, events, err := verb(c)
		if err != nil {
			return nil, err
		}
		owner, err := tx.Person(ctx, c.Person)
		if err != nil {
			return nil, err
		}
		if err := r.over(owner); err != nil {
			return nil, err
		}
		if c.Status != credential.Active {
			if err := keepWayIn(ctx, tx, owner, c.ID); err != nil {
				return nil, err
			}
			held, err := tx.HeldBy(ctx, c.Person)
			if err != nil {
				return nil, err
			}
			events = append(events, held.Credential(c.ID, session.CredentialGone, f.clock())...)
		}
		emptied, err := emptied(ctx, tx, owner, c)
		if err != nil {
			return nil, err
		}
		events = append(events, emptied...)
		return events, tx.PutMail(ctx, notice.PasskeyEnded(owner, c, what, f.clock()))
	})
}

// keepWayIn refuses to end the last passkey of the last administrator. Other
// people may lose theirs: what an administrator takes they can give again.
func keepWayIn(ctx context.Context, tx Tx, owner person.Record, ending holdfast.CredentialID) error {
	if can, err := canSignIn(ctx, tx, owner.ID, ending); can || err != nil {
		return err
	}
	return keepOne(ctx, tx, owner)
}

// emptied is what becomes of the owner when c was the last passkey. The last
// administrator keeps theirs.
func emptied(ctx context.Context, tx Tx, owner person.Record, c credential.Record) ([]audit.Event, error) {
	if c.Status != credential.Removed || owner.Status != person.Active {
		return nil, nil
	}
	all, err := tx.CredentialsOf(ctx, owner.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o.ID != c.ID && o.Status != credential.Removed {
			return nil, nil
		}
	}
	if err := keepOne(ctx, tx, owner); err != nil {
		return nil, err
	}
	_, events, err := person.LosePasskeys(owner)
	return events, err
}

// EndSession ends anybody's session.
func (f *Flow) EndSession(ctx context.Context, by holdfast.Actor, id holdfast.SessionID) error {
	return f.do(ctx, by, authority.SessionsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		s, err := tx.Session(ctx, id)
		if err != nil {
			return nil, err
		}
		held, err := f.heldBy(ctx, tx, r, s.Person)
		if err != nil {
			return nil, err
		}
		return held.Session(id, session.EndedByAdmin, f.clock()), nil
	})
}

// EndSessionsOf ends all sessions of a person.
func (f *Flow) EndSessionsOf(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
	return f.do(ctx, by, authority.SessionsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		held, err := f.heldBy(ctx, tx, r, id)
		if err != nil {
			return nil, err
		}
		return held.Everything(session.EndedByAdmin, f.clock()), nil
	})
}

// heldBy is what a person whom the actor may touch holds.
func (f *Flow) heldBy(ctx context.Context, tx Tx, r right, id holdfast.PersonID) (ending.Held, error) {
	p, err := tx.Person(ctx, id)
	if err == nil {
		err = r.over(p)
	}
	if err != nil {
		return ending.Held{}, err
	}
	return tx.HeldBy(ctx, id)
}
