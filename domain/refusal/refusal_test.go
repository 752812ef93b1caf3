package refusal_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/refusal"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

type window struct {
	n     int64
	until time.Time
}

// memory counts as the store does.
type memory struct {
	windows map[string]window
	events  []audit.Event
	writes  int
}

func (m *memory) Attempt(_ context.Context, key string, w time.Duration, most int64, now time.Time) (int64, time.Time, error) {
	at := m.windows[key]
	if !now.Before(at.until) {
		at = window{0, now.Add(w)}
	}
	at.n++
	if at.n <= most {
		m.windows[key] = at
		m.writes++
	}
	return at.n, at.until, nil
}

func (m *memory) Record(_ context.Context, _ audit.By, events ...audit.Event) error {
	m.events = append(m.events, events...)
	m.writes++
	return nil
}

func (m *memory) refuse(t *testing.T, w refusal.Who, at time.Time) time.Time {
	t.Helper()
	dropped, err := refusal.Keep(t.Context(), m, w, audit.By{At: at}, audit.New("decision.refused", "dec", "per_ada"))
	if err != nil {
		t.Fatal(err)
	}
	return dropped
}

func TestALogDoesNotGrowByRefusals(t *testing.T) {
	m := &memory{windows: map[string]window{}}
	ada := refusal.Who{Kind: "sign_in", Proven: "per_ada", Person: "per_ada", Address: "192.0.2.7"}
	for i := range 5000 {
		dropped := m.refuse(t, ada, noon)
		if got, want := dropped.IsZero(), i < refusal.Most; got != want {
			t.Fatalf("attempt %d: dropped until %v", i+1, dropped)
		}
	}
	var said []string
	for _, e := range m.events[refusal.Most:] {
		for _, d := range e.Details {
			if d.Name == "dropped" {
				said = append(said, string(e.Type)+" "+d.Value)
			}
		}
	}
	if d := cmp.Diff([]string{"decision.dropped 1", "decision.dropped 10", "decision.dropped 100", "decision.dropped 1000"}, said); d != "" {
		t.Error(d)
	}
	if most := refusal.Most*2 + 1000 + 4; m.writes != most {
		t.Errorf("5000 attempts wrote %d times, want %d", m.writes, most)
	}
	// Another network, another kind, somebody else: on record.
	for name, w := range map[string]refusal.Who{
		"another network": {Kind: "sign_in", Proven: "per_ada", Address: "198.51.100.1"},
		"another kind":    {Kind: "admin", Proven: "per_ada", Address: "192.0.2.7"},
		"somebody else":   {Kind: "sign_in", Proven: "per_bob", Address: "192.0.2.7"},
	} {
		if got := m.refuse(t, w, noon); !got.IsZero() {
			t.Errorf("%s has to wait until %v", name, got)
		}
	}
	if got := m.refuse(t, ada, noon.Add(refusal.Window)); !got.IsZero() {
		t.Errorf("in the next window: dropped until %v", got)
	}
}

func TestWhoHasToWaitIsTold(t *testing.T) {
	why := holdfast.Errorf(holdfast.Denied, "policy_not_attested", "Not this key.").At("dec_1", "class:key")
	if got := refusal.Wait(why, time.Time{}); got != error(why) {
		t.Errorf("nothing was dropped, and it says %v", got)
	}
	got := refusal.Wait(why, noon)
	if holdfast.KindOf(got) != holdfast.Throttled || holdfast.CodeOf(got) != "refused_too_often" ||
		!strings.Contains(got.Error(), "Not this key. This was refused too often. Wait until 12:00 UTC") {
		t.Errorf("got %v", got)
	}
	// Somebody who only has to confirm must never be told to wait.
	confirm := holdfast.Errorf(holdfast.Unsigned, "confirm_first", "Confirm.")
	if got := refusal.Wait(confirm, noon); got != error(confirm) {
		t.Errorf("got %v", got)
	}
}
