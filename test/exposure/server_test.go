package exposure

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/domain/exposure/answer"
	"holdfast/edge/web/api"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

// eventually looks until it is so. The promise is a second; a loaded machine that
// tests other things meanwhile is given more, and what it took is told.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("%s: not within 30 s", what)
		}
		<-tick.C
	}
	t.Logf("%s after %v", what, time.Since(began).Round(time.Millisecond))
}

// A real server: what somebody does changes the answers about everybody without
// anybody's asking for it, a kill leaves nothing behind that could be wrong, and
// the host's questions are recorded.
func TestAnswersFollowEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("servers")
	}
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := world.New(t, engine)
			w.Admin(t)
			i := w.Invite(t, "Ada Lovelace", "ada@example.org")
			_, err := w.BrowserWith(t, softkey.Config{BE: true, BS: true}).Enrol(t.Context(), i.Ticket)
			must(t, err)
			row := func() (r answer.Row) {
				var rows []answer.Row
				w.CLI(t, &rows, "effective")
				for _, r := range rows {
					if r.Account == i.Person {
						return r
					}
				}
				return r
			}
			// Until her enrolment is read, whoever talks an administrator into
			// sending them the invitation gets in.
			eventually(t, "nobody talks their way in", func() bool {
				r := row()
				return r.Available == 1 && !slices.Contains(r.Profiles, "help-desk-caller")
			})

			// The picture of a help desk that is talked into it.
			w.CLI(t, nil, "surroundings", "add", "power", "--name", "night desk", "--over", "passkeys", "--check", "questions", "--holder", "night shift")
			eventually(t, "a caller gets in", func() bool { return slices.Contains(row().Profiles, "help-desk-caller") })

			var who answer.WhoCan
			w.CLI(t, &who, "who-can", "ada@example.org")
			if who.Account != i.Person || who.Effective.AAL != 0 || len(who.Findings) == 0 {
				t.Errorf("who can: %+v", who)
			}
			text, err := w.Host("who-can", "Ada Lovelace")
			must(t, err)
			for _, want := range []string{"Ada Lovelace (" + i.Person + ")", "night desk", "Ways in", "As of "} {
				if !strings.Contains(string(text), want) {
					t.Errorf("who-can does not say %q:\n%s", want, text)
				}
			}
			var fall answer.Blast
			w.CLI(t, &fall, "blast", "night desk")
			if fall.Accounts == 0 || !slices.Contains(fall.Some, i.Person) {
				t.Errorf("blast: %+v", fall)
			}
			var fixes api.Fixes
			w.CLI(t, &fixes, "fix", who.Findings[0].ID, "--account", i.Person)
			if fixes.Finding.ID != who.Findings[0].ID || len(fixes.Fixes) == 0 {
				t.Errorf("fix: %+v", fixes)
			}
			var supposed answer.WhatIf
			w.CLI(t, &supposed, "what-if", i.Person, "--remove", "night desk")
			if len(supposed.After.Ways) >= len(supposed.Before.Ways) {
				t.Errorf("what if: %s", supposed.Sentence)
			}
			if _, err := w.Host("who-can", "nobody@example.org"); err == nil || !strings.Contains(err.Error(), "no_such_subject") {
				t.Errorf("nobody: %v", err)
			}

			// Killed and started again, it says the same.
			before := row()
			w.Kill()
			w.Start(t)
			eventually(t, "the same is said after a kill", func() bool {
				text, err := w.Host("effective", "--json")
				var rows []answer.Row
				return err == nil && json.Unmarshal(text, &rows) == nil &&
					slices.ContainsFunc(rows, func(r answer.Row) bool { return r.Account == i.Person && fmt.Sprint(r) == fmt.Sprint(before) })
			})

			// Without a server the host is answered all the same.
			w.Stop(t)
			var alone answer.WhoCan
			w.CLI(t, &alone, "who-can", "ada@example.org")
			if fmt.Sprint(alone.Effective, alone.Verdict, len(alone.Ways)) != fmt.Sprint(who.Effective, who.Verdict, len(who.Ways)) {
				t.Errorf("without a server: %s", alone.Sentence)
			}
			var rows []answer.Row
			w.CLI(t, &rows, "effective", "--below", "1")
			if !slices.ContainsFunc(rows, func(r answer.Row) bool { return r.Account == i.Person }) {
				t.Errorf("without a server the list is %+v", rows)
			}
			w.Start(t)
			w.Verify(t)
		})
	}
}
