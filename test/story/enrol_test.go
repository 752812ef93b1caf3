package story

import (
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
	"holdfast/flow/enrol"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// refused says that err has the code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || holdfast.CodeOf(err) != code {
		t.Errorf("got %v, want a refusal with the code %s", err, code)
	}
}

func TestFounding(t *testing.T) {
	w := New(t)
	first, err := w.Govern.SetUp(t.Context(), Host)
	must(t, err)
	key := Key(softkey.Config{})
	done := w.Found(t, key)

	if done.Person.Role != person.Administrator || done.Person.Status != person.Active || done.Session.AAL != holdfast.AAL2 {
		t.Errorf("the founder is %+v with %s", done.Person, done.Session.AAL)
	}
	if !w.Alive(t, done.Secret) {
		t.Error("the founder's session is not alive")
	}
	setup := ceremony.Setup{Organisation: "Other", Name: "Mallory", Email: "mallory@harbour.example"}
	_, err = w.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: first.Secret, Setup: setup})
	refused(t, err, "ticket_revoked") // the second link withdrew the first
	_, err = w.Govern.SetUp(t.Context(), Host)
	refused(t, err, "already_founded")
	w.Check(t)
}

func TestTwoFoundersAtOnce(t *testing.T) {
	w := New(t)
	link, err := w.Govern.SetUp(t.Context(), Host)
	must(t, err)
	var answers []enrol.Answer
	for _, name := range []string{"Root", "Mallory"} {
		begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret,
			Setup: ceremony.Setup{Organisation: "Harbour", Name: name, Email: strings.ToLower(name) + "@harbour.example"}})
		must(t, err)
		answers = append(answers, enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)})
	}
	_, err = w.Enrol.Finish(t.Context(), answers[0])
	must(t, err)
	_, err = w.Enrol.Finish(t.Context(), answers[1])
	refused(t, err, "ticket_used")
	w.Check(t)
}

func TestLinksEnd(t *testing.T) {
	w := New(t)
	link, err := w.Govern.SetUp(t.Context(), Host)
	must(t, err)
	w.Wait(ticket.SetupLife)
	_, err = w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
	refused(t, err, "ticket_expired")
	w.Found(t, Key(softkey.Config{}))

	ada := w.Invite(t, "Ada", "ada@harbour.example")
	must(t, w.Govern.RevokeInvitation(t.Context(), Host, ada.Ticket.ID))
	_, err = w.Enrol.Begin(t.Context(), enrol.Start{Ticket: ada.Secret})
	refused(t, err, "ticket_revoked")

	again, err := w.Govern.InviteAgain(t.Context(), Host, ada.Person.ID, 0)
	must(t, err)
	newest, err := w.Govern.InviteAgain(t.Context(), Host, ada.Person.ID, 0)
	must(t, err)
	_, err = w.Enrol.Begin(t.Context(), enrol.Start{Ticket: again.Secret})
	refused(t, err, "ticket_revoked") // one invitation at a time
	begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: newest.Secret})
	must(t, err)
	if begun.Invitation == nil || begun.Invitation.Person != "Ada" || begun.Invitation.Organisation != "Harbour" {
		t.Errorf("the invitation says %+v", begun.Invitation)
	}
	w.Wait(ticket.InvitationLife)
	_, err = w.Enrol.Finish(t.Context(), enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)})
	refused(t, err, "ceremony_expired")
	_, err = w.Enrol.Begin(t.Context(), enrol.Start{Ticket: newest.Secret})
	refused(t, err, "ticket_expired")
	_, err = w.Enrol.Begin(t.Context(), enrol.Start{Ticket: "guessed"})
	refused(t, err, "ticket_unknown")
	w.Check(t)
}

func TestAnInvitationThatWasRevokedMeanwhileEnrolsNobody(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	link := w.Invite(t, "Ada", "ada@harbour.example")
	begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
	must(t, err)
	answer := enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)}
	must(t, w.Govern.RevokeInvitation(t.Context(), Host, link.Ticket.ID))
	_, err = w.Enrol.Finish(t.Context(), answer)
	refused(t, err, "ticket_revoked")
}

func TestAddingAPasskey(t *testing.T) {
	w := New(t)
	first := Key(softkey.Config{})
	done := w.Found(t, first)

	_, err := w.Make(t, Key(softkey.Config{}), enrol.Start{})
	refused(t, err, "sign_in_first")
	w.Wait(session.Fresh)
	_, err = w.Make(t, Key(softkey.Config{}), enrol.Start{Session: &done.Session})
	refused(t, err, "confirm_first")

	confirmed, err := w.Enter(t, first, signin.Start{Confirm: &done.Session}, done.Session.ID)
	must(t, err)
	if confirmed.Session.ID != done.Session.ID || confirmed.Secret == done.Secret {
		t.Error("a confirmation keeps the session and changes its secret")
	}
	if w.Alive(t, done.Secret) || !w.Alive(t, confirmed.Secret) {
		t.Error("the old secret lives, or the new one does not")
	}
	added, err := w.Make(t, Key(softkey.Config{BE: true, BS: true}), enrol.Start{Session: &confirmed.Session})
	must(t, err)
	if added.Secret != "" || added.First || added.Credential.Distribution() != credential.Synced {
		t.Errorf("got %+v", added)
	}

	// Begun in one browser, finished with another session, or with none.
	begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Session: &confirmed.Session})
	must(t, err)
	answer := enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)}
	_, err = w.Enrol.Finish(t.Context(), answer)
	refused(t, err, "sign_in_first")
	must(t, w.Account.EndSession(t.Context(), confirmed.Session, confirmed.Session.ID))
	answer.Current = confirmed.Session.ID
	_, err = w.Enrol.Finish(t.Context(), answer)
	refused(t, err, "sign_in_first")
	w.Check(t)
}

