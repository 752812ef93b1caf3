package signingkey

import (
	"testing"
	"time"

	"holdfast/domain/audit"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestState(t *testing.T) {
	k := Record{Created: noon, Starts: noon.Add(time.Hour), Retired: noon.Add(24 * time.Hour)}
	for _, c := range []struct {
		after               time.Duration
		want                State
		published, believed bool
	}{
		{0, Waiting, true, false},
		{time.Hour - 1, Waiting, true, false},
		{time.Hour, Signing, true, true},
		{24*time.Hour - 1, Signing, true, true},
		{24 * time.Hour, Retired, true, true},
		{25*time.Hour + 10*time.Minute, Dropped, false, true},
		{31 * 24 * time.Hour, Over, false, false},
	} {
		if got := k.State(noon.Add(c.after)); got != c.want || got.Published() != c.published || got.Believed() != c.believed {
			t.Errorf("after %v: %s, published %v, believed %v", c.after, got, got.Published(), got.Believed())
		}
	}
	old := Record{Created: noon} // of before there were beginnings
	if got := old.State(noon); got != Signing {
		t.Errorf("an old record: %s", got)
	}
	k.Withdrawn = noon.Add(2 * time.Hour)
	if got := k.State(noon.Add(2 * time.Hour)); got != Withdrawn || got.Published() || got.Believed() {
		t.Errorf("withdrawn: %s", got)
	}
}

func TestRotate(t *testing.T) {
	all := []Record{{ID: "old", Algorithm: "RS256", Created: noon}, {ID: "es", Algorithm: "ES256", Created: noon}}
	types := func(events []audit.Event) (out []string) {
		for _, e := range events {
			out = append(out, string(e.Type)+" "+e.Subject)
		}
		return out
	}
	fresh := Record{ID: "new", Algorithm: "RS256", Created: noon, Starts: noon.Add(time.Hour)}
	got := types(Rotate(all, fresh, false, noon))
	if len(got) != 2 || got[0] != "signing_key.added new" || got[1] != "signing_key.retired old" {
		t.Errorf("%v", got)
	}
	fresh.Starts = noon
	if got = types(Rotate(all, fresh, true, noon)); len(got) != 3 || got[2] != "signing_key.withdrawn old" {
		t.Errorf("%v", got)
	}
}
