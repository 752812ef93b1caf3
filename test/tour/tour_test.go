package tour

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// The demo's own application hears that a session is over, and says so: docs/tour.md.
func TestTheDemosApplicationHearsOfASignOut(t *testing.T) {
	demo, b := browser.StartDemo(t), browser.Start(t)
	tab := b.Tab(t, "robin")
	tab.Add(browser.Synced)
	tab.Open(demo.SetUp)
	tab.Fill("#name", admin)
	tab.Fill("#email", email)
	tab.Click("[data-go]")
	tab.At("/welcome")
	there := tab.Beside("application")
	there.Open(demo.App)
	there.Click("main a.button")
	there.Until(fmt.Sprintf(`location.origin === %q && document.querySelector("h1")?.innerText === %q`, demo.App, "Hello, "+admin))

	tab.Open(demo.Origin + "/me/sessions")
	tab.Click("button.alarm[data-dialog]")
	tab.Submits("dialog[open] button.alarm")
	tab.At("/signedout")
	// The notice travels behind the sign-out, which waits for nobody.
	for late := time.Now().Add(time.Minute); ; {
		there.Open(demo.App)
		if browser.Eval[bool](there, `document.querySelector("main").innerText.includes("Signed out by Holdfast")`) {
			break
		}
		if time.Now().After(late) {
			t.Fatal("the application still knows who signed in")
		}
	}
	there.Screenshot("ended")
}
