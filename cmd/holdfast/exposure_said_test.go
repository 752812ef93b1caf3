package main

import (
	"strings"
	"testing"

	"holdfast/domain/exposure/answer"
)

// What falls with somebody's account is one line, not one for each name that the
// account has among powers.
func TestPowersOfOneAccountAreOneLine(t *testing.T) {
	var out strings.Builder
	sayBlast(&out, &answer.Blast{Powers: []answer.Thing{
		{ID: "act:ada", Label: "Ada acts for the attacker"}, {ID: "bind:ada", Label: "a new passkey for Ada"}, {ID: "inbox:ada", Label: "reading the mail of Ada"},
		{ID: "power:sur_mail", Label: "the power mail"}, {ID: "session:ada", Label: "being signed in as Ada"}, {ID: "session:bo", Label: "being signed in as Bo"},
	}})
	for _, line := range []string{"act:ada  Ada's account", "session:bo  being signed in as Bo", "the power mail"} {
		if n := strings.Count(out.String(), line); n != 1 {
			t.Errorf("%q is said %d times in\n%s", line, n, out.String())
		}
	}
	for _, line := range []string{"bind:", "inbox:", "session:ada"} {
		if strings.Contains(out.String(), line) {
			t.Errorf("%q is said in\n%s", line, out.String())
		}
	}
}
