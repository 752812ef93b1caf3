package rejudge

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/domain/task"
)

var update = flag.Bool("update", false, "write docs/flows anew")

// TestTheLifeOfATaskIsDrawnFromItsTable keeps docs/flows and the table that the
// code asks the same.
func TestTheLifeOfATaskIsDrawnFromItsTable(t *testing.T) {
	const path = "../../docs/flows/replace.md"
	got := "# What can become of replacements\n\nDrawn from the table in domain/task by `go test ./test/rejudge -update`. " +
		"[For life](../for-life.md) says what opens one.\n\n" + task.Life.Markdown()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/flows is not what the table says: run go test ./test/rejudge -update\n%s", diff)
	}
}
