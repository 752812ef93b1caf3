package lint

import (
	"fmt"
	"strings"

	"holdfast/domain/policy"
)

// rollout is L-14: whoever can do most harm comes first, and nobody is held to
// a policy before those who are can live with it.
func (r *run) rollout() {
	ro := r.d.Rollout
	if ro == nil {
		return
	}
	enforcing := ro.Enforce.Mode != "" && ro.Enforce.Mode != "off" && ro.Enforce.Mode != "observe"
	if enforcing && ro.Gate == "" {
		r.fail("rollout.enforce.mode", "write gate: and what must hold before it", "the rollout ends in %s without a gate", ro.Enforce.Mode)
	}
	ranks := r.ranks()
	type placed struct {
		group string
		rank  int
	}
	var before []placed
	for _, i := range r.stages() {
		st := ro.Stages[i]
		var here []placed
		for j, g := range st.Groups {
			rank, ok := ranks[g]
			if !ok {
				continue // no segment is about it
			}
			for _, b := range before {
				if b.rank > rank {
					r.fail(fmt.Sprintf("rollout.stages[%d].groups[%d]", i, j), "put it into the stage of "+b.group+" or an earlier one",
						"group %s of risk rank %d comes after %s of risk rank %d", g, rank, b.group, b.rank)
					break
				}
			}
			here = append(here, placed{g, rank})
		}
		before = append(before, here...)
	}
}

// stages is their order: each after the one that it names.
func (r *run) stages() []int {
	var order []int
	done := map[string]bool{}
	stages := r.d.Rollout.Stages
	for range stages {
		for i, s := range stages {
			if !done[s.Name] && (s.After == "" || done[s.After]) {
				done[s.Name] = true
				order = append(order, i)
			}
		}
	}
	return order
}

// ranks is the strongest risk rank of the segments whose condition names a
// group.
func (r *run) ranks() map[string]int {
	ranks := map[string]int{}
	r.segments(func(path string, s *policy.Segment) {
		if s.RiskRank == nil {
			return
		}
		for _, g := range stringsOf(r.read.asks(r.p.Cond(path + ".when")).asked["user.groups"]) {
			if have, ok := ranks[g]; !ok || *s.RiskRank < have {
				ranks[g] = *s.RiskRank
			}
		}
	})
	return ranks
}

func list(words []string) string { return strings.Join(words, ", ") }
