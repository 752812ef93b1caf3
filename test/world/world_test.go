package world

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/client"
)

// From the printed link to a signed-in person, over a restart and a kill.
func TestAWorldOutlivesItsServer(t *testing.T) {
	for _, engine := range Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := New(t, engine)
			w.Admin(t)
			ada, id := w.Enrol(t, "Ada", "ada@example.org")
			before := w.Check(t).Records
			w.Restart(t)
			if p, err := ada.Get(t.Context(), "/me/passkeys"); err != nil || p.Status != 200 {
				t.Errorf("the session is gone after a restart: %v, %v", p.Status, err)
			}
			w.Kill()
			w.Start(t)
			w.SignIn(t, ada)
			if after := w.Check(t).Records; after <= before {
				t.Errorf("a sign-in left no record: %d then %d", before, after)
			}
			if ks := w.Passkeys(t, id); len(ks) != 1 || ks[0].Status != "active" {
				t.Errorf("got %v, want one active passkey", ks)
			}
		})
	}
}

func TestUnchangedFindsAChange(t *testing.T) {
	w := New(t, SQLite)
	inner := &recorder{TB: t}
	w.Unchanged(inner, func() error { w.Invite(t, "Ada", "ada@example.org"); return nil })
	if !inner.failed {
		t.Error("an invitation went unnoticed")
	}
	err := w.Unchanged(t, func() error { _, err := w.Host("person", "suspend", "nobody@example.org"); return err })
	if !Refused(err) {
		t.Errorf("got %v for somebody who is not there", err)
	}
}

// recorder notes that a test would have failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }

func TestCheckFindsAnEditedRow(t *testing.T) {
	w := New(t, PostgreSQL)
	w.Admin(t)
	run(t, w.DSN, "update person set role = 'member'")
	if _, err := w.Host("audit", "verify"); !Refused(err) {
		t.Errorf("got %v for an edited row", err)
	}
}

func TestConfigurationErrorsNameTheKeyAndTheNearest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "holdfast.yaml")
	if err := os.WriteFile(file, []byte("origni: https://login.example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Run(t, "serve", "--config", file)
	if err := p.Wait(); err == nil || p.Cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("got %v, want status 1", err)
	}
	for _, part := range []string{"origni", "origin", "line 1"} {
		if !strings.Contains(p.Stderr(), part) {
			t.Errorf("%q does not name %q", p.Stderr(), part)
		}
	}
}

func TestARefusalIsAProblem(t *testing.T) {
	w := New(t, SQLite)
	_, err := w.Browser(t).Enrol(t.Context(), "no-such-ticket")
	if p, ok := errors.AsType[*client.Problem](err); !ok || p.Status != 404 || p.Code != "ticket_unknown" {
		t.Errorf("got %v, want 404 ticket_unknown", err)
	}
}
