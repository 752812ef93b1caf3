package decision

import (
	"holdfast"
	"holdfast/domain/policy"
)

// Replay makes the decision again, from its inputs and the policy of that time.
// same says whether it is, byte for byte, the one that was recorded: the digest
// alone is compared, and what the record says of its outcome is never read.
func (r Record) Replay(p *policy.Policy) (d policy.Decision, same bool, err error) {
	in, err := r.Input()
	if err != nil {
		return d, false, err
	}
	d = p.Decide(&in)
	digest, err := Digest(d)
	return d, digest == r.Digest, err
}

// ErrNoPolicy says that the policy of a decision is not here.
func (r Record) ErrNoPolicy() error {
	return holdfast.Errorf(holdfast.NotFound, "decision_policy_gone",
		"The policy that made this decision is not here: nothing that was ever in force in this database has the digest %.16s….", r.Policy)
}