func TestStep26CredentialIDIsNewForEverybody(t *testing.T) {
	w := New(t)
	key := Key(softkey.Config{})
	w.Found(t, key)
	taken := key.Credentials()[0].ID
	link := w.Invite(t, "Mallory", "mallory@harbour.example")
	thief := Key(softkey.Config{Tamper: softkey.Tamper{
		AuthData: func(b []byte) []byte { // the credential id stands behind its length, at 55
			copy(b[55:], taken)
			return b
		},
		Credential: func(c map[string]any) { delete(c, "id"); delete(c, "rawId") },
	}})
	_, err := w.Make(t, thief, enrol.Start{Ticket: link.Secret})
	if holdfast.CodeOf(err) != "credential_known" && holdfast.CodeOf(err) != "registration_refused" {
		t.Errorf("got %v, want a refusal", err)
	}
	if !strings.Contains(err.Error(), "7.1-26") {
		t.Errorf("got %v, want step 7.1-26", err)
	}
	w.Check(t)
}

func TestUserVerificationIsRequired(t *testing.T) {
	w := New(t)
	link, err := w.Govern.SetUp(t.Context(), Host)
	must(t, err)
	_, err = w.Make(t, Key(softkey.Config{NoUV: true, Careless: true}), enrol.Start{Ticket: link.Secret,
		Setup: ceremony.Setup{Organisation: "H", Name: "R", Email: "r@h.example"}})
	refused(t, err, "registration_refused")
	key := Key(softkey.Config{})
	w.Found(t, key)
	key.Config.NoUV, key.Config.Careless = true, true
	_, err = w.Enter(t, key, signin.Start{}, "")
	refused(t, err, "assertion_refused")
	if !strings.Contains(err.Error(), "7.2-17") {
		t.Errorf("got %v, want step 7.2-17", err)
	}
}

func TestEveryAlgorithmAndFormat(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	n := 0
	for _, alg := range []softkey.Alg{-7, -8, -35, -36, -257} {
		for _, format := range []softkey.Format{softkey.None, softkey.PackedSelf, softkey.Packed} {
			n++
			key := Key(softkey.Config{Alg: alg, Format: format})
			done := w.Join(t, "Person", "p"+strings.Repeat("x", n)+"@harbour.example", key)
			if done.Credential.Attestation == "verified" {
				t.Errorf("%d %s: verified without a root", alg, format)
			}
			if _, err := w.Enter(t, key, signin.Start{}, ""); err != nil {
				t.Errorf("%d %s: %v", alg, format, err)
			}
		}
	}
	w.Check(t)
}

func TestPeopleWhoseEmploymentEndedDoNotEnrol(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	link := w.Invite(t, "Carl", "carl@harbour.example")
	must(t, w.Govern.Describe(t.Context(), Host, link.Person.ID, func(n *person.New) { n.Employment, n.Ends = person.Contractor, w.Now().Add(time.Minute) }))
	w.Wait(time.Minute)
	_, err := w.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: link.Secret})
	refused(t, err, "not_invited")
}

func TestEnrollingEndsWhoWasSignedInInThatBrowser(t *testing.T) {
	w := New(t)
	root := w.Found(t, Key(softkey.Config{}))
	link := w.Invite(t, "Ada", "ada@harbour.example")
	begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
	must(t, err)
	ada, err := w.Enrol.Finish(t.Context(), enrol.Answer{ID: begun.ID, Current: root.Session.ID,
		Credential: Create(t, Key(softkey.Config{}), begun.Options)})
	must(t, err)
	if w.Alive(t, root.Secret) || !w.Alive(t, ada.Secret) {
		t.Error("two people are signed in in one browser")
	}
	w.Check(t)
}

func TestAnInvitationIsUsedOnceHoweverManyTry(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	link := w.Invite(t, "Ada", "ada@harbour.example")
	answers := make([]enrol.Answer, 64)
	for i := range answers {
		begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret})
		must(t, err)
		answers[i] = enrol.Answer{ID: begun.ID, Credential: Create(t, Key(softkey.Config{}), begun.Options)}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(answers))
	for i := range answers {
		wg.Go(func() { _, errs[i] = w.Enrol.Finish(t.Context(), answers[i]) })
	}
	wg.Wait()
	wins := 0
	for _, err := range errs {
		if err == nil {
			wins++
		} else {
			refused(t, err, "ticket_used")
		}
	}
	if wins != 1 {
		t.Errorf("%d of %d won", wins, len(answers))
	}
	w.Check(t)
}
