package store

import (
	"context"

	"holdfast"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/finding"
	"holdfast/domain/revision"
	"holdfast/domain/task"
)

// Judgement is how the attestation of a credential was judged last.
func (r reader) Judgement(ctx context.Context, id holdfast.CredentialID) (evidence.Judgement, error) {
	return get[evidence.Judgement](ctx, r, "where id = $1", string(id))
}

// JudgementsOf lists those of a person's credentials.
func (r reader) JudgementsOf(ctx context.Context, id holdfast.PersonID) ([]evidence.Judgement, error) {
	return list[evidence.Judgement](ctx, r, "where person = $1 order by id", string(id))
}

// RevisionInForce is the policy's. NotFound: none was applied yet, and the
// preset of a fresh installation decides.
func (r reader) RevisionInForce(ctx context.Context) (revision.Record, error) {
	return get[revision.Record](ctx, r, "where state = 'in force'")
}

// PolicyInForce is the id and the digest of that revision, without its text;
// both empty if there is none.
func (r reader) PolicyInForce(ctx context.Context) (id holdfast.RevisionID, digest string, err error) {
	rs, err := r.q.query(ctx, policyInForce)
	if err != nil {
		return "", "", err
	}
	defer rs.Close()
	return readPolicyInForce(rs)
}

const policyInForce = "select id, digest from policy_revision where state = 'in force'"

func readPolicyInForce(rs rows) (id holdfast.RevisionID, digest string, err error) {
	if rs.Next() {
		var text string
		if err := rs.Scan(&text, &digest); err != nil {
			return "", "", errInternal.Because(err)
		}
		id = holdfast.RevisionID(text)
	}
	return id, digest, rs.Err()
}

// Revision is one of any state.
func (r reader) Revision(ctx context.Context, id holdfast.RevisionID) (revision.Record, error) {
	return get[revision.Record](ctx, r, "where id = $1", string(id))
}

// RevisionByDigest is the one that a decision names: a revision, or a policy that
// came with the program when it decided.
func (r reader) RevisionByDigest(ctx context.Context, digest string) (revision.Record, error) {
	rec, err := get[revision.Record](ctx, r, "where digest = $1 order by number limit 1", digest)
	if err == nil || holdfast.KindOf(err) != holdfast.NotFound {
		return rec, err
	}
	t, kept := get[revision.Text](ctx, r, "where id = $1", digest)
	switch {
	case kept == nil:
		return t.Record(), nil
	case holdfast.KindOf(kept) != holdfast.NotFound:
		return rec, kept
	}
	return rec, err
}

// PolicyText is a policy that came with the program, as it is kept.
func (r reader) PolicyText(ctx context.Context, digest string) (revision.Text, error) {
	return get[revision.Text](ctx, r, "where id = $1", digest)
}

// Revisions lists all, the newest first.
func (r reader) Revisions(ctx context.Context) ([]revision.Record, error) {
	return list[revision.Record](ctx, r, "order by number desc")
}

// Approvals of a revision.
func (r reader) Approvals(ctx context.Context, id holdfast.RevisionID) ([]revision.Approval, error) {
	return list[revision.Approval](ctx, r, "where revision = $1 order by at, id", string(id))
}

// Decision is one that was made.
func (r reader) Decision(ctx context.Context, id holdfast.DecisionID) (decision.Record, error) {
	return get[decision.Record](ctx, r, "where id = $1", string(id))
}

// DecisionsOf lists a person's, the newest first.
func (r reader) DecisionsOf(ctx context.Context, id holdfast.PersonID, limit int) ([]decision.Record, error) {
	return list[decision.Record](ctx, r, "where person = $1 order by at desc, id limit $2", string(id), limit)
}

// AllDecisionsOf lists all of a person's, the oldest first.
func (r reader) AllDecisionsOf(ctx context.Context, id holdfast.PersonID) ([]decision.Record, error) {
	return list[decision.Record](ctx, r, "where person = $1 order by at, id", string(id))
}

// Refusals lists decisions that did not allow, the newest first.
func (r reader) Refusals(ctx context.Context, limit int) ([]decision.Record, error) {
	return list[decision.Record](ctx, r, "where outcome <> 'allow' order by at desc, id limit $1", limit)
}

// Task is a replacement task.
func (r reader) Task(ctx context.Context, id holdfast.TaskID) (task.Record, error) {
	return get[task.Record](ctx, r, "where id = $1", string(id))
}

// OpenTasks lists what is to be done, the oldest first.
func (r reader) OpenTasks(ctx context.Context, limit int) ([]task.Record, error) {
	return list[task.Record](ctx, r, "where state = 'open' order by opened, id limit $1", limit)
}

// TasksOf lists a person's, of any state.
func (r reader) TasksOf(ctx context.Context, id holdfast.PersonID) ([]task.Record, error) {
	return list[task.Record](ctx, r, "where person = $1 order by opened desc, id", string(id))
}

// OpenFindings lists what is true now, the newest first.
func (r reader) OpenFindings(ctx context.Context) ([]finding.Record, error) {
	return list[finding.Record](ctx, r, "where ended = 0 order by opened desc, id")
}
