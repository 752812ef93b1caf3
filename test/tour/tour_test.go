package tour

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/browser"
	"holdfast/test/need"
)

func TestTheFirstMinute(t *testing.T) {
	steps := Take(t, browser.Start(t), func(step int, tab *browser.Tab) {
		tab.Screenshot(fmt.Sprint(step + 1))
		for _, c := range tab.Complaints() {
			t.Errorf("%s: console: %s", names[step], c)
		}
	})
	if len(steps) != len(names) {
		t.Errorf("%d steps, want %d", len(steps), len(names))
	}
	for _, s := range steps {
		t.Logf("%-50s %v", s.Name, s.Took)
	}
}

// What a program runs ends as a test does: at the first failure, cleaned up
// from the last to the first.
func TestRunEndsAsATestDoes(t *testing.T) {
	var order []string
	var folder string
	err := Run("tour", t.TempDir(), func(p need.T) {
		folder = p.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		p.Cleanup(func() { order = append(order, "first") })
		p.Cleanup(func() { order = append(order, "second"); p.Errorf("late") })
		p.Fatal(errors.New("no link"))
		order = append(order, "beyond")
	})
	if got := strings.Join(order, " "); got != "second first" {
		t.Errorf("it went %q", got)
	}
	if err == nil || err.Error() != "no link\nlate" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder stays: %v", err)
	}
	if err := Run("tour", t.TempDir(), func(p need.T) { p.Skipf("no %s", "Chromium") }); !errors.Is(err, ErrLeftOut) {
		t.Errorf("a tour that was not taken: %v", err)
	}
	if err := Run("tour", t.TempDir(), func(need.T) {}); err != nil {
		t.Error(err)
	}
}
