package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// SuspendCredential stops a passkey from signing anybody in.
func (f *Flow) SuspendCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error {
	return f.credential(ctx, by, id, "suspended", credential.Suspend)
}

// ReinstateCredential ends its suspension.
func (f *Flow) ReinstateCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error {
	return f.credential(ctx, by, id, "reinstated", credential.Reinstate)
}

// RemoveCredential removes a passkey for good.
func (f *Flow) RemoveCredential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error {
	return f.credential(ctx, by, id, "removed", credential.Remove)
}

// credential changes a passkey, ends what it had signed in where it can no
// longer be used, and tells its owner.
func (f *Flow) credential(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID, what string,
	verb func(credential.Record) (credential.Record, []audit.Event, error)) error {
	return f.do(ctx, by, func(tx Tx) ([]audit.Event, error) {
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

// EndSession ends anybody's session.
func (f *Flow) EndSession(ctx context.Context, by holdfast.Actor, id holdfast.SessionID) error {
	return f.do(ctx, by, func(tx Tx) ([]audit.Event, error) {
		s, err := tx.Session(ctx, id)
		if err != nil {
			return nil, err
		}
		held, err := tx.HeldBy(ctx, s.Person)
		if err != nil {
			return nil, err
		}
		return held.Session(id, session.EndedByAdmin, f.clock()), nil
	})
}

// EndSessionsOf ends all sessions of a person.
func (f *Flow) EndSessionsOf(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
	return f.do(ctx, by, func(tx Tx) ([]audit.Event, error) {
		held, err := tx.HeldBy(ctx, id)
		if err != nil {
			return nil, err
		}
		return held.Everything(session.EndedByAdmin, f.clock()), nil
	})
}
