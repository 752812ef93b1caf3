package sample

import (
	"testing"
	"time"

	"holdfast/domain/surroundings"
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

// What the demo declares is taken, and none of it is as good as unknown.
func TestSurroundingsAreTaken(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	emails := map[string]bool{}
	for i := range People {
		emails[guest(i, now).Email] = true
	}
	kinds, names := map[surroundings.Kind]int{}, map[string]bool{}
	for _, d := range around() {
		r, _, err := surroundings.Declare(d, now)
		if err != nil || r.Standing(now) != surroundings.Current || names[r.Name] {
			t.Errorf("%s: %v, %v", d.Name, r.Standing(now), err)
		}
		kinds[r.Kind]++
		names[r.Name] = true
		people := r.People()
		if r.Person != "" {
			people = append(people, r.Person)
		}
		for _, who := range people {
			if !emails[string(who)] {
				t.Errorf("%s is about %s, who is not there", r.Name, who)
			}
		}
	}
	if kinds[surroundings.Power] < 3 || kinds[surroundings.SyncAccount] != 2 {
		t.Errorf("%v", kinds)
	}
}
