package story

import (
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/refusal"
	"holdfast/domain/verdict"
	"holdfast/edge/store"
	"holdfast/flow/authorize"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/flow/signin"
)

const abroad = "access:\n  - { name: abroad, when: 'net.hosting', then: { deny: true, reason: not-from-there } }\n"

// refusals has try refused until it is told to wait, and then often: it says
// what became of the log, in which each refusal is so many records.
func (g *governed) refusals(t *testing.T, code string, records int64, try func() error) {
	t.Helper()
	size := func() int64 { return must1(g.DB.LogSize(t.Context()))(t) }
	before := size()
	for i := range 3 * refusal.Most {
		want := code
		if i >= refusal.Most {
			want = "refused_too_often"
		}
		if err := try(); holdfast.CodeOf(err) != want {
			t.Fatalf("attempt %d: got %v, want %s", i+1, err, want)
		}
	}
	if got, most := size()-before, refusal.Most*records+2; got != most { // and that one, then ten, were dropped
		t.Errorf("%d attempts wrote %d records, want %d", 3*refusal.Most, got, most)
	}
}

// Whoever holds a passkey, a session or a link can be refused as often as they
// like. The log does not grow by it, and nobody is kept out who may come in.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	g := newGoverned(t, "access:\n", abroad)
	kp := verdict.Circumstances{Net: policy.Net{Hosting: true}}
	key := Key(synced)
	ada := g.Join(t, "Ada", "ada@harbour.example", key)

	t.Run("a passkey", func(t *testing.T) {
		g.refusals(t, "policy_not-from-there", 2, func() error {
			_, err := g.EnterFrom(t, key, signin.Start{}, "", kp)
			return err
		})
		if _, err := g.Enter(t, key, signin.Start{}, ""); err != nil {
			t.Errorf("from where it is allowed: %v", err)
		}
		same(t, "dropped", g.happened(t, store.Filter{Type: "decision.dropped", Person: ada.Person.ID}), 2)
		g.Wait(refusal.Window)
		_, err := g.EnterFrom(t, key, signin.Start{}, "", kp)
		refused(t, err, "policy_not-from-there") // on record again
	})
	t.Run("a link", func(t *testing.T) {
		link, err := g.Govern.Invite(t.Context(), Host, govern.Guest{New: person.New{Name: "Bo", Email: "bo@harbour.example"}, Groups: []string{"surgeons"}})
		must(t, err)
		g.refusals(t, "policy_synced", 1, func() error {
			_, err := g.Make(t, Key(synced), enrol.Start{Ticket: link.Secret})
			return err
		})
		if _, err := g.Make(t, g.hardware(), enrol.Start{Ticket: link.Secret}); err != nil {
			t.Errorf("with the right key: %v", err)
		}
	})
	t.Run("a session at an application", func(t *testing.T) {
		in, err := g.Enter(t, key, signin.Start{}, "")
		must(t, err)
		wards := g.App(t, "wards") // asks for a device
		before := must1(g.DB.LogSize(t.Context()))(t)
		var last authorize.Decision
		for range 3 * refusal.Most {
			last, err = g.Ask(t, wards, in.Session, authorize.Request{Began: g.Now()})
			must(t, err)
			same(t, "next", last.Next, authorize.Refuse)
		}
		same(t, "records", must1(g.DB.LogSize(t.Context()))(t)-before, int64(refusal.Most+2))
		until := refusal.Sentence(g.Now().Add(refusal.Window))
		if got := last.Text[max(0, len(last.Text)-len(until)):]; got != until {
			t.Errorf("it says %q", last.Text)
		}
	})
	g.Wait(time.Second)
	g.Check(t)
}
