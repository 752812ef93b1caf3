package story

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

func storeFilter(p holdfast.PersonID) store.Filter { return store.Filter{Person: p, Limit: 1000} }

func TestOnlyAdministratorsGovern(t *testing.T) {
	w := New(t)
	rootKey := Key(softkey.Config{})
	root := w.Found(t, rootKey)
	ada := w.Join(t, "Ada", "ada@harbour.example", Key(softkey.Config{}))
	guest := govern.Guest{New: person.New{Name: "New", Email: "new@harbour.example"}}

	for name, actor := range map[string]holdfast.Actor{
		"nobody": {Kind: holdfast.ActorNobody}, "zero": {}, "an application": {Kind: holdfast.ActorApp, ID: "app_x"},
		"a member": Actor(ada.Session),
		"a member with the administrator's session": {Kind: holdfast.ActorPerson, ID: string(ada.Person.ID), Session: root.Session.ID},
		"an administrator's id without a session":   {Kind: holdfast.ActorPerson, ID: string(root.Person.ID)},
	} {
		if _, err := w.Govern.Invite(t.Context(), actor, guest); err == nil {
			t.Errorf("%s invited somebody", name)
		}
	}
	_, err := w.Govern.Invite(t.Context(), Actor(root.Session), guest)
	must(t, err)

	w.Wait(session.Fresh)
	_, err = w.Govern.InviteAgain(t.Context(), Actor(root.Session), ada.Person.ID, 0)
	refused(t, err, "confirm_first")
	again, err := w.Enter(t, rootKey, signin.Start{Confirm: &root.Session}, root.Session.ID)
	must(t, err)
	must(t, w.Govern.SetRole(t.Context(), Actor(again.Session), ada.Person.ID, person.Administrator, time.Time{}))
	must(t, w.Govern.Suspend(t.Context(), Actor(again.Session), ada.Person.ID, "left a laptop in a train"))
	err = w.Govern.SetRole(t.Context(), Actor(ada.Session), ada.Person.ID, person.Administrator, time.Time{})
	refused(t, err, "no_right")
	w.Check(t)
}

func TestAnAdministratorRemains(t *testing.T) {
	w := New(t)
	root := w.Found(t, Key(softkey.Config{}))
	id := root.Person.ID
	refused(t, w.Govern.Suspend(t.Context(), Host, id, ""), "last_administrator")
	refused(t, w.Govern.Erase(t.Context(), Host, id), "last_administrator")
	refused(t, w.Govern.SetRole(t.Context(), Host, id, person.Member, time.Time{}), "last_administrator")
	refused(t, w.Govern.Describe(t.Context(), Host, id, func(n *person.New) { n.Employment, n.Ends = person.Contractor, w.Now() }), "last_administrator")
	refused(t, w.Govern.RemoveCredential(t.Context(), Host, root.Credential.ID), "last_administrator")
	ivy := w.Invite(t, "Ivy", "ivy@harbour.example")
	must(t, w.Govern.SetRole(t.Context(), Host, ivy.Person.ID, person.Administrator, time.Time{}))
	refused(t, w.Govern.Suspend(t.Context(), Host, id, ""), "last_administrator") // Ivy cannot sign in yet
	_, err := w.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: ivy.Secret})
	must(t, err)
	must(t, w.Govern.Suspend(t.Context(), Host, id, ""))
	w.Check(t)
}

func TestPasskeysAndTheirSessions(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	first, second := Key(softkey.Config{}), Key(softkey.Config{})
	ada := w.Join(t, "Ada", "ada@harbour.example", first)
	other := w.Join(t, "Bob", "bob@harbour.example", Key(softkey.Config{}))

	_, err := w.Account.Remove(t.Context(), ada.Session, ada.Credential.ID)
	refused(t, err, "last_credential")
	added, err := w.Make(t, second, enrol.Start{Session: &ada.Session})
	must(t, err)
	refused(t, w.Account.Rename(t.Context(), other.Session, ada.Credential.ID, "mine"), "no_such_credential")
	_, err = w.Account.Remove(t.Context(), other.Session, ada.Credential.ID)
	refused(t, err, "no_such_credential")
	refused(t, w.Account.Rename(t.Context(), ada.Session, ada.Credential.ID, strings.Repeat("x", 61)), "credential_name")
	must(t, w.Account.Rename(t.Context(), ada.Session, ada.Credential.ID, "Laptop"))

	bySecond, err := w.Enter(t, second, signin.Start{}, "")
	must(t, err)
	must(t, w.Govern.SuspendCredential(t.Context(), Host, added.Credential.ID))
	if w.Alive(t, bySecond.Secret) || !w.Alive(t, ada.Secret) {
		t.Error("a suspended passkey ends its sessions, and no others")
	}
	_, err = w.Enter(t, second, signin.Start{}, "")
	refused(t, err, "credential_suspended")
	_, err = w.Account.Remove(t.Context(), ada.Session, ada.Credential.ID)
	refused(t, err, "last_credential") // the other one cannot sign in
	must(t, w.Govern.ReinstateCredential(t.Context(), Host, added.Credential.ID))
	bySecond, err = w.Enter(t, second, signin.Start{}, "")
	must(t, err)

	self, err := w.Account.Remove(t.Context(), bySecond.Session, ada.Credential.ID)
	must(t, err)
	if self || w.Alive(t, ada.Secret) || !w.Alive(t, bySecond.Secret) {
		t.Error("a removed passkey ends its sessions, and no others")
	}
	_, err = w.Enter(t, first, signin.Start{}, "")
	refused(t, err, "unknown_credential")
	w.Check(t)
}

