package sample

import (
	"testing"
	"time"
)

func TestPeopleAreDistinctAndInAllGroups(t *testing.T) {
	emails, in := map[string]bool{}, map[string]int{}
	for i := range People {
		g := guest(i, time.Unix(1_800_000_000, 0))
		if emails[g.Email] {
			t.Errorf("%s twice", g.Email)
		}
		emails[g.Email] = true
		in[g.Groups[0]]++
	}
	if len(in) != len(groups) {
		t.Errorf("people are in %v", in)
	}
}
