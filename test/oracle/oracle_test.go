package oracle

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
)

var (
	mutants = flag.Int("mutants", 10_000, "how many mutations are tried")
	seed    = flag.Uint64("seed", 1, "which ones")
	show    = flag.Bool("show", false, "print all unlisted disagreements, not 40")
)

// disagreement is an entry of disagreements.json: a class of cases in which one
// of the two refuses what the other accepts.
type disagreement struct {
	Class   string `json:"class"`
	Refuses string `json:"refuses"` // "holdfast" or "go-webauthn"
	Says    string `json:"says"`    // regular expression that the refuser's words begin with
	// Formats, if given, are those that Holdfast accepted, unverified.
	Formats []string `json:"formats,omitempty"`
	// Mutations, if given, are those that the entry is about: for words that
	// say too little.
	Mutations []string `json:"mutations,omitempty"`
	Why       string   `json:"why"` // Holdfast is right

	says *regexp.Regexp
	used int
}

func reviewed(t *testing.T) []*disagreement {
	t.Helper()
	text, err := os.ReadFile("disagreements.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []*disagreement
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Class == "" || d.Why == "" || d.Refuses != "holdfast" && d.Refuses != "go-webauthn" {
			t.Errorf("an entry says too little: %+v", d)
		}
		d.says = regexp.MustCompile("^(?:" + d.Says + ")")
	}
	return list
}

// words is an error with everything that go-webauthn knows of it.
func words(err error) string {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		text := e.Details + " | " + e.DevInfo
		if e.Err != nil {
			text += " | " + e.Err.Error()
		}
		return text
	}
	return err.Error()
}

// compare judges a sample twice and finds the entry that explains a difference.
func compare(s sample, mutation string, list []*disagreement) (verdict, unlisted string) {
	format, ours := s.ours()
	theirs := s.theirs()
	var refuses, says string
	switch {
	case (ours == nil) == (theirs == nil):
		if ours == nil {
			return "both accept", ""
		}
		return "both refuse", ""
	case ours != nil:
		refuses, says = "holdfast", words(ours)
	default:
		refuses, says = "go-webauthn", words(theirs)
	}
	for _, d := range list {
		if d.Refuses == refuses && d.says.MatchString(says) && suits(d.Formats, format) && suits(d.Mutations, mutation) {
			d.used++
			return refuses + " refuses", ""
		}
	}
	return refuses + " refuses", fmt.Sprintf("%s refuses a %s: %s", refuses, s.kind, says)
}

func suits(list []string, name string) bool { return list == nil || slices.Contains(list, name) }

func TestAgainstGoWebAuthn(t *testing.T) {
	list, all := reviewed(t), samples(t)
	count := map[string]int{}
	unlisted := map[string]string{}
	judge := func(s sample, name string) {
		verdict, says := compare(s, name, list)
		count[verdict]++
		if says != "" {
			if _, known := unlisted[says]; !known {
				unlisted[says] = s.name + ", " + name
			}
		}
	}
	for _, s := range all {
		judge(s, "unchanged")
	}
	random := rand.New(rand.NewPCG(*seed, 2)) // the same mutations each time
	kinds := mutations()
	for n := 0; n < *mutants; {
		s := all[random.IntN(len(all))]
		m := kinds[random.IntN(len(kinds))]
		if !m.apply(&s, random) {
			continue
		}
		n++
		judge(s, m.name)
	}
	t.Logf("%d samples, %d mutants: %v", len(all), *mutants, count)
	report(t, unlisted)
	for _, d := range list {
		if d.used == 0 {
			t.Errorf("the entry %q explains nothing any more", d.Class)
		}
	}
}

func report(t *testing.T, unlisted map[string]string) {
	t.Helper()
	var lines []string
	for says, where := range unlisted {
		lines = append(lines, fmt.Sprintf("%s\n      in %s", says, where))
	}
	sort.Strings(lines)
	if len(lines) > 40 && !*show {
		lines = append(lines[:40], fmt.Sprintf("and %d more (-show)", len(lines)-40))
	}
	if len(lines) > 0 {
		t.Errorf("disagreements that are not on the list:\n%s", strings.Join(lines, "\n"))
	}
}
