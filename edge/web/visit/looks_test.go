package visit_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"holdfast/edge/web/visit"
)

func TestALookIsNotedOnce(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	l := visit.NewLooks(func() time.Time { return now })
	noted := 0
	note := func(by, at string) {
		t.Helper()
		if err := l.Note(by, at, func() error { noted++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		by, at string
		pass   time.Duration
		want   int
	}{
		{"ses_a", "per_x", 0, 1}, {"ses_a", "per_x", time.Minute, 1}, {"ses_a", "per_y", 0, 2}, {"ses_b", "per_x", 0, 3},
		{"ses_a", "per_x", 14 * time.Minute, 4}, {"ses_a", "per_x", 14 * time.Minute, 4}, {"ses_a", "per_x", time.Minute, 5},
	} {
		now = now.Add(c.pass)
		if note(c.by, c.at); noted != c.want {
			t.Errorf("%+v: %d notes", c, noted)
		}
	}

	// What could not be noted is noted the next time.
	broken := errors.New("no log")
	if err := l.Note("ses_c", "per_x", func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if note("ses_c", "per_x"); noted != 6 {
		t.Errorf("%d notes after one that failed", noted)
	}

	// However many there are, a look that went on stays one, or is noted again.
	for i := range 20_001 {
		note("ses_d", fmt.Sprint("per_", i))
	}
	if noted != 6+20_001 {
		t.Errorf("%d notes", noted)
	}
}
