package rejudge

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/task"
	"holdfast/domain/ticket"
	ruling "holdfast/domain/verdict"
	"holdfast/edge/store"
	"holdfast/flow/govern"
)

var host = holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}

func (w *World) govern() *govern.Flow {
	return govern.New(store.Port[govern.Tx]{DB: w.DB}, w.Now, "https://example.org", ruling.Judge{Policies: w.Shelf})
}

// signed is h as somebody who acts by a session that is fresh.
func (h *Human) signed(t *testing.T, c credential.Record) holdfast.Actor {
	t.Helper()
	in := session.SignIn{Person: h.ID, Credential: c.ID}
	in.Assurance = assurance.Of(assurance.Evidence{UV: true, BE: c.BE, Hardware: c.Format == "packed"})
	s, _, events := session.Open(in, h.w.Now())
	h.w.Record(t, events...)
	return holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(h.ID), Session: s.ID}
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	if holdfast.CodeOf(err) != code {
		t.Errorf("refused with %v, want %s", err, code)
	}
}

func TestALinkToReplace(t *testing.T) {
	engines(t, func(t *testing.T, w *World) {
		ctx, g := t.Context(), w.govern()
		root := w.Join(t, person.Administrator)
		key := root.Hardware(t)
		desk, ada := w.Join(t, person.HelpDesk), w.Join(t, "", "surgeons")
		desks := desk.Hardware(t)
		ada.Synced(t)
		w.Settle(t)
		id := ada.AllTasks(t)[0].ID

		t.Run("a help desk makes none: it could take the account over", func(t *testing.T) {
			_, err := g.LinkTask(ctx, desk.signed(t, desks), id)
			refused(t, err, "scope_missing")
		})
		first, err := g.LinkTask(ctx, root.signed(t, key), id)
		must(t, err)
		is(t, "kind", first.Ticket.Kind, ticket.Replacement)
		is(t, "life", first.Ticket.Expires, w.Now().Add(ticket.ReplacementLife))
		if !strings.HasSuffix(first.URL, "#"+first.Secret) {
			t.Errorf("the link is %s", first.URL)
		}
		t.Run("its owner hears of it and does not get it by mail", func(t *testing.T) {
			mails, err := w.DB.Mails(ctx, 10)
			must(t, err)
			told := false
			for _, m := range mails {
				told = told || m.To == ada.Email && strings.Contains(m.Subject, "link")
				if strings.Contains(m.Text, first.Secret) {
					t.Error("a mail holds the secret")
				}
			}
			if !told {
				t.Errorf("nobody told Ada: %+v", mails)
			}
		})
		t.Run("a second one ends the first", func(t *testing.T) {
			second, err := g.LinkTask(ctx, host, id)
			must(t, err)
			old, err := w.DB.Ticket(ctx, first.Ticket.ID)
			must(t, err)
			is(t, "the first", old.State(w.Now()), ticket.Revoked)
			is(t, "the task's", ada.AllTasks(t)[0].Ticket, second.Ticket.ID)
		})
		t.Run("cancelled, it gives nothing back", func(t *testing.T) {
			link := ada.AllTasks(t)[0].Ticket
			must(t, g.CancelTask(ctx, desk.signed(t, desks), id))
			w.Settle(t)
			is(t, "tasks", ada.Tasks(t), []string{task.NotAccepted + cancelled})
			old, err := w.DB.Ticket(ctx, link)
			must(t, err)
			is(t, "its link", old.State(w.Now()), ticket.Revoked)
			all, err := w.DB.CredentialsOf(ctx, ada.ID)
			must(t, err)
			is(t, "the passkey", all[0].Status, credential.Suspended)
			_, err = g.LinkTask(ctx, host, id)
			refused(t, err, "task_cancelled")
			refused(t, g.CancelTask(ctx, host, id), "task_cancelled")
		})
		t.Run("nobody makes one for themselves, and a help desk touches no administrator", func(t *testing.T) {
			root.Into(t, "surgeons")
			other := root.Synced(t)
			w.Settle(t)
			is(t, "the synced one", w.Status(t, other), credential.Suspended)
			mine := root.AllTasks(t)[0].ID
			_, err := g.LinkTask(ctx, root.signed(t, key), mine)
			refused(t, err, "not_yourself")
			refused(t, g.CancelTask(ctx, desk.signed(t, desks), mine), "role_holder")
		})
		t.Run("nor for somebody who may not sign in", func(t *testing.T) {
			bob := w.Join(t, "", "surgeons")
			bob.Synced(t)
			w.Settle(t)
			must(t, g.Suspend(ctx, host, bob.ID, ""))
			_, err := g.LinkTask(ctx, host, bob.AllTasks(t)[0].ID)
			refused(t, err, "person_suspended")
			must(t, g.Erase(ctx, host, bob.ID))
			w.Settle(t)
			is(t, "when he is erased", bob.Tasks(t), []string{task.NotAccepted + cancelled})
		})
		w.Wait(time.Second)
		w.Check(t)
	})
}
