package exposure

import (
	"slices"
	"strconv"
)

// factors is how many distinct factors AAL2 takes (NIST SP 800-63B-4 §2.2.1).
const factors = 2

// tally counts what a set of atoms is worth.
type tally struct {
	kinds   uint8 // of know, have, are, and the three recovery codes: one factor each
	persons int
	proof   int // the best
	keys    []string
	opens   []string // keys that are activated
}

var kinds = map[Class]uint8{Know: 1, Have: 2, HaveHW: 2, Are: 4, RecSaved: 8, RecIssued: 16, RecContact: 32}

func (t *tally) add(a *Atom) {
	t.kinds |= kinds[a.Class]
	switch a.Class {
	case Person:
		t.persons += max(1, a.Pool.K)
	case Proof:
		t.proof = max(t.proof, a.IAL)
	case HaveHW:
		t.keys = append(t.keys, a.ID)
	}
	if a.activates() {
		t.opens = append(t.opens, a.Key)
	}
}

// activates says whether a is what unlocks a key: a PIN, a fingerprint, or a code
// that stands for one.
func (a *Atom) activates() bool {
	return a.Key != "" && kinds[a.Class]&^kinds[Have] != 0
}

// level is that of NIST SP 800-63B-4 §2, with the house rules for what NIST does
// not grade: 3 for a proven hardware key with what activates it, or by a house
// rule; else two distinct factors are 2 and one is 1.
func (t *tally) level(h House) int {
	if slices.ContainsFunc(t.keys, func(k string) bool { return slices.Contains(t.opens, k) }) {
		return 3
	}
	if h.persons(t.persons) == 3 || h.proof(t.proof) == 3 {
		return 3
	}
	units := h.persons(t.persons) + h.proof(t.proof)
	for k := t.kinds; k != 0; k &= k - 1 {
		units++
	}
	return min(units, factors)
}

// house names the rules that the level rests on.
func (t *tally) house(h House) (out []string) {
	if t.persons > 1 {
		out = append(out, "dual_control: "+strconv.Itoa(h.DualControl))
	}
	switch {
	case t.proof >= 3:
		out = append(out, "onsite_portrait_match: "+strconv.Itoa(h.Onsite))
	case t.proof > 0:
		out = append(out, "remote_video_proof: "+strconv.Itoa(h.Remote))
	}
	return out
}

// persons is what so many distinct dishonest people are worth.
func (h House) persons(n int) int {
	switch {
	case n == 0:
		return 0
	case n == 1:
		return min(1, h.DualControl)
	}
	return h.DualControl
}

// proof is what passing a proof of identity is worth.
func (h House) proof(ial int) int {
	switch {
	case ial >= 3: // it is a proof at 1 and 2 as well
		return max(h.Onsite, min(factors, h.Remote))
	case ial > 0:
		return min(factors, h.Remote)
	}
	return 0
}

// Level is what a set of atoms is worth, and the house rules that it rests on.
// It is monotone: more atoms are never worth less.
func Level(atoms []Atom, h House) (level int, house []string) {
	var t tally
	for i := range atoms {
		t.add(&atoms[i])
	}
	return t.level(h), t.house(h)
}

// Resists says whether a set of atoms has one that can be neither relayed nor
// talked out of somebody.
func Resists(atoms []Atom) bool {
	for i := range atoms {
		if atoms[i].resists() {
			return true
		}
	}
	return false
}
