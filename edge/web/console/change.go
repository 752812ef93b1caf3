package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// What the forms and buttons of a person's page do.

var editFields = fieldOf{"name": "name", "email": "email", "email_taken": "email", "ends": "ends", "employment": "employment", "last_administrator": "ends", "manager": "manager", "no_such_manager": "manager"}

func (c *Console) edit(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := &page.Person{EditName: r.PostFormValue("name"), EditEmail: r.PostFormValue("email")}
	return c.describe(w, r, v, typed, nil, func(n *person.New) { n.Name, n.Email = typed.EditName, typed.EditEmail })
}

func (c *Console) employment(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := &page.Person{EditKind: r.PostFormValue("employment"), EditEnd: r.PostFormValue("ends"),
		EditManager: strings.TrimSpace(r.PostFormValue("manager"))}
	ends, err := lastDay(typed.EditEnd)
	var manager holdfast.PersonID
	if err == nil && typed.EditManager != "" {
		if manager, err = c.member(r.Context(), typed.EditManager); holdfast.CodeOf(err) == "no_such_member" {
			err = holdfast.Errorf(holdfast.Invalid, "manager", "Nobody here has this address. Check it, or leave it empty.")
		}
	}
	return c.describe(w, r, v, typed, err, func(n *person.New) {
		n.Employment, n.Ends, n.Manager = cmp.Or(person.Employment(typed.EditKind), n.Employment), ends, manager
	})
}

// describe changes a part of what is known of a person and leaves the rest.
// err is what was wrong with what was typed already.
func (c *Console) describe(w http.ResponseWriter, r *http.Request, v visit.Visit, typed *page.Person, err error, change func(*person.New)) error {
	id := holdfast.PersonID(r.PathValue("id"))
	if err == nil {
		err = c.Govern.Describe(r.Context(), v.Actor(), id, change)
	}
	if shown, status, ok := editFields.onForm(err); ok {
		typed.Errors = shown
		return c.showPerson(w, r, v, status, typed)
	}
	if err != nil {
		return err
	}
	return c.done(w, r, "Saved.", page.PersonPath(string(id)))
}

// press does one thing to the person of the address and returns to their page.
func (c *Console) press(w http.ResponseWriter, r *http.Request, v visit.Visit, text string,
	do func(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error) error {
	id := holdfast.PersonID(r.PathValue("id"))
	return c.pressed(w, r, do(r.Context(), v.Actor(), id), text, page.PersonPath(string(id)))
}

func (c *Console) suspend(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.press(w, r, v, "Suspended. Every session of theirs has ended.",
		func(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
			return c.Govern.Suspend(ctx, by, id, "")
		})
}

func (c *Console) activate(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.press(w, r, v, "They may sign in again.", c.Govern.Reinstate)
}

var roleFields = fieldOf{"role_ends": "role_ends", "ends": "role_ends", "role": "role", "last_administrator": "role",
	"not_yourself": "role", "person_erased": "role"}

// role gives a role until a day, or takes it.
func (c *Console) role(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id, role, day := holdfast.PersonID(r.PathValue("id")), page.Role(r.PostFormValue("role")), r.PostFormValue("ends")
	ends, err := lastDay(day)
	if err != nil {
		err = holdfast.Errorf(holdfast.Invalid, "role_ends", "Write the day as 2027-12-31, or leave it empty.")
	}
	if role == page.NoRole {
		ends = time.Time{} // the field still holds the day of the role that is taken
	}
	if err == nil {
		err = c.Govern.SetRole(r.Context(), v.Actor(), id, person.Role(role), ends)
	}
	if shown, status, ok := roleFields.onForm(err); ok {
		typed := &page.Person{Errors: shown, EditRole: &role, EditRoleEnd: day}
		return c.showPerson(w, r, v, status, typed)
	}
	if err != nil {
		return err
	}
	text := "They hold no role any more."
	if role != page.NoRole {
		text = "Their role is now: " + role.String() + "."
	}
	return c.done(w, r, text, page.PersonPath(string(id)))
}

// erase wants the name typed: nothing brings it back.
func (c *Console) erase(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	p, err := c.Store.Person(r.Context(), holdfast.PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	switch {
	case p.Name != "" && r.PostFormValue("confirm") != p.Name:
		err = holdfast.Errorf(holdfast.Conflict, "name_differs", "Nothing was erased: what you typed is not the name.")
	default:
		err = c.Govern.Erase(r.Context(), v.Actor(), p.ID)
	}
	return c.pressed(w, r, err, "Erased. The log keeps what happened and no longer says who.", page.PersonPath(string(p.ID)))
}

func (c *Console) join(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.press(w, r, v, "Added to the group.", func(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
		return c.Govern.Join(ctx, by, id, holdfast.GroupID(r.PostFormValue("group")))
	})
}

func (c *Console) leave(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.press(w, r, v, "Taken out of the group.", func(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
		return c.Govern.Leave(ctx, by, id, holdfast.GroupID(r.PostFormValue("group")))
	})
}

func (c *Console) suspendPasskey(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.passkey(w, r, v, "The passkey is suspended, and the sessions opened with it have ended.", c.Govern.SuspendCredential)
}

func (c *Console) activatePasskey(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.passkey(w, r, v, "The passkey works again.", c.Govern.ReinstateCredential)
}

func (c *Console) removePasskey(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.passkey(w, r, v, "The passkey was removed, and the sessions opened with it have ended.", c.Govern.RemoveCredential)
}

// passkey does something to a passkey of the person of the address.
func (c *Console) passkey(w http.ResponseWriter, r *http.Request, v visit.Visit, text string,
	do func(ctx context.Context, by holdfast.Actor, id holdfast.CredentialID) error) error {
	return c.press(w, r, v, text, func(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
		creds, err := c.Store.CredentialsOf(ctx, id)
		if err != nil {
			return err
		}
		for _, k := range creds {
			if string(k.ID) == r.PathValue("passkey") {
				return do(ctx, by, k.ID)
			}
		}
		return holdfast.Errorf(holdfast.NotFound, "no_such_credential", "This person has no such passkey.")
	})
}

func (c *Console) endSessionsOf(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.press(w, r, v, "Every session of theirs has ended.", c.Govern.EndSessionsOf)
}

func (c *Console) endSessionOf(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.press(w, r, v, "The session has ended.", func(ctx context.Context, by holdfast.Actor, id holdfast.PersonID) error {
		open, err := c.Store.OpenSessionsOf(ctx, id)
		if err != nil {
			return err
		}
		for _, s := range open {
			if string(s.Session.ID) == r.PathValue("session") {
				return c.Govern.EndSession(ctx, by, s.Session.ID)
			}
		}
		return holdfast.Errorf(holdfast.Conflict, "no_such_session", "That session has ended already.")
	})
}

// onPage says whether the form that r posts stood on the page at path.
func onPage(r *http.Request, path string) bool {
	u, err := url.Parse(r.Referer())
	return err == nil && u.Host == r.Host && u.Path == path
}
