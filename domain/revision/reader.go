package revision

import (
	"context"

	"holdfast"
)

// Reader finds revisions: a transaction, or a store between transactions. What
// is not there is holdfast.NotFound.
type Reader interface {
	// PolicyInForce gives id and digest without the text; both empty while no
	// revision was ever applied.
	PolicyInForce(ctx context.Context) (holdfast.RevisionID, string, error)
	RevisionInForce(ctx context.Context) (Record, error)
	RevisionByDigest(ctx context.Context, digest string) (Record, error)
}

// Intact says whether r is what it was when it was proposed: its digest is that
// of its text, its files and the digest before it. A row that was edited in the
// database is not.
func (r Record) Intact() error {
	files, err := r.FileTexts()
	if err == nil && Digest(r.Previous, r.Text, files) == r.Digest {
		return nil
	}
	return holdfast.Errorf(holdfast.Internal, "policy_tampered",
		"Revision %s of the policy is not what was proposed: its text and its digest do not fit together. Run holdfast audit verify.", r.ID).Because(err)
}
