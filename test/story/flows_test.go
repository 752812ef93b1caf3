package story

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/lifecycle"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/flow/enrol"
	"holdfast/flow/govern"
	"holdfast/test/softkey"
)

var update = flag.Bool("update", false, "write docs/flows anew")

// TestFlowsAreDrawnFromTheirTables keeps docs/flows and the tables that the
// code asks the same.
func TestFlowsAreDrawnFromTheirTables(t *testing.T) {
	got := "# What can become of things\n\nDrawn from the tables in domain by `go test ./test/story -update`.\n\n" +
		person.Life.Markdown() + "\n" + credential.Life.Markdown() + "\n" + ticket.Life.Markdown()
	const path = "../../docs/flows/enrol.md"
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/flows is not what the tables say: run go test ./test/story -update\n%s", diff)
	}
}

// TestEveryMoveIsMade lives through every edge of every table, and finds each
// in the log.
func TestEveryMoveIsMade(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	ctx := t.Context()
	ada := w.Join(t, "Ada", "ada@harbour.example", Key(softkey.Config{}))
	spare := func() credential.Record {
		done, err := w.Make(t, Key(softkey.Config{}), enrol.Start{Session: &ada.Session})
		must(t, err)
		return done.Credential
	}
	one, two := spare(), spare()
	must(t, w.Govern.SuspendCredential(ctx, Host, one.ID))
	must(t, w.Govern.ReinstateCredential(ctx, Host, one.ID))
	must(t, w.Govern.RemoveCredential(ctx, Host, one.ID))
	must(t, w.Govern.SuspendCredential(ctx, Host, two.ID))
	must(t, w.Govern.RemoveCredential(ctx, Host, two.ID))
	refused(t, w.Govern.ReinstateCredential(ctx, Host, two.ID), "credential_removed")
	must(t, w.Govern.RemoveCredential(ctx, Host, ada.Credential.ID)) // lost; the last one
	again, err := w.Govern.InviteAgain(ctx, Host, ada.Person.ID, 0)
	must(t, err)
	ada, err = w.Make(t, Key(softkey.Config{}), enrol.Start{Ticket: again.Secret})
	must(t, err)
	must(t, w.Govern.Suspend(ctx, Host, ada.Person.ID, ""))
	refused(t, w.Govern.Suspend(ctx, Host, ada.Person.ID, ""), "person_suspended")
	must(t, w.Govern.Reinstate(ctx, Host, ada.Person.ID))
	_, err = w.Govern.Reprovision(ctx, Host, ada.Person.ID, func(p *govern.Provisioned) error { p.Active = false; return nil })
	must(t, err)
	must(t, w.Govern.Suspend(ctx, Host, ada.Person.ID, "for good"))
	must(t, w.Govern.Reinstate(ctx, Host, ada.Person.ID))
	must(t, w.Govern.Erase(ctx, Host, ada.Person.ID))
	refused(t, w.Govern.Suspend(ctx, Host, ada.Person.ID, ""), "person_erased")
	for i, end := range []func(person.Record){
		func(p person.Record) { must(t, w.Govern.Erase(ctx, Host, p.ID)) },
		func(p person.Record) {
			must(t, w.Govern.Suspend(ctx, Host, p.ID, "never came"))
			must(t, w.Govern.Erase(ctx, Host, p.ID))
		},
	} {
		end(w.Invite(t, "Ivy", string(rune('a'+i))+"@harbour.example").Person)
	}
	w.Check(t)

	seen := map[[2]string]bool{} // from state by event, for each subject
	state := map[string]string{}
	var leaves []store.Leaf
	for before := int64(0); ; before = leaves[len(leaves)-1].Index {
		part, err := w.DB.Tail(ctx, store.Filter{Before: before, Limit: 1000})
		must(t, err)
		leaves = append(leaves, part...)
		if len(part) < 1000 {
			break
		}
	}
	for i := len(leaves) - 1; i >= 0; i-- {
		l := leaves[i]
		seen[[2]string{state[l.Subject], string(l.Type)}] = true
		for _, next := range []func(string, audit.Type) (string, bool){next(person.Life), next(credential.Life), next(ticket.Life)} {
			if to, ok := next(state[l.Subject], l.Type); ok {
				state[l.Subject] = to
			}
		}
	}
	made(t, seen, person.Life)
	made(t, seen, credential.Life)
	made(t, seen, ticket.Life)
}

func next[S ~string](table lifecycle.Table[S]) func(string, audit.Type) (string, bool) {
	return func(from string, event audit.Type) (string, bool) {
		to, ok := table.Next(S(from), event)
		return string(to), ok
	}
}

func made[S ~string](t *testing.T, seen map[[2]string]bool, table lifecycle.Table[S]) {
	t.Helper()
	for _, m := range table.Moves {
		if !seen[[2]string{string(m.From), string(m.Event)}] {
			t.Errorf("%s: nobody went from %q by %s", table.Name, m.From, m.Event)
		}
	}
}
