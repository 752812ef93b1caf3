package replay

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"holdfast/test/need"
	"holdfast/test/world"
)

func TestEveryMinimalSetIsAnAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it starts a server for every few attacks")
	}
	began := time.Now()
	o := Build(t)
	j := NewJudge(t, o, Read(t, o))
	t.Logf("an organisation of %d people, %d passkeys, in %.1f s", len(o.People), len(o.Keys), time.Since(began).Seconds())
	began = time.Now()
	run := Run{Binary: world.Binary(t), Workers: 2}
	attacks := o.Attacks()
	out := run.Go(t.Context(), t, o, attacks)
	for name, x := range run.Go(t.Context(), t, o, o.Rest(out)) {
		out[name] = x
	}
	t.Logf("%d attacks in %.1f s", len(out), time.Since(began).Seconds())
	began = time.Now()
	r := j.Report(out)
	for _, line := range r.Replayed {
		t.Log("replayed: ", line)
	}
	t.Logf("%d minimal sets succeed; %d that the model holds for harmless do nothing; judged in %.1f s", len(r.Replayed), r.Tried, time.Since(began).Seconds())
	for _, line := range r.NotYet {
		t.Log(line)
	}
	for _, w := range r.Wrong {
		t.Error(w)
	}
}

var ruleOf = regexp.MustCompile("`([a-z-]+)`")

// The table names every rule that is documented, and none besides.
func TestTheTableNamesEveryRule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(need.Root(t), "docs/exposure-rules.md"))
	must(t, err)
	documented := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| `") {
			for _, m := range ruleOf.FindAllStringSubmatch(cells[1], -1) {
				documented[m[1]] = true
				if Rules[m[1]].How == Unlisted {
					t.Errorf("the rule %s is not in the table", m[1])
				}
			}
		}
	}
	for rule, x := range Rules {
		if !documented[rule] {
			t.Errorf("the table has %s, which is no rule", rule)
		}
		if (x.How == NotYet || x.How == NoFact) == (x.Why == "") {
			t.Errorf("the table gives no reason, or one too many, for %s", rule)
		}
	}
}