func TestSuspendingAPersonEndsEverything(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	key := Key(softkey.Config{})
	ada := w.Join(t, "Ada", "ada@harbour.example", key)
	must(t, w.Govern.Suspend(t.Context(), Host, ada.Person.ID, ""))
	if w.Alive(t, ada.Secret) {
		t.Error("the session lives")
	}
	_, err := w.Enter(t, key, signin.Start{}, "")
	refused(t, err, "account_closed")
	must(t, w.Govern.Reinstate(t.Context(), Host, ada.Person.ID))
	if w.Alive(t, ada.Secret) {
		t.Error("the old session came back to life")
	}
	_, err = w.Enter(t, key, signin.Start{}, "")
	must(t, err)
	w.Check(t)
}

func TestErasureForgetsAndTheLogStillVerifies(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	key := Key(softkey.Config{})
	ada := w.Join(t, "Ada Lovelace", "ada@harbour.example", key)
	_, err := w.Govern.AddGroup(t.Context(), Host, "Engines")
	must(t, err)
	g, err := w.DB.GroupByName(t.Context(), "Engines")
	must(t, err)
	must(t, w.Govern.Join(t.Context(), Host, ada.Person.ID, g.ID))
	must(t, w.Account.Rename(t.Context(), ada.Session, ada.Credential.ID, "Lovelace's laptop"))
	must(t, w.Govern.Erase(t.Context(), Host, ada.Person.ID))
	w.Check(t)

	leaves, err := w.DB.Tail(t.Context(), store.Filter{Limit: 1000})
	must(t, err)
	for _, l := range leaves {
		openings, err := w.DB.Openings(t.Context(), l.Index)
		must(t, err)
		text := string(l.Body)
		for _, o := range openings {
			text += string(o)
		}
		if strings.Contains(text, "Lovelace") || strings.Contains(text, "ada@") {
			t.Errorf("record %d still says who it was: %s", l.Index, text)
		}
	}
	mails, err := w.DB.Mails(t.Context(), 100)
	must(t, err)
	for _, m := range mails {
		if m.Person == string(ada.Person.ID) {
			t.Errorf("a message to them is kept: %s", m.Subject)
		}
	}
	_, err = w.Enter(t, key, signin.Start{}, "")
	if err == nil {
		t.Error("an erased person signed in")
	}
	refused(t, w.Govern.Erase(t.Context(), Host, ada.Person.ID), "person_erased")
	w.Invite(t, "Ada Lovelace", "ada@harbour.example") // the address is free again
}

func TestBadInputChangesNothing(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	before, err := w.DB.Checkpoint(t.Context())
	must(t, err)
	for _, c := range []struct{ name, email, code string }{
		{"", "a@b.example", "name"}, {strings.Repeat("x", 121), "a@b.example", "name"}, {"a\x00b", "a@b.example", "name"},
		{"A\u202eB", "a@b.example", "name"}, {"A", "", "email"}, {"A", "a", "email"}, {"A", "a@b\nx", "email"}, {"A", "A <a@b.example>", "email"},
		{"A", "ROOT@harbour.example", "email_taken"},
	} {
		_, err := w.Govern.Invite(t.Context(), Host, govern.Guest{New: person.New{Name: c.name, Email: c.email}})
		refused(t, err, c.code)
	}
	refused(t, w.Govern.RenameOrganisation(t.Context(), Host, " "), "organisation_name")
	after, err := w.DB.Checkpoint(t.Context())
	must(t, err)
	if before != after {
		t.Error("something was recorded")
	}
}
