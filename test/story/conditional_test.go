package story

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/notice"
	"holdfast/domain/session"
	"holdfast/flow/enrol"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// phone is a synced passkey on a phone nearby, as the browser of another
// device sees it.
func phone() *softkey.Authenticator {
	k := Key(softkey.Config{BE: true, BS: true, Transports: []string{"hybrid", "internal"}})
	k.Config.Tamper.Credential = func(c map[string]any) { c["authenticatorAttachment"] = "cross-platform" }
	return k
}

// silent is a passkey provider that makes a passkey without asking.
func silent() *softkey.Authenticator {
	return Key(softkey.Config{BE: true, BS: true, NoUP: true, NoUV: true})
}

// L3 §5.1.3, §7.1: a passkey that a browser makes without asking.
func TestConditionalCreate(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	far := phone()
	w.Join(t, "Ada", "ada@harbour.example", far)
	in, err := w.Enter(t, far, signin.Start{}, "")
	must(t, err)
	if !in.Upgrade {
		t.Fatal("a passkey on a phone nearby is no reason to offer one for this device")
	}
	start := enrol.Start{Session: &in.Session, Conditional: true}

	t.Run("options ask for it", func(t *testing.T) {
		begun, err := w.Enrol.Begin(t.Context(), start)
		must(t, err)
		sel := begun.Options.AuthenticatorSelection
		if sel.UserVerification != "preferred" || sel.ResidentKey != "required" || !sel.RequireResidentKey {
			t.Errorf("asked for %+v", sel)
		}
		if ex := begun.Options.ExcludeCredentials; len(ex) != 1 || !bytes.Equal(ex[0].ID, far.Credentials()[0].ID) {
			t.Errorf("excluded %+v", ex)
		}
	})
	t.Run("7.1-15 and 7.1-16 neither UP nor UV", func(t *testing.T) {
		near := silent()
		done, err := w.Make(t, near, start)
		must(t, err)
		c := done.Credential
		if c.UVInitialized || c.Provenance != "conditional create:"+string(in.Session.ID) || done.Secret != "" || done.First {
			t.Errorf("made %+v", done)
		}
		mails, err := w.DB.Mails(t.Context(), 100)
		must(t, err)
		told := func(m notice.Mail) bool {
			return m.Person == string(in.Person.ID) && strings.Contains(m.Text, "“"+c.Name+"” ("+c.Distribution().Label()+") was added")
		}
		if !slices.ContainsFunc(mails, told) {
			t.Errorf("its owner was not told of %q: %+v", c.Name, mails)
		}
		t.Run("7.2-16 and 7.2-17 it opens nothing without them", func(t *testing.T) {
			near.Config.Careless = true
			_, err := w.Enter(t, near, signin.Start{}, "")
			refusedAt(t, err, "7.2-16")
			near.Config.NoUP = false
			_, err = w.Enter(t, near, signin.Start{}, "")
			refusedAt(t, err, "7.2-17")
			near.Config.NoUV = false
			again, err := w.Enter(t, near, signin.Start{}, "")
			must(t, err)
			if again.Upgrade {
				t.Error("a passkey on this device is offered another one")
			}
			stored, err := w.DB.Credential(t.Context(), c.ID)
			must(t, err)
			if !stored.UVInitialized {
				t.Error("7.2-24: its first verification was not noted")
			}
		})
	})
	t.Run("7.1-15 a page cannot claim it afterwards", func(t *testing.T) {
		begun, err := w.Enrol.Begin(t.Context(), enrol.Start{Session: &in.Session})
		must(t, err)
		k := silent()
		k.Config.Careless = true
		_, err = w.Enrol.Finish(t.Context(), enrol.Answer{ID: begun.ID, Credential: Create(t, k, begun.Options), Current: in.Session.ID})
		refusedAt(t, err, "7.1-15")
	})
	t.Run("not with a link", func(t *testing.T) {
		link := w.Invite(t, "Bob", "bob@harbour.example")
		_, err := w.Enrol.Begin(t.Context(), enrol.Start{Ticket: link.Secret, Conditional: true})
		refused(t, err, "conditional_by_link")
	})
	t.Run("not without a session", func(t *testing.T) {
		_, err := w.Enrol.Begin(t.Context(), enrol.Start{Conditional: true})
		refused(t, err, "sign_in_first")
	})
	t.Run("not by another session", func(t *testing.T) {
		begun, err := w.Enrol.Begin(t.Context(), start)
		must(t, err)
		_, err = w.Enrol.Finish(t.Context(), enrol.Answer{ID: begun.ID, Credential: Create(t, silent(), begun.Options), Current: "ses_other"})
		refused(t, err, "sign_in_first")
	})
	t.Run("once", func(t *testing.T) {
		begun, err := w.Enrol.Begin(t.Context(), start)
		must(t, err)
		answer := enrol.Answer{ID: begun.ID, Credential: Create(t, silent(), begun.Options), Current: in.Session.ID}
		_, err = w.Enrol.Finish(t.Context(), answer)
		must(t, err)
		_, err = w.Enrol.Finish(t.Context(), answer)
		refused(t, err, "ceremony_spent")
	})
	t.Run("not from a session that is old", func(t *testing.T) {
		w.Wait(session.Fresh)
		_, err := w.Enrol.Begin(t.Context(), start)
		refused(t, err, "confirm_first")
	})
	w.Check(t)
}

