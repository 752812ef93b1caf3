package revision

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestWhoIsTwo(t *testing.T) {
	day := 24 * time.Hour
	gave := func(by, to string, at time.Time) Deed { return Deed{To: to, By: by, What: Role, At: at} }
	for _, c := range []struct {
		name   string
		deeds  Deeds
		now    time.Time
		tied   bool
		until  time.Time // of this revision
		always bool
	}{
		{name: "nothing was given", now: noon},
		{name: "by somebody else", deeds: Deeds{gave("x", "b", noon)}, now: noon},
		{name: "by the author", deeds: Deeds{gave("a", "b", noon.Add(-day))}, now: noon, tied: true, until: noon.Add(6 * day)},
		{name: "to the author", deeds: Deeds{gave("b", "a", noon.Add(-day))}, now: noon, tied: true, until: noon.Add(6 * day)},
		{name: "a microsecond less than seven days ago", deeds: Deeds{gave("a", "b", noon.Add(-7*day+time.Microsecond))}, now: noon, tied: true, until: noon.Add(time.Microsecond)},
		{name: "seven days ago", deeds: Deeds{gave("a", "b", noon.Add(-7*day))}, now: noon},
		{name: "after the proposal", deeds: Deeds{gave("a", "b", noon.Add(day))}, now: noon.Add(30 * day), tied: true, always: true},
		{name: "with the proposal", deeds: Deeds{gave("a", "b", noon)}, now: noon.Add(30 * day), tied: true, always: true},
		{name: "through somebody who was made for it", deeds: Deeds{gave("a", "x", noon.Add(-2*day)), gave("x", "b", noon.Add(-day))}, now: noon, tied: true, until: noon.Add(5 * day)},
		{name: "through somebody who stood before", deeds: Deeds{gave("a", "x", noon.Add(-8*day)), gave("x", "b", noon.Add(-day))}, now: noon},
		{name: "by one hand", deeds: Deeds{gave("x", "a", noon.Add(-3*day)), gave("x", "b", noon.Add(-day))}, now: noon, tied: true, until: noon.Add(4 * day)},
		{name: "each gave a third something", deeds: Deeds{gave("a", "x", noon.Add(-3*day)), gave("b", "x", noon.Add(-day))}, now: noon},
		{name: "one gave, and the other was given, through different hands", deeds: Deeds{gave("x", "a", noon.Add(-day)), gave("y", "x", noon.Add(-day)), gave("y", "b", noon.Add(-2*day))}, now: noon, tied: true, until: noon.Add(5 * day)},
		{name: "twice", deeds: Deeds{gave("a", "b", noon.Add(-3*day)), gave("a", "b", noon.Add(-day))}, now: noon, tied: true, until: noon.Add(6 * day)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
				path := c.deeds.Path(pair[0], pair[1], noon, c.now)
				if (path != nil) != c.tied {
					t.Errorf("%v: %v", pair, path)
				}
				if len(path) > 0 && (path[0].To != pair[0] && path[0].By != pair[0] || path[len(path)-1].To != pair[1] && path[len(path)-1].By != pair[1]) {
					t.Errorf("%v: the path leads elsewhere: %v", pair, path)
				}
				want := c.until
				if !c.tied {
					want = c.now
				}
				if got := c.deeds.Until(pair[0], pair[1], noon, c.now); !c.always && !got.Equal(want) || c.always && !got.IsZero() {
					t.Errorf("%v: until %s, want %s", pair, got, want)
				}
			}
		})
	}
}

func TestApart(t *testing.T) {
	deeds := Deeds{{To: "b", By: "a", At: noon}, {To: "d", By: "c", At: noon}, {To: "f", By: "e", At: noon.Add(-Settling)}}
	got := deeds.Apart("a", []string{"a", "b", "d", "c", "e", "f", "e"}, noon.Add(time.Hour), noon.Add(time.Hour))
	if d := cmp.Diff([]string{"c", "e", "f"}, got); d != "" {
		t.Error(d)
	}
	both := Deeds{{To: "x", By: "b", At: noon}, {To: "x", By: "c", At: noon}}
	if d := cmp.Diff([]string{"b", "c"}, both.Apart("a", []string{"x", "b", "c"}, noon, noon)); d != "" {
		t.Error(d)
	}
}
