package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/task"
	"holdfast/domain/ticket"
)

// taskTx reads replacement tasks.
type taskTx interface {
	Task(ctx context.Context, id holdfast.TaskID) (task.Record, error)
}

// LinkTask makes the link by which somebody replaces a passkey that is not
// accepted any more, and withdraws the one that was made before. What they make
// with it is judged by the policy like everything else.
//
// It takes credentials:remove besides invitations:write: whoever sees the link
// can make a passkey of their own for an account that is in use, so that a help
// desk could take accounts over, one task at a time. The owner is told that
// there is a link; the link itself goes to whoever made it, since a mailbox
// alone must not be worth an account.
func (f *Flow) LinkTask(ctx context.Context, by holdfast.Actor, id holdfast.TaskID) (Link, error) {
	var link Link
	err := f.do(ctx, by, authority.CredentialsRemove, func(tx Tx, r right) ([]audit.Event, error) {
		if !r.holds.Has(authority.InvitationsWrite) {
			return nil, authority.Need(authority.InvitationsWrite)
		}
		t, p, err := r.openTask(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		switch {
		case r.person == p.ID:
			return nil, holdfast.Errorf(holdfast.Conflict, "not_yourself", "You cannot make a replacement link for yourself: add a passkey on your own page, or ask another administrator.")
		case !p.MaySignIn(r.now):
			return nil, holdfast.Errorf(holdfast.Conflict, "person_"+string(p.Status), "%s may not sign in, so there is nothing to replace.", p.Name)
		}
		events, err := f.withdrawLink(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		k, secret, issued, err := ticket.Issue(ticket.Replacement, p.ID, by, ticket.ReplacementLife, r.now)
		if err != nil {
			return nil, err
		}
		link = Link{Ticket: k, Secret: secret, URL: f.origin + "/enrol#" + secret, Person: p}
		_, linked := task.Linked(t, k.ID)
		return append(append(events, issued...), linked...), tx.PutMail(ctx, notice.ReplacementLink(p, k.Expires, r.now))
	})
	return link, err
}

// CancelTask closes a task that is settled otherwise. It gives nothing back: a
// passkey that was suspended for it stays so, and the day on which one will be
// is no later.
func (f *Flow) CancelTask(ctx context.Context, by holdfast.Actor, id holdfast.TaskID) error {
	return f.do(ctx, by, authority.CredentialsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		t, _, err := r.openTask(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		events, err := f.withdrawLink(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		_, cancelled, err := task.Finish(t, "task.cancelled", r.now)
		return append(events, cancelled...), err
	})
}

// openTask is an open task of somebody whom the actor may touch.
func (r right) openTask(ctx context.Context, tx Tx, id holdfast.TaskID) (task.Record, person.Record, error) {
	t, err := tx.Task(ctx, id)
	if err != nil {
		return t, person.Record{}, err
	}
	p, err := tx.Person(ctx, t.Person)
	if err == nil {
		err = r.over(p)
	}
	if err == nil && t.State != task.Open {
		err = holdfast.Errorf(holdfast.Conflict, "task_"+string(t.State), "This task is %s.", t.State)
	}
	return t, p, err
}

// withdrawLink ends the link that was made for t, if it still works.
func (f *Flow) withdrawLink(ctx context.Context, tx Tx, t task.Record) ([]audit.Event, error) {
	if t.Ticket == "" {
		return nil, nil
	}
	k, err := tx.Ticket(ctx, t.Ticket)
	if err != nil {
		return nil, err
	}
	_, events, err := ticket.Revoke(k, f.clock())
	if err != nil { // used, or over
		return nil, nil
	}
	return events, nil
}