// Who is offered one, and who is not.
func TestUpgradeIsOfferedToFew(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	claim := func(attachment string) func(map[string]any) {
		return func(c map[string]any) { c["authenticatorAttachment"] = attachment }
	}
	for i, c := range []struct {
		name    string
		config  softkey.Config
		attach  string
		upgrade bool
	}{
		{"a synced passkey on a phone", softkey.Config{BE: true, BS: true, Transports: []string{"hybrid", "internal"}}, "cross-platform", true},
		{"a synced passkey on this device", softkey.Config{BE: true, BS: true, Transports: []string{"hybrid", "internal"}}, "platform", false},
		{"a browser that says nothing", softkey.Config{BE: true, BS: true, Transports: []string{"hybrid", "internal"}}, "", false},
		{"a security key", softkey.Config{Transports: []string{"usb"}}, "cross-platform", false},
		{"a security key that claims to be synced", softkey.Config{BE: true, BS: true, Transports: []string{"usb", "nfc"}}, "cross-platform", false},
		{"a phone that keeps its passkey to itself", softkey.Config{Transports: []string{"hybrid", "internal"}}, "cross-platform", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := Key(c.config)
			w.Join(t, "Ada", strings.ReplaceAll(c.name, " ", "-")+"@harbour.example", k)
			k.Config.Tamper.Credential = claim(c.attach)
			in, err := w.Enter(t, k, signin.Start{}, "")
			must(t, err)
			if in.Upgrade != c.upgrade {
				t.Errorf("case %d: offered %v, want %v", i, in.Upgrade, c.upgrade)
			}
		})
	}
	t.Run("not at a confirmation", func(t *testing.T) {
		k := phone()
		done := w.Join(t, "Bea", "bea@harbour.example", k)
		in, err := w.Enter(t, k, signin.Start{Confirm: &done.Session}, done.Session.ID)
		must(t, err)
		if in.Upgrade {
			t.Error("offered in the middle of something else")
		}
	})
	t.Run("not with many passkeys", func(t *testing.T) {
		k := phone()
		done := w.Join(t, "Cleo", "cleo@harbour.example", k)
		for n := 1; ; n++ {
			in, err := w.Enter(t, k, signin.Start{}, "")
			must(t, err)
			if in.Upgrade != (n < 5) {
				t.Fatalf("with %d passkeys offered %v", n, in.Upgrade)
			}
			if n == 5 {
				break
			}
			_, err = w.Make(t, Key(softkey.Config{}), enrol.Start{Session: &done.Session})
			must(t, err)
		}
	})
	w.Check(t)
}

func refusedAt(t *testing.T, err error, step string) {
	t.Helper()
	if e, ok := err.(*holdfast.Error); !ok || e.Step != step {
		t.Errorf("got %v, want a refusal at step %s", err, step)
	}
}
