package surroundings

import (
	"flag"
	"os"
	"strings"
	"testing"

	"holdfast/domain/audit"
)

var update = flag.Bool("update", false, "write docs/flows/surroundings.md anew")

// docs/flows draws the table that the code asks.
func TestFlowIsDrawnFromTheTable(t *testing.T) {
	got := "# What can become of a declaration\n\nDrawn from the table in domain/surroundings by `go test ./domain/surroundings -update`. " +
		"[Surroundings](../surroundings.md) says what is declared.\n\n" + Life.Markdown()
	const path = "../../docs/flows/surroundings.md"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("docs/flows/surroundings.md is not what the table says (%v): run go test ./domain/surroundings -update", err)
	}
}

// Every move of the table is made, and ends where the table says.
func TestEveryMoveIsMade(t *testing.T) {
	made := map[string]bool{}
	note := func(before, after Record, events []audit.Event) {
		t.Helper()
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
		if to, ok := Life.Next(before.State(), events[0].Type); !ok || to != after.State() {
			t.Errorf("%s leads from %q to %q", events[0].Type, before.State(), after.State())
		}
		made[string(before.State())+" "+string(events[0].Type)] = true
	}
	r, events, err := Declare(account(), now)
	if err != nil {
		t.Fatal(err)
	}
	note(Record{}, r, events)
	d := r.Declaration()
	d.Status = Assumed
	changed, events, err := Change(r, d, now)
	if err != nil {
		t.Fatal(err)
	}
	note(r, changed, events)
	gone, events, err := Withdraw(changed, now)
	if err != nil {
		t.Fatal(err)
	}
	note(changed, gone, events)
	blank, events := Forget(gone, now)
	note(gone, blank, events)
	blank, events = Forget(changed, now)
	note(changed, blank, events)
	for _, m := range Life.Moves {
		if !made[string(m.From)+" "+string(m.Event)] {
			t.Errorf("nothing goes from %q by %s", m.From, m.Event)
		}
	}
}

// docs/surroundings.md has every word, and its example is taken.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/surroundings.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	words := append(append(append([]string{}, Overs()...), Checks()...), Statuses()...)
	for _, k := range Kinds() {
		words = append(words, string(k))
	}
	for _, f := range Factors() {
		words = append(words, string(f))
	}
	for _, w := range words {
		if !strings.Contains(doc, "`"+w+"`") {
			t.Errorf("docs/surroundings.md does not say what %s is", w)
		}
	}
	_, example, _ := strings.Cut(doc, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	lines, faults := ReadFile([]byte(example))
	if len(faults) > 0 || len(lines) < 5 {
		t.Fatalf("the example: %d lines, %v", len(lines), faults)
	}
	for _, l := range lines {
		if _, _, err := Declare(l.Declaration, now); err != nil {
			t.Errorf("the example, line %d: %v", l.Line, err)
		}
	}
}
