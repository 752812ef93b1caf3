package answer_test

import (
	"strings"
	"testing"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// Nobody reads the name of a node: what all accounts share is called by words.
func TestThingsAreCalledByWords(t *testing.T) {
	things := answer.Things(small(t), exposure.Atom{ID: "deceive:desk", Class: exposure.Deceive, Label: "somebody talks the desk into it"})
	for id, thing := range things {
		if thing.Label == id || strings.Contains(thing.Label, "power:") || strings.Contains(thing.Label, "-of-") || strings.Contains(thing.Label, "-members") || strings.Contains(thing.Label, "-anybody") {
			t.Errorf("%s is called %q", id, thing.Label)
		}
	}
	if got := answer.Supposed(things["deceive:desk"]); got != "If somebody talks the desk into it" {
		t.Error(got)
	}
	if got := answer.Supposed(answer.Thing{ID: "key:k", Label: "the key", Class: exposure.HaveHW}); got != "With the key" {
		t.Error(got)
	}
}

func TestLosses(t *testing.T) {
	for n, want := range []string{"no passkey that works", "one loss, and the owner is locked out", "2 losses, and the owner is locked out"} {
		if got := answer.Losses(n); got != want {
			t.Errorf("of %d it says %q", n, got)
		}
	}
}

func TestAFindingSaysWhoseItIs(t *testing.T) {
	for id, want := range map[string]string{
		"F-lvz4o4ac-b4d6e811": "per_lvz4o4ac", "F-ada-b4d6e811": "per_ada",
		"F-7c1e0a92b4d6e811": "", "F--b4d6e811": "", "F-": "", "": "", "F-lvz4o4acw-b4d6e811": "", "lvz4o4ac-b4d6e811": "",
	} {
		if got := answer.Whose(id); got != want {
			t.Errorf("%q: %q, not %q", id, got, want)
		}
	}
}
