package grade

import (
	"slices"

	"holdfast/domain/policy"
)

// Mode is how p, a recovery procedure, is judged: as all segments that use it
// say. One that is strict decides.
func Mode(d *policy.Document, p *policy.Procedure) policy.EquivalenceMode {
	used := false
	for _, s := range d.Segments {
		if slices.Contains(s.Recovery, p.Name) {
			if used = true; d.EquivalenceFor(s) != "nist" {
				return "strict"
			}
		}
	}
	if used {
		return "nist"
	}
	return Equivalence(d).Mode
}

// Judged is the grade of p, a recovery procedure, with what its segments hold to
// be enough: under nist a procedure that NIST accepts is worth what it yields.
func Judged(d *policy.Document, p *policy.Procedure) Grade {
	return enough(Of(p, Equivalence(d)), Mode(d, p), p)
}

// JudgedEnrolment likewise, of an enrolment procedure.
func JudgedEnrolment(d *policy.Document, p *policy.Procedure) Grade {
	return enough(OfEnrolment(p, Equivalence(d)), Equivalence(d).Mode, p)
}

func enough(g Grade, mode policy.EquivalenceMode, p *policy.Procedure) Grade {
	if want := int64(p.Yields.AAL); mode == "nist" && g.NIST && g.AAL < want {
		g.AAL, g.By = want, append(g.By, "mode: nist")
	}
	return g
}
