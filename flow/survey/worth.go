package survey

import (
	"fmt"
	"math"

	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/census"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
)

// Worth is what an account is worth, as the policy's expressions read it; false
// while accounts are being read, and for one that nobody has read yet. It is a
// look-up: every decision asks, and waits for nobody who reads or writes.
func (f *Flow) Worth(id holdfast.PersonID) (policy.Effective, bool) {
	s := f.seen.Load()
	if s == nil || !s.whole {
		return policy.Effective{}, false
	}
	st, ok := s.census.Of(id)
	if !ok {
		return policy.Effective{}, false
	}
	e := policy.Effective{AAL: int64(st.Worst.AAL), Phr: st.Worst.Phr, Contest: st.Worst.Contest > exposure.C0, Computed: true}
	for i := range st.Singles { // expressions count them; who-can names them
		e.SinglePoints = append(e.SinglePoints, fmt.Sprintf("#%d", i+1))
	}
	return e, true
}

// Operators are the people of the core and what falls if they are dishonest;
// false while accounts are being read.
func (f *Flow) Operators() ([]policy.OpFacts, bool) {
	s := f.seen.Load()
	if s == nil || !s.whole {
		return nil, false
	}
	things := s.index().things
	blasts := map[string]*census.Blast{}
	tops := s.census.Top(math.MaxInt)
	for i := range tops {
		blasts[tops[i].Node] = &tops[i].Blast
	}
	var out []policy.OpFacts
	for _, a := range s.census.Organisation().Core {
		corrupt := rules.Corrupt(a.ID)
		if _, ok := things[corrupt]; !ok {
			continue // vouches for nobody, and has no power
		}
		op := policy.OpFacts{ID: a.ID}
		if b := blasts[corrupt]; b != nil { // through whatever: a check must not overlook who holds the database
			op.Blast = policy.BlastFacts{Accounts: b.Accounts + b.Through.Accounts, Privileged: b.Privileged + b.Through.Privileged}
		}
		if a.Role != "" {
			op.Roles = []string{string(a.Role)}
		}
		out = append(out, op)
	}
	return out, true
}
